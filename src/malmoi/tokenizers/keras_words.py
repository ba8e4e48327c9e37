"""Word tokenizer of Keras."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from malmoi import _core
from malmoi.tokenizers.base import Tokenizer

__all__ = ["KERAS_FILTERS", "KerasWords"]


KERAS_FILTERS = '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n'


@dataclass(frozen=True, repr=False)
class KerasWords(Tokenizer):
    """Word tokenizer compatible with Keras' `text_to_word_sequence`.

    Emoji are treated as letters: "so😊" is one token, "so 😊" two.

    Args:
        filters: characters that are removed from the text.
        lower: whether to convert the text to lower case first.
        split: separator between words; 1 character or more.

    Raises:
        ValueError: `split` is empty.

    Source:
        Keras 2, `keras.preprocessing.text`.

    Example:
        >>> KerasWords()("The cat's mat: 3.5 m!")
        ['the', "cat's", 'mat', '3', '5', 'm']
        >>> KerasWords(filters="", lower=False, split=",")("Drama,Film noir")
        ['Drama', 'Film noir']
    """

    filters: str = KERAS_FILTERS
    lower: bool = True
    split: str = " "

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.split:
            raise ValueError("split must have 1 character or more, got ''")

    @cached_property
    def splitter(self) -> _core.Splitter:
        """The core's implementation of this tokenizer.

        :meta private:
        """
        return _core.Splitter.keras_words(self.filters, self.lower, self.split)
