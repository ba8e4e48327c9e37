"""Out-of-sample probabilities of labelled texts by bags of n-grams."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt

from malmoi import _core
from malmoi.data.texts import Texts, taken
from malmoi.errors import DataError
from malmoi.foundation.log import logger
from malmoi.foundation.progress import Progress
from malmoi.foundation.threads import thread_count
from malmoi.metrics.calibrators import Calibrator, fitted_calibrator
from malmoi.models.linear.folds import stratified_folds
from malmoi.models.linear.learning import TrainingTexts, fitted_bag, matrix_and_targets
from malmoi.models.linear.parts import BagScorer
from malmoi.models.linear.settings import BagSettings
from malmoi.models.linear.targets import class_link, strata_of
from malmoi.models.task import Classification

__all__ = ["LEAST_TEXTS_OF_CLASS", "OutOfSample"]

Floats = npt.NDArray[np.float32]
Places = npt.NDArray[np.int64]

PARTS = 8
"""Folds. On IMDB with 500 wrong labels, 5, 8 and 10 folds find 0.806, 0.812 and 0.810 of them among the 5 % most
suspicious texts, with a precision of 0.604, 0.606 and 0.610 among the first 500; 10 folds take twice as long as 5."""
STRENGTH = 32.0
"""C. On IMDB values from 16 to 64 rank wrong labels equally well, and better than 4 (0.80 instead of 0.77 of them among
the first 5 %); for short texts (NSMC, MR) smaller values are better, by at most 0.03."""
TOLERANCE = 0.1
"""Five times the default: the ranking stays (0.810 and 0.810), and fitting takes half the time."""
TEXTS_FOR_FREQUENT = 10_000
FREQUENT_IN = 5
"""Number of texts from which only n-grams in at least 5 of them are used: a third of the columns, the same ranking."""
MOST_TEXTS_OF_FOLDS = 100_000
"""Above this number two models are fitted, each on half as many texts, and predict all other texts."""
TEXTS_TOGETHER = 20_000
LEAST_TEXTS_OF_CLASS = 10
"""Minimum number of distinct texts of a class; below it, its probabilities are unreliable."""


@dataclass(frozen=True, eq=False)
class OutOfSample:
    """Out-of-sample predictions of texts with one label each.

    Up to 100,000 texts: 8-fold cross-validation, with equal texts in the same fold, so that no text is predicted by a
    model that was trained on its label. Above that: two models are fitted on 50,000 texts each (equal texts on the same
    side); each predicts the texts of the other and half of the rest.

    Args:
        texts: (samples,).
        task: single-label classification.
        targets: int (samples,), class indices.
        seed: random seed of folds and samples.
        progress: progress callback, called with the step's name, the number done and the total.
        repeats: number of cross-validations with different folds, whose scores are averaged; 1 or more.
    """

    texts: Texts
    task: Classification
    targets: npt.NDArray[np.int32]
    seed: int
    progress: Progress
    repeats: int = 1

    @cached_property
    def first_equals(self) -> Places:
        """int64 (samples,): index of the first text that is equal up to case, white space and Unicode normalization."""
        return np.asarray(_core.first_equals(self.texts, thread_count()), dtype=np.int64)

    @cached_property
    def known_classes(self) -> npt.NDArray[np.bool_]:
        """bool (classes,): whether a class has 10 distinct training texts; if not, its probabilities are unreliable."""
        learned = np.arange(len(self.texts)) if self._sides is None else np.concatenate(self._sides)
        pairs = np.unique(self.first_equals[learned] * self._classes + self.targets[learned])
        found = np.bincount(pairs % self._classes, minlength=self._classes)
        return np.asarray(found >= LEAST_TEXTS_OF_CLASS * (1 if self._sides is None else 2))

    def batches(self) -> Iterator[tuple[Places, Floats]]:
        """Yield indices of texts, each once, and their probabilities float32 (indices, classes).

        The first batch is large enough for estimates about all texts: all texts up to 100,000, else the training texts
        of the two models. Yields nothing if all texts are equal, or if no n-gram is frequent enough.
        """
        sides = self._sides
        try:
            yield from self._cross_validated() if sides is None else self._by_two_models(*sides)
        except DataError as error:
            logger.info("no out-of-sample probabilities: %s", error)

    @property
    def _classes(self) -> int:
        return len(self.task.classes)

    def _settings(self, samples: int) -> BagSettings:
        least: int | Literal["auto"] = FREQUENT_IN if samples >= TEXTS_FOR_FREQUENT else "auto"
        return BagSettings("auto", "auto", "nb", STRENGTH, None, least, None, self.seed)

    def _training(self, places: Places) -> TrainingTexts:
        texts = taken(self.texts, places.tolist())
        return TrainingTexts(texts, self.task, self.targets[places], None)

    def _cross_validated(self) -> Iterator[tuple[Places, Floats]]:
        strata = strata_of(self.task, self.targets)
        folds = [
            fold
            for repeat in range(self.repeats)
            for fold in stratified_folds(
                self.first_equals, strata, self.seed + repeat, samples_for_one_fold=len(strata) + 1, parts=PARTS
            )
        ]
        if not folds:
            return
        training = TrainingTexts(self.texts, self.task, self.targets, None)
        settings = self._settings(len(self.texts))
        matrix, targets = matrix_and_targets(settings, training, self.progress)
        jobs = [targets.job(fold.training, fold.held_out, [STRENGTH], keep=False) for fold in folds]
        found = matrix.fit(jobs, settings, targets.loss, tolerance=TOLERANCE)
        self.progress("cross-validation", len(folds), len(folds))
        held_out = np.concatenate([fold.held_out for fold in folds])
        every = np.concatenate([job[0][1] for job in found])
        sums = np.zeros((len(strata), every.shape[1]), dtype=np.float32)
        np.add.at(sums, held_out, every)
        times = np.bincount(held_out, minlength=len(strata))
        places = np.flatnonzero(times)
        scores = (sums[places] / times[places, None]).astype(np.float32)
        yield places, self._probabilities(scores, self._calibrator(scores, places))

    def _by_two_models(self, first: Places, second: Places) -> Iterator[tuple[Places, Floats]]:
        scorers = [self._fitted(first), self._fitted(second)]
        scores = np.concatenate([self._scores(scorers[0], second), self._scores(scorers[1], first)])
        places = np.concatenate([second, first])
        calibrator = self._calibrator(scores, places)
        yield places, self._probabilities(scores, calibrator)
        chosen = np.zeros(len(self.texts), dtype=np.bool_)
        chosen[places] = True
        rest = np.random.default_rng(self.seed).permutation(np.flatnonzero(~chosen))
        for start in range(0, len(rest), TEXTS_TOGETHER):
            batch = rest[start : start + TEXTS_TOGETHER]
            scores = self._scores(scorers[start // TEXTS_TOGETHER % 2], batch)
            self.progress("predicting", start + len(batch), len(rest))
            yield batch, self._probabilities(scores, calibrator)

    @cached_property
    def _sides(self) -> tuple[Places, Places] | None:
        """Two stratified samples with no text in common; `None` up to 100,000 texts.

        Texts equal to one of a sample are also part of it: they are predicted by the other model.
        """
        if len(self.texts) <= MOST_TEXTS_OF_FOLDS:
            return None
        kinds = np.random.default_rng(self.seed).permutation(np.unique(self.first_equals))
        kinds = kinds[np.argsort(self.targets[kinds], kind="stable")]
        spread = np.linspace(0, len(kinds) - 1, min(MOST_TEXTS_OF_FOLDS, len(kinds))).astype(np.int64)
        side = np.full(len(self.texts), -1, dtype=np.int8)
        side[kinds[spread]] = np.arange(len(spread)) % 2
        side = side[self.first_equals]
        return np.flatnonzero(side == 0), np.flatnonzero(side == 1)

    def _fitted(self, side: Places) -> BagScorer:
        """Fit a model on the texts of one side, each distinct text once."""
        learned = side[np.unique(self.first_equals[side], return_index=True)[1]]
        return fitted_bag(self._settings(len(learned)), self._training(learned), self.progress).scorer

    def _scores(self, scorer: BagScorer, places: Places) -> Floats:
        chosen = places.tolist()
        starts = range(0, len(chosen), TEXTS_TOGETHER)
        parts = [scorer.scores(taken(self.texts, chosen[start : start + TEXTS_TOGETHER])) for start in starts]
        return np.concatenate([np.empty((0, self.task.units), np.float32), *parts])

    def _calibrator(self, scores: Floats, places: Places) -> Calibrator:
        return fitted_calibrator("temperature", scores, self.targets[places], class_link(self.task))

    def _probabilities(self, scores: Floats, calibrator: Calibrator) -> Floats:
        return self.task.probabilities(calibrator.apply(scores, class_link(self.task)))
