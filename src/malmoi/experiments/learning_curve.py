"""The learning curve of a measured model, with intervals."""

from __future__ import annotations

from malmoi.data.corpus import Corpus
from malmoi.evaluation.learning_curve import LearningPoint
from malmoi.metrics.scores import Share
from malmoi.models.base import FittedModel
from malmoi.models.linear.curve import accuracies_by_labels
from malmoi.models.linear.model import BagModel

__all__ = ["learning_curve"]


def learning_curve(model: FittedModel, training: Corpus, validation: Corpus) -> list[LearningPoint] | None:
    """Return the accuracy over the number of labels; `None` for a model that is no bag, which takes long to fit again.

    Args:
        model: fitted on the training texts.
        training: labelled texts.
        validation: labelled texts to measure on.
    """
    if not isinstance(model, BagModel):
        return None
    pairs = [(part.texts, part.known_labels) for part in (training, validation)]
    points = []
    for labels, accuracy in accuracies_by_labels(model, pairs[0], pairs[1]):
        low, high = Share(round(accuracy * len(validation)), len(validation)).interval
        points.append(LearningPoint(labels, accuracy, low, high))
    return points
