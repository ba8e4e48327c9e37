"""The names that the command line has for tokenizers."""

from __future__ import annotations

from malmoi.cli.console import UsageError
from malmoi.grams import TokensOrAuto
from malmoi.tokens import Characters, Hangul, KerasWords, Whitespace, Words

__all__ = ["TOKENS", "named_tokens"]

TOKENS: dict[str, TokensOrAuto] = {
    "auto": "auto",
    "words": Words(),
    "characters": Characters(),
    "characters-inside-words": Characters(inside_words=True),
    "keras": KerasWords(),
    "whitespace": Whitespace(),
    "syllables": Hangul(),
    "jamo": Hangul("jamo"),
}
"""Every name with its tokenizer, all settings at their defaults."""


def named_tokens(name: str) -> TokensOrAuto:
    """The tokenizer of that name.

    Raises:
        UsageError: there is none.
    """
    if name not in TOKENS:
        raise UsageError(f"--tokens must be one of {', '.join(TOKENS)}, got {name!r}")
    return TOKENS[name]
