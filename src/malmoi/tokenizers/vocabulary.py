"""Vocabulary: tokens and their ids; 0 is padding, 1 is unknown."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt

from malmoi import _core

__all__ = ["FIRST_ID", "PADDING", "PADDING_ID", "UNKNOWN", "UNKNOWN_ID", "Vocabulary"]

PADDING_ID = 0
UNKNOWN_ID = 1
FIRST_ID = 2
PADDING = "<padding>"
UNKNOWN = "<unknown>"


class Vocabulary:
    """Words with ids from 2 on, most frequent first; id 0 is padding, id 1 an out-of-vocabulary word.

    `len` is the number of ids, padding and unknown included.

    Args:
        words: distinct words in the order of their ids.
        counts: int64 (words,), count of each word; 0 or more.

    Raises:
        ValueError: a word is repeated, a count is negative, or the numbers of counts and words differ.

    Example:
        >>> vocabulary = Vocabulary(["the", "cat"], [3, 1])
        >>> len(vocabulary), vocabulary.id_of("cat"), vocabulary.id_of("dog")
        (4, 3, 1)
        >>> [vocabulary.token_of(number) for number in range(4)]
        ['<padding>', '<unknown>', 'the', 'cat']
        >>> dict(zip(vocabulary.words, vocabulary.counts.tolist()))
        {'the': 3, 'cat': 1}
    """

    def __init__(self, words: Sequence[str], counts: Sequence[int] | npt.NDArray[np.int64]) -> None:
        if len(words) != len(counts):
            raise ValueError(f"counts must have {len(words)} items, one per word, got {len(counts)}")
        self.words = list(words)
        self.counts = np.asarray(counts, dtype=np.int64)
        if (self.counts < 0).any():
            raise ValueError(f"counts must be 0 or more, got {self.counts.min()}")
        self.index = self._made_index()

    @classmethod
    def counted(cls, tally: _core.TokenTally, *, least: int, most: int | None) -> Vocabulary:
        """Return the vocabulary of a tally; its index is built on first use.

        Args:
            tally: counted tokens.
            least: lowest count of a word.
            most: largest number of words; `None`: all.

        :meta private:
        """
        vocabulary = cls.__new__(cls)
        vocabulary.words, vocabulary.counts = tally.words(least=least, most=most)
        return vocabulary

    @cached_property
    def index(self) -> _core.TokenIndex:
        """The core's index of the words.

        :meta private:
        """
        return self._made_index()

    def _made_index(self) -> _core.TokenIndex:
        return _core.TokenIndex(self.words, FIRST_ID)

    def __len__(self) -> int:
        """Return the number of ids, padding and unknown included."""
        return len(self.words) + FIRST_ID

    def __repr__(self) -> str:
        first = ", ".join(repr(word) for word in self.words[:3])
        return f"Vocabulary({len(self.words)} words: {first}{', ...' if len(self.words) > 3 else ''})"

    def __reduce__(self) -> tuple[type[Vocabulary], tuple[list[str], npt.NDArray[np.int64]]]:
        """Pickle words and counts; the index is rebuilt from them."""
        return Vocabulary, (self.words, self.counts)

    @cached_property
    def _ids(self) -> dict[str, int]:
        return {word: number for number, word in enumerate(self.words, FIRST_ID)}

    def id_of(self, token: str) -> int:
        """Return the id of a token; 1 for an out-of-vocabulary token.

        Args:
            token: a str, compared as it is.
        """
        return self._ids.get(token, UNKNOWN_ID)

    def token_of(self, number: int) -> str:
        """Return the token with an id: "<padding>" for 0, "<unknown>" for 1.

        Args:
            number: an id, from 0 to the number of ids minus one.

        Raises:
            IndexError: no token has this id.
        """
        if not 0 <= number < len(self):
            raise IndexError(f"id must be from 0 to {len(self) - 1}, got {number}")
        return (PADDING, UNKNOWN)[number] if number < FIRST_ID else self.words[number - FIRST_ID]
