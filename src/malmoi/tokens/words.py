"""Tokenizers that cut between words, and at what a user says."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from malmoi import _core
from malmoi.errors import shorten
from malmoi.tokens.base import CompiledTokenizer

__all__ = ["KerasWords", "Pattern", "Whitespace", "Words"]

KERAS_FILTERS = '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n'


@dataclass(frozen=True, repr=False)
class Words(CompiledTokenizer):
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
            punctuation=self.keep_punctuation, html=self.drop_html, form=self.normalization,
            accents=self.strip_accents, lowercase=self.lowercase,
        )  # fmt: skip


@dataclass(frozen=True, repr=False)
class KerasWords(CompiledTokenizer):
    """Words by the rule of Keras' `text_to_word_sequence`.

    Args:
        filters: characters that never belong to a word.
        lower: write the text in lower case first.
        split: what stands between words; 1 character or more.

    Raises:
        ValueError: `split` is empty.

    Source:
        Keras 2, `keras.preprocessing.text`.

    Example:
        >>> KerasWords()("The cat's mat: 3.5 m!")
        ['the', "cat's", 'mat', '3', '5', 'm']
    """

    filters: str = KERAS_FILTERS
    lower: bool = True
    split: str = " "

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.split:
            raise ValueError("split must hold 1 character or more, got ''")

    @cached_property
    def splitter(self) -> _core.Splitter:
        """The core's form of this rule."""
        return _core.Splitter.keras_words(self.filters, self.lower, self.split)


@dataclass(frozen=True, repr=False)
class Pattern(CompiledTokenizer):
    r"""What a regular expression finds; with a group in it, what the group holds.

    Args:
        pattern: an expression in the syntax of Rust's `regex`, which is Python's without look-around and
            back-references, so that every text takes time in proportion to its length.
        lowercase: write the text in lower case first.
        strip_accents, normalization, drop_html: as in `Words`.

    Raises:
        ValueError: the pattern can match the empty string, has more than one group, or is not regular.

    Example:
        >>> Pattern(r"#(\w+)")("a #big #day")
        ['big', 'day']
    """

    pattern: str = r"\w\w+"
    lowercase: bool = True
    strip_accents: bool = False
    normalization: str | None = None
    drop_html: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        self.splitter  # noqa: B018 -- a pattern that cannot be used is refused at once

    @cached_property
    def splitter(self) -> _core.Splitter:
        """The core's form of this rule."""
        # Word boundaries around words add nothing, and cost much in texts that are not ASCII.
        pattern = r"\w\w+" if self.pattern in (r"(?u)\b\w\w+\b", r"\b\w\w+\b") else self.pattern
        try:
            return _core.Splitter.pattern(
                pattern, html=self.drop_html, form=self.normalization,
                accents=self.strip_accents, lowercase=self.lowercase,
            )  # fmt: skip
        except ValueError as error:
            rule = "pattern must be a regular expression that finds 1 character or more"
            raise ValueError(f"{rule}, got {shorten(self.pattern)}: {error}") from None


@dataclass(frozen=True, repr=False)
class Whitespace(CompiledTokenizer):
    """What stands between white space, as `str.split` has it.

    Args:
        lowercase: write the text in lower case first.
        strip_accents, normalization, drop_html: as in `Words`.

    Example:
        >>> Whitespace()("The cat sat.")
        ['The', 'cat', 'sat.']
    """

    lowercase: bool = False
    strip_accents: bool = False
    normalization: str | None = None
    drop_html: bool = False

    @cached_property
    def splitter(self) -> _core.Splitter:
        """The core's form of this rule."""
        return _core.Splitter.whitespace(
            html=self.drop_html, form=self.normalization, accents=self.strip_accents, lowercase=self.lowercase
        )
