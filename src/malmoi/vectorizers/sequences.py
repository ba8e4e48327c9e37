"""Texts to rows of token ids."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Self, TypedDict

import numpy as np
import numpy.typing as npt

from malmoi import _core
from malmoi.data.texts import Texts
from malmoi.foundation.arrays import Ids, Lengths
from malmoi.foundation.limits import most
from malmoi.foundation.progress import Progress, silent
from malmoi.foundation.threads import thread_count
from malmoi.foundation.validation import LARGEST_COUNT, check_choice, check_number
from malmoi.tokenizers import Characters, Tokenizer
from malmoi.tokenizers.batches import count_batches, whole_or_refused
from malmoi.tokenizers.scripts import TokensOrAuto, chosen_tokens
from malmoi.tokenizers.transformer import TextTransformer
from malmoi.tokenizers.vocabulary import FIRST_ID, PADDING_ID, UNKNOWN_ID, Vocabulary

__all__ = ["EncodedTexts", "SequenceVectorizer"]


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

    unknown: int | None
    length: int
    pad_left: bool
    keep_last: bool


class SequenceVectorizer(TextTransformer):
    """Texts to rows of token ids, all of one length: 0 is padding, 1 is an unknown token.

    Args:
        tokens: how a text becomes tokens; "auto" looks at the scripts of the training texts.
        max_tokens: ids at most, padding and unknown included; the most frequent tokens get one. `None`: all.
        max_length: length of a row; 1 or more.
        min_count: tokens seen less often get no id; 1 or more.
        padding: side that is filled with zeros, "pre" or "post".
        truncating: side that is cut off when a text is too long, "pre" (its last tokens stay) or "post".
        keep_unknown: put 1 for unknown tokens; off: leave them out. Other ids are the same either way.
        n_jobs: threads; `None` for all cores.

    Attributes:
        vocabulary_: tokens and their ids, most frequent first, ties by first appearance; an alphabet in its order.
        tokens_: the tokenizer that is used.
        choice_: why that one.

    Example:
        >>> vectorizer = SequenceVectorizer(max_length=4)
        >>> vectorizer.fit_transform(["the cat sat", "the cat"])
        array([[0, 2, 3, 4],
               [0, 0, 2, 3]], dtype=int32)
        >>> vectorizer.transform(["a dog and the cat"])
        array([[1, 1, 2, 3]], dtype=int32)
    """

    vocabulary_: Vocabulary
    tokens_: Tokenizer
    choice_: str
    _tally: _core.TokenTally | None = None

    def __init__(
        self,
        tokens: TokensOrAuto = "auto",
        max_tokens: int | None = None,
        max_length: int = 100,
        min_count: int = 1,
        padding: str = "pre",
        truncating: str = "pre",
        *,
        keep_unknown: bool = True,
        n_jobs: int | None = None,
    ) -> None:
        self.tokens = tokens
        self.max_tokens = max_tokens
        self.max_length = max_length
        self.min_count = min_count
        self.padding = padding
        self.truncating = truncating
        self.keep_unknown = keep_unknown
        self.n_jobs = n_jobs

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
        self._learn(self.checked_texts(texts), keep=False, progress=progress)
        self._tally = None
        return self

    def partial_fit(
        self, texts: Sequence[str], y: object = None, *, finish: bool = True, progress: Progress = silent
    ) -> Self:
        """Learn from a batch more; after the last one, the vocabulary is that of all texts at once.

        The tokenizer is chosen from the first batch. All counts are kept, so that more batches can come, and so that
        `merge` can add another's.

        Args:
            texts: list of str, or an array or a column of them.
            y: not used.
            finish: off: only count, and leave the vocabulary as it is until a call with it; saves time between batches.
            progress: hears how many texts are counted.
        """
        texts = self.checked_texts(texts)
        if self._tally is None:
            tokens, choice = chosen_tokens(self.tokens, texts, bag=False)
            tally = _core.TokenTally(tokens.splitter, threads=thread_count(self.n_jobs), keep=False)
        else:
            tokens, choice, tally = self.tokens_, self.choice_, self._tally
        prepared = self.prepared_batches(tokens, texts)
        with whole_or_refused(tally):
            count_batches(tally.add, prepared, progress, "counting words")
            if finish:
                self._take(tally, tokens, choice)
        self.tokens_, self.choice_, self._tally = tokens, choice, tally
        return self

    def merge(self, other: SequenceVectorizer) -> Self:
        """Add what another vectorizer learned; as if its texts had come behind this one's.

        Args:
            other: one with the same tokenizer; both learned by `partial_fit`, which keeps all counts.

        Raises:
            ValueError: a vectorizer learned nothing by `partial_fit`, or the tokenizers differ.
        """
        mine, others = self._tally, (deepcopy(other) if other is self else other)._tally
        if mine is None or others is None:
            raise ValueError("both vectorizers must have learned by partial_fit, which keeps all counts")
        if self.tokens_ != other.tokens_:
            raise ValueError(f"both vectorizers must have the same tokens, got {self.tokens_!r} and {other.tokens_!r}")
        with whole_or_refused(mine):
            mine.merge(others)
            self._take(mine, self.tokens_, self.choice_)
        return self

    def fit_transform(self, texts: Sequence[str], y: object = None, **fit_params: Progress) -> Ids:
        """Learn the vocabulary and encode the same texts, in one pass over them."""
        return self.fit_encode(texts, **fit_params).ids

    def fit_encode(self, texts: Sequence[str], *, progress: Progress = silent) -> EncodedTexts:
        """Learn the vocabulary and encode the same texts in one pass; also tells what did not fit."""
        texts = self.checked_texts(texts)
        tally = self._learn(texts, keep=True, progress=progress)
        self._tally = None
        if isinstance(self.tokens_, Characters) and self.tokens_.alphabet is not None:
            return self.encode(texts)
        kept = len(self.vocabulary_.words)
        return EncodedTexts(*tally.padded(kept=kept, first_id=FIRST_ID, **self._row_settings()))

    def transform(self, texts: Sequence[str]) -> Ids:
        """Encode texts; int32 (samples, max_length)."""
        return self.encode(texts).ids

    def encode(self, texts: Sequence[str]) -> EncodedTexts:
        """Encode texts, and tell what did not fit."""
        texts = self.checked_texts(texts, whole=False)
        self.check_is_fitted("vocabulary_")
        index, splitter = self.vocabulary_.index, self.tokens_.splitter
        threads = thread_count(self.n_jobs)
        padded = index.padded(self.tokens_.prepared(texts), splitter, threads=threads, **self._row_settings())
        return EncodedTexts(*padded)

    def take_vocabulary(self, vocabulary: Vocabulary) -> Self:
        """Use a vocabulary that was learned elsewhere.

        Args:
            vocabulary: tokens and their ids.

        Raises:
            ValueError: `tokens` is "auto", which has to see texts.
        """
        if self.tokens == "auto":
            raise ValueError('tokens must be a tokenizer, got "auto", which has to see texts')
        self.tokens_, self.choice_ = chosen_tokens(self.tokens, [], bag=False)
        self.vocabulary_, self._tally = vocabulary, None
        return self

    def inverse_transform(self, ids: npt.ArrayLike) -> list[list[str]]:
        """The tokens of every row, without the padding."""
        self.check_is_fitted("vocabulary_")
        rows = np.asarray(ids)
        return [[self.vocabulary_.token_of(int(number)) for number in row if number != PADDING_ID] for row in rows]

    def get_feature_names_out(self, input_features: object = None) -> npt.NDArray[np.object_]:
        """Names of the columns: the positions in the row."""
        return np.asarray([f"position{number}" for number in range(self.max_length)], dtype=object)

    def __getstate__(self) -> dict[str, Any]:
        """Copies hold the counts as lists; the core's form is made again."""
        state = dict(super().__getstate__())
        if state.get("_tally") is not None:
            state["_tally"] = state["_tally"].state()
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take a copy's settings, vocabulary and counts."""
        counts = state.pop("_tally", None)
        super().__setstate__(state)
        if counts is not None:
            self._tally = _core.TokenTally.restore(self.tokens_.splitter, thread_count(self.n_jobs), counts)

    def _learn(self, texts: Texts, *, keep: bool, progress: Progress) -> _core.TokenTally:
        tokens, choice = chosen_tokens(self.tokens, texts, bag=False)
        tally = _core.TokenTally(tokens.splitter, threads=thread_count(self.n_jobs), keep=keep)
        count_batches(tally.add, self.prepared_batches(tokens, texts), progress, "counting words")
        self._take(tally, tokens, choice)
        return tally

    def _take(self, tally: _core.TokenTally, tokens: Tokenizer, choice: str) -> None:
        """Take what was counted, all at once: a fit that fails before leaves the old vocabulary."""
        most = None if self.max_tokens is None else self.max_tokens - FIRST_ID
        vocabulary = Vocabulary.counted(tally, least=self.min_count, most=most)
        known = tokens.known_tokens if isinstance(tokens, Characters) else None
        if known is not None:
            seen = dict(zip(vocabulary.words, vocabulary.counts.tolist(), strict=True))
            vocabulary = Vocabulary(known, [seen.get(token, 0) for token in known])
        self.tokens_, self.choice_, self.vocabulary_ = tokens, choice, vocabulary

    def _row_settings(self) -> _RowSettings:
        return {
            "unknown": UNKNOWN_ID if self.keep_unknown else None,
            "length": self.max_length,
            "pad_left": self.padding == "pre",
            "keep_last": self.truncating == "pre",
        }

    def check_settings(self) -> None:
        """Refuse settings that are out of their range.

        Raises:
            TypeError: `tokens` is not a tokenizer, or a number is none.
            ValueError: a number or a side is out of its range.
        """
        super().check_settings()
        if self.max_tokens is not None:
            check_number("max_tokens", self.max_tokens, FIRST_ID + 1)
        check_number("max_length", self.max_length, 1, most("text length"))
        check_number("min_count", self.min_count, 1, LARGEST_COUNT)
        check_choice("padding", self.padding, ("pre", "post"))
        check_choice("truncating", self.truncating, ("pre", "post"))
