"""The learning curve of a fitted bag model, with intervals, for the picture of `malmoi train`."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from malmoi.data.coded_labels import AnyLabels, CodedLabels
from malmoi.data.corpus import Corpus
from malmoi.evaluation.learning_point import LearningPoint
from malmoi.foundation.arrays import Labels
from malmoi.metrics.scores import Share
from malmoi.models.base import FittedModel
from malmoi.models.labels import places_among
from malmoi.models.linear.curve import accuracies_by_labels
from malmoi.models.linear.model import BagModel

__all__ = ["bag_learning_curve"]


def bag_learning_curve(model: FittedModel, training: Corpus, validation: Corpus) -> list[LearningPoint] | None:
    """Return the accuracy by number of labels; `None` for other models than bags, which are slow to refit.

    Args:
        model: model fitted on the training data.
        training: labelled training data.
        validation: labelled validation set.
    """
    if not isinstance(model, BagModel):
        return None
    known = validation.take(np.flatnonzero(_has_known_labels(validation.required_codes, model.classes)))
    pairs = [(part.texts, part.required_codes) for part in (training, known)]
    points = []
    for labels, accuracy in accuracies_by_labels(model, pairs[0], pairs[1]) if len(known) else ():
        share = Share(round(accuracy * len(known)), len(validation))  # unknown labels count as wrong
        points.append(LearningPoint(labels, share.value, *share.interval))
    return points or None


def _has_known_labels(labels: AnyLabels, classes: Labels) -> npt.NDArray[np.bool_]:
    """Return the mask of texts whose labels are all known to the model, bool (samples,)."""
    is_known = places_among(classes, labels.classes) >= 0
    if isinstance(labels, CodedLabels):
        return np.asarray(is_known[labels.codes])
    mask = np.ones(len(labels), dtype=np.bool_)
    mask[labels.owners[~is_known[labels.codes]]] = False
    return mask
