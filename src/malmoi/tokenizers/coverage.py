"""How much of texts is in tokens."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

__all__ = ["TokenCoverage"]

SHOWN_PLACES = 3


@dataclass(frozen=True)
class TokenCoverage:
    """Which characters of texts are in no token, and which texts have none.

    Characters are those of the text that is cut, after tags are dropped and the like. White space does not count, nor
    do marks, variation selectors and joiners, which belong to the character before them.

    Args:
        texts: how many there are.
        texts_without_tokens: those that have no token, blank ones included.
        blank_texts: those without a token that hold white space alone.
        places: of the first texts without a token that are not blank, three at most.
        characters: of all texts.
        punctuation: characters in no token that are punctuation or ASCII symbols.
        others: all other characters in no token, with their counts, most frequent first.
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
        """Share of the characters that are in no token; 0 where there are no characters."""
        return (self.punctuation + self._others) / max(1, self.characters)

    @property
    def other_share(self) -> float:
        """Share of the characters that are in no token and no punctuation; 0 where there are no characters."""
        return self._others / max(1, self.characters)

    @property
    def _others(self) -> int:
        return sum(count for _, count in self.others)

    def __add__(self, more: TokenCoverage) -> TokenCoverage:
        """Return the coverage of these texts and of those behind them."""
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
