"""Texts to arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self, TypedDict

import numpy as np
import numpy.typing as npt

from malmoi import _core
from malmoi.arrays import Ids, Lengths, thread_count
from malmoi.corpus import as_texts
from malmoi.estimators import BaseEstimator, TransformerMixin
from malmoi.progress import Progress, silent
from malmoi.tokens import Tokenizer, Words
from malmoi.vocabulary import FIRST_ID, PADDING_ID, UNKNOWN_ID, Vocabulary

__all__ = ["EncodedTexts", "SequenceVectorizer"]

COUNTED_TOGETHER = 20_000


@dataclass(frozen=True)
class EncodedTexts:
    """Texts as rows of ids, and what did not fit.

    Args:
        ids: int32 (samples, length).
        lengths: int64 (samples,), tokens of each text before the cut.
        unknown: tokens of all texts that are not in the vocabulary.
    """

    ids: Ids
    lengths: Lengths
    unknown: int

    @property
    def tokens(self) -> int:
        """Tokens of all texts."""
        return int(self.lengths.sum())

    @property
    def cut_share(self) -> float:
        """Share of the tokens that were cut off; 0 where there are none."""
        kept = int(np.minimum(self.lengths, self.ids.shape[1]).sum())
        return 1 - kept / self.tokens if self.tokens else 0.0

    @property
    def unknown_share(self) -> float:
        """Share of the tokens that are not in the vocabulary; 0 where there are none."""
        return self.unknown / self.tokens if self.tokens else 0.0


class _RowSettings(TypedDict):
    """What the core is told of a row."""

    unknown: int
    length: int
    pad_left: bool
    keep_last: bool


class SequenceVectorizer(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Texts to rows of token ids, all of one length: 0 is padding, 1 is an unknown token.

    Args:
        tokens: how a text becomes tokens.
        max_tokens: ids at most, padding and unknown included; the most frequent tokens get one. `None`: all.
        max_length: length of a row; 1 or more.
        min_count: tokens seen less often get no id; 1 or more.
        padding: side that is filled with zeros, "pre" or "post".
        truncating: side that is cut off when a text is too long, "pre" (its last tokens stay) or "post".

    Example:
        >>> vectorizer = SequenceVectorizer(max_length=4)
        >>> vectorizer.fit_transform(["the cat sat", "the cat"])
        array([[0, 2, 3, 4],
               [0, 0, 2, 3]], dtype=int32)
        >>> vectorizer.transform(["a dog and the cat"])
        array([[1, 1, 2, 3]], dtype=int32)
    """

    vocabulary_: Vocabulary

    def __init__(
        self,
        tokens: Tokenizer = Words(),  # noqa: B008 -- frozen
        max_tokens: int | None = None,
        max_length: int = 100,
        min_count: int = 1,
        padding: str = "pre",
        truncating: str = "pre",
    ) -> None:
        self.tokens = tokens
        self.max_tokens = max_tokens
        self.max_length = max_length
        self.min_count = min_count
        self.padding = padding
        self.truncating = truncating

    def fit(self, texts: Sequence[str], y: object = None, *, progress: Progress = silent) -> Self:
        """Learn the vocabulary.

        Args:
            texts: list of str, or an array or a column of them.
            y: not used.
            progress: hears how many texts are counted.

        Raises:
            TypeError: a text is not a str.
            ValueError: a setting is out of its range.
        """
        self._learn(self._checked_texts(texts), keep=False, progress=progress)
        return self

    def fit_transform(self, texts: Sequence[str], y: object = None, **fit_params: Progress) -> Ids:
        """Learn the vocabulary and encode the same texts, in one pass over them."""
        return self.fit_encode(texts, **fit_params).ids

    def fit_encode(self, texts: Sequence[str], *, progress: Progress = silent) -> EncodedTexts:
        """Learn the vocabulary and encode the same texts in one pass; also tells what did not fit."""
        tally = self._learn(self._checked_texts(texts), keep=True, progress=progress)
        kept = len(self.vocabulary_.words)
        return _encoded(tally.padded(kept=kept, first_id=FIRST_ID, **self._row_settings()), self.max_length)

    def transform(self, texts: Sequence[str]) -> Ids:
        """Encode texts; int32 (samples, max_length)."""
        return self.encode(texts).ids

    def encode(self, texts: Sequence[str]) -> EncodedTexts:
        """Encode texts, and tell what did not fit."""
        texts = self._checked_texts(texts)
        if not hasattr(self, "vocabulary_"):
            from sklearn.exceptions import NotFittedError

            raise NotFittedError("this SequenceVectorizer has no vocabulary yet; call fit first")
        index, splitter = self.vocabulary_.index, self.tokens.splitter
        padded = index.padded(texts, splitter, threads=thread_count(), **self._row_settings())
        return _encoded(padded, self.max_length)

    def inverse_transform(self, ids: npt.ArrayLike) -> list[list[str]]:
        """The tokens of every row, without the padding."""
        rows = np.asarray(ids)
        return [[self.vocabulary_.token_of(int(number)) for number in row if number != PADDING_ID] for row in rows]

    def get_feature_names_out(self, input_features: object = None) -> npt.NDArray[np.object_]:
        """Names of the columns: the positions in the row."""
        return np.asarray([f"position{number}" for number in range(self.max_length)], dtype=object)

    def _learn(self, texts: list[str], *, keep: bool, progress: Progress) -> _core.TokenTally:
        tally = _core.TokenTally(self.tokens.splitter, threads=thread_count(), keep=keep)
        for start in range(0, len(texts), COUNTED_TOGETHER):
            tally.add(texts[start : start + COUNTED_TOGETHER])
            progress("counting words", min(start + COUNTED_TOGETHER, len(texts)), len(texts))
        most = None if self.max_tokens is None else self.max_tokens - FIRST_ID
        words, counts, _ = tally.counts(least=self.min_count, most=most)
        self.vocabulary_ = Vocabulary(words, counts)
        return tally

    def _row_settings(self) -> _RowSettings:
        keep_last = self.truncating == "pre"
        pad_left = self.padding == "pre"
        return {
            "unknown": UNKNOWN_ID,
            "length": self.max_length,
            "pad_left": pad_left,
            "keep_last": keep_last,
        }

    def _checked_texts(self, texts: Sequence[str]) -> list[str]:
        self.check_settings()
        return as_texts(texts)

    def check_settings(self) -> None:
        """Refuse settings that are out of their range.

        Raises:
            TypeError: `tokens` is not a tokenizer.
            ValueError: a number or a side is out of its range.
        """
        if not isinstance(self.tokens, Tokenizer):
            raise TypeError(f"tokens must be a tokenizer such as Words(), got {self.tokens!r}")
        for name in ("max_tokens", "max_length", "min_count"):
            value = getattr(self, name)
            if not (isinstance(value, int) and not isinstance(value, bool)) and (
                name != "max_tokens" or value is not None
            ):
                raise TypeError(f"{name} must be a whole number, got {value!r}")
        if self.max_tokens is not None and self.max_tokens <= FIRST_ID:
            raise ValueError(f"max_tokens must be {FIRST_ID + 1} or more, got {self.max_tokens}")
        for name in ("max_length", "min_count"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be 1 or more, got {getattr(self, name)}")
        for name in ("padding", "truncating"):
            if getattr(self, name) not in ("pre", "post"):
                raise ValueError(f"{name} must be 'pre' or 'post', got {getattr(self, name)!r}")


def _encoded(padded: tuple[bytearray, bytearray, int], length: int) -> EncodedTexts:
    ids, lengths, unknown = padded
    rows = np.frombuffer(ids, dtype="<i4").reshape(-1, length)
    return EncodedTexts(rows, np.frombuffer(lengths, dtype="<i8"), unknown)
