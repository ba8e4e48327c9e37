"""Coverage of a vocabulary by word vectors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from malmoi.tokenizers.vocabulary import Vocabulary

__all__ = ["EXACT", "LOWERCASED", "MISSING", "SUBWORDS", "Coverage", "coverage_of"]

SHOWN_MISSING = 20
MISSING, EXACT, SUBWORDS, LOWERCASED = range(4)


@dataclass(frozen=True)
class Coverage:
    """Coverage of a vocabulary by the word vectors of a file.

    Args:
        words: number of words in the vocabulary, padding and unknown not included.
        found: number of words with a vector of any kind.
        tokens: number of tokens in the texts that are in the vocabulary.
        found_tokens: number of tokens whose word has a vector.
        missing: the most frequent words without a vector, at most 20.
        rows: number of rows in the file.
        repeated: number of rows with a repeated word; the first row of a word is used.
        lowercased: number of words found only in lower case.
        subwords: number of words whose vector is computed from character n-grams.

    Example:
        >>> from malmoi import Vocabulary, WordVectors
        >>> vectors = WordVectors.from_arrays(["good", "bad"], [[1.0, 0.0], [0.0, 1.0]])
        >>> _, coverage = vectors.matrix_for(Vocabulary(["Good", "bad", "film"], [2, 1, 1]))
        >>> coverage.exact, coverage.lowercased, coverage.missing
        (1, 1, ('film',))
        >>> round(coverage.vocabulary_share, 3), coverage.token_share
        (0.667, 0.75)
    """

    words: int
    found: int
    tokens: int
    found_tokens: int
    missing: tuple[str, ...]
    rows: int
    repeated: int
    lowercased: int = 0
    subwords: int = 0

    @property
    def vocabulary_share(self) -> float:
        """Share of the words that have a vector, 0 to 1; 0 if there are no words."""
        return self.found / self.words if self.words else 0.0

    @property
    def token_share(self) -> float:
        """Share of the tokens whose word has a vector, 0 to 1; 0 if there are no tokens."""
        return self.found_tokens / self.tokens if self.tokens else 0.0

    @property
    def exact(self) -> int:
        """Number of words found in their exact spelling."""
        return self.found - self.lowercased - self.subwords

    def __str__(self) -> str:
        line = (
            f"vectors for {self.found:,} of {self.words:,} words ({self.vocabulary_share:.1%}), "
            f"{self.token_share:.1%} of the tokens"
        )
        ways = {"in lower case": self.lowercased, "by subwords": self.subwords}
        shown = ", ".join(f"{count:,} {way}" for way, count in ways.items() if count)
        return f"{line}; {shown}" if shown else line


def coverage_of(vocabulary: Vocabulary, how: npt.NDArray[np.uint8], rows: int, repeated: int) -> Coverage:
    """Return the coverage of a vocabulary.

    Args:
        vocabulary: words with their counts.
        how: uint8 (words,), `MISSING`, `EXACT`, `SUBWORDS` or `LOWERCASED` for each word.
        rows: number of rows in the file.
        repeated: number of rows with a repeated word.
    """
    found = how != MISSING
    return Coverage(
        words=len(vocabulary.words),
        found=int(found.sum()),
        tokens=int(vocabulary.counts.sum()),
        found_tokens=int(vocabulary.counts[found].sum()),
        missing=tuple(vocabulary.words[position] for position in np.flatnonzero(~found)[:SHOWN_MISSING]),
        rows=rows,
        repeated=repeated,
        lowercased=int((how == LOWERCASED).sum()),
        subwords=int((how == SUBWORDS).sum()),
    )
