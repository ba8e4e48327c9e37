"""Tables of tokenizers: by name in model files, and by name on the command line."""

from __future__ import annotations

from malmoi.tokenizers.base import Tokenizer
from malmoi.tokenizers.characters import Characters
from malmoi.tokenizers.eojeol import Eojeol
from malmoi.tokenizers.hangul import Hangul
from malmoi.tokenizers.keras_words import KerasWords
from malmoi.tokenizers.morphemes import Morphemes
from malmoi.tokenizers.pattern import Pattern
from malmoi.tokenizers.scripts import TokensOrAuto
from malmoi.tokenizers.whitespace import Whitespace
from malmoi.tokenizers.words import Words

__all__ = ["NAMED_TOKENIZERS", "TOKENIZERS"]

TOKENIZERS: dict[str, type[Tokenizer]] = {
    kind.__name__: kind for kind in (Characters, Eojeol, Hangul, KerasWords, Morphemes, Pattern, Whitespace, Words)
}
"""Tokenizer classes that model files can store, by name."""

NAMED_TOKENIZERS: dict[str, TokensOrAuto] = {
    "auto": "auto",
    "words": Words(),
    "characters": Characters(),
    "characters-inside-words": Characters(inside_words=True),
    "keras": KerasWords(),
    "whitespace": Whitespace(),
    "syllables": Hangul(),
    "jamo": Hangul("jamo"),
    "eojeol": Eojeol(),
    "morphemes": Morphemes(),
    "morphemes-dictionary": Morphemes(dictionary_form=True, keep_function_words=False, keep_punctuation=False),
}
"""Tokenizers of the command line, by name."""
