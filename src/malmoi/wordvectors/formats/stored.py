"""Our own file of word vectors: safetensors, with the words and a table of their hashes, read where it is needed.

Tensors: `vectors` (rows, dimension) float32, float16 or int8; `scales` float32 (rows,) for int8, what a row is
multiplied by; `hashes` uint64 (rows,), XXH3 of the words, rising; `hash_rows` uint32 (rows,), the row of each;
`ends` int64 (rows,), where each word ends in `words`; `words` uint8. The metadata says `malmoi_vectors: 1`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt

from malmoi import _core
from malmoi.errors import FormatError
from malmoi.foundation.arrays import Matrix, joined
from malmoi.foundation.progress import Progress
from malmoi.foundation.threads import thread_count
from malmoi.foundation.validation import shorten
from malmoi.wordvectors.formats.sources import Found, Rows
from malmoi.wordvectors.formats.table import BLOCK_ROWS, block_rows, found_in, lengths_of
from malmoi.wordvectors.formats.tensor_header import Tensor, read_header

__all__ = ["FORMAT", "MARK", "StoredSource", "StoredTable"]

MARK = b"malmoi_vectors"
FORMAT = 1
LARGEST_HEADER = 1 << 16
SCORED_BYTES = 64 << 20
NAMES = {"F32": "float32", "F16": "float16", "I8": "int8"}
LAYOUT = {
    "vectors": tuple(NAMES),
    "scales": ("F32",),
    "hashes": ("U64",),
    "hash_rows": ("U32",),
    "ends": ("I64",),
    "words": ("U8",),
}


@dataclass(frozen=True, eq=False)
class StoredTable:
    """Words and their vectors in a file; nothing of it is kept in memory, and every number is checked when it is read.

    A file that shrinks while it is open ends what is asked of it with a FormatError.

    Args:
        path: the file.
        content: what the core reads from it.
        shape: rows and dimension.
        dtype: of the rows in the file.
    """

    path: Path
    content: _core.StoredVectors
    shape: tuple[int, int]
    dtype: str

    def __len__(self) -> int:
        return self.shape[0]

    @property
    def dimension(self) -> int:
        """Numbers in a row."""
        return self.shape[1]

    def word(self, row: int) -> bytes:
        """The bytes of a row's word."""
        return self.content.words(row, row + 1)[0]

    def words_and_ends(self, start: int, stop: int) -> tuple[bytes, npt.NDArray[np.int64]]:
        """The bytes of the words of some rows, and int64 (rows,) where each ends among them."""
        return self.content.words(start, min(stop, len(self)))

    def all_words(self) -> list[bytes]:
        """The words of all rows."""
        found: list[bytes] = []
        for first in range(0, len(self), BLOCK_ROWS):
            words, array = self.words_and_ends(first, first + BLOCK_ROWS)
            ends = array.tolist()
            found.extend(words[start:end] for start, end in zip([0, *ends], ends, strict=False))
        return found

    def rows_of(self, words: Sequence[bytes]) -> npt.NDArray[np.int64]:
        """int64 (words,): the row of each word, -1 where there is none."""
        return self.content.rows_of(list(words))

    def vectors(self, rows: npt.NDArray[np.int64] | slice) -> Matrix:
        """float32 (rows, dimension)."""
        if isinstance(rows, slice):
            start, stop, step = rows.indices(len(self))
            if step == 1:
                return self.content.block(start, max(start, stop))
            rows = np.arange(start, stop, step)
        return self.content.rows(np.ascontiguousarray(rows, np.int64))

    def blocks(self) -> Iterator[tuple[int, Matrix]]:
        """Some rows at a time, float32, with the number of the first."""
        step = block_rows(self.dimension)
        for start in range(0, len(self), step):
            yield start, self.vectors(slice(start, start + step))

    def scores(self, vector: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """float32 (rows,): the product of every row with a vector."""
        given, threads = np.ascontiguousarray(vector, np.float32), thread_count()
        parts = [self.content.scores(given, start, stop, threads) for start, stop in self._shares()]
        return joined(parts, np.float32)

    @cached_property
    def lengths(self) -> npt.NDArray[np.float64]:
        """float64 (rows,): the Euclidean length of every row, 1 where it is 0."""
        parts = [self.content.squares(start, stop, thread_count()) for start, stop in self._shares()]
        return lengths_of(joined(parts, np.float64), f"{self.path}: ")

    def _shares(self) -> Iterator[tuple[int, int]]:
        """Runs of rows, between which an interrupt is heard."""
        step = max(1, SCORED_BYTES // (4 * self.dimension))
        return ((start, min(start + step, len(self))) for start in range(0, len(self), step))


@dataclass(frozen=True)
class StoredSource:
    """A file of our own format; its bytes lie in the system's cache, which all processes share.

    Args:
        path: the file.
        makes_subwords: never.
    """

    path: Path
    makes_subwords: bool = False

    @cached_property
    def table(self) -> StoredTable:
        """Words and vectors, which are read when they are wanted.

        Raises:
            FormatError: the file is damaged, or of a newer format.
        """
        file = _core.VectorsFile.open(str(self.path))
        header = read_header(self.path, file.size, LARGEST_HEADER, file.read)
        version = header.metadata.get(MARK.decode())
        if version != str(FORMAT):
            raise FormatError(f"{self.path} has format {shorten(version)}, this version reads {FORMAT}; upgrade malmoi")
        tensors = _checked(self.path, header.tensors)
        header.check_filled(self.path)
        vectors, words = tensors["vectors"], tensors["words"]
        rows, dimension = vectors.shape
        content = file.table(
            rows=rows,
            dimension=dimension,
            dtype=vectors.dtype,
            words_bytes=words.size_bytes,
            **{name: tensors[name].start if name in tensors else 0 for name in LAYOUT},
        )
        end = int.from_bytes(file.read(tensors["ends"].start + 8 * (rows - 1), 8), "little", signed=True) if rows else 0
        if end != words.size_bytes:
            rule = f"byte {words.start}: the words must fill {words.size_bytes} bytes, found {end}"
            raise FormatError(f"{self.path}: {rule}; the file is damaged")
        return StoredTable(self.path, content, (rows, dimension), NAMES[vectors.dtype])

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open a file and check its header; from now on it is the same file, whatever gets its name.

        Raises:
            FormatError: the file is damaged, or of a newer format.
        """
        source = cls(path)
        _ = source.table
        return source

    @property
    def kind(self) -> str:
        """What kind of file it is, in words."""
        return f"malmoi vectors, {self.table.dtype}"

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
            words, ends = table.words_and_ends(start, start + len(block))
            yield Rows(words, ends, block)
            progress("reading vectors", start + len(block), len(table))


def _checked(path: Path, tensors: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
    """The tensors, which are those of the format, and have as many rows as there are vectors."""
    missing = next((name for name in LAYOUT if name not in tensors and name != "scales"), None)
    if missing:
        raise FormatError(f"{path}: the tensor {missing!r} is missing; the file is damaged")
    for name, tensor in tensors.items():
        if name not in LAYOUT or tensor.dtype not in LAYOUT[name]:
            found = f"{shorten(name)} of {tensor.dtype}"
            raise FormatError(
                f"{path}: byte {tensor.start}: expected a tensor of the format, found {found}; it is damaged"
            )
    vectors = tensors["vectors"]
    if len(vectors.shape) != 2 or vectors.shape[1] < 1:
        raise FormatError(f"{path}: byte {vectors.start}: vectors must be of rows and columns, found {vectors.shape}")
    rows = vectors.shape[0]
    wrong = next((name for name in ("hashes", "hash_rows", "ends") if tensors[name].shape != (rows,)), None)
    if wrong or len(tensors["words"].shape) != 1:
        raise FormatError(f"{path}: the tensors must be of {rows} rows; the file is damaged")
    scales = tensors.get("scales")
    if (vectors.dtype == "I8") != (scales is not None and scales.shape == (rows,)):
        raise FormatError(f"{path}: int8 rows need a scale each, and others none; the file is damaged")
    return tensors
