"""Writing of word vectors in malmoi's format: safetensors with the words and a hash table."""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from malmoi.foundation.arrays import Matrix
from malmoi.foundation.files import whole_file
from malmoi.wordvectors.formats.sources import LARGEST_DIMENSION, Rows
from malmoi.wordvectors.formats.stored import FORMAT, MARK
from malmoi.wordvectors.formats.table import distinct_rows, hashes_of

__all__ = ["DTYPES", "write_vectors"]

HEADER_BYTES = 1024
MOST_ROWS = 1 << 32
LARGEST_FLOAT16 = 65504.0
COPIED_ROWS = 1 << 14
DTYPES = {"float32": "F32", "float16": "F16", "int8": "I8"}
CODES = {"float32": "F32", "uint64": "U64", "uint32": "U32", "int64": "I64", "uint8": "U8"}


def write_vectors(
    parts: Iterator[Rows], dimension: int, path: str | os.PathLike[str], *, dtype: str, overwrite: bool
) -> tuple[int, int]:
    """Write rows to a file in malmoi's format, atomically; of repeated words, the first row is kept.

    Args:
        parts: the rows, in order.
        dimension: embedding dimension.
        path: the new file.
        dtype: "float32", "float16" or "int8"; the last has a scale per row.
        overwrite: whether to replace an existing file.

    Returns:
        Number of rows written, and number of rows dropped because their word was repeated.

    Raises:
        ValueError: a value is too large for float16, the dimension is above 10,000, or there are 2^32 rows or more.
        OSError: the file cannot be written; no partial file is left.
    """
    if dimension > LARGEST_DIMENSION:
        raise ValueError(f"a row must have at most {LARGEST_DIMENSION} numbers, got {dimension}")
    with whole_file(path, overwrite=overwrite) as file:
        file.write(b"\0" * HEADER_BYTES)
        words, ends, scales = _write_matrix(file, parts, dtype)
        hashes = hashes_of(words, ends)
        order, first = distinct_rows(words, ends, hashes)
        dropped = 0
        if first is not None:
            dropped = int((~first).sum())
            words, ends, scales = _compact(file, first, words, ends, scales, dimension * np.dtype(dtype).itemsize)
            hashes = hashes_of(words, ends)
            order, _ = distinct_rows(words, ends, hashes)
        if len(ends) >= MOST_ROWS:
            raise ValueError(f"a file must have at most {MOST_ROWS - 1} words, got {len(ends)}")
        rest: dict[str, npt.NDArray[Any]] = {"hashes": hashes[order], "ends": ends, "hash_rows": order.astype("<u4")}
        if dtype == "int8":
            rest["scales"] = scales
        rest["words"] = np.frombuffer(words, dtype=np.uint8)
        _finish(file, (len(ends), dimension), dtype, rest)
    return len(ends), dropped


def _write_matrix(
    file: BinaryIO, parts: Iterator[Rows], dtype: str
) -> tuple[bytearray, npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """Write the vectors in a thread while the next ones are read."""
    words, ends, scales = bytearray(), [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.float32)]
    with ThreadPoolExecutor(1) as writer:
        written = None
        for part in parts:
            ends.append(part.ends + len(words))
            words += part.words
            matrix, scale = _packed(part.matrix, dtype)
            scales.append(scale)
            if written is not None:
                written.result()
            written = writer.submit(_write_through, file, np.ascontiguousarray(matrix))
        if written is not None:
            written.result()
    return words, np.concatenate(ends), np.concatenate(scales)


def _write_through(file: BinaryIO, array: npt.NDArray[Any]) -> None:
    """Write and wait for the disk: all data must be stored before the file gets its name."""
    file.write(array.data)
    file.flush()
    os.fsync(file.fileno())


def _packed(matrix: Matrix, dtype: str) -> tuple[npt.NDArray[Any], npt.NDArray[np.float32]]:
    if dtype == "float32":
        return matrix, np.zeros(0, dtype=np.float32)
    largest = np.abs(matrix).max(axis=1, initial=0.0)
    if dtype == "int8":
        scales = (largest / np.float32(127)).astype(np.float32)
        rows = matrix / np.where(scales > 0, scales, np.float32(1))[:, None]
        return np.rint(rows).astype(np.int8), scales
    if largest.max(initial=0.0) > LARGEST_FLOAT16:
        raise ValueError(f"float16 holds values up to {LARGEST_FLOAT16:g}, got {largest.max():g}; use float32")
    return matrix.astype("<f2"), np.zeros(0, dtype=np.float32)


def _compact(
    file: BinaryIO,
    kept: npt.NDArray[np.bool_],
    words: bytearray,
    ends: npt.NDArray[np.int64],
    scales: npt.NDArray[np.float32],
    row_bytes: int,
) -> tuple[bytearray, npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """Remove the rows that are not kept from the file and from words, ends and scales."""
    file.flush()
    target = HEADER_BYTES
    for start in range(0, len(kept), COPIED_ROWS):
        mask = kept[start : start + COPIED_ROWS]
        os.lseek(file.fileno(), HEADER_BYTES + start * row_bytes, os.SEEK_SET)  # Windows has no os.pread
        content = os.read(file.fileno(), len(mask) * row_bytes)
        rows = np.frombuffer(content, dtype=np.uint8).reshape(len(mask), row_bytes)[mask]
        file.seek(target)
        target += file.write(rows.tobytes())
        file.flush()
    file.truncate(target)
    file.seek(target)
    starts = np.concatenate([[0], ends[:-1]])
    words = bytearray(b"".join(words[start:end] for start, end in zip(starts[kept], ends[kept], strict=True)))
    return words, np.cumsum((ends - starts)[kept]), scales[kept] if len(scales) else scales


def _finish(file: BinaryIO, shape: tuple[int, int], dtype: str, rest: dict[str, npt.NDArray[Any]]) -> None:
    """Write the tensors after the matrix, then the header with their positions."""
    size = shape[0] * shape[1] * np.dtype(dtype).itemsize
    header: dict[str, Any] = {"__metadata__": {MARK.decode(): str(FORMAT)}}
    header["vectors"] = {"dtype": DTYPES[dtype], "shape": shape, "data_offsets": [0, size]}
    at = size
    for name, array in rest.items():
        end = at + array.nbytes
        header[name] = {"dtype": CODES[array.dtype.name], "shape": array.shape, "data_offsets": [at, end]}
        file.write(np.ascontiguousarray(array).data)
        at = end
    text = json.dumps(header, separators=(",", ":")).encode()
    file.seek(0)
    file.write(struct.pack("<Q", HEADER_BYTES - 8) + text.ljust(HEADER_BYTES - 8))
