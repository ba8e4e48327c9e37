"""Golden-section search."""

from __future__ import annotations

import math
from collections.abc import Callable

__all__ = ["minimum_between"]

STEPS = 60
TOLERANCE = 1e-3
GOLDEN = (math.sqrt(5) - 1) / 2


def minimum_between(function: Callable[[float], float], low: float, high: float) -> float:
    """Return where a function with one minimum between two numbers is least, to 0.0005.

    Example:
        >>> round(minimum_between(lambda number: (number - 1) ** 2, -3.0, 3.0), 2)
        1.0
    """
    left, right = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
    values = [function(left), function(right)]
    for _ in range(STEPS):
        if high - low < TOLERANCE:
            break
        if values[0] <= values[1]:
            high, right, values[1] = right, left, values[0]
            left = high - GOLDEN * (high - low)
            values[0] = function(left)
        else:
            low, left, values[0] = left, right, values[1]
            right = low + GOLDEN * (high - low)
            values[1] = function(right)
    return (low + high) / 2
