"""Replacement for `keras.preprocessing.text`; lists of str are processed by the compiled core."""

from malmoi.keras.preprocessing.saved_tokenizers import load_tokenizer, tokenizer_from_json
from malmoi.keras.preprocessing.tokenizer import Tokenizer
from malmoi.keras.preprocessing.words import hashing_trick, one_hot, text_to_word_sequence

__all__ = [
    "Tokenizer",
    "hashing_trick",
    "load_tokenizer",
    "one_hot",
    "text_to_word_sequence",
    "tokenizer_from_json",
]
