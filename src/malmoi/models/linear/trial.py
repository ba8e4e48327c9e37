"""Cross-validation of a bag's settings."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from malmoi.foundation.progress import Progress
from malmoi.models.linear.fitting import StrengthSearch
from malmoi.models.linear.folds import Fold
from malmoi.models.linear.learning import TrainingTexts, matrix_and_targets
from malmoi.models.linear.settings import BagSettings
from malmoi.models.linear.targets import accuracy_of

__all__ = ["BagTrial", "bag_trial"]


@dataclass(frozen=True)
class BagTrial:
    """The cross-validation score of settings.

    Args:
        C: the best strength.
        loss: log loss on the held-out texts, in nats, after temperature scaling.
        accuracy: accuracy on the held-out texts.
    """

    C: float
    loss: float
    accuracy: float


def bag_trial(settings: BagSettings, training: TrainingTexts, folds: list[Fold], progress: Progress) -> BagTrial:
    """Cross-validate the settings: search for C on the training part of each fold, score the held-out part."""
    matrix, targets = matrix_and_targets(settings, training, progress)
    search = StrengthSearch(matrix, targets, settings, folds, progress)
    scores = np.concatenate(search.scores[search.run()])
    accuracy = accuracy_of(targets.taken(np.concatenate([fold.held_out for fold in folds])), scores)
    return BagTrial(search.best, search.losses[search.best], 0.0 if accuracy is None else accuracy)
