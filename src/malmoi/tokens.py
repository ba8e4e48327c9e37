"""Values that say how a text becomes tokens; a model keeps the one that it was trained with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from malmoi import _core

__all__ = ["TOKENIZERS", "KerasWords", "Tokenizer", "Words"]

KERAS_FILTERS = '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n'


@dataclass(frozen=True)
class Words:
    """Words by the Unicode rule for word boundaries; pieces without a letter or a digit are dropped.

    Args:
        lowercase: write every word in lower case.

    Source:
        Unicode Standard Annex 29, "Unicode text segmentation", section 4.

    Example:
        >>> Words()("The cat's mat: 3.5 m!")
        ['the', "cat's", 'mat', '3.5', 'm']
    """

    lowercase: bool = True

    @property
    def splitter(self) -> _core.Splitter:
        """The core's form of this rule."""
        return _core.Splitter.words(self.lowercase)

    def __call__(self, text: str) -> list[str]:
        """Split one text."""
        return self.splitter.tokens(text)


@dataclass(frozen=True)
class KerasWords:
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
        if not self.split:
            raise ValueError("split must hold 1 character or more, got ''")

    @property
    def splitter(self) -> _core.Splitter:
        """The core's form of this rule."""
        return _core.Splitter.keras_words(self.filters, self.lower, self.split)

    def __call__(self, text: str) -> list[str]:
        """Split one text."""
        return self.splitter.tokens(text)


Tokenizer: TypeAlias = Words | KerasWords

TOKENIZERS: dict[str, type[Words] | type[KerasWords]] = {"KerasWords": KerasWords, "Words": Words}
"""Every kind of tokenizer by its name in a model file."""
