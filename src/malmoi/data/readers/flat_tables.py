"""Tables of FlatBuffers, in which the metadata of Arrow's files and streams are written.

Source:
    The FlatBuffers format: a table begins with the distance back to a list of the distances to its fields.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

__all__ = ["FlatTable", "flat_table"]


@dataclass(frozen=True)
class FlatTable:
    """A table; what its methods read where there is nothing is a `ValueError` or a `struct.error`.

    Args:
        content: bytes in which it stands.
        place: of its first byte.
    """

    content: bytes
    place: int

    def field(self, number: int) -> int | None:
        """Return where a field stands; `None` where the table has none."""
        offsets = self.place - _number("<i", self.content, self.place)
        if number >= (_number("<H", self.content, offsets) - 4) // 2:
            return None
        offset = _number("<H", self.content, offsets + 4 + 2 * number)
        return self.place + offset if offset else None

    def number(self, form: str, number: int) -> int:
        """Return a field that is a whole number of a form of `struct`; 0 where the table has none."""
        place = self.field(number)
        return 0 if place is None else _number(form, self.content, place)

    def table(self, number: int) -> FlatTable | None:
        """Return a field that is a table; `None` where the table has none."""
        place = self.field(number)
        return None if place is None else flat_table(self.content, place)

    def list_place(self, number: int) -> int | None:
        """Return where the length of a list stands, before its items; `None` where the table has none."""
        place = self.field(number)
        return None if place is None else place + _number("<I", self.content, place)

    def structs(self, number: int, item: struct.Struct) -> list[tuple[int, ...]]:
        """Return a field that is a list of whole numbers of a form; none where the table has none."""
        place = self.list_place(number)
        if place is None:
            return []
        count = _number("<I", self.content, place)
        if count * item.size > len(self.content) - place - 4:
            raise ValueError("a list is longer than its metadata")
        last = place + 4 + count * item.size
        return list(item.iter_unpack(self.content[place + 4 : last]))


def flat_table(content: bytes, place: int = 0) -> FlatTable:
    """Return the table that the number at a place points to."""
    return FlatTable(content, place + _number("<I", content, place))


def _number(form: str, content: bytes, place: int) -> int:
    if place < 0:
        raise ValueError("an offset points before its metadata")
    number: int = struct.unpack_from(form, content, place)[0]
    return number
