"""What every kind of vectors file can be asked, and the text files among them."""

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

__all__ = ["LARGEST_DIMENSION", "Found", "Member", "Rows", "Source", "TextSource", "WordTable", "told"]

LARGEST_DIMENSION = 10_000
"""Numbers in a row; files that claim more are refused before anything is made for them."""

Member = tuple[int, int, int, int, bool]
"""Of a zip archive's member: offset and size as packed, size, CRC-32, and whether it is stored."""


@dataclass(frozen=True)
class Found:
    """The vectors of wanted words.

    Args:
        matrix: float32 (words, dimension), zeros where there is none.
        how: uint8 (words,), how each was found.
        rows: rows of the file.
        repeated: rows of wanted words that had one before.
    """

    matrix: Matrix
    how: npt.NDArray[np.uint8]
    rows: int
    repeated: int


@dataclass(frozen=True)
class Rows:
    """Rows that follow one another in a file.

    Args:
        words: the bytes of all words.
        ends: int64 (rows,), where each word ends among them.
        matrix: float32 (rows, dimension).
    """

    words: bytes | bytearray
    ends: npt.NDArray[np.int64]
    matrix: Matrix


class WordTable(Protocol):
    """Words and their vectors, in memory or in a file that is read where it is needed."""

    @property
    def dimension(self) -> int:
        """Numbers in a row."""

    def __len__(self) -> int:
        """Rows."""

    def word(self, row: int) -> bytes:
        """The bytes of a row's word."""

    def all_words(self) -> list[bytes]:
        """The words of all rows."""

    def rows_of(self, words: Sequence[bytes]) -> npt.NDArray[np.int64]:
        """int64 (words,): the row of each word, -1 where there is none."""

    def vectors(self, rows: npt.NDArray[np.int64] | slice) -> Matrix:
        """float32 (rows, dimension)."""

    def scores(self, vector: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """float32 (rows,): the product of every row with a vector."""

    @property
    def lengths(self) -> npt.NDArray[np.float64]:
        """float64 (rows,): the Euclidean length of every row, 1 where it is 0."""


class Source(Protocol):
    """A file of word vectors. Words are bytes here; a row's word may be any."""

    @property
    def path(self) -> Path:
        """The file."""

    @property
    def kind(self) -> str:
        """What kind of file it is, in words."""

    @property
    def dimension(self) -> int:
        """Numbers in a row."""

    @property
    def claimed(self) -> int | None:
        """Rows that the file's head says it has, if it says so."""

    @property
    def makes_subwords(self) -> bool:
        """Whether it makes vectors for words that it does not have."""

    def find(self, words: Sequence[bytes], progress: Progress) -> Found:
        """The vectors of some distinct words, exactly as they are written, or by their subwords."""

    def rows(self, progress: Progress) -> Iterator[Rows]:
        """All rows, some at a time."""


@dataclass(frozen=True)
class TextSource:
    """A text file, a word and its numbers on every line; compressed or not. Only what is wanted is parsed.

    Args:
        path: the file.
        kind: what it is, in words.
        dimension: numbers in a row.
        claimed: rows that its header line says, if it has one.
        compression: "", "gzip", "zip" or "zstandard".
        member: of a zip archive, where the only file in it is.
        start: byte where the rows begin, in the unpacked file.
        first_line: number of the line where the rows begin.
        makes_subwords: never.
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
        """Read the wanted rows, in one pass over the file.

        Raises:
            FormatError: a line has another number of fields, or a wanted one holds no finite numbers.
        """
        try:
            scan = _core.scan_vectors(self._place(), list(words), thread_count(), told(progress))
        except FormatError as error:
            raise self._explained(error) from None
        matrix = np.frombuffer(scan.matrix, dtype="<f4").reshape(-1, self.dimension)
        found = np.frombuffer(scan.found, dtype=np.uint8)
        return Found(matrix, np.where(found == 1, EXACT, MISSING).astype(np.uint8), scan.lines, scan.repeated)

    def rows(self, progress: Progress) -> Iterator[Rows]:
        """Read all rows, some 16 MiB of text at a time.

        Raises:
            FormatError: a line has another number of fields, or holds no finite numbers.
        """
        reader = _core.VectorRows(self._place(), thread_count())
        try:
            while (part := reader.next(told(progress))) is not None:
                words, ends, values = part
                matrix = np.frombuffer(values, dtype="<f4").reshape(-1, self.dimension)
                yield Rows(words, np.frombuffer(ends, dtype="<i8"), matrix)
        except FormatError as error:
            raise self._explained(error) from None

    def _place(self) -> _core.Place:
        return _core.Place(str(self.path), self.compression, self.member, self.start, self.first_line, self.dimension)

    def _explained(self, error: FormatError) -> FormatError:
        if self.claimed is None and "numbers after the word" in str(error):
            return FormatError(f"{error}; line 1 has {self.dimension}")
        return error


def told(progress: Progress) -> _core.Heard:
    """The core's listener for a reading."""
    return lambda done, total: progress("reading vectors", done, total)
