"""The few errors that a program may want to catch; wrong calls raise `TypeError` or `ValueError`."""

from __future__ import annotations

__all__ = ["DataError", "FormatError", "MalmoiError", "MissingExtraError", "shorten"]

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
