"""Features of a bag of n-grams: tokenizers and their n-gram ranges."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from malmoi import _core
from malmoi.data.texts import Texts, character_count
from malmoi.foundation.threads import thread_count
from malmoi.foundation.validation import shorten
from malmoi.tokenizers import Characters, External, Hangul, Tokenizer, Words
from malmoi.tokenizers.ngrams import check_ngrams
from malmoi.tokenizers.scripts import script_shares

__all__ = [
    "CHARACTERS_OF_A_WORD",
    "BagFeatures",
    "NgramsSetting",
    "TextPlaces",
    "TokensSetting",
    "check_features",
    "chosen_features",
    "features_for",
    "longest_words",
]

TokensSetting: TypeAlias = Tokenizer | Sequence[Tokenizer] | Literal["auto"]
NgramsSetting: TypeAlias = tuple[int, int] | Sequence[tuple[int, int]] | Literal["auto"]

MOST_KINDS = 8
CHARACTERS_FOR_UNION = 8_000_000
"""Maximum number of characters for which "auto" uses n-grams of words and of characters; above it, words only."""
WORDS_FOR_TRIPLES = 500_000
"""Words per class from which "auto" uses trigrams of words, as they then occur often enough."""
CHARACTERS_OF_A_WORD = 6
SECTION = "\0\0"
"""Separator of the sections of a prepared text."""


@dataclass(frozen=True)
class BagFeatures:
    """Tokenizers, each with its n-gram range.

    Args:
        tokens: (tokenizers,).
        ngrams: (tokenizers,), shortest and longest n-gram of each, in tokens.
        choice: reason for the choice; "" if the tokenizers were given.
    """

    tokens: tuple[Tokenizer, ...]
    ngrams: tuple[tuple[int, int], ...]
    choice: str = ""

    @cached_property
    def core(self) -> _core.BagFeatures:
        """The features as an object of the core."""
        pairs = zip(self.tokens, self._sections, self.ngrams, strict=True)
        kinds = [(one.splitter, section, shortest, longest) for one, section, (shortest, longest) in pairs]
        return _core.BagFeatures(kinds, max(self._sections) + 1)

    @property
    def _sections(self) -> list[int]:
        """The section of a prepared text that each tokenizer reads: a separate one for tokenizers outside the core."""
        outside = [one for one in self.tokens if not one.in_core]
        return [outside.index(one) if one in outside else len(outside) for one in self.tokens]

    def prepared(self, texts: Texts) -> Texts:
        """Return texts as input of the core: unchanged, unless a tokenizer is not part of the core.

        Raises:
            MissingExtraError: a tokenizer needs a library that is not installed.
        """
        sections = [one.prepared(texts) for one in self.tokens if not one.in_core]
        if not sections:
            return texts
        if any(one.in_core for one in self.tokens):
            sections.append(texts)
        return [SECTION.join(parts) for parts in zip(*sections, strict=True)]

    def places(self, text: str, columns: _core.BagColumns) -> TextPlaces:
        """Return every n-gram of a text, with its column and its tokens."""
        return TextPlaces(*self.core.places(self.prepared([text])[0], columns))

    @property
    def described(self) -> str:
        """N-gram ranges and tokenizers, with the reason if they were chosen automatically."""
        return f"{self} ({self.choice})" if self.choice else str(self)

    def because(self, choice: str) -> BagFeatures:
        """Return a copy with another reason."""
        return replace(self, choice=choice)

    def name(self, words: Sequence[str], kind: int) -> str:
        """Return the n-gram of these tokens as one str."""
        return self.tokens[kind].joiner.join(words)

    def __str__(self) -> str:
        """Return tokenizers and n-gram ranges in one line."""
        pairs = zip(self.tokens, self.ngrams, strict=True)
        return " and ".join(f"{shortest}- to {longest}-grams of {one!r}" for one, (shortest, longest) in pairs)

    def __getstate__(self) -> dict[str, object]:
        """Return the fields for a copy; the core's object is created again."""
        return {name: value for name, value in self.__dict__.items() if name != "core"}


@dataclass(frozen=True)
class TextPlaces:
    """The n-grams of one text.

    Args:
        columns: int64 (n-grams,), -1 for an unknown n-gram.
        tokens: int32 (n-grams, 3): index of the tokenizer, index of the first token, and index after the last token.
    """

    columns: npt.NDArray[np.int64]
    tokens: npt.NDArray[np.int32]


def check_features(tokens: object, ngrams: object) -> None:
    """Check tokenizers and n-gram ranges.

    Raises:
        TypeError: a setting has the wrong type.
        ValueError: a range is out of bounds, or the numbers of ranges and tokenizers differ.
    """
    kinds = _kinds(tokens)
    if isinstance(ngrams, str) and ngrams == "auto":
        return
    ranges = _ranges(ngrams)
    if kinds is not None and len(ranges) not in (1, len(kinds)):
        rule = f"ngrams must be one range, or one for each of the {len(kinds)} tokenizers"
        raise ValueError(f"{rule}, got {len(ranges)}")
    if kinds is None and len(ranges) > 1:
        raise ValueError("ngrams must be one range with tokens='auto'; pass a list of tokenizers to use several ranges")


def _kinds(tokens: object) -> list[Tokenizer] | None:
    """Return the tokenizers; `None` for "auto"."""
    if isinstance(tokens, str):
        if tokens == "auto":
            return None
        raise TypeError(f'tokens must be "auto", a tokenizer such as Words(), or a list of them, got {tokens!r}')
    items: Sequence[object] = tokens if isinstance(tokens, list | tuple) else [tokens]
    kinds = [item for item in items if isinstance(item, Tokenizer)]
    if not kinds or len(kinds) < len(items):
        rule = 'tokens must be "auto", a tokenizer such as Words(), or a list of them'
        raise TypeError(f"{rule}, got {shorten(tokens)}")
    if len(kinds) > MOST_KINDS:
        raise ValueError(f"tokens must be at most {MOST_KINDS} tokenizers, got {len(kinds)}")
    if len(set(map(repr, kinds))) < len(kinds):
        raise ValueError(f"tokens must be distinct tokenizers, got {shorten(tokens)}")
    if any(isinstance(kind, External) for kind in kinds):
        raise TypeError(f"tokens must be tokenizers of malmoi, not External, got {shorten(tokens)}")
    return kinds


def _ranges(ngrams: object) -> list[tuple[int, int]]:
    if isinstance(ngrams, list | tuple) and ngrams and all(isinstance(one, list | tuple) for one in ngrams):
        return [check_ngrams(one) for one in ngrams]
    return [check_ngrams(ngrams)]


def chosen_features(tokens: TokensSetting, ngrams: NgramsSetting, texts: Texts, classes: int) -> BagFeatures:
    """Return the requested features, or those that suit the script and the amount of the texts.

    "auto": words and characters inside words together for scripts with spaces, words only for very large amounts of
    text; characters for Korean, Japanese, Chinese, Thai, Lao, Khmer and Burmese.

    Args:
        tokens: a tokenizer, several, or "auto".
        ngrams: one n-gram range for all tokenizers, one per tokenizer, or "auto".
        texts: training texts.
        classes: number of classes; 1 for regression.
    """
    return features_for(tokens, ngrams, character_count(texts), lambda: script_shares(texts, thread_count()), classes)


def features_for(
    tokens: TokensSetting,
    ngrams: NgramsSetting,
    characters: int,
    script: Callable[[], tuple[str | None, float]],
    classes: int,
) -> BagFeatures:
    """Return the features of `chosen_features`, from what it needs to know about the texts.

    Args:
        tokens: a tokenizer, several, or "auto".
        ngrams: one n-gram range for all tokenizers, one per tokenizer, or "auto".
        characters: number of characters of all texts.
        script: returns the result of `script_shares`; called for "auto" tokens.
        classes: number of classes; 1 for regression.
    """
    kinds, choice = _kinds(tokens), ""
    if kinds is None:
        kinds, choice = _kinds_for(*script(), characters)
    if not isinstance(ngrams, str):
        ranges = _ranges(ngrams)
        return BagFeatures(tuple(kinds), tuple(ranges * len(kinds) if len(ranges) == 1 else ranges), choice)
    words = (1, longest_words(characters, classes))
    chosen = [(1, 5) if isinstance(kind, Characters | Hangul) else words for kind in kinds]
    return BagFeatures(tuple(kinds), tuple(chosen), choice)


def longest_words(characters: int, classes: int) -> int:
    """Return the longest n-gram of words that "auto" uses: 3 if there is enough text per class, else 2."""
    return 3 if characters / CHARACTERS_OF_A_WORD / max(classes, 1) >= WORDS_FOR_TRIPLES else 2


def _kinds_for(script: str | None, share: float, characters: int) -> tuple[list[Tokenizer], str]:
    if script is not None:
        return [Characters()], f"{share:.0%} of the letters are {script}"
    if characters <= CHARACTERS_FOR_UNION:
        return [Words(keep_punctuation=True), Characters(inside_words=True)], "the script separates words by spaces"
    return [Words(keep_punctuation=True)], f"the script separates words by spaces; {characters:,} characters"
