"""Scales: mapping of values to pixels, with ticks at round numbers."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["Scale", "padded", "round_step"]

STEPS = (1.0, 2.0, 5.0, 10.0)
CLOSER = 0.8
"""Factor of the step that gives slightly more ticks, so that there are rarely only one or two."""
DECADES = ((1, 2, 5), (1, 3), (1,))


@dataclass(frozen=True)
class Scale:
    """A scale.

    Args:
        low: value at `start`.
        high: value at `end`; above `low`.
        start: position of `low` in pixels.
        end: position of `high` in pixels; smaller than `start` on a vertical scale.
        is_logarithmic: whether the scale is logarithmic; `low` must then be above 0.

    Example:
        >>> scale = Scale(0.0, 1.0, 100.0, 200.0)
        >>> scale(0.25), scale.ticks(5)
        (125.0, [0.0, 0.2, 0.4, 0.6, 0.8, 1.0])
        >>> Scale(20, 30_000, 0, 300, is_logarithmic=True).ticks(4)
        [100.0, 1000.0, 10000.0]
    """

    low: float
    high: float
    start: float
    end: float
    is_logarithmic: bool = False

    def __call__(self, value: float) -> float:
        """Return the position of a value in pixels; values are clipped to the scale."""
        value = min(max(value, self.low), self.high)
        if self.is_logarithmic:
            share = math.log(value / self.low) / math.log(self.high / self.low)
        else:
            share = (value - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)

    def step(self, most: int) -> float:
        """Return the step of about `most` ticks."""
        return round_step(CLOSER * (self.high - self.low) / max(most, 1))

    def ticks(self, most: int) -> list[float]:
        """Return about `most` round values along the scale, at most a quarter more."""
        if self.is_logarithmic:
            return self._decades(most)
        step = self.step(most)
        first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
        return [round(number * step, 10) for number in range(first, last + 1)]

    def _decades(self, most: int) -> list[float]:
        exponents = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
        for digits in DECADES:
            found = [float(digit * 10**exponent) for exponent in exponents for digit in digits]
            found = [value for value in found if self.low <= value <= self.high]
            if len(found) <= most:
                break
        return found[:: -(-len(found) // max(most, 1))] if found else [self.low, self.high]


def round_step(wanted: float) -> float:
    """Return the smallest of 1, 2, 5, 10, ... that is at least the wanted step.

    Example:
        >>> round_step(0.13), round_step(3.0)
        (0.2, 5.0)
    """
    power = 10.0 ** math.floor(math.log10(wanted))
    return next((step * power for step in STEPS if step * power >= wanted * (1 - 1e-9)), 10 * power)


def padded(values: Iterable[float], least: float, most: float, *, span: float = 0.02) -> tuple[float, float]:
    """Return the ends of a scale for values, with padding.

    Args:
        values: 1 value or more.
        least: lower limit of the scale.
        most: upper limit of the scale.
        span: minimum length of the scale.
    """
    found = list(values)
    low, high = min(found), max(found)
    room = max(0.06 * (high - low), (span - (high - low)) / 2)
    return max(least, low - room), min(most, high + room)
