"""Look-up and comparison of words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from malmoi.foundation.arrays import Matrix
from malmoi.foundation.progress import Progress, silent
from malmoi.foundation.validation import shorten, whole_number
from malmoi.wordvectors.coverage import EXACT, LOWERCASED, MISSING
from malmoi.wordvectors.formats.memory import MemorySource
from malmoi.wordvectors.formats.sources import Found, Source, WordTable
from malmoi.wordvectors.formats.stored import StoredSource
from malmoi.wordvectors.formats.table import Table, found_in
from malmoi.wordvectors.neighbours import Neighbour, most_similar

__all__ = ["WordLookup"]

ESCAPED = re.compile(rb"\\x([89a-f][0-9a-f])")


@dataclass(frozen=True, eq=False)
class WordLookup:
    """Base class of `WordVectors`: looks words up in a source, and compares their vectors.

    Args:
        source: source of the vectors.
        encoding: character encoding of the words in the source.
    """

    source: Source
    encoding: str = "utf-8"

    @property
    def dimension(self) -> int:
        """Embedding dimension."""
        return self.source.dimension

    @cached_property
    def table(self) -> WordTable:
        """All vectors: read on demand from a file written by `convert`, otherwise loaded into memory.

        :meta private:
        """
        if isinstance(self.source, StoredSource | MemorySource):
            return self.source.table
        return Table.of(self.source.rows(silent), self.dimension)[0]

    @cached_property
    def words(self) -> list[str]:
        """All words, in file order."""
        return [self._text(word) for word in self.table.all_words()]

    def __len__(self) -> int:
        """Return the number of words."""
        return len(self.table)

    def __contains__(self, word: object) -> bool:
        return isinstance(word, str) and int(self.table.rows_of([self._bytes(word)])[0]) >= 0

    def vector(self, word: str) -> npt.NDArray[np.float32]:
        """Return the vector of a word; a fastText `.bin` has vectors for unknown words too.

        Args:
            word: a str, in its exact spelling.

        Returns:
            float32 (dimension,).

        Raises:
            KeyError: the word has no vector.
            TypeError: it is not a str.
        """
        vector: npt.NDArray[np.float32] = self._vectors([word])[0]
        return vector

    def _vectors(self, words: Sequence[str]) -> Matrix:
        for word in words:
            if not isinstance(word, str):
                raise TypeError(f"a word must be a str, got {shorten(word)}")
        distinct = list(dict.fromkeys(map(self._bytes, words)))
        makes_subwords = self.source.makes_subwords
        found = self.source.find(distinct, silent) if makes_subwords else found_in(self.table, distinct)
        if (found.how == MISSING).any():
            raise KeyError(f"no vector for {shorten(self._text(distinct[int(np.argmin(found.how))]))}")
        indices = {word: index for index, word in enumerate(distinct)}
        return found.matrix[[indices[self._bytes(word)] for word in words]]

    def similarity(self, first: str, second: str) -> float:
        """Return the cosine similarity of two words, from -1 to 1; 0 if a vector is all zeros.

        Args:
            first: a word.
            second: another word.

        Raises:
            KeyError: a word has no vector.
        """
        one, other = _units(self._vectors([first, second]))
        return float(one @ other)

    def nearest(self, word: str | npt.ArrayLike, n: int = 10) -> list[Neighbour]:
        """Return the words with the largest cosine similarity (exact search over all words).

        Args:
            word: a word, which is excluded from the result, or a vector: float (dimension,).
            n: number of words; 1 or more.

        Returns:
            (word, cosine), the most similar first; ties in file order.

        Raises:
            KeyError: the word has no vector.
            ValueError: the vector has another dimension, or `n` is below 1.
        """
        if isinstance(word, str):
            return self._most_similar(self.vector(word), n, [word])
        vector = np.asarray(word, dtype=np.float32)
        if vector.shape != (self.dimension,) or not np.isfinite(vector).all():
            raise ValueError(f"a vector must have {self.dimension} finite numbers, got shape {vector.shape}")
        return self._most_similar(vector, n, [])

    def analogy(self, a: str, b: str, c: str, n: int = 10) -> list[Neighbour]:
        """Solve the analogy "a is to b as c is to ?": return the words nearest to b - a + c, with normalised vectors.

        Args:
            a: first word of the given pair, such as "man".
            b: second word of the given pair, such as "king".
            c: first word of the new pair, such as "woman".
            n: number of words; 1 or more.

        Returns:
            (word, cosine), the most similar first, without the three given words; for the example, "queen" should be
            first.

        Raises:
            KeyError: a word has no vector.
            ValueError: `n` is below 1.

        Source:
            Mikolov, Yih and Zweig 2013, "Linguistic regularities in continuous space word representations".
        """
        one, two, three = _units(self._vectors([a, b, c]))
        return self._most_similar(two - one + three, n, [a, b, c])

    def odd_one_out(self, words: Iterable[str]) -> str:
        """Return the word that is least similar to the mean of all, by cosine.

        Args:
            words: 3 words or more.

        Raises:
            KeyError: a word has no vector.
            ValueError: there are fewer than 3 words.
        """
        words = list(words)
        if len(words) < 3:
            raise ValueError(f"words must be 3 or more, got {len(words)}")
        units = _units(self._vectors(words))
        return words[int(np.argmin(units @ units.mean(axis=0)))]

    def _most_similar(self, vector: npt.NDArray[np.float32], n: int, excluded: Sequence[str]) -> list[Neighbour]:
        n = whole_number("n", n)
        if n < 1:
            raise ValueError(f"n must be 1 or more, got {n}")
        rows = self.table.rows_of(list(dict.fromkeys(map(self._bytes, excluded))))
        return [
            (self._text(self.table.word(row)), score)
            for row, score in most_similar(self.table, vector, n, without=rows[rows >= 0])
        ]

    def _found(
        self, words: Sequence[str], *, lowercase: bool, progress: Progress
    ) -> tuple[Found, npt.NDArray[np.uint8]]:
        """Look up words and their lower case forms in one pass."""
        wanted = {self._bytes(word): None for word in words}
        lowered = {word: self._bytes(word.lower()) for word in words if lowercase and word.lower() != word}
        wanted.update(dict.fromkeys(lowered.values()))
        found = self.source.find(list(wanted), progress)
        indices = {word: index for index, word in enumerate(wanted)}
        rows = np.fromiter((indices[self._bytes(word)] for word in words), dtype=np.int64, count=len(words))
        how = found.how[rows].copy()
        for position, word in enumerate(words):
            if how[position] != EXACT and word in lowered and found.how[indices[lowered[word]]] == EXACT:
                rows[position], how[position] = indices[lowered[word]], LOWERCASED
        return Found(found.matrix[rows], how, found.rows, found.repeated), how

    def _bytes(self, word: str) -> bytes:
        """Encode a word as in the file."""
        content = word.encode(self.encoding, errors="backslashreplace")
        if b"\\x" in content:
            content = ESCAPED.sub(lambda escape: bytes.fromhex(escape[1].decode()), content)
        return content

    def _text(self, word: bytes) -> str:
        return word.decode(self.encoding, errors="backslashreplace")


def _units(matrix: Matrix) -> Matrix:
    lengths = np.linalg.norm(matrix.astype(np.float64), axis=1, keepdims=True)
    return np.asarray(matrix / np.where(lengths > 0, lengths, 1), dtype=np.float32)
