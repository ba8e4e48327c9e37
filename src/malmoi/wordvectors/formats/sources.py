"""Interface of the sources of word vectors, and the source for text files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from malmoi import _core
from malmoi.errors import FormatError
from malmoi.foundation.arrays import Matrix
from malmoi.foundation.compression import Compression
from malmoi.foundation.progress import Progress
from malmoi.foundation.threads import thread_count
from malmoi.wordvectors.coverage import EXACT, MISSING

__all__ = ["LARGEST_DIMENSION", "Found", "Member", "Rows", "Source", "TextSource", "WordTable", "reading_callback"]

LARGEST_DIMENSION = 10_000
"""Largest embedding dimension; files that declare more are refused before memory is allocated."""

Member = tuple[int, int, int, int, bool]
"""A zip member: offset, compressed size, size, CRC-32, and whether it is stored uncompressed."""


@dataclass(frozen=True)
class Found:
    """The vectors of requested words.

    Args:
        matrix: float32 (words, dimension), zeros for words without a vector.
        how: uint8 (words,), `MISSING`, `EXACT` or `SUBWORDS` for each word.
        rows: number of rows in the file.
        repeated: number of rows with a repeated requested word.
    """

    matrix: Matrix
    how: npt.NDArray[np.uint8]
    rows: int
    repeated: int


@dataclass(frozen=True)
class Rows:
    """Consecutive rows of a file.

    Args:
        words: concatenated bytes of all words.
        ends: int64 (rows,), end of each word in `words`.
        matrix: float32 (rows, dimension).
    """

    words: bytes | bytearray
    ends: npt.NDArray[np.int64]
    matrix: Matrix


class WordTable(Protocol):
    """Words and their vectors, in memory or in a file that is read on demand."""

    @property
    def dimension(self) -> int:
        """Embedding dimension."""

    def __len__(self) -> int:
        """Return the number of rows."""

    def word(self, row: int) -> bytes:
        """Return the word of a row."""

    def all_words(self) -> list[bytes]:
        """Return the words of all rows."""

    def rows_of(self, words: Sequence[bytes]) -> npt.NDArray[np.int64]:
        """Return the row of each word, int64 (words,), -1 for words without one."""

    def vectors(self, rows: npt.NDArray[np.int64] | slice) -> Matrix:
        """Return the vectors of rows, float32 (rows, dimension)."""

    def scores(self, vector: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Return the dot product of every row with a vector, float32 (rows,)."""

    @property
    def lengths(self) -> npt.NDArray[np.float64]:
        """float64 (rows,): the Euclidean length of every row, 1 if it is 0."""


class Source(Protocol):
    """A source of word vectors, usually a file; words are arbitrary bytes."""

    @property
    def path(self) -> Path:
        """Path of the file."""

    @property
    def kind(self) -> str:
        """Description of the format."""

    @property
    def dimension(self) -> int:
        """Embedding dimension."""

    @property
    def claimed(self) -> int | None:
        """Number of rows declared in the file's header; `None` if it has none."""

    @property
    def makes_subwords(self) -> bool:
        """Whether it computes vectors for out-of-vocabulary words from subwords."""

    def find(self, words: Sequence[bytes], progress: Progress) -> Found:
        """Return the vectors of distinct words, by exact spelling or from subwords."""

    def rows(self, progress: Progress) -> Iterator[Rows]:
        """Yield all rows in blocks."""


@dataclass(frozen=True)
class TextSource:
    """A text file with a word and its values on every line, optionally compressed; only requested rows are parsed.

    Args:
        path: the file.
        kind: description of the format.
        dimension: embedding dimension.
        claimed: number of rows declared in the header line, if there is one.
        compression: "", "gzip", "zip" or "zstandard".
        member: position of the only file in a zip archive.
        start: offset of the first row in the decompressed file.
        first_line: line number of the first row.
        makes_subwords: always `False`.
    """

    path: Path
    kind: str
    dimension: int
    claimed: int | None = None
    compression: Compression = ""
    member: Member | None = None
    start: int = 0
    first_line: int = 1
    makes_subwords: bool = False

    def find(self, words: Sequence[bytes], progress: Progress) -> Found:
        """Return the vectors of words, read in one pass over the file.

        Raises:
            FormatError: a line has another number of fields, or a requested one has values that are not finite numbers.
        """
        try:
            scan = _core.scan_vectors(self._place(), list(words), thread_count(), reading_callback(progress))
        except FormatError as error:
            raise self._explained(error) from None
        how = np.where(scan.found == 1, EXACT, MISSING).astype(np.uint8)
        return Found(scan.matrix, how, scan.lines, scan.repeated)

    def rows(self, progress: Progress) -> Iterator[Rows]:
        """Yield all rows in blocks of about 16 MiB of text.

        Raises:
            FormatError: a line has another number of fields, or values that are not finite numbers.
        """
        reader = _core.VectorRows(self._place(), thread_count())
        try:
            while (part := reader.next(reading_callback(progress))) is not None:
                yield Rows(*part)
        except FormatError as error:
            raise self._explained(error) from None

    def _place(self) -> _core.Place:
        return _core.Place(str(self.path), self.compression, self.member, self.start, self.first_line, self.dimension)

    def _explained(self, error: FormatError) -> FormatError:
        if self.claimed is None and "numbers after the word" in str(error):
            return FormatError(f"{error}; line 1 has {self.dimension}")
        return error


def reading_callback(progress: Progress) -> _core.ReadProgress:
    """Return a callback for the core that reports the progress of reading."""
    return lambda done, total: progress("reading vectors", done, total)
