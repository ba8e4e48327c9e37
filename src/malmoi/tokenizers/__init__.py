"""Tokenizers; a model is saved with the tokenizer that it was trained with."""

from malmoi.tokenizers.base import Tokenizer
from malmoi.tokenizers.characters import Characters
from malmoi.tokenizers.eojeol import Eojeol
from malmoi.tokenizers.external import External
from malmoi.tokenizers.hangul import Hangul
from malmoi.tokenizers.keras_words import KerasWords
from malmoi.tokenizers.kinds import NAMED_TOKENIZERS, TOKENIZERS
from malmoi.tokenizers.morphemes import Morphemes
from malmoi.tokenizers.ngrams import ngrams
from malmoi.tokenizers.pattern import Pattern
from malmoi.tokenizers.vocabulary import Vocabulary
from malmoi.tokenizers.whitespace import Whitespace
from malmoi.tokenizers.words import Words

__all__ = [
    "NAMED_TOKENIZERS",
    "TOKENIZERS",
    "Characters",
    "Eojeol",
    "External",
    "Hangul",
    "KerasWords",
    "Morphemes",
    "Pattern",
    "Tokenizer",
    "Vocabulary",
    "Whitespace",
    "Words",
    "ngrams",
]
