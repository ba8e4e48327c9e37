"""Words by the Unicode rule for word boundaries."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

from malmoi import _core
from malmoi.tokenizers.base import Tokenizer

__all__ = ["Words"]


@dataclass(frozen=True, repr=False)
class Words(Tokenizer):
    """Words by the Unicode rule for word boundaries, and emoji; other pieces without a letter or a digit are dropped.

    Every emoji is one token: with its skin tone, a flag, a keycap, a family that joiners bind. Variation selectors are
    dropped from it, so that U+2764 and U+2764 U+FE0F are the same heart; `spans` covers them. What is a picture only on
    request, such as "#", "©" and "↔", is an emoji where U+FE0F or a keycap follows it.

    Args:
        lowercase: write every word in lower case.
        keep_punctuation: keep all pieces: punctuation, symbols, and emoji as they are written, whatever `emoji` says;
            white space is never a token.
        strip_accents: drop the accents of Latin, Greek, Cyrillic, Hebrew and Arabic letters.
        normalization: "NFC" composes characters, "NFKC" also replaces forms such as fullwidth letters; `None`: neither.
        drop_html: put a space for every HTML tag.
        emoji: keep emoji. Models and vectorizers that were saved before this field existed do without.

    Source:
        Unicode Standard Annex 29, "Unicode text segmentation", sections 3 and 4; Unicode Technical Standard 51,
        "Unicode emoji".

    Example:
        >>> Words()("The cat's mat: 3.5 m!")
        ['the', "cat's", 'mat', '3.5', 'm']
        >>> Words()("so good😊👍!")
        ['so', 'good', '😊', '👍']
        >>> Words().spans("Ça va?")
        [(0, 2), (3, 5)]
    """

    lowercase: bool = True
    keep_punctuation: bool = False
    strip_accents: bool = False
    normalization: str | None = None
    drop_html: bool = False
    emoji: bool = True
    older_values = MappingProxyType({"emoji": False})

    @cached_property
    def splitter(self) -> _core.Splitter:
        """The core's form of this rule."""
        return _core.Splitter.words(
            punctuation=self.keep_punctuation,
            emoji=self.emoji,
            html=self.drop_html,
            form=self.normalization,
            accents=self.strip_accents,
            lowercase=self.lowercase,
        )
