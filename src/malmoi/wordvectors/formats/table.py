"""Tables of words and vectors in memory."""

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
    """Return the number of rows to process at once."""
    return max(1, min(BLOCK_ROWS, BLOCK_BYTES // (4 * dimension)))


def ends_of(words: Sequence[bytes]) -> npt.NDArray[np.int64]:
    """Return the end of each word in the concatenation of all, int64 (words,)."""
    return np.cumsum(np.fromiter(map(len, words), dtype=np.int64, count=len(words)))


def hashes_of(words: bytes | bytearray, ends: npt.NDArray[np.int64]) -> Hashes:
    """Return a hash of every word, uint64 (words,), the same on every machine."""
    return _core.hash_words(np.frombuffer(words, np.uint8), np.ascontiguousarray(ends, np.int64))


def distinct_rows(
    words: bytes | bytearray | memoryview, ends: npt.NDArray[np.int64], hashes: Hashes
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_] | None]:
    """Return the order of rows by hash, and a mask of the first row of each word.

    Returns:
        int64 (rows,), rows by ascending hash, ties in order; and bool (rows,), or `None` if all words are distinct.
    """
    order = np.argsort(hashes, kind="stable")
    ordered = hashes[order]
    equal = np.flatnonzero(ordered[1:] == ordered[:-1])
    if not len(equal):
        return order, None
    first = np.ones(len(hashes), dtype=np.bool_)
    seen: dict[bytes, int] = {}
    for position in np.unique(np.concatenate([equal, equal + 1])):
        row = int(order[position])
        word = bytes(words[int(ends[row - 1]) if row else 0 : int(ends[row])])
        first[row] = seen.setdefault(word, row) == row
    return order, None if first.all() else first


@dataclass(frozen=True, eq=False)
class Table:
    """Distinct words with their vectors.

    Args:
        words: concatenated bytes of all words.
        ends: int64 (rows,), end of each word in `words`.
        matrix: float32 (rows, dimension).
        hashes: uint64 (rows,), hashes of the words, ascending.
        hash_rows: (rows,), the row of each hash.
    """

    words: bytes | bytearray
    ends: npt.NDArray[np.int64]
    matrix: Matrix
    hashes: Hashes
    hash_rows: npt.NDArray[Any]

    @classmethod
    def of(cls, parts: Iterator[Rows], dimension: int) -> tuple[Self, int]:
        """Concatenate all rows of a file; of repeated words, the first row is kept.

        Returns:
            The table, and the number of rows that were dropped because their word was repeated.
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
        """Embedding dimension."""
        return int(self.matrix.shape[1])

    def word(self, row: int) -> bytes:
        """Return the word of a row."""
        start = int(self.ends[row - 1]) if row else 0
        return bytes(self.words[start : int(self.ends[row])])

    def all_words(self) -> list[bytes]:
        """Return the words of all rows."""
        ends = self.ends.tolist()
        return [bytes(self.words[start:end]) for start, end in zip([0, *ends], ends, strict=False)]

    def rows_of(self, words: Sequence[bytes]) -> npt.NDArray[np.int64]:
        """Return the row of each word, int64 (words,), -1 for words without one."""
        rows = np.full(len(words), -1, dtype=np.int64)
        if not len(words) or not len(self):
            return rows
        hashes = hashes_of(b"".join(words), ends_of(words))
        slots = np.searchsorted(self.hashes, hashes)
        inside = np.flatnonzero(slots < len(self))
        for position in inside[self.hashes[slots[inside]] == hashes[inside]].tolist():
            slot = int(slots[position])
            while slot < len(self) and self.hashes[slot] == hashes[position]:
                row = int(self.hash_rows[slot])
                if self.word(row) == words[position]:
                    rows[position] = row
                    break
                slot += 1
        return rows

    def vectors(self, rows: npt.NDArray[np.int64] | slice) -> Matrix:
        """Return the vectors of rows, float32 (rows, dimension)."""
        return self.matrix[rows]

    def blocks(self) -> Iterator[tuple[int, Matrix]]:
        """Yield blocks of vectors as float32, each with its first row number."""
        step = block_rows(self.dimension)
        for start in range(0, len(self), step):
            yield start, self.matrix[start : start + step]

    def scores(self, vector: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Return the dot product of every row with a vector, float32 (rows,)."""
        with np.errstate(over="ignore", invalid="ignore"):
            return np.concatenate([np.zeros(0, np.float32), *(block @ vector for _, block in self.blocks())])

    @cached_property
    def lengths(self) -> npt.NDArray[np.float64]:
        """float64 (rows,): the Euclidean length of every row, 1 if it is 0."""
        with np.errstate(over="ignore", invalid="ignore"):
            parts = [np.einsum("ij,ij->i", block, block, dtype=np.float64) for _, block in self.blocks()]
        return lengths_of(np.concatenate([np.zeros(0), *parts]), "")


def lengths_of(squares: npt.NDArray[np.float64], place: str) -> npt.NDArray[np.float64]:
    """Return the square roots of sums of squares, 1 for those that are 0.

    Raises:
        FormatError: one is not finite; the message begins with `place`.
    """
    finite = np.isfinite(squares)
    if not finite.all():
        raise FormatError(f"{place}row {int(np.argmin(finite))} has a number that is not finite; the file is damaged")
    return np.where(squares > 0, np.sqrt(squares), 1.0)


def found_in(table: WordTable, words: Sequence[bytes]) -> Found:
    """Return the vectors of words in a table, with zeros for the others."""
    rows = table.rows_of(words)
    found = np.flatnonzero(rows >= 0)
    matrix = np.zeros((len(words), table.dimension), dtype=np.float32)
    matrix[found] = table.vectors(rows[found])
    return Found(matrix, np.where(rows >= 0, EXACT, MISSING).astype(np.uint8), len(table), 0)
