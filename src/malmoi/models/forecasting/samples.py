"""Training data of one target: scaled series, covariates, calendar features."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from malmoi.data.calendar_features import calendar_columns, calendar_rows
from malmoi.data.time_grid import Grid
from malmoi.data.time_tables import Values
from malmoi.data.time_zones import Times
from malmoi.models.forecasting.lags import Places

__all__ = ["BLOCK", "Covariates", "Sample", "Scale", "blocks"]

BLOCK = 4_096
"""Number of windows per block, which limits memory."""
FARTHEST = 2.0
"""Maximum distance of a forecast above, and of a value below, all logarithms of the training data."""
SMALLEST = 1e-12


@dataclass(frozen=True)
class Scale:
    """Standardization of a series, optionally of its logarithms.

    Args:
        mean: mean of the values, or of their logarithms.
        deviation: their standard deviation; 1 for a constant series.
        lowest: the smallest logarithm.
        highest: the largest logarithm.
        log: whether logarithms are taken.
    """

    mean: float
    deviation: float
    lowest: float
    highest: float
    log: bool

    @classmethod
    def of(cls, raw: Values, *, log: bool) -> Scale:
        """Fit the scale on a series (time,)."""
        known = raw[~np.isnan(raw)]
        values = np.log(known) if log else known
        mean, deviation = float(values.mean()), float(values.std())
        is_constant = deviation <= SMALLEST * max(abs(mean), 1e-300)
        ends = (float(values.min()), float(values.max())) if log else (0.0, 0.0)
        return cls(mean, 1.0 if is_constant else deviation, *ends, log)

    def apply(self, raw: Values) -> Values:
        """Return scaled values; values far below the training data, which may have no logarithm, are clipped."""
        values = np.log(np.maximum(raw, np.exp(self.lowest - FARTHEST))) if self.log else raw
        scaled: Values = (values - self.mean) / self.deviation
        return scaled

    def undo(self, scaled: Values) -> Values:
        """Return values in the unit of the series."""
        values: Values = scaled * self.deviation + self.mean
        return np.exp(np.minimum(values, self.highest + FARTHEST)) if self.log else values


@dataclass(frozen=True)
class Covariates:
    """Features of each step: scaled known covariates and calendar features.

    Args:
        known: float64 (time, covariates); no columns without covariates.
        times: int64 (time,).
        grid: grid of the times.
        calendar: calendar features.
    """

    known: Values
    times: Times
    grid: Grid
    calendar: tuple[str, ...]

    @property
    def width(self) -> int:
        """Number of columns."""
        return int(self.known.shape[1]) + calendar_columns(self.calendar)

    def rows(self, start: int, stop: int) -> Values:
        """Return rows (steps, width) of a range of steps."""
        known = self.known[start:stop]
        if not self.calendar:
            return known
        return np.concatenate([known, calendar_rows(self.times[start:stop], self.grid, self.calendar)], axis=1)

    def effect(self, effects: Values) -> Values:
        """Return the sum of the effects at every step, float64 (time,)."""
        count = len(self.known)
        found = np.zeros(count)
        for start in range(0, count, BLOCK):
            found[start : start + BLOCK] = self.rows(start, start + BLOCK) @ effects
        return found


@dataclass(frozen=True, eq=False)
class Sample:
    """One series of one target.

    Args:
        raw: float64 (time,), in the original unit; NaN for missing values.
        past: float64 (time, covariates), scaled.
        known: float64 (time, covariates), scaled.
        times: int64 (time,).
        grid: grid of the times.
        scales: scale of the values, and of their logarithms if they are used.
    """

    raw: Values
    past: Values
    known: Values
    times: Times
    grid: Grid
    scales: dict[bool, Scale]

    def covariates(self, calendar: tuple[str, ...]) -> Covariates:
        """Return the features of each step."""
        return Covariates(self.known, self.times, self.grid, calendar)

    def tail(self, steps: int) -> Sample:
        """Return the last steps."""
        start = max(len(self.raw) - steps, 0)
        raw, past, known = (one[start:] for one in (self.raw, self.past, self.known))
        return Sample(raw, past, known, self.times[start:], self.grid, self.scales)


def blocks(start: int, stop: int) -> Iterator[Places]:
    """Yield the indices from start to stop in blocks."""
    for first in range(start, stop, BLOCK):
        yield np.arange(first, min(first + BLOCK, stop))
