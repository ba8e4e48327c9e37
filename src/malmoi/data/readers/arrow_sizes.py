"""What Arrow's record batches say that they hold and inflate to, checked before they are read.

Polars takes the memory that they ask for, and the process ends where the system has not so much: where a buffer reaches
beyond its batch, and up to release 2.0 where one inflates to too much, too.

Source:
    The Arrow columnar format, "Encapsulated message format" and "Compression"; `Message.fbs`.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import BinaryIO, TypeAlias

from malmoi.data.readers.containers import Budget
from malmoi.data.readers.flat_tables import FlatTable, flat_table
from malmoi.errors import FormatError

__all__ = ["check_stream", "inflated_bytes"]

GOES_ON = 0xFFFFFFFF
"""Stands before the length of a message, but for releases of Arrow before 0.15."""
LARGEST_METADATA = 256 << 20
HEADER_KIND, HEADER, BODY_BYTES = 1, 2, 3
"""Numbers of the fields of a message."""
OF_DICTIONARY, OF_RECORDS = 2, 3
"""Kinds of headers."""
VALUES = 1
ROWS, NODES, BUFFERS, COMPRESSION = range(4)
"""Numbers of the fields of a dictionary's batch, and of a record batch."""
PAIR = struct.Struct("<qq")
"""Of a node, its rows and nulls; of a buffer, its place in the body and its bytes."""
INFLATED = struct.Struct("<q")
"""What a compressed buffer begins with."""
AS_IT_IS = -1
ToldAt: TypeAlias = "Callable[[int], bytes | memoryview]"
"""From a place in the body to the number that stands there."""


def inflated_bytes(content: bytes, metadata_bytes: int) -> int:
    """Return the bytes that the compressed buffers of a batch inflate to; 0 where they are not compressed.

    Args:
        content: the batch, as it lies in a file.
        metadata_bytes: where its body begins.

    Raises:
        ValueError: a buffer lies outside the batch, there are more rows than bits, or the metadata cannot be read.
    """
    try:
        length_bytes = 8 if struct.unpack_from("<I", content)[0] == GOES_ON else 4
        message = flat_table(content, length_bytes)
        body = memoryview(content)[metadata_bytes:]
        return _inflated(message, len(body), lambda place: body[place : place + INFLATED.size])
    except struct.error as error:
        raise ValueError(str(error)) from None


def check_stream(path: Path, budget: Budget) -> None:
    """Refuse a stream whose batches inflate to more than is allowed.

    Raises:
        DataError: they do.
        FormatError: it is damaged.
    """
    inflated = 0
    with path.open("rb") as file:
        try:
            while metadata := _next_metadata(file):
                message, start = flat_table(metadata), file.tell()
                body_bytes = message.number("<q", BODY_BYTES)
                inflated += _inflated(message, body_bytes, partial(_told, file, start))
                budget.check(inflated)
                file.seek(start + body_bytes)
        except (struct.error, ValueError) as error:
            raise FormatError(f"{path}: the Arrow file is damaged: a message cannot be read ({error})") from None


def _next_metadata(file: BinaryIO) -> bytes:
    """Read the metadata of the next message; none at the end."""
    head = file.read(4)
    if head == GOES_ON.to_bytes(4, "little"):
        head = file.read(4)
    if not head:
        return b""
    length: int = struct.unpack("<I", head)[0]
    if length > LARGEST_METADATA:
        raise ValueError(f"metadata must have {LARGEST_METADATA} bytes at most, got {length}")
    return file.read(length)


def _told(file: BinaryIO, start: int, place: int) -> bytes:
    file.seek(start + place)
    return file.read(INFLATED.size)


def _inflated(message: FlatTable, body_bytes: int, told_at: ToldAt | None) -> int:
    kind, batch = message.number("<B", HEADER_KIND), message.table(HEADER)
    if kind == OF_DICTIONARY and batch is not None:
        batch = batch.table(VALUES)
    if kind not in (OF_DICTIONARY, OF_RECORDS) or batch is None:
        return 0
    told_at = told_at if batch.field(COMPRESSION) is not None else None
    sizes = [_buffer_bytes(place, size, body_bytes, told_at) for place, size in batch.structs(BUFFERS, PAIR)]
    rows = [batch.number("<q", ROWS), *(length for length, _ in batch.structs(NODES, PAIR))]
    if min(rows) < 0 or max(rows) > 8 * sum(sizes):
        raise ValueError(f"{max(rows, key=abs)} rows must have a bit each, got {sum(sizes)} bytes")
    return 0 if told_at is None else max(*rows, sum(sizes))


def _buffer_bytes(place: int, size: int, body_bytes: int, told_at: ToldAt | None) -> int:
    """The bytes of a buffer, once it is inflated."""
    if not size:
        return 0
    if not 0 <= place < place + size <= body_bytes:
        raise ValueError(f"a buffer of {size} bytes at {place} is outside its batch")
    told: int = AS_IT_IS if told_at is None else INFLATED.unpack(told_at(place))[0]
    return size if told == AS_IT_IS else told % (1 << 64)
