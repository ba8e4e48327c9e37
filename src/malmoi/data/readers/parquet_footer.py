"""Footers of Parquet files: rows and bytes of the row groups, and metadata.

Source:
    The Parquet format, `FileMetaData` in Thrift's compact protocol. Only the fields used here are kept.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from malmoi.errors import FormatError

__all__ = ["ParquetFooter", "read_footer"]

MAGIC = b"PAR1"
LARGEST_FOOTER = 256 << 20
DEEPEST = 32
ROW_GROUPS, KEY_VALUES = 4, 5
TOTAL_BYTES, ROWS = 2, 3
Field: TypeAlias = "int | bytes | list[Field] | dict[int, Field]"
"""A Thrift value; a bool is stored as int."""
TRUE, FALSE, BYTE, WHOLE, DOUBLE, BINARY, LISTS, MAP, STRUCT = 1, 2, 3, (4, 5, 6), 7, 8, (9, 10), 11, 12


@dataclass(frozen=True)
class ParquetFooter:
    """The footer of a Parquet file.

    Args:
        rows: number of rows of each row group.
        sizes: decompressed bytes of each row group.
        metadata: key-value metadata.
    """

    rows: list[int]
    sizes: list[int]
    metadata: dict[str, str]


def read_footer(path: Path) -> ParquetFooter:
    """Read the footer of a Parquet file.

    Raises:
        FormatError: the file is damaged, encrypted, or not a Parquet file.
    """
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - 8))
        length, magic = struct.unpack("<I4s", file.read(8).rjust(8, b"\0"))
        if magic == b"PARE":
            raise FormatError(f"{path}: the Parquet file must not be encrypted; write it without encryption")
        if magic != MAGIC or length + 12 > size or length > LARGEST_FOOTER:
            raise FormatError(f"{path}: the Parquet file is damaged or cut short: it has no footer")
        file.seek(size - 8 - length)
        content = file.read(length)
    try:
        fields = _Compact(content).struct(0)
        groups = _structs(fields.get(ROW_GROUPS, []))
        rows = [_integer(group[ROWS]) for group in groups]
        sizes = [_integer(group[TOTAL_BYTES]) for group in groups]
        pairs = {_text(pair.get(1)): _text(pair.get(2)) for pair in _structs(fields.get(KEY_VALUES, []))}
    except (IndexError, KeyError, ValueError) as error:
        raise FormatError(f"{path}: the Parquet file is damaged: its footer cannot be read ({error})") from None
    if min(rows, default=0) < 0 or min(sizes, default=0) < 0:
        raise FormatError(f"{path}: the Parquet file is damaged: a row group has fewer than 0 rows")
    return ParquetFooter(rows, sizes, pairs)


def _structs(value: Field) -> list[dict[int, Field]]:
    structs = [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
    if not isinstance(value, list) or len(structs) < len(value):
        raise ValueError("a list of structs has another type")
    return structs


def _integer(value: Field) -> int:
    if not isinstance(value, int):
        raise ValueError("an integer has another type")
    return value


def _text(value: Field | None) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else ""


class _Compact:
    """Parser of Thrift's compact protocol; structs become dicts of fields by number."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._position = 0

    def struct(self, depth: int) -> dict[int, Field]:
        if depth > DEEPEST:
            raise ValueError("structs too deep")
        fields: dict[int, Field] = {}
        number = 0
        while head := self._byte():
            step, kind = head >> 4, head & 15
            number = number + step if step else self._zigzag()
            fields[number] = kind == TRUE if kind in (TRUE, FALSE) else self._value(kind, depth)
        return fields

    def _value(self, kind: int, depth: int) -> Field:
        if kind in (TRUE, FALSE, BYTE):
            return self._byte()
        if kind in WHOLE:
            return self._zigzag()
        if kind == DOUBLE:
            return self._taken(8)
        if kind == BINARY:
            return self._taken(self._varint())
        if kind in LISTS:
            return list(self._items(depth))
        if kind == STRUCT:
            return self.struct(depth + 1)
        raise ValueError(f"unknown type {kind}")

    def _items(self, depth: int) -> Iterator[Field]:
        head = self._byte()
        size = head >> 4 if head >> 4 < 15 else self._varint()
        if size > len(self._content) - self._position:
            raise ValueError("a list is longer than the footer")
        for _ in range(size):
            yield self._value(head & 15, depth)

    def _byte(self) -> int:
        self._position += 1
        return self._content[self._position - 1]

    def _taken(self, size: int) -> bytes:
        self._position += size
        if self._position > len(self._content):
            raise IndexError("cut short")
        return self._content[self._position - size : self._position]

    def _varint(self) -> int:
        value = shift = 0
        while shift < 70:
            byte = self._byte()
            value |= (byte & 127) << shift
            if byte < 128:
                return value
            shift += 7
        raise ValueError("a number is too long")

    def _zigzag(self) -> int:
        value = self._varint()
        return (value >> 1) ^ -(value & 1)
