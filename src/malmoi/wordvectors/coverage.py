"""What a vectors file knows of a vocabulary."""

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
    """How much of a vocabulary a vectors file knows.

    Args:
        words: words of the vocabulary, without padding and unknown.
        found: words with a vector, however it was found.
        tokens: tokens in the counted texts that are words of the vocabulary.
        found_tokens: tokens whose word has a vector.
        missing: the most frequent words without a vector, 20 at most.
        rows: rows of the file.
        repeated: rows of words that had one before; the first wins.
        lowercased: words found only in lower case.
        subwords: words whose vector is made of their character n-grams.
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
        """Share of the words with a vector; 0 without words."""
        return self.found / self.words if self.words else 0.0

    @property
    def token_share(self) -> float:
        """Share of the tokens whose word has a vector; 0 without tokens."""
        return self.found_tokens / self.tokens if self.tokens else 0.0

    @property
    def exact(self) -> int:
        """Words found as they are written."""
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
    """Sum up how each word of a vocabulary was found.

    Args:
        vocabulary: the words and how often each was seen.
        how: uint8 (words,), one of `MISSING`, `EXACT`, `SUBWORDS`, `LOWERCASED` for each.
        rows: rows of the file.
        repeated: rows of words that had one before.
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
