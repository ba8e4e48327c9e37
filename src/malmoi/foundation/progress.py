"""Progress callbacks; only the command line and notebooks draw progress bars."""

from __future__ import annotations

from typing import Protocol

__all__ = ["Progress", "silent"]


class Progress(Protocol):
    """A progress callback, called with the step's name, the number done and the total, in the unit of the step."""

    def __call__(self, step: str, done: int, total: int) -> None:
        """Handle the report that `done` of `total` units of `step` are finished."""


def silent(step: str, done: int, total: int) -> None:
    """Ignore the progress."""
