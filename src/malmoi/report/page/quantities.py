"""Formatting of numbers."""

from __future__ import annotations

__all__ = ["MINUS", "bounds", "count", "percent", "points", "probability", "rate", "size"]

MINUS = "\u2212"
MOST_DIGITS = 3
UNITS = ("B", "kB", "MB", "GB", "TB")


def count(value: int) -> str:
    """Return a whole number with commas."""
    return f"{value:,}"


def percent(value: float | None, digits: int = 1) -> str:
    """Return a proportion in percent; a dash if it is undefined.

    Example:
        >>> percent(0.8713), percent(None)
        ('87.1 %', '–')
    """
    return "–" if value is None else f"{100 * value:.{digits}f} %"


def points(value: float, *, signed: bool = True) -> str:
    """Return a difference of proportions in percentage points, with one digit, or more for differences that round to 0.

    Example:
        >>> points(0.0123), points(-0.0123), points(0.0123, signed=False), points(-0.0001), points(0.0)
        ('+1.2', '−1.2', '1.2', '−0.01', '0.0')
    """
    written = (f"{100 * abs(value):.{digits}f}" for digits in range(1, MOST_DIGITS + 1))
    text = next((one for one in written if float(one)), "0.0")
    if not signed or not float(text):
        return text
    return f"{MINUS if value < 0 else '+'}{text}"


def bounds(low: float, high: float) -> str:
    """Return an interval of proportions.

    Example:
        >>> bounds(0.86, 0.882)
        '86.0–88.2 %'
    """
    return f"{100 * low:.1f}–{100 * high:.1f} %"


def probability(value: float) -> str:
    """Return a p-value with two significant digits.

    Example:
        >>> probability(0.0421), probability(0.0000001)
        ('0.042', '< 0.001')
    """
    return "< 0.001" if value < 0.001 else f"{value:.2g}" if value < 0.1 else f"{value:.2f}"


def rate(value: float) -> str:
    """Return a rate per second with three significant digits.

    Example:
        >>> rate(12345.6), rate(3.14159)
        ('12,300', '3.14')
    """
    rounded = float(f"{value:.3g}")
    return f"{rounded:,.0f}" if rounded >= 100 else f"{rounded:g}"


def size(value: int) -> str:
    """Return a size in bytes with a decimal unit (powers of 1,000).

    Example:
        >>> size(1_234_567), size(12)
        ('1.2 MB', '12 B')
    """
    number, place = float(value), 0
    while number >= 999.5 and place < len(UNITS) - 1:
        number, place = number / 1000, place + 1
    return f"{number:.1f} {UNITS[place]}" if place and number < 99.5 else f"{number:.0f} {UNITS[place]}"
