"""FlatBuffers tables, the format of the metadata in Arrow files and streams.

Source:
    The FlatBuffers format: a table begins with the backward offset of a list of the offsets of its fields.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

__all__ = ["FlatTable", "flat_table"]


@dataclass(frozen=True)
class FlatTable:
    """A FlatBuffers table; its methods raise `ValueError` or `struct.error` if the bytes are damaged.

    Args:
        content: bytes that contain the table.
        place: offset of its first byte.
    """

    content: bytes
    place: int

    def field(self, number: int) -> int | None:
        """Return the offset of a field; `None` if it is absent."""
        offsets = self.place - _number("<i", self.content, self.place)
        if number >= (_number("<H", self.content, offsets) - 4) // 2:
            return None
        offset = _number("<H", self.content, offsets + 4 + 2 * number)
        return self.place + offset if offset else None

    def number(self, form: str, number: int) -> int:
        """Return an integer field, in a format of `struct`; 0 if it is absent."""
        place = self.field(number)
        return 0 if place is None else _number(form, self.content, place)

    def table(self, number: int) -> FlatTable | None:
        """Return a field that is a table; `None` if it is absent."""
        place = self.field(number)
        return None if place is None else flat_table(self.content, place)

    def list_place(self, number: int) -> int | None:
        """Return the offset of a list field, which begins with its length; `None` if it is absent."""
        place = self.field(number)
        return None if place is None else place + _number("<I", self.content, place)

    def structs(self, number: int, item: struct.Struct) -> list[tuple[int, ...]]:
        """Return a field that is a list of structs of integers; empty if it is absent."""
        place = self.list_place(number)
        if place is None:
            return []
        count = _number("<I", self.content, place)
        if count * item.size > len(self.content) - place - 4:
            raise ValueError("a list is longer than its metadata")
        last = place + 4 + count * item.size
        return list(item.iter_unpack(self.content[place + 4 : last]))


def flat_table(content: bytes, place: int = 0) -> FlatTable:
    """Return the table that the offset at a position points to."""
    return FlatTable(content, place + _number("<I", content, place))


def _number(form: str, content: bytes, place: int) -> int:
    if place < 0:
        raise ValueError("an offset points before its metadata")
    number: int = struct.unpack_from(form, content, place)[0]
    return number
