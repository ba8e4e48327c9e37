"""Arrow IPC files, split into files of a few record batches each, so that a table is read in parts.

The bytes are read and not memory-mapped: a mapped file that shrinks meanwhile would crash the process. Each part has
the footer of the whole file with changed offsets of the record batches.

Source:
    The Arrow columnar format, "IPC file format"; `File.fbs` and FlatBuffers tables for the footer.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from malmoi.errors import FormatError

__all__ = ["ArrowFile", "open_arrow"]

MARK = b"ARROW1"
START = MARK + b"\0\0"
TRAILER = struct.Struct("<I6s")
LARGEST_FOOTER = 256 << 20
TOGETHER_BYTES = 1 << 20
"""Stored size of a part: malicious batches expand to a thousand times as much."""
DICTIONARIES, RECORDS = 2, 3
"""Field numbers in the footer."""
BLOCK = struct.Struct("<qi4xq")
"""Offset of a batch in the file, bytes of its metadata and bytes of its body."""


@dataclass(frozen=True)
class Blocks:
    """A list of batches in a footer.

    Args:
        place: offset in the footer of the number of batches.
        batches: for each batch its offset in the file, bytes of its metadata and bytes of its body.
    """

    place: int
    batches: tuple[tuple[int, int, int], ...]


@dataclass(frozen=True)
class ArrowFile:
    """An Arrow file with its footer.

    Args:
        path: the file.
        footer: bytes of the footer.
        dictionaries: dictionary batches.
        records: record batches.
    """

    path: Path
    footer: bytes
    dictionaries: Blocks | None
    records: Blocks | None

    @property
    def empty(self) -> bytes:
        """A complete file with the same columns and no rows."""
        return self._packed(b"", [], [])

    def parts(self) -> Iterator[bytes]:
        """Yield complete files of a few batches each, in order.

        Raises:
            FormatError: the file was truncated meanwhile.
        """
        with self.path.open("rb") as file:
            dictionaries = self.dictionaries.batches if self.dictionaries else ()
            front, placed = b"", []
            for batch in dictionaries:
                placed.append((len(START) + len(front), *batch[1:]))
                front += self._read(file, batch)
            content, batches = bytearray(front), []
            for batch in self.records.batches if self.records else ():
                batches.append((len(START) + len(content), *batch[1:]))
                content += self._read(file, batch)
                if len(content) - len(front) >= TOGETHER_BYTES:
                    yield self._packed(content, placed, batches)
                    content, batches = bytearray(front), []
            if batches:
                yield self._packed(content, placed, batches)

    def _read(self, file: BinaryIO, batch: tuple[int, int, int]) -> bytes:
        offset, *sizes = batch
        file.seek(offset)
        content = file.read(sum(sizes))
        if len(content) != sum(sizes):
            raise FormatError(f"{self.path} is shorter than when it was opened; read it again when it is complete")
        return content

    def _packed(
        self,
        content: bytes | bytearray,
        dictionaries: list[tuple[int, int, int]],
        records: list[tuple[int, int, int]],
    ) -> bytes:
        footer = bytearray(self.footer)
        for blocks, batches in ((self.dictionaries, dictionaries), (self.records, records)):
            if blocks:
                struct.pack_into("<I", footer, blocks.place, len(batches))
                for number, batch in enumerate(batches):
                    BLOCK.pack_into(footer, blocks.place + 4 + BLOCK.size * number, *batch)
        return b"".join([START, content, footer, TRAILER.pack(len(footer), MARK)])


def open_arrow(path: Path) -> ArrowFile:
    """Read the footer of an Arrow file.

    Raises:
        FormatError: the file is damaged or truncated.
    """
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - TRAILER.size))
        length, mark = TRAILER.unpack(file.read(TRAILER.size).rjust(TRAILER.size, b"\0"))
        end = size - TRAILER.size - length
        if mark != MARK or end < len(START) or length > LARGEST_FOOTER:
            raise FormatError(f"{path}: the Arrow file is damaged or cut short: it has no footer")
        file.seek(end)
        footer = file.read(length)
    try:
        found = ArrowFile(path, footer, _blocks(footer, DICTIONARIES), _blocks(footer, RECORDS))
    except (struct.error, ValueError) as error:
        raise FormatError(f"{path}: the Arrow file is damaged: its footer cannot be read ({error})") from None
    for blocks in filter(None, (found.dictionaries, found.records)):
        for place, *sizes in blocks.batches:
            if place < len(START) or min(sizes) < 0 or place + sum(sizes) > end:
                rule = f"a batch must end before byte {end}, found {sum(sizes)} bytes at {place}"
                raise FormatError(f"{path}: the Arrow file is damaged or cut short: {rule}")
    return found


def _blocks(footer: bytes, field: int) -> Blocks | None:
    """Return the list of batches in a field of the footer; `None` if the field is absent."""
    table = _number("<I", footer, 0)
    offsets = table - _number("<i", footer, table)
    if field >= (_number("<H", footer, offsets) - 4) // 2:
        return None
    offset = _number("<H", footer, offsets + 4 + 2 * field)
    if not offset:
        return None
    place = table + offset
    place += _number("<I", footer, place)
    count = _number("<I", footer, place)
    if count * BLOCK.size > len(footer) - place - 4:
        raise ValueError("a list is longer than the footer")
    last = place + 4 + count * BLOCK.size
    return Blocks(place, tuple(BLOCK.iter_unpack(footer[place + 4 : last])))


def _number(form: str, content: bytes, offset: int) -> int:
    if offset < 0:
        raise ValueError("an offset points before the footer")
    number: int = struct.unpack_from(form, content, offset)[0]
    return number
