"""One try of a bag's settings: fitted on a part of the texts, measured on the rest."""

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
    """What a try brought.

    Args:
        C: the best strength.
        loss: log loss on the held-out texts, in nats, after calibration by a temperature.
        accuracy: accuracy on the held-out texts.
    """

    C: float
    loss: float
    accuracy: float


def bag_trial(settings: BagSettings, training: TrainingTexts, folds: list[Fold], progress: Progress) -> BagTrial:
    """Fit on one part of the texts with every C that is worth it, and measure on the other part; so for each fold."""
    matrix, targets = matrix_and_targets(settings, training, progress)
    search = StrengthSearch(matrix, targets, settings, folds, progress)
    scores = np.concatenate(search.scores[search.run()])
    accuracy = accuracy_of(targets.taken(np.concatenate([fold.held_out for fold in folds])), scores)
    return BagTrial(search.best, search.losses[search.best], 0.0 if accuracy is None else accuracy)
