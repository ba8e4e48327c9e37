"""Checks of arguments at the door: rule, value and cure in one line."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from numbers import Integral, Real

__all__ = [
    "LARGEST_COUNT",
    "LARGEST_NUMBER",
    "check_choice",
    "check_number",
    "real_number",
    "shorten",
    "surrogate_at",
    "whole_number",
]


SHOWN_CHARACTERS = 60
_ENCODED_AT_ONCE = 1 << 20
LONGEST_NUMBER_BITS = 4_000
"""Python writes no longer number in decimal digits."""


def shorten(value: object) -> str:
    """Show a value in an error message: one line, 60 characters at most.

    Example:
        >>> shorten("a" * 100)
        "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa..."
    """
    shown = repr(_begun(value))
    shown = " ".join(shown.split()) if "\n" in shown else shown  # of arrays and tables
    return shown if len(shown) <= SHOWN_CHARACTERS else shown[: SHOWN_CHARACTERS - 3] + "..."


def _begun(value: object, depth: int = 0) -> object:
    """The beginning of a large value, of which more than is shown is left: its whole text may not fit into memory."""
    if type(value) is int and value.bit_length() > LONGEST_NUMBER_BITS:
        return _Shown(hex(value))
    if type(value) is str or type(value) is bytes:
        return value[: 2 * SHOWN_CHARACTERS]
    if depth >= SHOWN_CHARACTERS:  # every bracket is a character
        return ...
    if type(value) is list or type(value) is tuple:
        return type(value)(_begun(item, depth + 1) for item in value[:SHOWN_CHARACTERS])
    if type(value) is dict:
        return {_begun(name): _begun(item, depth + 1) for name, item in islice(value.items(), SHOWN_CHARACTERS)}
    return value


class _Shown(str):
    """Text that is shown without quotes."""

    def __repr__(self) -> str:
        return str(self)


def whole_number(name: str, value: object) -> int:
    """A setting as a plain int, whichever library's whole number it was.

    Raises:
        TypeError: it is no whole number; 2.0 and True are none.

    Example:
        >>> whole_number("epochs", 10)
        10
    """
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise TypeError(f"{name} must be a whole number, got {shorten(value)}")
    return int(value)


def real_number(name: str, value: object) -> float:
    """A setting as a plain float, whichever library's number it was.

    Raises:
        TypeError: it is no number; True is none.
        ValueError: it is too large for a float.
    """
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{name} must be a number, got {shorten(value)}")
    try:
        return float(value)
    except OverflowError:
        raise ValueError(f"{name} must be a number that a float can hold, got {shorten(value)}") from None


LARGEST_NUMBER = 2**31 - 1


LARGEST_COUNT = 2**63 - 1


def check_number(name: str, value: object, least: int, most: int | None = LARGEST_NUMBER) -> None:
    """Refuse what is no whole number of a range.

    Raises:
        TypeError: it is no whole number.
        ValueError: it is out of the range.
    """
    if not isinstance(value, Integral) or isinstance(value, bool):
        raise TypeError(f"{name} must be a whole number, got {shorten(value)}")
    value = int(value)
    if value < least or (most is not None and value > most):
        span = f"{least} or more" if most is None or value < least else f"{most} at most"
        raise ValueError(f"{name} must be {span}, got {shorten(value)}")


def check_choice(name: str, value: object, known: Sequence[object]) -> None:
    """Refuse what is not one of the known values.

    Raises:
        ValueError: it is something else.
    """
    if value not in known:
        names = [repr(item) for item in known]
        raise ValueError(f"{name} must be {', '.join(names[:-1])} or {names[-1]}, got {shorten(value)}")


def surrogate_at(text: str) -> int | None:
    """Return where a text holds half a character, which no UTF-8 file can hold; `None` where it does not."""
    if text.isascii():
        return None
    for start in range(0, len(text), _ENCODED_AT_ONCE):  # an interrupt may end it
        try:
            text[start : start + _ENCODED_AT_ONCE].encode()
        except UnicodeEncodeError as error:
            return start + error.start
    return None
