"""Sequences of hashed n-gram ids, without a vocabulary."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np
import numpy.typing as npt

from malmoi import _core
from malmoi.foundation.arrays import Ids
from malmoi.foundation.limits import most
from malmoi.foundation.progress import Progress, silent
from malmoi.foundation.threads import thread_count
from malmoi.foundation.validation import check_choice, check_number
from malmoi.tokenizers import Tokenizer
from malmoi.tokenizers.ngrams import check_ngrams
from malmoi.tokenizers.scripts import TokensOrAuto, chosen_tokens
from malmoi.tokenizers.transformer import TextTransformer
from malmoi.vectorizers.hashed import LARGEST_SEED
from malmoi.vectorizers.sequences import EncodedTexts

__all__ = ["HashedSequenceVectorizer"]


class HashedSequenceVectorizer(TextTransformer):
    """Vectorizer of texts to padded sequences of n-gram buckets, numbered from 1; 0 is padding.

    Args:
        tokens: tokenizer; "auto" chooses one by the scripts of the texts passed to `fit`.
        ngrams: smallest and largest n.
        buckets: number of hash buckets, padding not included; 1 to 2**31 - 2.
        max_length: largest number of n-grams of each size; 1 or more. A sequence holds one size after the other.
        padding: side that is padded with zeros, "pre" or "post".
        truncating: side that is truncated if a text is too long, "pre" (keeps the last n-grams) or "post".
        seed: seed of the hash; 0 to 2**64 - 1.
        n_jobs: number of threads; `None` for all cores.

    Attributes:
        tokens_: the tokenizer in use.
        choice_: reason for the choice of the tokenizer.

    Example:
        >>> vectorizer = HashedSequenceVectorizer(buckets=1000, max_length=4)
        >>> vectorizer.fit_transform(["so good", "so"])
        array([[  0,   0, 339, 433],
               [  0,   0,   0, 339]], dtype=int32)
        >>> vectorizer.encode(["so so so so good good good good"]).cut_share
        0.5
    """

    tokens_: Tokenizer
    choice_: str

    def __init__(
        self,
        tokens: TokensOrAuto = "auto",
        ngrams: tuple[int, int] = (1, 1),
        buckets: int = 2**18,
        max_length: int = 100,
        padding: str = "pre",
        truncating: str = "pre",
        *,
        seed: int = 0,
        n_jobs: int | None = None,
    ) -> None:
        self.tokens = tokens
        self.ngrams = ngrams
        self.buckets = buckets
        self.max_length = max_length
        self.padding = padding
        self.truncating = truncating
        self.seed = seed
        self.n_jobs = n_jobs

    def fit(self, texts: Sequence[str], y: object = None, *, progress: Progress = silent) -> Self:
        """Choose the tokenizer; nothing else is learned.

        Args:
            texts: list of str, or an array or a column of them.
            y: not used.
            progress: not used.

        Raises:
            TypeError: a text is not a str, or a setting has the wrong type.
            ValueError: a text contains a lone surrogate, or a setting is out of range.
        """
        checked = self.checked_texts(texts)
        tokens, choice = chosen_tokens(self.tokens, checked, bag=False)
        tokens.prepared(checked[:1])
        self.tokens_, self.choice_ = tokens, choice
        return self

    def fit_transform(self, texts: Sequence[str], y: object = None, *, progress: Progress = silent) -> Ids:
        """Choose the tokenizer, and return the buckets of the same texts; an iterator is consumed once.

        Args:
            texts: list of str, or an array or a column of them.
            y: not used.
            progress: not used.

        Returns:
            int32 (samples, max_length * number of n-gram sizes), 0 for padding.

        Raises:
            TypeError: a text is not a str, or a setting has the wrong type.
            ValueError: a text contains a lone surrogate, or a setting is out of range.
        """
        texts = self.checked_texts(texts, whole=False)
        return self.fit(texts).transform(texts)

    def transform(self, texts: Sequence[str]) -> Ids:
        """Return the buckets of the n-grams of texts.

        Args:
            texts: list of str, or an array or a column of them.

        Returns:
            int32 (samples, max_length * number of n-gram sizes), 0 for padding.

        Raises:
            NotFittedError: the tokenizer is not chosen yet; call `fit` first.
            TypeError: a text is not a str.
            ValueError: a text contains a lone surrogate.
        """
        return self.encode(texts).ids

    def encode(self, texts: Sequence[str]) -> EncodedTexts:
        """Return the buckets of texts, and the number of tokens of each.

        Args:
            texts: list of str, or an array or a column of them.

        Returns:
            The buckets as `ids`, and the lengths; no token is unknown.

        Raises:
            NotFittedError: the tokenizer is not chosen yet; call `fit` first.
            TypeError: a text is not a str.
            ValueError: a text contains a lone surrogate.
        """
        texts = self.checked_texts(texts, whole=False)
        self.check_is_fitted("tokens_")
        shortest, longest = self.ngrams
        hasher = _core.GramHasher(
            seed=int(self.seed),
            buckets=int(self.buckets),
            signed=False,
            shortest=shortest,
            longest=longest,
            stop_words=[],
        )
        rows, lengths = hasher.padded(
            self.tokens_.prepared(texts),
            self.tokens_.splitter,
            length=int(self.max_length),
            pad_left=self.padding == "pre",
            keep_last=self.truncating == "pre",
            threads=thread_count(self.n_jobs),
        )
        return EncodedTexts(rows, lengths, 0)

    def get_feature_names_out(self, input_features: object = None) -> npt.NDArray[np.object_]:
        """Return the feature names: the positions in the sequence.

        Args:
            input_features: not used.

        Returns:
            object (positions,), str such as "position0".
        """
        width = self.max_length * (self.ngrams[1] - self.ngrams[0] + 1)
        return np.asarray([f"position{number}" for number in range(width)], dtype=object)

    def check_settings(self) -> None:
        """Check all settings.

        Raises:
            TypeError: `tokens` is not a tokenizer, or a setting is not a number.
            ValueError: a setting is out of range.

        :meta private:
        """
        super().check_settings()
        check_ngrams(self.ngrams)
        check_number("buckets", self.buckets, 1, 2**31 - 2)
        check_number("max_length", self.max_length, 1, most("text length"))
        width = int(self.max_length) * (int(self.ngrams[1]) - int(self.ngrams[0]) + 1)
        if width > most("text length"):
            rule = f"max_length times the number of n-gram sizes must be at most {most('text length')}"
            raise ValueError(f"{rule}, got {width}; lower max_length")
        check_number("seed", self.seed, 0, LARGEST_SEED)
        check_choice("padding", self.padding, ("pre", "post"))
        check_choice("truncating", self.truncating, ("pre", "post"))
