"""Word tokenizer with Unicode word boundaries."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

from malmoi import _core
from malmoi.tokenizers.base import Tokenizer

__all__ = ["Words"]


@dataclass(frozen=True, repr=False)
class Words(Tokenizer):
    """Tokenizer that splits at Unicode word boundaries and keeps words and emoji; punctuation is dropped.

    Every emoji sequence is one token: with a skin tone, a flag, a keycap, a family with joiners. Variation selectors
    are removed from it, so that U+2764 and U+2764 U+FE0F are the same token; `spans` covers them. Characters with text
    presentation by default, such as "#", "©" and "↔", are emoji if U+FE0F or a keycap follows.

    Args:
        lowercase: whether to convert words to lower case.
        keep_punctuation: whether to keep all segments except white space: punctuation, symbols and emoji, which are
            then not normalised; `emoji` has no effect.
        strip_accents: whether to remove the accents of Latin, Greek, Cyrillic, Hebrew and Arabic letters.
        normalization: Unicode normalization form: "NFC" composes characters, "NFKC" also replaces compatibility forms
            such as fullwidth letters; `None`: neither.
        drop_html: whether to replace every HTML tag by a space.
        emoji: whether emoji are tokens. Models and vectorizers saved before this field existed use `False`.

    Raises:
        TypeError: a setting has the wrong type.
        ValueError: `normalization` is unknown.

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
        """The core's implementation of this tokenizer.

        :meta private:
        """
        return _core.Splitter.words(
            punctuation=self.keep_punctuation,
            emoji=self.emoji,
            html=self.drop_html,
            form=self.normalization,
            accents=self.strip_accents,
            lowercase=self.lowercase,
        )
