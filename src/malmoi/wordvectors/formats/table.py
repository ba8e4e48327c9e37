"""Rows of vectors that lie in memory, and the words they belong to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from malmoi import _core
from malmoi.errors import FormatError
from malmoi.foundation.arrays import Matrix
from malmoi.wordvectors.coverage import EXACT, MISSING
from malmoi.wordvectors.formats.sources import Found, Rows, WordTable

__all__ = ["BLOCK_ROWS", "Table", "block_rows", "distinct_rows", "ends_of", "found_in", "hashes_of", "lengths_of"]

BLOCK_ROWS, BLOCK_BYTES = 1 << 16, 32 << 20
Hashes = npt.NDArray[np.uint64]


def block_rows(dimension: int) -> int:
    """Rows that are worked on together."""
    return max(1, min(BLOCK_ROWS, BLOCK_BYTES // (4 * dimension)))


def ends_of(words: Sequence[bytes]) -> npt.NDArray[np.int64]:
    """int64 (words,): where each word ends among the bytes of all."""
    return np.cumsum(np.fromiter(map(len, words), dtype=np.int64, count=len(words)))


def hashes_of(words: bytes | bytearray, ends: npt.NDArray[np.int64]) -> Hashes:
    """uint64 (words,): a hash of every word, the same on every machine."""
    return _core.hash_words(np.frombuffer(words, np.uint8), np.ascontiguousarray(ends, np.int64))


def distinct_rows(
    words: bytes | bytearray | memoryview, ends: npt.NDArray[np.int64], hashes: Hashes
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_] | None]:
    """The order of rows by hash, and which rows are of a word that stands for the first time.

    Returns:
        int64 (rows,), rows by rising hash, the first of equal ones first; and bool (rows,), or None where all are.
    """
    order = np.argsort(hashes, kind="stable")
    ordered = hashes[order]
    twins = np.flatnonzero(ordered[1:] == ordered[:-1])
    if not len(twins):
        return order, None
    first = np.ones(len(hashes), dtype=np.bool_)
    seen: dict[bytes, int] = {}
    for place in np.unique(np.concatenate([twins, twins + 1])):
        row = int(order[place])
        word = bytes(words[int(ends[row - 1]) if row else 0 : int(ends[row])])
        first[row] = seen.setdefault(word, row) == row
    return order, None if first.all() else first


@dataclass(frozen=True, eq=False)
class Table:
    """Words and their vectors; every word once.

    Args:
        words: the bytes of all words.
        ends: int64 (rows,), where each word ends among them.
        matrix: float32 (rows, dimension).
        hashes: uint64 (rows,), the words' hashes, rising.
        hash_rows: (rows,), the row of each hash.
    """

    words: bytes | bytearray
    ends: npt.NDArray[np.int64]
    matrix: Matrix
    hashes: Hashes
    hash_rows: npt.NDArray[Any]

    @classmethod
    def of(cls, parts: Iterator[Rows], dimension: int) -> tuple[Self, int]:
        """Put all rows of a file together; the first row of a word wins.

        Returns:
            the table, and how many rows were left out because their word had one.
        """
        words, ends, matrices = bytearray(), [np.zeros(0, dtype=np.int64)], [np.zeros((0, dimension), np.float32)]
        for part in parts:
            ends.append(part.ends + len(words))
            words += part.words
            matrices.append(part.matrix)
        matrix = matrices[1] if len(matrices) == 2 else np.concatenate(matrices)
        return cls._distinct(words, np.concatenate(ends), matrix)

    @classmethod
    def _distinct(cls, words: bytes | bytearray, ends: npt.NDArray[np.int64], matrix: Matrix) -> tuple[Self, int]:
        hashes = hashes_of(words, ends)
        order, first = distinct_rows(words, ends, hashes)
        if first is None:
            return cls(words, ends, matrix, hashes[order], order), 0
        starts = np.concatenate([[0], ends[:-1]])
        kept = [bytes(words[start:end]) for start, end in zip(starts[first], ends[first], strict=True)]
        table, _ = cls._distinct(b"".join(kept), ends_of(kept), matrix[first])
        return table, int((~first).sum())

    def __len__(self) -> int:
        return len(self.ends)

    @property
    def dimension(self) -> int:
        """Numbers in a row."""
        return int(self.matrix.shape[1])

    def word(self, row: int) -> bytes:
        """The bytes of a row's word."""
        start = int(self.ends[row - 1]) if row else 0
        return bytes(self.words[start : int(self.ends[row])])

    def all_words(self) -> list[bytes]:
        """The words of all rows."""
        ends = self.ends.tolist()
        return [bytes(self.words[start:end]) for start, end in zip([0, *ends], ends, strict=False)]

    def rows_of(self, words: Sequence[bytes]) -> npt.NDArray[np.int64]:
        """int64 (words,): the row of each word, -1 where there is none."""
        rows = np.full(len(words), -1, dtype=np.int64)
        if not len(words) or not len(self):
            return rows
        hashes = hashes_of(b"".join(words), ends_of(words))
        places = np.searchsorted(self.hashes, hashes)
        inside = np.flatnonzero(places < len(self))
        for position in inside[self.hashes[places[inside]] == hashes[inside]].tolist():
            place = int(places[position])
            while place < len(self) and self.hashes[place] == hashes[position]:
                row = int(self.hash_rows[place])
                if self.word(row) == words[position]:
                    rows[position] = row
                    break
                place += 1
        return rows

    def vectors(self, rows: npt.NDArray[np.int64] | slice) -> Matrix:
        """float32 (rows, dimension)."""
        return self.matrix[rows]

    def blocks(self) -> Iterator[tuple[int, Matrix]]:
        """Some rows at a time, float32, with the number of the first."""
        step = block_rows(self.dimension)
        for start in range(0, len(self), step):
            yield start, self.matrix[start : start + step]

    def scores(self, vector: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """float32 (rows,): the product of every row with a vector."""
        with np.errstate(over="ignore", invalid="ignore"):
            return np.concatenate([np.zeros(0, np.float32), *(block @ vector for _, block in self.blocks())])

    @cached_property
    def lengths(self) -> npt.NDArray[np.float64]:
        """float64 (rows,): the Euclidean length of every row, 1 where it is 0."""
        with np.errstate(over="ignore", invalid="ignore"):
            parts = [np.einsum("ij,ij->i", block, block, dtype=np.float64) for _, block in self.blocks()]
        return lengths_of(np.concatenate([np.zeros(0), *parts]), "")


def lengths_of(squares: npt.NDArray[np.float64], place: str) -> npt.NDArray[np.float64]:
    """Roots of the sums of squares of rows, 1 where they are 0.

    Raises:
        FormatError: one is not finite; the message begins with `place`.
    """
    finite = np.isfinite(squares)
    if not finite.all():
        raise FormatError(f"{place}row {int(np.argmin(finite))} holds a number that is not finite; the file is damaged")
    return np.where(squares > 0, np.sqrt(squares), 1.0)


def found_in(table: WordTable, words: Sequence[bytes]) -> Found:
    """The vectors of words that a table has, zeros for the others."""
    rows = table.rows_of(words)
    known = np.flatnonzero(rows >= 0)
    matrix = np.zeros((len(words), table.dimension), dtype=np.float32)
    matrix[known] = table.vectors(rows[known])
    return Found(matrix, np.where(rows >= 0, EXACT, MISSING).astype(np.uint8), len(table), 0)
