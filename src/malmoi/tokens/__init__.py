"""Values that say how a text becomes tokens; a model keeps the one that it was trained with."""

from __future__ import annotations

from typing import Any, TypeAlias

from malmoi.tokens.characters import Characters, Hangul
from malmoi.tokens.external import External
from malmoi.tokens.words import KerasWords, Pattern, Whitespace, Words

__all__ = [
    "TOKENIZERS",
    "Characters",
    "External",
    "Hangul",
    "KerasWords",
    "Pattern",
    "Tokenizer",
    "Whitespace",
    "Words",
]

Tokenizer: TypeAlias = Words | Characters | KerasWords | Pattern | Whitespace | Hangul | External

TOKENIZERS: dict[str, type[Any]] = {
    kind.__name__: kind for kind in (Characters, Hangul, KerasWords, Pattern, Whitespace, Words)
}
"""Every kind of tokenizer that a model file can hold, by its name there."""
