"""Attributes that are set on modules and classes of Keras, and restored later."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["Change", "Patches"]

_ABSENT = object()


@dataclass(frozen=True)
class Change:
    """Something that the import hook adds to Keras or replaces in it.

    Args:
        name: the dotted name, such as `keras.Model.fit_generator`.
        effect: what the name does now.
    """

    name: str
    effect: str


class Patches:
    """Attributes that were set, with their values of before."""

    def __init__(self) -> None:
        self._before: list[tuple[Any, str, object]] = []
        self.changes: list[Change] = []

    def set(self, owner: Any, name: str, value: object, where: str, effect: str) -> None:
        """Set an attribute, and record it.

        Args:
            owner: a module or class.
            name: the attribute.
            value: its new value.
            where: dotted name of the owner, for the record.
            effect: what the attribute does now.
        """
        self._before.append((owner, name, vars(owner).get(name, _ABSENT)))
        setattr(owner, name, value)
        self.changes.append(Change(f"{where}.{name}", effect))

    def undo(self) -> None:
        """Restore every attribute."""
        for owner, name, value in reversed(self._before):
            if value is _ABSENT:
                if name in vars(owner):
                    delattr(owner, name)
            else:
                setattr(owner, name, value)
        self._before.clear()
        self.changes.clear()
