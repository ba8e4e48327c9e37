"""Checks of the sizes that Arrow record batches declare, before the batches are read.

Polars allocates the declared memory, and the process is killed if the system does not have it: for a buffer that
extends beyond its batch, and up to release 2.0 also for one that decompresses to too much.

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

CONTINUATION = 0xFFFFFFFF
"""Marker before the length of a message; absent in files of Arrow before 0.15."""
LARGEST_METADATA = 256 << 20
HEADER_KIND, HEADER, BODY_BYTES = 1, 2, 3
"""Field numbers of a message."""
DICTIONARY_BATCH, RECORD_BATCH = 2, 3
"""Types of headers."""
VALUES = 1
ROWS, NODES, BUFFERS, COMPRESSION = range(4)
"""Field numbers of a dictionary batch (the first), and of a record batch (the others)."""
PAIR = struct.Struct("<qq")
"""Rows and nulls of a node; offset in the body and size of a buffer."""
DECOMPRESSED_SIZE = struct.Struct("<q")
"""The decompressed size at the beginning of a compressed buffer."""
NOT_COMPRESSED = -1
SizeAt: TypeAlias = "Callable[[int], bytes | memoryview]"
"""Function that returns the bytes of the declared size at an offset in the body."""


def inflated_bytes(content: bytes, metadata_bytes: int) -> int:
    """Return the decompressed size of a batch's buffers in bytes; 0 if they are not compressed.

    Args:
        content: the batch, as stored in a file.
        metadata_bytes: offset of its body.

    Raises:
        ValueError: a buffer lies outside the batch, there are more rows than bits, or the metadata cannot be read.
    """
    try:
        length_bytes = 8 if struct.unpack_from("<I", content)[0] == CONTINUATION else 4
        message = flat_table(content, length_bytes)
        body = memoryview(content)[metadata_bytes:]
        return _decompressed_bytes(message, len(body), lambda place: body[place : place + DECOMPRESSED_SIZE.size])
    except struct.error as error:
        raise ValueError(str(error)) from None


def check_stream(path: Path, budget: Budget) -> None:
    """Check that the batches of a stream do not decompress to more than the limit.

    Raises:
        DataError: they do.
        FormatError: the stream is damaged.
    """
    decompressed = 0
    with path.open("rb") as file:
        try:
            while metadata := _next_metadata(file):
                message, start = flat_table(metadata), file.tell()
                body_bytes = message.number("<q", BODY_BYTES)
                decompressed += _decompressed_bytes(message, body_bytes, partial(_size_bytes, file, start))
                budget.check(decompressed)
                file.seek(start + body_bytes)
        except (struct.error, ValueError) as error:
            raise FormatError(f"{path}: the Arrow file is damaged: a message cannot be read ({error})") from None


def _next_metadata(file: BinaryIO) -> bytes:
    """Read the metadata of the next message; empty at the end of the stream."""
    head = file.read(4)
    if head == CONTINUATION.to_bytes(4, "little"):
        head = file.read(4)
    if not head:
        return b""
    length: int = struct.unpack("<I", head)[0]
    if length > LARGEST_METADATA:
        raise ValueError(f"metadata must have at most {LARGEST_METADATA} bytes, got {length}")
    return file.read(length)


def _size_bytes(file: BinaryIO, start: int, place: int) -> bytes:
    file.seek(start + place)
    return file.read(DECOMPRESSED_SIZE.size)


def _decompressed_bytes(message: FlatTable, body_bytes: int, size_at: SizeAt | None) -> int:
    kind, batch = message.number("<B", HEADER_KIND), message.table(HEADER)
    if kind == DICTIONARY_BATCH and batch is not None:
        batch = batch.table(VALUES)
    if kind not in (DICTIONARY_BATCH, RECORD_BATCH) or batch is None:
        return 0
    size_at = size_at if batch.field(COMPRESSION) is not None else None
    sizes = [_buffer_bytes(place, size, body_bytes, size_at) for place, size in batch.structs(BUFFERS, PAIR)]
    rows = [batch.number("<q", ROWS), *(length for length, _ in batch.structs(NODES, PAIR))]
    if min(rows) < 0 or max(rows) > 8 * sum(sizes):
        raise ValueError(f"{max(rows, key=abs)} rows need at least one bit each, got {sum(sizes)} bytes")
    return 0 if size_at is None else max(*rows, sum(sizes))


def _buffer_bytes(place: int, size: int, body_bytes: int, size_at: SizeAt | None) -> int:
    """Return the size of a buffer in bytes after decompression."""
    if not size:
        return 0
    if not 0 <= place < place + size <= body_bytes:
        raise ValueError(f"a buffer of {size} bytes at {place} is outside its batch")
    declared: int = NOT_COMPRESSED if size_at is None else DECOMPRESSED_SIZE.unpack(size_at(place))[0]
    return size if declared == NOT_COMPRESSED else declared % (1 << 64)
