"""Wrapper of external tokenizers."""

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
"""Separator of the tokens in the texts passed to the core."""


@dataclass(frozen=True, repr=False)
class External(Tokenizer):
    """Wrapper of an external tokenizer; slow, because it calls Python for each text. Models with it cannot be saved.

    `spans` needs a Hugging Face tokenizer; `coverage` is not available.

    Args:
        tokenizer: a function from a str to its tokens, or a `tokenizers.Tokenizer` of Hugging Face; empty tokens are
            ignored.
        joiner: separator between the tokens in the name of an n-gram.

    Raises:
        TypeError: `tokenizer` is neither.

    Example:
        >>> External(str.split)("a b")
        ['a', 'b']
        >>> from malmoi import BagVectorizer
        >>> bag = BagVectorizer(External(lambda text: text.split("-"), joiner="-"), ngrams=(2, 2))
        >>> bag.fit(["a-b-c"]).get_feature_names_out().tolist()
        ['a-b', 'b-c']
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
        """The core's splitter for the output of `prepared`.

        :meta private:
        """
        return _core.Splitter.keras_words("", False, SEPARATOR)

    def __call__(self, text: str) -> list[str]:
        """Tokenize one text."""
        return self._tokens([one_text(text)])[0]

    def spans(self, text: str) -> list[Span]:
        """Return the offsets of each token; only available from a Hugging Face tokenizer.

        Args:
            text: a str.

        Returns:
            (start, end) of each token, in characters, in the order of the tokens.

        Raises:
            TypeError: the tokenizer is a function, or `text` is not a str.
            ValueError: `text` contains a lone surrogate.
        """
        if not hasattr(self.tokenizer, "encode_batch"):
            raise TypeError("spans needs a tokenizers.Tokenizer, got a function, which returns tokens without offsets")
        return [(int(start), int(end)) for start, end in self.tokenizer.encode(one_text(text)).offsets]

    def coverage(self, texts: Sequence[str], *, n_jobs: int | None = None) -> NoReturn:
        """Raise an error: the offsets of the tokens are unknown.

        Raises:
            TypeError: always.

        :meta private:
        """
        raise TypeError(f"coverage needs a tokenizer of malmoi, got {shorten(self)}")

    def prepared(self, texts: Texts) -> list[str]:
        """Return the tokens of each text, joined by NUL.

        Raises:
            DataError: a token holds a NUL character.
            TypeError: a token is not a str.
            ValueError: a text contains a lone surrogate.

        :meta private:
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
        raise DataError(f"tokenizer must return tokens without NUL, got {shorten(token)}; remove that character")
    return token
