"""Arrow IPC files, split into files of a few record batches each, so that a table is read in parts.

The bytes are read and not memory-mapped: a mapped file that shrinks meanwhile would crash the process. Each part has
the footer of the whole file with changed offsets of the record batches.

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

    def parts(self, budget: Budget | None = None) -> Iterator[bytes]:
        """Yield complete files of a few batches each, in order.

        Args:
            budget: limit of the decompressed size of a part; `None` for no limit.

        Raises:
            DataError: a part decompresses to more than the budget.
            FormatError: the file was truncated meanwhile, or a batch is damaged.
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
        """Return a batch, and its decompressed size if it is compressed."""
        place, *sizes = batch
        file.seek(place)
        content = file.read(sum(sizes))
        if len(content) != sum(sizes):
            raise FormatError(f"{self.path} is shorter than when it was opened; read it again when it is complete")
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
    table = flat_table(footer)
    place = table.list_place(field)
    if place is None:
        return None
    return Blocks(place, tuple((start, metadata, body) for start, metadata, body in table.structs(field, BLOCK)))
