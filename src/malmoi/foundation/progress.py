"""How long work tells how far it is: the library calls a function, only the command line draws."""

from __future__ import annotations

from typing import Protocol

__all__ = ["Progress", "silent"]


class Progress(Protocol):
    """Called with a step's name, what is done and what there is to do, in the step's own unit."""

    def __call__(self, step: str, done: int, total: int) -> None:
        """Take note that `done` of `total` units of `step` are finished."""


def silent(step: str, done: int, total: int) -> None:
    """Show nothing."""
