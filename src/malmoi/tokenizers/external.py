"""Tokens that something else makes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NoReturn

from malmoi import _core
from malmoi.data.texts import Texts
from malmoi.errors import DataError
from malmoi.foundation.validation import shorten
from malmoi.tokenizers.base import Span, Tokenizer, one_text

__all__ = ["External"]

SEPARATOR = "\0"
"""Stands between the tokens that a foreign tokenizer made, on their way to the core."""


@dataclass(frozen=True, repr=False)
class External(Tokenizer):
    """Tokens that something else makes. Slow: it goes text by text through Python; a model with it cannot be saved.

    Args:
        tokenizer: a function from a str to its tokens, or a `tokenizers.Tokenizer` of Hugging Face.
        joiner: what stands between the tokens of an n-gram's name.

    Raises:
        TypeError: `tokenizer` is neither.

    Example:
        >>> External(str.split)("a b")
        ['a', 'b']
    """

    tokenizer: Any = str.split
    joiner: str = " "
    in_core = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if not (callable(self.tokenizer) or hasattr(self.tokenizer, "encode_batch")):
            got = shorten(self.tokenizer)
            raise TypeError(
                f"tokenizer must be a function from a str to its tokens, or a tokenizers.Tokenizer, got {got}"
            )

    @cached_property
    def splitter(self) -> _core.Splitter:
        """The core's rule for what `prepared` returns."""
        return _core.Splitter.keras_words("", False, SEPARATOR)

    def __call__(self, text: str) -> list[str]:
        """Split one text."""
        return self._tokens([one_text(text)])[0]

    def spans(self, text: str) -> list[Span]:
        """Where each token stands; only a Hugging Face tokenizer tells.

        Raises:
            TypeError: the tokenizer is a function.
        """
        if not hasattr(self.tokenizer, "encode_batch"):
            raise TypeError("spans must come from a tokenizers.Tokenizer, a function gives tokens alone")
        return [(int(start), int(end)) for start, end in self.tokenizer.encode(one_text(text)).offsets]

    def coverage(self, texts: Sequence[str], *, n_jobs: int | None = None) -> NoReturn:
        """Refuse: what the tokens were made of is unknown.

        Raises:
            TypeError: always.
        """
        raise TypeError(f"coverage must be asked of a tokenizer of the core, got {shorten(self)}")

    def prepared(self, texts: Texts) -> list[str]:
        """Texts as their tokens with NUL between them.

        Raises:
            DataError: a token holds a NUL character.
            TypeError: a token is not a str.
            ValueError: a text holds half a character.
        """
        _core.check_texts(texts)
        return [SEPARATOR.join(tokens) for tokens in self._tokens(texts)]

    def _tokens(self, texts: Sequence[str]) -> list[list[str]]:
        if hasattr(self.tokenizer, "encode_batch"):
            rows: Iterable[object] = (found.tokens for found in self.tokenizer.encode_batch(list(texts)))
        else:
            split: Callable[[str], object] = self.tokenizer
            rows = (split(text) for text in texts)
        return [_token_list(row, text) for row, text in zip(rows, texts, strict=True)]


def _token_list(row: object, text: str) -> list[str]:
    if not isinstance(row, Iterable):
        raise TypeError(f"tokenizer must return a list of str, got {shorten(row)} for {shorten(text)}")
    return [_one_token(token, text) for token in row if token != ""]


def _one_token(token: object, text: str) -> str:
    if not isinstance(token, str):
        raise TypeError(f"tokenizer must return tokens that are str, got {shorten(token)} for {shorten(text)}")
    if SEPARATOR in token:
        raise DataError(f"tokenizer must return tokens without NUL, got {shorten(token)}; leave that character out")
    return token
