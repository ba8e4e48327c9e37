"""Our own file of word vectors: safetensors, with the words and a table of their hashes, opened by mapping it.

Tensors: `vectors` (rows, dimension) float32, float16 or int8; `scales` float32 (rows,) for int8, what a row is
multiplied by; `hashes` uint64 (rows,), XXH3 of the words, rising; `hash_rows` uint32 (rows,), the row of each;
`ends` int64 (rows,), where each word ends in `words`; `words` uint8. The metadata says `malmoi_vectors: 1`.
"""

from __future__ import annotations

import json
import math
import mmap
import os
import struct
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from malmoi.errors import FormatError
from malmoi.foundation.arrays import Matrix
from malmoi.foundation.files import whole_file
from malmoi.foundation.progress import Progress
from malmoi.foundation.validation import shorten
from malmoi.wordvectors.coverage import EXACT, MISSING
from malmoi.wordvectors.formats.sources import Found, Rows
from malmoi.wordvectors.formats.table import Table, distinct_rows, hashes_of

__all__ = ["DTYPES", "MARK", "MappedSource", "write_vectors"]

MARK = b"malmoi_vectors"
FORMAT = 1
HEADER_BYTES = 1024
LARGEST_HEADER = 1 << 16
MOST_ROWS = 1 << 32
LARGEST_FLOAT16 = 65504.0
COPIED_ROWS = 1 << 14
DTYPES = {"float32": "F32", "float16": "F16", "int8": "I8"}
NUMPY = {"F32": "<f4", "F16": "<f2", "I8": "i1", "U64": "<u8", "U32": "<u4", "I64": "<i8", "U8": "u1"}
LAYOUT = {
    "vectors": ("F32", "F16", "I8"),
    "scales": ("F32",),
    "hashes": ("U64",),
    "hash_rows": ("U32",),
    "ends": ("I64",),
    "words": ("U8",),
}


@dataclass(frozen=True)
class MappedSource:
    """A file of our own format; its bytes are shared with every process that opened it.

    Args:
        path: the file.
        makes_subwords: never.
    """

    path: Path
    makes_subwords: bool = False

    @cached_property
    def table(self) -> Table:
        """Words and vectors, mapped and not read.

        Raises:
            FormatError: the file is damaged, or of a newer format.
        """
        with self.path.open("rb") as file:
            content = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        tensors = _tensors(self.path, content)
        vectors, rows = tensors["vectors"], tensors["vectors"].shape[0]
        lengths = {name: tensors[name].shape for name in ("hashes", "hash_rows", "ends")}
        wrong = next((name for name, shape in lengths.items() if shape != (rows,)), None)
        if wrong or vectors.ndim != 2 or vectors.shape[1] < 1 or tensors["words"].ndim != 1:
            raise FormatError(f"{self.path}: the tensors must be of {rows} rows; the file is damaged")
        scales = tensors.get("scales")
        if (vectors.dtype == np.int8) != (scales is not None and scales.shape == (rows,)):
            raise FormatError(f"{self.path}: int8 rows need a scale each, and others none; the file is damaged")
        words, ends = tensors["words"], tensors["ends"]
        if (rows and int(ends[-1])) != len(words):
            raise FormatError(f"{self.path}: the words must fill {len(words)} bytes; the file is damaged")
        return Table(memoryview(words.data), ends, vectors, scales, tensors["hashes"], tensors["hash_rows"])

    @property
    def kind(self) -> str:
        """What kind of file it is, in words."""
        return f"malmoi vectors, {self.table.matrix.dtype.name}"

    @property
    def dimension(self) -> int:
        """Numbers in a row."""
        return self.table.dimension

    @property
    def claimed(self) -> int | None:
        """Rows that the file's head says it has."""
        return len(self.table)

    def find(self, words: Sequence[bytes], progress: Progress) -> Found:
        """The vectors of some words."""
        return found_in(self.table, words)

    def rows(self, progress: Progress) -> Iterator[Rows]:
        """All rows, some at a time."""
        table = self.table
        for start, block in table.blocks():
            ends = np.asarray(table.ends[start : start + len(block)])
            first = int(table.ends[start - 1]) if start else 0
            yield Rows(bytes(table.words[first : int(ends[-1])]), ends - first, block)
            progress("reading vectors", start + len(block), len(table))


def found_in(table: Table, words: Sequence[bytes]) -> Found:
    """The vectors of words that a table has, zeros for the others."""
    rows = table.rows_of(words)
    known = np.flatnonzero(rows >= 0)
    matrix = np.zeros((len(words), table.dimension), dtype=np.float32)
    matrix[known] = table.vectors(rows[known])
    if not np.isfinite(matrix).all():
        row = int(rows[np.argmin(np.isfinite(matrix).all(axis=1))])
        raise FormatError(f"row {row} holds a number that is not finite; the file is damaged")
    return Found(matrix, np.where(rows >= 0, EXACT, MISSING).astype(np.uint8), len(table), 0)


def _tensors(path: Path, content: memoryview) -> dict[str, npt.NDArray[Any]]:
    """Views of all tensors, each checked to lie in the file."""
    damaged = f"{path}: byte 0: the header is no safetensors header; the file is damaged"
    length = int.from_bytes(content[:8], "little")
    if len(content) < 8 or not 2 <= length <= min(LARGEST_HEADER, len(content) - 8):
        raise FormatError(damaged)
    try:
        header = json.loads(bytes(content[8 : 8 + length]))
        version = header["__metadata__"][MARK.decode()]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise FormatError(damaged) from None
    if version != str(FORMAT):
        raise FormatError(f"{path} has format {shorten(version)}, this version reads {FORMAT}; upgrade malmoi")
    tensors = {}
    for name, dtypes in LAYOUT.items():
        if name in header:
            tensors[name] = _tensor(path, name, header[name], dtypes, content[8 + length :])
        elif name != "scales":
            raise FormatError(f"{path}: the tensor {name!r} is missing; the file is damaged")
    return tensors


def _tensor(path: Path, name: str, entry: Any, dtypes: Sequence[str], data: memoryview) -> npt.NDArray[Any]:
    damaged = FormatError(f"{path}: the tensor {name!r} does not fit the file; it is damaged or cut short")
    if not isinstance(entry, dict) or entry.get("dtype") not in dtypes:
        raise damaged
    shape, offsets = entry.get("shape"), entry.get("data_offsets")
    if not isinstance(shape, list) or not isinstance(offsets, list) or len(offsets) != 2 or len(shape) > 2:
        raise damaged
    if not all(type(number) is int and number >= 0 for number in [*shape, *offsets]):
        raise damaged
    dtype = np.dtype(NUMPY[entry["dtype"]])
    start, end = offsets
    if not start <= end <= len(data) or math.prod(shape) * dtype.itemsize != end - start:
        raise damaged
    return np.frombuffer(data[start:end], dtype=dtype).reshape(shape)


def write_vectors(
    parts: Iterator[Rows], dimension: int, path: str | os.PathLike[str], *, dtype: str, overwrite: bool
) -> tuple[int, int]:
    """Write rows to a file of our own, whole or not at all; the first row of a word wins.

    Args:
        parts: the rows, in order.
        dimension: numbers in a row.
        path: the new file.
        dtype: "float32", "float16" or "int8"; the last has a scale for every row.
        overwrite: replace a file that is there.

    Returns:
        rows written, and rows left out because their word had one.

    Raises:
        ValueError: a number is too large for float16, or there are more than 2^32 rows.
        OSError: the file cannot be written; no part of it is left.
    """
    with whole_file(path, overwrite=overwrite) as file:
        file.write(b"\0" * HEADER_BYTES)
        words, ends, scales = _write_matrix(file, parts, dtype)
        hashes = hashes_of(words, ends)
        order, first = distinct_rows(words, ends, hashes)
        left_out = 0
        if first is not None:
            left_out = int((~first).sum())
            words, ends, scales = _compact(file, first, words, ends, scales, dimension * np.dtype(dtype).itemsize)
            hashes = hashes_of(words, ends)
            order, _ = distinct_rows(words, ends, hashes)
        if len(ends) >= MOST_ROWS:
            raise ValueError(f"a file holds at most {MOST_ROWS - 1} words, got {len(ends)}")
        rest: dict[str, npt.NDArray[Any]] = {"hashes": hashes[order], "ends": ends, "hash_rows": order.astype("<u4")}
        if dtype == "int8":
            rest["scales"] = scales
        rest["words"] = np.frombuffer(words, dtype=np.uint8)
        _finish(file, (len(ends), dimension), dtype, rest)
    return len(ends), left_out


def _write_matrix(
    file: BinaryIO, parts: Iterator[Rows], dtype: str
) -> tuple[bytearray, npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """Write the numbers as they come, while the next ones are read."""
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
    """Write, and wait for the disk, which has to take it all before the file may have its name."""
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
        raise ValueError(f"float16 holds numbers up to {LARGEST_FLOAT16:g}, got {largest.max():g}; take float32")
    return matrix.astype("<f2"), np.zeros(0, dtype=np.float32)


def _compact(
    file: BinaryIO,
    kept: npt.NDArray[np.bool_],
    words: bytearray,
    ends: npt.NDArray[np.int64],
    scales: npt.NDArray[np.float32],
    row_bytes: int,
) -> tuple[bytearray, npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """Take the rows that are not kept out of the file and of all that goes with it."""
    file.flush()
    target = HEADER_BYTES
    for start in range(0, len(kept), COPIED_ROWS):
        mask = kept[start : start + COPIED_ROWS]
        content = os.pread(file.fileno(), len(mask) * row_bytes, HEADER_BYTES + start * row_bytes)
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
    """Write the tensors behind the matrix, then the header that says where all of them are."""
    size = shape[0] * shape[1] * np.dtype(dtype).itemsize
    header: dict[str, Any] = {"__metadata__": {MARK.decode(): str(FORMAT)}}
    header["vectors"] = {"dtype": DTYPES[dtype], "shape": shape, "data_offsets": [0, size]}
    at = size
    codes = {np.dtype(name): code for code, name in NUMPY.items()}
    for name, array in rest.items():
        end = at + array.nbytes
        header[name] = {"dtype": codes[array.dtype], "shape": array.shape, "data_offsets": [at, end]}
        file.write(np.ascontiguousarray(array).data)
        at = end
    text = json.dumps(header, separators=(",", ":")).encode()
    file.seek(0)
    file.write(struct.pack("<Q", HEADER_BYTES - 8) + text.ljust(HEADER_BYTES - 8))
