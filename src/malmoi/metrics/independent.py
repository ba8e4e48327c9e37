"""Comparison of two proportions of independent samples."""

from __future__ import annotations

import math
from statistics import NormalDist

from malmoi.metrics.scores import Share

__all__ = ["independent_difference"]


def independent_difference(first: Share, second: Share, *, error: float = 0.05) -> tuple[float, float, float]:
    """Return the difference of two proportions, and the bounds of its confidence interval.

    Args:
        first: proportion in one sample.
        second: proportion in another sample.
        error: 1 - confidence level: 0.05 for 95 %, less if several differences are tested together.

    Raises:
        ValueError: `error` is not between 0 and 1.

    Source:
        Newcombe 1998, Interval estimation for the difference between independent proportions, method 10: the Wilson
        intervals of both shares, combined.

    Example:
        >>> [round(number, 4) for number in independent_difference(Share(56, 70), Share(48, 80))]
        [0.2, 0.0524, 0.3339]
    """
    if not 0 < error < 1:
        raise ValueError(f"error must be between 0 and 1, got {error}")
    z = NormalDist().inv_cdf(1 - error / 2)
    (low_one, high_one), (low_two, high_two) = first.bounds(z), second.bounds(z)
    value = first.value - second.value
    below = math.hypot(first.value - low_one, high_two - second.value)
    above = math.hypot(high_one - first.value, second.value - low_two)
    return value, value - below, value + above
