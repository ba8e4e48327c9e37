"""malmoi's file format of word vectors: safetensors with the words and a hash table, read on demand.

Tensors: `vectors` (rows, dimension) float32, float16 or int8; `scales` float32 (rows,) for int8, the factor of each
row; `hashes` uint64 (rows,), XXH3 of the words, ascending; `hash_rows` uint32 (rows,), the row of each hash; `ends`
int64 (rows,), end of each word in `words`; `words` uint8. The metadata has `malmoi_vectors: 1`.
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
    """Words and vectors in a file, read on demand and validated on every read.

    If the file shrinks while it is open, reads raise a FormatError.

    Args:
        path: the file.
        content: the core's object for the file.
        shape: number of rows and dimension.
        dtype: dtype of the vectors in the file.
    """

    path: Path
    content: _core.StoredVectors
    shape: tuple[int, int]
    dtype: str

    def __len__(self) -> int:
        return self.shape[0]

    @property
    def dimension(self) -> int:
        """Embedding dimension."""
        return self.shape[1]

    def word(self, row: int) -> bytes:
        """Return the word of a row."""
        return self.content.words(row, row + 1)[0]

    def words_and_ends(self, start: int, stop: int) -> tuple[bytes, npt.NDArray[np.int64]]:
        """Return the concatenated words of some rows, and the end of each in them, int64 (rows,)."""
        return self.content.words(start, min(stop, len(self)))

    def all_words(self) -> list[bytes]:
        """Return the words of all rows."""
        found: list[bytes] = []
        for first in range(0, len(self), BLOCK_ROWS):
            words, array = self.words_and_ends(first, first + BLOCK_ROWS)
            ends = array.tolist()
            found.extend(words[start:end] for start, end in zip([0, *ends], ends, strict=False))
        return found

    def rows_of(self, words: Sequence[bytes]) -> npt.NDArray[np.int64]:
        """Return the row of each word, int64 (words,), -1 for words without one."""
        return self.content.rows_of(list(words))

    def vectors(self, rows: npt.NDArray[np.int64] | slice) -> Matrix:
        """Return the vectors of rows, float32 (rows, dimension)."""
        if isinstance(rows, slice):
            start, stop, step = rows.indices(len(self))
            if step == 1:
                return self.content.block(start, max(start, stop))
            rows = np.arange(start, stop, step)
        return self.content.rows(np.ascontiguousarray(rows, np.int64))

    def blocks(self) -> Iterator[tuple[int, Matrix]]:
        """Yield blocks of vectors as float32, each with its first row number."""
        step = block_rows(self.dimension)
        for start in range(0, len(self), step):
            yield start, self.vectors(slice(start, start + step))

    def scores(self, vector: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Return the dot product of every row with a vector, float32 (rows,)."""
        given, threads = np.ascontiguousarray(vector, np.float32), thread_count()
        parts = [self.content.scores(given, start, stop, threads) for start, stop in self._shares()]
        return joined(parts, np.float32)

    @cached_property
    def lengths(self) -> npt.NDArray[np.float64]:
        """float64 (rows,): the Euclidean length of every row, 1 if it is 0."""
        parts = [self.content.squares(start, stop, thread_count()) for start, stop in self._shares()]
        return lengths_of(joined(parts, np.float64), f"{self.path}: ")

    def _shares(self) -> Iterator[tuple[int, int]]:
        """Yield ranges of rows; interrupts are handled between them."""
        step = max(1, SCORED_BYTES // (4 * self.dimension))
        return ((start, min(start + step, len(self))) for start in range(0, len(self), step))


@dataclass(frozen=True)
class StoredSource:
    """A file in malmoi's format; its content is in the system's page cache, which processes share.

    Args:
        path: the file.
        makes_subwords: always `False`.
    """

    path: Path
    makes_subwords: bool = False

    @cached_property
    def table(self) -> StoredTable:
        """Words and vectors, read on demand.

        Raises:
            FormatError: the file is damaged, or has a newer format.
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
        """Open a file and validate its header; the file stays open, even if its path is replaced.

        Raises:
            FormatError: the file is damaged, or has a newer format.
        """
        source = cls(path)
        _ = source.table
        return source

    @property
    def kind(self) -> str:
        """Description of the format."""
        return f"malmoi vectors, {self.table.dtype}"

    @property
    def dimension(self) -> int:
        """Embedding dimension."""
        return self.table.dimension

    @property
    def claimed(self) -> int | None:
        """Number of rows declared in the file's header."""
        return len(self.table)

    def find(self, words: Sequence[bytes], progress: Progress) -> Found:
        """Return the vectors of words."""
        return found_in(self.table, words)

    def rows(self, progress: Progress) -> Iterator[Rows]:
        """Yield all rows in blocks."""
        table = self.table
        for start, block in table.blocks():
            words, ends = table.words_and_ends(start, start + len(block))
            yield Rows(words, ends, block)
            progress("reading vectors", start + len(block), len(table))


def _checked(path: Path, tensors: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
    """Return the tensors after checking their names, dtypes and numbers of rows."""
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
        raise FormatError(
            f"{path}: byte {vectors.start}: vectors must have rows and columns, found the shape {vectors.shape}"
        )
    rows = vectors.shape[0]
    wrong = next((name for name in ("hashes", "hash_rows", "ends") if tensors[name].shape != (rows,)), None)
    if wrong or len(tensors["words"].shape) != 1:
        raise FormatError(f"{path}: the tensors must have {rows} rows; the file is damaged")
    scales = tensors.get("scales")
    if (vectors.dtype == "I8") != (scales is not None and scales.shape == (rows,)):
        raise FormatError(
            f"{path}: there must be one scale per row for int8, and none for other dtypes; the file is damaged"
        )
    return tensors
