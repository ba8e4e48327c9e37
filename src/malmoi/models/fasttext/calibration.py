"""Calibration of a fastText classifier on held-out texts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from malmoi import _core
from malmoi.data.texts import taken
from malmoi.foundation.progress import Progress
from malmoi.foundation.threads import thread_count
from malmoi.metrics.calibrators import Calibrator, Temperature, fitted_calibrator
from malmoi.models.fasttext.probabilities import linked
from malmoi.models.fasttext.settings import FastTextSettings
from malmoi.models.fasttext.training import Trained, loss_of, trained_network
from malmoi.models.linear.folds import Fold, folds_of, stratified_folds
from malmoi.models.linear.learning import TrainingTexts
from malmoi.models.linear.targets import linear_targets, strata_of
from malmoi.models.task import Classification

__all__ = ["TEXTS_WITHOUT_REFIT", "HeldOut", "held_out_scores", "held_out_size", "some_of", "spread_texts"]

LEAST_PARTS, MOST_HELD_OUT = 10, 2_000
"""One text in so many is held out, and about so many texts at most."""
TEXTS_FOR_ONE_PART = 2_000
"""Number of texts from which one part is held out instead of each of five in turn."""
TEXTS_WITHOUT_REFIT = 20_000
"""Number of texts from which the held-out texts, a tenth or less, are not learned: training again costs more."""
HALVED = 100
"""Number of held-out texts with which the temperature may be as low as 1/2."""


@dataclass(frozen=True)
class HeldOut:
    """Out-of-sample scores.

    Args:
        scores: float32 (held out, classes).
        places: int64 (held out,), indices of the texts.
        trained: the network of the last fold, which has not learned from its held-out texts.
    """

    scores: npt.NDArray[np.float32]
    places: npt.NDArray[np.int64]
    trained: Trained

    def accuracy(self, training: TrainingTexts) -> float:
        """Return the accuracy of the scores; for multilabel data the share of texts with exactly the true labels."""
        targets = training.targets[self.places]
        if targets.ndim == 2:
            return float(((self.scores > 0) == (targets > 0)).all(axis=1).mean())
        return float((self.scores.argmax(axis=1) == targets).mean())

    def calibrator(self, settings: FastTextSettings, training: TrainingTexts) -> Calibrator:
        """Return the calibrator that fits the scores best.

        Raises:
            ValueError: isotonic regression is requested for more than two classes.
        """
        task = training.task
        if settings.calibration is None or not isinstance(task, Classification):
            return Temperature()
        scores, link = linked(self.scores, task, loss_of(settings, task))
        targets = linear_targets(task, training.targets, training.weights).taken(self.places)
        made = fitted_calibrator(settings.calibration, scores, targets.classes, link, targets.weights)
        if not isinstance(made, Temperature):
            return made
        # If a few held-out texts are all predicted correctly, ever smaller temperatures lower the loss.
        return Temperature(max(made.temperature, 1 / (1 + len(self.places) / HALVED)))


def held_out_scores(settings: FastTextSettings, training: TrainingTexts, progress: Progress) -> HeldOut | None:
    """Train without some texts and score these; `None` without calibration, or with too few texts.

    Raises:
        DataError: training diverges, or no text has a word.
    """
    folds = _folds(settings, training)
    scores, trained = [], None
    for fold in folds:
        trained = trained_network(settings, some_of(training, fold.training), progress)
        held_out = taken(training.texts, fold.held_out.tolist())
        scores.append(trained.network.scores(held_out, settings.n_jobs)[0])
    if trained is None:
        return None
    return HeldOut(np.concatenate(scores), np.concatenate([fold.held_out for fold in folds]), trained)


def _folds(settings: FastTextSettings, training: TrainingTexts) -> list[Fold]:
    if settings.calibration is None:
        return []
    threads, strata = thread_count(settings.n_jobs), strata_of(training.task, training.targets)
    samples = len(training.texts)
    if samples < TEXTS_FOR_ONE_PART:
        return folds_of(training.texts, strata, settings.seed, threads)
    first = np.asarray(_core.first_equals(training.texts, threads), dtype=np.int64)
    parts = samples // held_out_size(samples)
    return stratified_folds(first, strata, settings.seed, samples_for_one_fold=TEXTS_FOR_ONE_PART, parts=parts)


def held_out_size(samples: int) -> int:
    """Return about how many of very many texts are held out."""
    return max(1, min(samples // LEAST_PARTS, MOST_HELD_OUT))


def spread_texts(training: TrainingTexts, most: int) -> TrainingTexts:
    """Return at most so many of the training texts, at equal distances."""
    return some_of(training, np.unique(np.linspace(0, len(training.texts) - 1, most).astype(np.int64)))


def some_of(training: TrainingTexts, places: npt.NDArray[np.int64]) -> TrainingTexts:
    """Return some of the training texts with their targets and weights."""
    weights = None if training.weights is None else training.weights[places]
    texts = taken(training.texts, places.tolist())
    return TrainingTexts(texts, training.task, training.targets[places], weights)
