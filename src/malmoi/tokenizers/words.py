"""Words by the Unicode rule for word boundaries."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from malmoi import _core
from malmoi.tokenizers.base import Tokenizer

__all__ = ["Words"]


@dataclass(frozen=True, repr=False)
class Words(Tokenizer):
    """Words by the Unicode rule for word boundaries; pieces without a letter or a digit are dropped.

    Args:
        lowercase: write every word in lower case.
        keep_punctuation: keep punctuation, symbols and emoji too; white space is never a token.
        strip_accents: drop the accents of Latin, Greek, Cyrillic, Hebrew and Arabic letters.
        normalization: "NFC" composes characters, "NFKC" also replaces forms such as fullwidth letters; `None`: neither.
        drop_html: put a space for every HTML tag.

    Source:
        Unicode Standard Annex 29, "Unicode text segmentation", section 4.

    Example:
        >>> Words()("The cat's mat: 3.5 m!")
        ['the', "cat's", 'mat', '3.5', 'm']
        >>> Words().spans("Ça va?")
        [(0, 2), (3, 5)]
    """

    lowercase: bool = True
    keep_punctuation: bool = False
    strip_accents: bool = False
    normalization: str | None = None
    drop_html: bool = False

    @cached_property
    def splitter(self) -> _core.Splitter:
        """The core's form of this rule."""
        return _core.Splitter.words(
            punctuation=self.keep_punctuation,
            html=self.drop_html,
            form=self.normalization,
            accents=self.strip_accents,
            lowercase=self.lowercase,
        )
