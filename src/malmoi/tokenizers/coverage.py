"""Token coverage: the share of the characters of texts that are part of tokens."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

__all__ = ["TokenCoverage"]

SHOWN_PLACES = 3


@dataclass(frozen=True)
class TokenCoverage:
    """Counts of the characters that are in no token, and of the texts without tokens.

    Characters are counted after preprocessing, such as the removal of HTML tags. White space is not counted, nor are
    combining marks, variation selectors and joiners, which belong to the preceding character.

    Args:
        texts: number of texts.
        texts_without_tokens: number of texts without a token, blank ones included.
        blank_texts: number of blank texts (white space only) among them.
        places: indices of the first texts without a token that are not blank, at most three.
        characters: total number of characters.
        punctuation: number of punctuation characters and ASCII symbols in no token.
        others: all other characters in no token, with their counts, most frequent first.

    Example:
        >>> from malmoi import Words
        >>> found = Words().coverage(["so good ★", "!!", ""])
        >>> found.texts_without_tokens, found.blank_texts, found.places
        (2, 1, (1,))
        >>> round(found.uncovered_share, 3), round(found.other_share, 3)
        (0.333, 0.111)
    """

    texts: int = 0
    texts_without_tokens: int = 0
    blank_texts: int = 0
    places: tuple[int, ...] = ()
    characters: int = 0
    punctuation: int = 0
    others: tuple[tuple[str, int], ...] = ()

    @property
    def uncovered_share(self) -> float:
        """Share of the characters that are in no token, 0 to 1; 0 if there are no characters."""
        return (self.punctuation + self._others) / max(1, self.characters)

    @property
    def other_share(self) -> float:
        """Share of the characters that are neither in a token nor punctuation, 0 to 1; 0 if there are no characters."""
        return self._others / max(1, self.characters)

    @property
    def _others(self) -> int:
        return sum(count for _, count in self.others)

    def __add__(self, more: TokenCoverage) -> TokenCoverage:
        """Return the combined coverage of these texts and following ones."""
        counts = Counter(dict(self.others))
        counts.update(dict(more.others))
        return TokenCoverage(
            self.texts + more.texts,
            self.texts_without_tokens + more.texts_without_tokens,
            self.blank_texts + more.blank_texts,
            (*self.places, *(self.texts + place for place in more.places))[:SHOWN_PLACES],
            self.characters + more.characters,
            self.punctuation + more.punctuation,
            tuple(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))),
        )
