"""The few errors that a program may want to catch; wrong calls raise `TypeError` or `ValueError`."""

from __future__ import annotations

from numbers import Integral, Real

__all__ = ["DataError", "FormatError", "MalmoiError", "MissingExtraError", "real_number", "shorten", "whole_number"]

SHOWN_CHARACTERS = 60


class MalmoiError(Exception):
    """Any mistake in what the user gave, other than a wrong call; its text is one line."""


class DataError(MalmoiError):
    """Texts, labels or tables that cannot be used as they are."""


class FormatError(MalmoiError):
    """A vectors file or a model file that is damaged, or is of another kind."""


class MissingExtraError(MalmoiError, ImportError):
    """A library that this step needs is not installed."""


def shorten(value: object) -> str:
    """Show a value in an error message: one line, 60 characters at most.

    Example:
        >>> shorten("a" * 100)
        "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa..."
    """
    shown = repr(value)
    return shown if len(shown) <= SHOWN_CHARACTERS else shown[: SHOWN_CHARACTERS - 3] + "..."


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
