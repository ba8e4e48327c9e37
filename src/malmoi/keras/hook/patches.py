"""Attributes of modules and classes of Keras, and entries of its tables, that are set and restored later."""

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

    Example:
        >>> Change("keras.Model.fit_generator", "calls fit").name
        'keras.Model.fit_generator'
    """

    name: str
    effect: str


class Patches:
    """What was set, with the values of before."""

    def __init__(self) -> None:
        self._before: list[tuple[Any, str, object]] = []
        self._entries: list[tuple[dict[str, Any], str]] = []
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

    def add_entry(self, table: dict[str, Any], key: str, value: object, where: str, effect: str) -> None:
        """Add an entry to a table that lacks it, and record it.

        Args:
            table: a dictionary of Keras.
            key: the key; nothing happens if the table has it.
            value: its value.
            where: name of the table, for the record.
            effect: what the entry does.
        """
        if key not in table:
            table[key] = value
            self._entries.append((table, key))
            self.changes.append(Change(f"{where}[{key!r}]", effect))

    def undo(self) -> None:
        """Restore everything."""
        for owner, name, value in reversed(self._before):
            if value is _ABSENT:
                if name in vars(owner):
                    delattr(owner, name)
            else:
                setattr(owner, name, value)
        for table, key in self._entries:
            table.pop(key, None)
        self._before.clear()
        self._entries.clear()
        self.changes.clear()
