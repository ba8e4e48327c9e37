"""How texts become tokens: standardization, splitting and n-grams."""

from __future__ import annotations

import string
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from malmoi._core import Splitter
from malmoi.data.texts import Texts, text_list
from malmoi.foundation.validation import shorten

__all__ = ["SPLITS", "STANDARDIZATIONS", "TextFunction", "TokenRules"]

STANDARDIZATIONS = ("lower_and_strip_punctuation", "lower", "strip_punctuation")
SPLITS = ("whitespace", "character")
TextFunction: TypeAlias = Callable[[npt.NDArray[np.str_]], Any]
"""A function of an array of texts; it returns as many texts, or as many lists of tokens."""
TEXTS_PER_CALL = 1024
"""Texts that a function gets at once: an array of str needs four bytes per character of the longest text."""
_LOWERCASE = {ord(letter): letter.lower() for letter in string.ascii_uppercase}
_REMOVED = dict.fromkeys(map(ord, string.punctuation))


@dataclass(frozen=True)
class TokenRules:
    """The rules of a vectorizer; the compiled core applies them, except functions and n-grams.

    Args:
        standardize: one of `STANDARDIZATIONS`, a function, or `None` to leave texts unchanged.
        split: one of `SPLITS`, a function, or `None` if every text is one token.
        ngrams: sizes of the n-grams, in the order in which they are returned; `None` for the tokens.
    """

    standardize: str | TextFunction | None
    split: str | TextFunction | None
    ngrams: tuple[int, ...] | None

    @cached_property
    def splitter(self) -> Splitter:
        """Splitter of the compiled core, after `prepared`."""
        named = self.standardize if isinstance(self.standardize, str) else ""
        removed = string.punctuation if "punctuation" in named else ""
        return Splitter.standardized(
            removed=removed, lowercase=named.startswith("lower"), by_characters=self.split == "character"
        )

    @property
    def is_of_core(self) -> bool:
        """Whether the tokens are those of `splitter`."""
        return isinstance(self.split, str) and self.ngrams is None

    @property
    def ngrams_of_core(self) -> tuple[int, ...] | None:
        """Sizes of n-grams of tokens of `splitter`; `None` if there are none, or if the tokens are others."""
        return self.ngrams if isinstance(self.split, str) else None

    def parts_of(self, ngram: str) -> list[str]:
        """Return the tokens of an n-gram of tokens of `splitter`; no tokens if it is not one."""
        if self.split == "character":  # a token is one code point, which may be a space
            return list(ngram[::2]) if set(ngram[1::2]) <= {" "} and len(ngram) % 2 else []
        parts = ngram.split(" ")
        return parts if all(parts) else []

    def prepared(self, texts: Texts) -> Texts:
        """Return the texts after `standardize`, if it is a function; otherwise unchanged.

        Raises:
            ValueError: the function returns another number of texts.
            TypeError: it returns something that is not text.
        """
        if not callable(self.standardize):
            return texts
        return [text for part in _parts(texts) for text in _standardized(self.standardize, part)]

    def rows(self, rows: Sequence[list[str]]) -> list[list[str]]:
        """Return the tokens of rows of texts, in Python; with a split, every row is one text.

        Raises:
            ValueError: a function returns another number of texts or of lists.
            TypeError: a function returns something that is not text.
        """
        if isinstance(self.split, str):
            tokens = [self.splitter.tokens(text) for row in rows for text in row]
        elif self.split is None:
            tokens = [self._unsplit(row) for row in rows]
        else:
            texts = self._unsplit([text for row in rows for text in row])
            tokens = [found for part in _parts(texts) for found in _split(self.split, part)]
        return tokens if self.ngrams is None else [_ngrams(row, self.ngrams) for row in tokens]

    def _unsplit(self, texts: list[str]) -> list[str]:
        """Return the texts after a standardization that has a name."""
        table: dict[int, Any] = {}
        if isinstance(self.standardize, str):
            table |= _LOWERCASE if self.standardize.startswith("lower") else {}
            table |= _REMOVED if "punctuation" in self.standardize else {}
        return [text.translate(table) for text in texts] if table else texts


def _ngrams(tokens: list[str], sizes: tuple[int, ...]) -> list[str]:
    """Return the n-grams of one text, joined by spaces: all of the first size, then of the next."""
    found: list[str] = []
    for size in sizes:
        found += tokens if size == 1 else map(" ".join, zip(*(tokens[start:] for start in range(size)), strict=False))
    return found


def _parts(texts: Texts) -> Iterator[npt.NDArray[np.str_]]:
    listed = text_list(texts)
    for start in range(0, len(listed), TEXTS_PER_CALL):
        yield np.array(listed[start : start + TEXTS_PER_CALL], dtype=str)


def _standardized(function: TextFunction, part: npt.NDArray[np.str_]) -> list[str]:
    found = np.asarray(function(part))
    if found.shape != part.shape:
        raise ValueError(f"standardize must return one text per text, {len(part)}, got the shape {found.shape}")
    return _texts(found.tolist(), "standardize")


def _split(function: TextFunction, part: npt.NDArray[np.str_]) -> Iterator[list[str]]:
    found = list(function(part))
    if len(found) != len(part):
        raise ValueError(f"split must return one list of tokens per text, {len(part)}, got {len(found)}")
    for tokens in found:
        if isinstance(tokens, str | bytes):
            raise TypeError(f"split must return a list of tokens per text, got {shorten(tokens)}")
        yield _texts(tokens if isinstance(tokens, list) else np.asarray(tokens).tolist(), "split")


def _texts(items: list[Any], name: str) -> list[str]:
    texts = [item.decode() if isinstance(item, bytes) else item for item in items]
    for text in texts:
        if not isinstance(text, str):
            raise TypeError(f"{name} must return str, got {shorten(text)}")
    return texts
