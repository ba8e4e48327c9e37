"""One try of a bag's settings: fitted on a part of the texts, measured on the rest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from malmoi.foundation.progress import Progress
from malmoi.models.linear.features import chosen_features
from malmoi.models.linear.fitting import StrengthSearch
from malmoi.models.linear.folds import Fold
from malmoi.models.linear.learning import TrainingTexts, class_count
from malmoi.models.linear.matrix import bag_matrix
from malmoi.models.linear.settings import BagSettings
from malmoi.models.linear.targets import accuracy_of, linear_targets

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
    features = chosen_features(settings.tokens, settings.ngrams, training.texts, class_count(training.task))
    matrix = bag_matrix(settings, features, training.texts, progress)
    targets = linear_targets(training.task, training.targets, training.weights)
    search = StrengthSearch(matrix, targets, settings, folds, progress)
    if settings.C == "auto":
        search.climb()
    else:
        search.best = float(settings.C)
        search.measure([search.best])
    scores = np.concatenate(search.scores[search.best])
    accuracy = accuracy_of(targets.taken(np.concatenate([fold.held_out for fold in folds])), scores)
    return BagTrial(search.best, search.losses[search.best], 0.0 if accuracy is None else accuracy)
