"""Arrow files of the IPC format, cut into files of some record batches each, so that a table is read a part at a time.

The bytes are read and not mapped: a mapped file that shrinks meanwhile would end the process. A part has the footer of
the whole file, in which only the places of the record batches are others.

Source:
    The Arrow columnar format, "IPC file format", and `File.fbs` for the footer.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from malmoi.data.readers.arrow_sizes import inflated_bytes
from malmoi.data.readers.containers import Budget
from malmoi.data.readers.flat_tables import flat_table
from malmoi.errors import FormatError

__all__ = ["ArrowFile", "open_arrow"]

MARK = b"ARROW1"
START = MARK + b"\0\0"
TRAILER = struct.Struct("<I6s")
LARGEST_FOOTER = 256 << 20
TOGETHER_BYTES = 1 << 20
"""Of a part, as it lies in the file: hostile batches inflate to a thousand times as much."""
DICTIONARIES, RECORDS = 2, 3
"""Numbers of the fields of a footer."""
BLOCK = struct.Struct("<qi4xq")
"""Of a batch: its place in the file, and the bytes of its metadata and of its body."""


@dataclass(frozen=True)
class Blocks:
    """A list of batches in a footer.

    Args:
        place: the byte of the footer where its number stands.
        batches: place in the file and size in bytes of each, its metadata's bytes and its body's.
    """

    place: int
    batches: tuple[tuple[int, int, int], ...]


@dataclass(frozen=True)
class ArrowFile:
    """A file whose footer was read.

    Args:
        path: the file.
        footer: its bytes.
        dictionaries: batches of values that columns name by number.
        records: batches of rows.
    """

    path: Path
    footer: bytes
    dictionaries: Blocks | None
    records: Blocks | None

    @property
    def empty(self) -> bytes:
        """A whole file with the same columns, and without rows."""
        return self._packed(b"", [], [])

    def parts(self, budget: Budget | None = None) -> Iterator[bytes]:
        """Yield whole files of some batches each, in order.

        Args:
            budget: what a part may inflate to; anything by default.

        Raises:
            DataError: a part inflates to more.
            FormatError: the file has become shorter, or a batch is damaged.
        """
        with self.path.open("rb") as file:
            dictionaries = self.dictionaries.batches if self.dictionaries else ()
            front, placed, of_front = b"", [], 0
            for batch in dictionaries:
                placed.append((len(START) + len(front), *batch[1:]))
                read, size = self._read(file, batch)
                front, of_front = front + read, of_front + size
            content, batches, inflated = bytearray(front), [], of_front
            for batch in self.records.batches if self.records else ():
                batches.append((len(START) + len(content), *batch[1:]))
                read, size = self._read(file, batch)
                content += read
                inflated += size
                if budget is not None:
                    budget.check(inflated)
                if len(content) - len(front) >= TOGETHER_BYTES:
                    yield self._packed(content, placed, batches)
                    content, batches, inflated = bytearray(front), [], of_front
            if batches:
                yield self._packed(content, placed, batches)

    def _read(self, file: BinaryIO, batch: tuple[int, int, int]) -> tuple[bytes, int]:
        """A batch, and the bytes that it inflates to where it is compressed."""
        place, *sizes = batch
        file.seek(place)
        content = file.read(sum(sizes))
        if len(content) != sum(sizes):
            raise FormatError(f"{self.path} is shorter than when it was opened; read it again when it is whole")
        try:
            return content, inflated_bytes(content, sizes[0])
        except ValueError as error:
            raise FormatError(f"{self.path}: the Arrow file is damaged: a batch cannot be read ({error})") from None

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
    """Read the footer of a file.

    Raises:
        FormatError: it is damaged or cut short.
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
                rule = f"a batch must lie before byte {end}, found {sum(sizes)} bytes at {place}"
                raise FormatError(f"{path}: the Arrow file is damaged or cut short: {rule}")
    return found


def _blocks(footer: bytes, field: int) -> Blocks | None:
    """A list of batches; `None` where there is none."""
    table = flat_table(footer)
    place = table.list_place(field)
    if place is None:
        return None
    return Blocks(place, tuple((start, metadata, body) for start, metadata, body in table.structs(field, BLOCK)))
