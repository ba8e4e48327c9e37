"""Tokenizer for Korean syllables or jamo."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from malmoi import _core
from malmoi.foundation.validation import shorten
from malmoi.tokenizers.base import Tokenizer

__all__ = ["Hangul"]


UNITS = ("syllables", "jamo")


@dataclass(frozen=True, repr=False)
class Hangul(Tokenizer):
    """Tokenizer that splits Korean into syllables or jamo and other scripts into words.

    N-grams do not cross white space (they stay inside an eojeol). Composed and decomposed texts give the same tokens.

    Args:
        unit: unit of Korean tokens, "syllables" or "jamo"; jamo are the letters of each syllable, in which initial and
            final consonants differ.
        keep_punctuation: whether characters other than letters and digits are tokens, emoji included, which are not
            normalised.
        lowercase: whether to convert the text to lower case first.
        normalization: Unicode normalization form, "NFC" or "NFKC"; see `Words`.
        strip_accents, drop_html: see `Words`.

    Raises:
        TypeError: a setting has the wrong type.
        ValueError: `unit` or `normalization` is unknown.

    Example:
        >>> Hangul()("영화 good!")
        ['영', '화', 'good', '!']
        >>> len(Hangul("jamo")("한글"))
        6
    """

    unit: str = "syllables"
    keep_punctuation: bool = True
    lowercase: bool = True
    strip_accents: bool = False
    normalization: str = "NFC"
    drop_html: bool = False
    joiner = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.unit not in UNITS:
            raise ValueError(f"unit must be 'syllables' or 'jamo', got {shorten(self.unit)}")

    @cached_property
    def splitter(self) -> _core.Splitter:
        """The core's implementation of this tokenizer.

        :meta private:
        """
        return _core.Splitter.hangul(
            jamo=self.unit == "jamo",
            punctuation=self.keep_punctuation,
            html=self.drop_html,
            form=self.normalization,
            accents=self.strip_accents,
            lowercase=self.lowercase,
        )
