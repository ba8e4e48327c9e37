"""Validation of arguments, with rule, value and cure in one line."""

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
"""Python does not convert longer integers to decimal digits."""


def shorten(value: object) -> str:
    """Return the repr of a value for an error message, in one line of at most 60 characters.

    Example:
        >>> shorten("a" * 100)
        "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa..."
    """
    shown = repr(_beginning(value))
    shown = " ".join(shown.split()) if "\n" in shown else shown  # arrays and data frames have several lines
    return shown if len(shown) <= SHOWN_CHARACTERS else shown[: SHOWN_CHARACTERS - 3] + "..."


def _beginning(value: object, depth: int = 0) -> object:
    """Return the beginning of a large value, longer than what is shown: its full repr may not fit into memory."""
    if type(value) is int and value.bit_length() > LONGEST_NUMBER_BITS:
        return _Shown(hex(value))
    if type(value) is str or type(value) is bytes:
        return value[: 2 * SHOWN_CHARACTERS]
    if depth >= SHOWN_CHARACTERS:  # every bracket is one character
        return ...
    if type(value) is list or type(value) is tuple:
        return type(value)(_beginning(item, depth + 1) for item in value[:SHOWN_CHARACTERS])
    if type(value) is dict:
        return {_beginning(name): _beginning(item, depth + 1) for name, item in islice(value.items(), SHOWN_CHARACTERS)}
    return value


class _Shown(str):
    """A str whose repr has no quotes."""

    def __repr__(self) -> str:
        return str(self)


def whole_number(name: str, value: object) -> int:
    """Return a setting as a Python int, also if it is an integer of another library.

    Raises:
        TypeError: it is not an integer; 2.0 and True are not allowed.

    Example:
        >>> whole_number("epochs", 10)
        10
    """
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise TypeError(f"{name} must be a whole number, got {shorten(value)}")
    return int(value)


def real_number(name: str, value: object) -> float:
    """Return a setting as a Python float, also if it is a number of another library.

    Raises:
        TypeError: it is not a number; True is not allowed.
        ValueError: it is too large for a float.
    """
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{name} must be a number, got {shorten(value)}")
    try:
        return float(value)
    except OverflowError:
        raise ValueError(f"{name} must be within the range of a float, got {shorten(value)}") from None


LARGEST_NUMBER = 2**31 - 1


LARGEST_COUNT = 2**63 - 1


def check_number(name: str, value: object, least: int, most: int | None = LARGEST_NUMBER) -> None:
    """Check that a setting is an integer within a range.

    Raises:
        TypeError: it is not an integer.
        ValueError: it is out of range.
    """
    if not isinstance(value, Integral) or isinstance(value, bool):
        raise TypeError(f"{name} must be a whole number, got {shorten(value)}")
    value = int(value)
    if value < least or (most is not None and value > most):
        span = f"{least} or more" if most is None or value < least else f"at most {most}"
        raise ValueError(f"{name} must be {span}, got {shorten(value)}")


def check_choice(name: str, value: object, known: Sequence[object]) -> None:
    """Check that a setting is one of the allowed values.

    Raises:
        ValueError: it is not.
    """
    if value not in known:
        names = [repr(item) for item in known]
        raise ValueError(f"{name} must be {', '.join(names[:-1])} or {names[-1]}, got {shorten(value)}")


def surrogate_at(text: str) -> int | None:
    """Return the index of the first lone surrogate in a text, which UTF-8 cannot encode; `None` if there is none."""
    if text.isascii():
        return None
    for start in range(0, len(text), _ENCODED_AT_ONCE):  # in blocks, so that it can be interrupted
        try:
            text[start : start + _ENCODED_AT_ONCE].encode()
        except UnicodeEncodeError as error:
            return start + error.start
    return None
