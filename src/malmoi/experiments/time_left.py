"""Estimate of the remaining time of trainings from finished ones."""

from __future__ import annotations

import statistics
import time
from collections import defaultdict
from collections.abc import Sequence

from malmoi.experiments.drawn_training import DrawnTraining
from malmoi.foundation.progress import Progress

__all__ = ["TimeLeft"]

STEP = "comparing"
UNKNOWN_SECONDS = 5.0
"""Assumed time of a training before any is finished."""
LEAST_LABELS = 2_000
"""Assumed fixed cost of a training in labels, a compromise between networks (0) and few-labels (much more, because it
uses unlabelled texts). It only matters in the first draw."""


class TimeLeft:
    """Reports elapsed and expected seconds to a progress callback.

    The time of a training is estimated from trainings of the same recipe and size, else of the same recipe in
    proportion to the labels, else of other recipes.

    Args:
        waiting: trainings to do.
        processes: number of parallel processes; `None`: unknown, and estimated from the times of finished trainings.
        progress: progress callback, called with the step's name, the seconds done and the estimated total.
    """

    def __init__(self, waiting: Sequence[DrawnTraining], processes: int | None, progress: Progress) -> None:
        self._waiting = list(waiting)
        self._processes = processes
        self._progress = progress
        self._start = time.perf_counter()
        self._taken: dict[tuple[str, int], list[float]] = defaultdict(list)

    def tick(self) -> None:
        """Report the progress."""
        done = time.perf_counter() - self._start
        if self._waiting:
            self._progress(STEP, round(done), round(done + self._left()) or 1)

    def finished(self, training: DrawnTraining, seconds: float) -> None:
        """Record a finished training and its time."""
        self._waiting.remove(training)
        self._taken[training.recipe, training.labels].append(seconds)
        self.tick()
        if not self._waiting:
            done = round(time.perf_counter() - self._start) or 1
            self._progress(STEP, done, done)

    def _left(self) -> float:
        return sum(map(self._expected, self._waiting)) / min(self._parallel(), max(1, len(self._waiting)))

    def _parallel(self) -> float:
        """Return how many trainings run at the same time, 1 or more."""
        if self._processes is not None:
            return self._processes
        seconds = max(time.perf_counter() - self._start, 0.001)
        return max(1.0, sum(map(sum, self._taken.values())) / seconds)

    def _expected(self, training: DrawnTraining) -> float:
        same = self._taken.get((training.recipe, training.labels))
        if same:
            return statistics.median(same)
        rates = [
            (recipe == training.recipe, seconds / (labels + LEAST_LABELS))
            for (recipe, labels), taken in self._taken.items()
            for seconds in taken
        ]
        own = [rate for is_own, rate in rates if is_own] or [rate for _, rate in rates]
        return statistics.fmean(own) * (training.labels + LEAST_LABELS) if own else UNKNOWN_SECONDS
