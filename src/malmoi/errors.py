"""The few errors that a program may want to catch; wrong calls raise `TypeError` or `ValueError`."""

from __future__ import annotations

__all__ = ["DataError", "FormatError", "MalmoiError", "MissingExtraError"]


class MalmoiError(Exception):
    """Any mistake in what the user gave, other than a wrong call; its text is one line."""


class DataError(MalmoiError):
    """Texts, labels or tables that cannot be used as they are."""


class FormatError(MalmoiError):
    """A vectors file or a model file that is damaged, or is of another kind."""


class MissingExtraError(MalmoiError, ImportError):
    """A library that this step needs is not installed."""
