"""Formatting of numbers with just enough digits to be distinct."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["apart"]

MINUS = "−"
FINEST = 0.005
"""Maximum rounding error, as a fraction of the range of the numbers."""
EXACT = 2.0**53
MOST_DIGITS = 17


def apart(values: Sequence[float]) -> list[str]:
    """Return numbers with the fewest digits that keep them distinct; whole numbers keep all digits.

    Args:
        values: finite numbers; equal numbers are formatted equally.

    Example:
        >>> apart([0.0, 0.2513, 0.2514, 1.0]), apart([1987.0, 2004.0]), apart([-1.5, 2.25])
        (['0', '0.2513', '0.2514', '1'], ['1987', '2004'], ['−1.5', '2.25'])
    """
    if all(value == round(value) and abs(value) < EXACT for value in values):
        return [f"{value:.0f}".replace("-", MINUS) for value in values]
    near = FINEST * (max(values) - min(values))
    found: list[str] = []
    for digits in range(1, MOST_DIGITS + 1):
        found = [f"{value:.{digits}g}" for value in values]
        are_near = all(abs(float(one) - value) <= near for one, value in zip(found, values, strict=True))
        if are_near and len(set(found)) == len(set(values)):
            break
    return [one.replace("-", MINUS) for one in found]
