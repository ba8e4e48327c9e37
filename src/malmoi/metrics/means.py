"""Means of repeated measurements, with Student's t interval."""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass

__all__ = ["Mean"]


@dataclass(frozen=True)
class Mean:
    """The mean of repeated measurements.

    Args:
        values: one value per repetition; 1 or more.
        least: smallest possible value, at which the interval is clipped.
        most: largest possible value, at which the interval is clipped.

    Raises:
        ValueError: there are no values.

    Example:
        >>> mean = Mean((0.80, 0.82, 0.84))
        >>> round(mean.value, 3), [round(bound, 3) for bound in mean.interval]
        (0.82, [0.77, 0.87])
    """

    values: tuple[float, ...]
    least: float = 0.0
    most: float = 1.0

    def __post_init__(self) -> None:
        if not self.values:
            raise ValueError("values must have 1 number or more, got 0")

    @property
    def value(self) -> float:
        """The mean."""
        return statistics.fmean(self.values)

    @property
    def deviation(self) -> float | None:
        """Standard deviation of the values, with n - 1 in the denominator; `None` for one value."""
        return statistics.stdev(self.values) if len(self.values) > 1 else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Bounds of the 95 % interval, by Student's t with n - 1 degrees of freedom; `None` for one value.

        It covers the variation between repetitions, but not what they have in common.

        Source:
            Student 1908, The probable error of a mean.
        """
        if self.deviation is None:
            return None
        from scipy.special import stdtrit

        number = len(self.values)
        half = float(stdtrit(number - 1, 0.975)) * self.deviation / math.sqrt(number)
        return max(self.least, self.value - half), min(self.most, self.value + half)
