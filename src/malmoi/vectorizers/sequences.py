"""Padded sequences of token ids."""

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
from malmoi.foundation.names import Deprecated
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
    """Texts as padded sequences of ids, with counts of truncated and out-of-vocabulary tokens.

    Args:
        ids: int32 (samples, length).
        lengths: int64 (samples,), number of tokens of each text before truncation.
        unknown: total number of out-of-vocabulary tokens.

    Example:
        >>> vectorizer = SequenceVectorizer(max_length=3).fit(["the cat sat"])
        >>> encoded = vectorizer.encode(["the dog sat on the mat", "the cat"])
        >>> encoded.lengths, encoded.tokens, encoded.unknown
        (array([6, 2]), 8, 3)
        >>> encoded.cut_share, encoded.unknown_share
        (0.375, 0.375)
    """

    ids: Ids
    lengths: Lengths
    unknown: int

    @property
    def tokens(self) -> int:
        """Total number of tokens."""
        return int(self.lengths.sum())

    @property
    def cut_share(self) -> float:
        """Share of the tokens that are truncated, 0 to 1; 0 if there are no tokens."""
        kept = int(np.minimum(self.lengths, self.ids.shape[1]).sum())
        return 1 - kept / self.tokens if self.tokens else 0.0

    @property
    def unknown_share(self) -> float:
        """Share of the tokens that are out of vocabulary, 0 to 1; 0 if there are no tokens."""
        return self.unknown / self.tokens if self.tokens else 0.0


class _RowSettings(TypedDict):
    """Padding and truncation arguments for the core."""

    unknown: int | None
    length: int
    pad_left: bool
    keep_last: bool


class SequenceVectorizer(TextTransformer):
    """Vectorizer of texts to padded sequences of token ids: 0 is padding, 1 is an out-of-vocabulary token.

    Args:
        tokens: tokenizer; "auto" chooses one by the scripts of the training texts.
        max_tokens: maximum vocabulary size, padding and unknown included; keeps the most frequent tokens. `None`: no
            limit.
        max_length: length of a sequence, in tokens; 1 or more.
        min_count: minimum total count of a token; 1 or more.
        padding: side that is padded with zeros, "pre" or "post".
        truncating: side that is truncated if a text is too long, "pre" (keeps the last tokens) or "post".
        keep_unknown: whether out-of-vocabulary tokens become id 1; otherwise they are removed. Other ids do not change.
        n_jobs: number of threads; `None` for all cores.

    Attributes:
        vocabulary_: tokens and their ids, most frequent first, ties by first appearance; an alphabet in its order.
        tokens_: the tokenizer in use.
        choice_: reason for the choice of the tokenizer.

    Example:
        >>> vectorizer = SequenceVectorizer(max_length=4)
        >>> vectorizer.fit_transform(["the cat sat", "the cat"])
        array([[0, 2, 3, 4],
               [0, 0, 2, 3]], dtype=int32)
        >>> vectorizer.transform(["a dog and the cat"])
        array([[1, 1, 2, 3]], dtype=int32)
        >>> vectorizer.inverse_transform([[1, 1, 2, 3]])
        [['<unknown>', '<unknown>', 'the', 'cat']]
        >>> first = SequenceVectorizer().partial_fit(["the cat sat"], finish=False).partial_fit(["the cat"])
        >>> first.merge(SequenceVectorizer().partial_fit(["sat"])).vocabulary_.counts
        array([2, 2, 2])
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
            progress: progress callback; called with the step's name, the number of texts done and the total.

        Raises:
            TypeError: a text is not a str, or a setting has the wrong type.
            ValueError: a text contains a lone surrogate, or a setting is out of range.
        """
        self._learn(self.checked_texts(texts), keep=False, progress=progress)
        self._tally = None
        return self

    def partial_fit(
        self, texts: Sequence[str], y: object = None, *, finish: bool = True, progress: Progress = silent
    ) -> Self:
        """Learn from another batch; after the last batch, the vocabulary equals that of `fit` on all texts.

        The tokenizer is chosen from the first batch. All counts are kept, for further batches and for `merge`.

        Args:
            texts: list of str, or an array or a column of them.
            y: not used.
            finish: whether to update the vocabulary; `False` only counts, which is faster between batches.
            progress: progress callback; called with the step's name, the number of texts done and the total.

        Raises:
            TypeError: a text is not a str, or a setting has the wrong type.
            ValueError: a text contains a lone surrogate, or a setting is out of range.
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
        """Merge the counts of another vectorizer, as if its texts had followed this one's.

        Args:
            other: a vectorizer with the same tokenizer; both fitted with `partial_fit`, which keeps all counts.

        Raises:
            ValueError: a vectorizer was not fitted with `partial_fit`, or the tokenizers differ.
        """
        mine, theirs = self._tally, (deepcopy(other) if other is self else other)._tally
        if mine is None or theirs is None:
            raise ValueError("both vectorizers must be fitted with partial_fit, which keeps all counts")
        if self.tokens_ != other.tokens_:
            raise ValueError(f"both vectorizers must have the same tokens, got {self.tokens_!r} and {other.tokens_!r}")
        with whole_or_refused(mine):
            mine.merge(theirs)
            self._take(mine, self.tokens_, self.choice_)
        return self

    def fit_transform(self, texts: Sequence[str], y: object = None, **fit_params: Progress) -> Ids:
        """Learn the vocabulary and encode the same texts in one pass.

        Args:
            texts: list of str, or an array or a column of them.
            y: not used.
            **fit_params: `progress`, as in `fit`.

        Returns:
            int32 (samples, max_length), token ids.

        Raises:
            TypeError: a text is not a str, or a setting has the wrong type.
            ValueError: a text contains a lone surrogate, or a setting is out of range.
        """
        return self.fit_encode(texts, **fit_params).ids

    def fit_encode(self, texts: Sequence[str], *, progress: Progress = silent) -> EncodedTexts:
        """Learn the vocabulary and encode the same texts in one pass; also count truncated and unknown tokens.

        Args:
            texts: list of str, or an array or a column of them.
            progress: progress callback; called with the step's name, the number of texts done and the total.

        Returns:
            The ids int32 (samples, max_length), with the lengths of the texts and the number of unknown tokens.

        Raises:
            TypeError: a text is not a str, or a setting has the wrong type.
            ValueError: a text contains a lone surrogate, or a setting is out of range.

        Example:
            >>> SequenceVectorizer(min_count=2, max_length=4).fit_encode(["the cat", "the dog"]).unknown_share
            0.5
        """
        texts = self.checked_texts(texts)
        tally = self._learn(texts, keep=True, progress=progress)
        self._tally = None
        if isinstance(self.tokens_, Characters) and self.tokens_.alphabet is not None:
            return self.encode(texts)
        kept = len(self.vocabulary_.words)
        return EncodedTexts(*tally.padded(kept=kept, first_id=FIRST_ID, **self._row_settings()))

    def transform(self, texts: Sequence[str]) -> Ids:
        """Encode texts as padded sequences of token ids.

        Args:
            texts: list of str, or an array or a column of them.

        Returns:
            int32 (samples, max_length), 0 for padding and 1 for out-of-vocabulary tokens.

        Raises:
            NotFittedError: the vectorizer is not fitted.
            TypeError: a text is not a str.
            ValueError: a text contains a lone surrogate.
        """
        return self.encode(texts).ids

    def encode(self, texts: Sequence[str]) -> EncodedTexts:
        """Encode texts, and count truncated and unknown tokens.

        Args:
            texts: list of str, or an array or a column of them.

        Returns:
            The ids int32 (samples, max_length), with the lengths of the texts and the number of unknown tokens.

        Raises:
            NotFittedError: the vectorizer is not fitted.
            TypeError: a text is not a str.
            ValueError: a text contains a lone surrogate.
        """
        texts = self.checked_texts(texts, whole=False)
        self.check_is_fitted("vocabulary_")
        index, splitter = self.vocabulary_.index, self.tokens_.splitter
        threads = thread_count(self.n_jobs)
        padded = index.padded(self.tokens_.prepared(texts), splitter, threads=threads, **self._row_settings())
        return EncodedTexts(*padded)

    take_vocabulary = Deprecated("set_vocabulary")

    def set_vocabulary(self, vocabulary: Vocabulary) -> Self:
        """Use an existing vocabulary; the vectorizer is then fitted.

        Args:
            vocabulary: tokens and their ids.

        Raises:
            ValueError: `tokens` is "auto", which needs texts.

        Example:
            >>> from malmoi import Vocabulary, Words
            >>> vectorizer = SequenceVectorizer(Words(), max_length=3)
            >>> vectorizer.set_vocabulary(Vocabulary(["good", "bad"], [2, 1])).transform(["so bad"])
            array([[0, 1, 3]], dtype=int32)
        """
        if self.tokens == "auto":
            raise ValueError('tokens must be a tokenizer, got "auto", which needs texts')
        self.tokens_, self.choice_ = chosen_tokens(self.tokens, [], bag=False)
        self.vocabulary_, self._tally = vocabulary, None
        return self

    def inverse_transform(self, ids: npt.ArrayLike) -> list[list[str]]:
        """Return the tokens of each sequence, without padding.

        Args:
            ids: int (samples, length), ids of this vocabulary.

        Returns:
            One list of tokens per sample, "<unknown>" for id 1.

        Raises:
            NotFittedError: the vectorizer is not fitted.
            IndexError: no token has this id.
        """
        self.check_is_fitted("vocabulary_")
        rows = np.asarray(ids)
        return [[self.vocabulary_.token_of(int(number)) for number in row if number != PADDING_ID] for row in rows]

    def get_feature_names_out(self, input_features: object = None) -> npt.NDArray[np.object_]:
        """Return the feature names: the positions in the sequence.

        Args:
            input_features: not used.

        Returns:
            object (max_length,), str such as "position0".
        """
        return np.asarray([f"position{number}" for number in range(self.max_length)], dtype=object)

    def __getstate__(self) -> dict[str, Any]:
        """Return the state with counts as lists; the core's objects are rebuilt from them."""
        state = dict(super().__getstate__())
        if state.get("_tally") is not None:
            state["_tally"] = state["_tally"].state()
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Restore settings, vocabulary and counts."""
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
        """Set the learned attributes all at once: if a fit fails earlier, the old vocabulary stays."""
        most = None if self.max_tokens is None else self.max_tokens - FIRST_ID
        vocabulary = Vocabulary.counted(tally, least=self.min_count, most=most)
        alphabet = tokens.known_tokens if isinstance(tokens, Characters) else None
        if alphabet is not None:
            counts = dict(zip(vocabulary.words, vocabulary.counts.tolist(), strict=True))
            vocabulary = Vocabulary(alphabet, [counts.get(token, 0) for token in alphabet])
        self.tokens_, self.choice_, self.vocabulary_ = tokens, choice, vocabulary

    def _row_settings(self) -> _RowSettings:
        return {
            "unknown": UNKNOWN_ID if self.keep_unknown else None,
            "length": self.max_length,
            "pad_left": self.padding == "pre",
            "keep_last": self.truncating == "pre",
        }

    def check_settings(self) -> None:
        """Check all settings.

        Raises:
            TypeError: `tokens` is not a tokenizer, or a setting is not a number.
            ValueError: a setting is out of range.

        :meta private:
        """
        super().check_settings()
        if self.max_tokens is not None:
            check_number("max_tokens", self.max_tokens, FIRST_ID + 1)
        check_number("max_length", self.max_length, 1, most("text length"))
        check_number("min_count", self.min_count, 1, LARGEST_COUNT)
        check_choice("padding", self.padding, ("pre", "post"))
        check_choice("truncating", self.truncating, ("pre", "post"))
