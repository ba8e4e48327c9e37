"""Wrong options."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from malmoi.errors import MalmoiError

__all__ = ["UsageError", "refused_options"]


class UsageError(MalmoiError):
    """A wrong option, said in one line."""


@contextmanager
def refused_options() -> Iterator[None]:
    """Around the checks of what the user asked for: a refused value is the user's mistake, not a bug."""
    try:
        yield
    except (TypeError, ValueError) as error:
        raise UsageError(str(error)) from error
