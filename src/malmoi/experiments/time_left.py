"""How long trainings will take, from those that are done."""

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
"""Of a training, before any is done."""
LEAST_LABELS = 2_000
"""What a training costs whatever the number of labels, as labels: 0 for a network, far more for few-labels, which
learns from the other texts too. Only the first draw needs it."""


class TimeLeft:
    """Tells how many seconds are done, and how many there will be.

    A training takes as long as those of the same recipe and size; of another size in proportion to its labels; of a
    recipe that is not done yet as the others do.

    Args:
        waiting: trainings to be done.
        processes: trainings at the same time.
        progress: progress callback.
    """

    def __init__(self, waiting: Sequence[DrawnTraining], processes: int, progress: Progress) -> None:
        self._waiting = list(waiting)
        self._processes = min(processes, max(1, len(waiting)))
        self._progress = progress
        self._start = time.perf_counter()
        self._taken: dict[tuple[str, int], list[float]] = defaultdict(list)

    def tick(self) -> None:
        """Tell how far the work is."""
        done = time.perf_counter() - self._start
        if self._waiting:
            self._progress(STEP, round(done), round(done + self._left()) or 1)

    def finished(self, training: DrawnTraining, seconds: float) -> None:
        """Take note that a training is done, and what it took."""
        self._waiting.remove(training)
        self._taken[training.recipe, training.labels].append(seconds)
        self.tick()
        if not self._waiting:
            done = round(time.perf_counter() - self._start) or 1
            self._progress(STEP, done, done)

    def _left(self) -> float:
        return sum(map(self._expected, self._waiting)) / self._processes

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
