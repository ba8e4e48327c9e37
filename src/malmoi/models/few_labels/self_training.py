"""One round of self-training: a bag is trained on the labels that the model predicts for unlabelled texts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from malmoi.errors import DataError
from malmoi.foundation.progress import Progress
from malmoi.models.few_labels.model import FewLabelModel
from malmoi.models.few_labels.parts import BagPart
from malmoi.models.few_labels.settings import FewLabelSettings
from malmoi.models.linear.learning import TrainingTexts, fitted_bag
from malmoi.models.linear.parts import Floats
from malmoi.models.linear.settings import BagSettings

__all__ = ["self_trained"]

Places = npt.NDArray[np.int64]
SHARE = 0.8
"""Share of the unlabelled texts that are used: those with the most probable labels."""
MOST_TEXTS = 50_000
C = 16.0
WEIGHT = 1.0


def self_trained(
    model: FewLabelModel, training: TrainingTexts, unlabelled: list[str], progress: Progress
) -> FewLabelModel:
    """Return the model with an additional bag, trained on true and predicted labels.

    Raises:
        DataError: there are no unlabelled texts, or the data is multilabel.
    """
    if not unlabelled or training.targets.ndim == 2:
        raise DataError("self_training needs unlabelled texts and single-label data; turn it off")
    model_scores = model.scores(unlabelled)
    places, labels = _confident(model.calibrated(model_scores), model.settings)
    texts = [*training.texts, *(unlabelled[place] for place in places.tolist())]
    targets = np.concatenate([training.targets, labels.astype(training.targets.dtype)])
    weights = training.weights
    if weights is not None:
        weights = np.concatenate([weights, np.full(len(places), WEIGHT, np.float32)])
    bag = fitted_bag(_bag_settings(model.settings), TrainingTexts(texts, training.task, targets, weights), progress)
    # The bag's scores get the standard deviation of the model's scores.
    bag_scores = bag.scorer.scores(unlabelled)
    scale = float(bag_scores.std() / max(float(model_scores.std()), 1e-6)) or 1.0
    parts = (*model.parts, BagPart("self-training", bag.scorer, scale))
    return replace(model, parts=parts)


def _confident(outputs: Floats, settings: FewLabelSettings) -> tuple[Places, Places]:
    """Return the indices of the texts with the most probable labels, and those labels as targets."""
    two = outputs.shape[1] == 1
    labels = (outputs[:, 0] > 0.5).astype(np.int64) if two else outputs.argmax(axis=1)
    certainty = np.abs(outputs[:, 0] - 0.5) if two else outputs.max(axis=1)
    order = np.argsort(-certainty, kind="stable")[: max(round(SHARE * len(outputs)), 1)]
    if len(order) > MOST_TEXTS:
        order = np.random.default_rng(settings.seed).choice(order, MOST_TEXTS, replace=False)
    order = np.sort(order)
    return order, labels[order]


def _bag_settings(settings: FewLabelSettings) -> BagSettings:
    return BagSettings(settings.tokens, settings.ngrams, "tfidf", C, None, "auto", None, settings.seed, settings.n_jobs)
