"""Tokenizers by their command-line names."""

from __future__ import annotations

from malmoi.cli.usage import UsageError
from malmoi.tokenizers import NAMED_TOKENIZERS
from malmoi.tokenizers.scripts import TokensOrAuto

__all__ = ["named_tokens"]


def named_tokens(name: str) -> TokensOrAuto:
    """Return the tokenizer with this name.

    Raises:
        UsageError: unknown tokenizer.
    """
    if name not in NAMED_TOKENIZERS:
        raise UsageError(f"--tokens must be one of {', '.join(NAMED_TOKENIZERS)}, got {name!r}")
    return NAMED_TOKENIZERS[name]
