"""Errors of wrong options."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from malmoi.errors import MalmoiError

__all__ = ["UsageError", "refused_options"]


class UsageError(MalmoiError):
    """A wrong option or argument, with a one-line message."""


@contextmanager
def refused_options() -> Iterator[None]:
    """Raise `TypeError` and `ValueError` of option checks as `UsageError`."""
    try:
        yield
    except (TypeError, ValueError) as error:
        raise UsageError(str(error)) from error
