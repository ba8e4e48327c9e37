"""Exceptions of the package that programs may want to catch; wrong calls raise `TypeError` or `ValueError`."""

from __future__ import annotations

__all__ = ["DataError", "FormatError", "MalmoiError", "MissingExtraError"]


class MalmoiError(Exception):
    """Base class of the package's errors about invalid input or a missing requirement; the message is one line."""


class DataError(MalmoiError):
    """Error about invalid texts, labels or tables."""


class FormatError(MalmoiError):
    """Error about a damaged file, or a file in another format."""


class MissingExtraError(MalmoiError, ImportError):
    """Error about an optional library that is not installed."""
