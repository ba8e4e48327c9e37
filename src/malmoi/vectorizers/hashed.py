"""Feature hashing of n-grams: a fixed number of features without a vocabulary or training, but with collisions."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Self

import numpy as np
import numpy.typing as npt

from malmoi import _core
from malmoi.foundation.limits import most
from malmoi.foundation.names import Deprecated
from malmoi.foundation.progress import Progress, silent
from malmoi.foundation.threads import thread_count
from malmoi.foundation.validation import check_choice, check_number, shorten
from malmoi.tokenizers import Tokenizer, Words
from malmoi.tokenizers.base import one_text
from malmoi.tokenizers.batches import count_batches
from malmoi.tokenizers.ngrams import check_ngrams
from malmoi.tokenizers.scripts import check_tokenizer
from malmoi.tokenizers.transformer import TextTransformer, check_stop_words
from malmoi.vectorizers.bags import chosen_norm
from malmoi.vectorizers.onehot import one_hot_rows
from malmoi.vectorizers.sparse import Csr, to_csr

__all__ = ["Collisions", "HashedBagVectorizer", "HashedOneHotVectorizer"]

WEIGHTINGS = ("count", "binary", "frequency", "sublinear")
EXAMPLES = 10
LARGEST_SEED = 2**64 - 1


@dataclass(frozen=True)
class Collisions:
    """Hash collisions: n-grams that share a bucket and so a feature.

    Args:
        tokens: total number of n-grams.
        distinct: number of distinct n-grams.
        buckets: number of buckets.
        buckets_used: number of buckets in use.
        sharing: number of distinct n-grams that share their bucket with another.
        examples: examples of n-grams that share a bucket, the most frequent first.

    Example:
        >>> found = HashedBagVectorizer(ngrams=(1, 1), buckets=4).collisions(["one two three four", "one"])
        >>> found.distinct, found.buckets_used, found.sharing, found.examples
        (4, 3, 2, (('one', 'four'),))
        >>> found.observed_loss, round(found.expected_loss, 3)
        (0.25, 0.316)
    """

    tokens: int
    distinct: int
    buckets: int
    buckets_used: int
    sharing: int
    examples: tuple[tuple[str, ...], ...]

    @property
    def observed_loss(self) -> float:
        """Share of the distinct n-grams that are lost: 1 - buckets used / distinct n-grams; 0 if there are none."""
        return 1 - self.buckets_used / self.distinct if self.distinct else 0.0

    @property
    def expected_loss(self) -> float:
        """Expected loss with a uniform hash, where n n-grams use B (1 - (1 - 1/B)^n) of B buckets."""
        if not self.distinct:
            return 0.0
        used = -self.buckets * np.expm1(self.distinct * np.log1p(-1 / self.buckets)) if self.buckets > 1 else 1.0
        return float(1 - used / self.distinct)

    def __str__(self) -> str:
        """Return a summary of one or two lines."""
        loss = f"{self.observed_loss:.2%} lost (expected {self.expected_loss:.2%})"
        line = f"{self.distinct:,} n-grams in {self.buckets_used:,} of {self.buckets:,} buckets: {loss}"
        shared = "; ".join(" = ".join(group[:4]) for group in self.examples[:3])
        return f"{line}\nshared: {shared}" if shared else line


class _HashedTransformer(TextTransformer):
    """Base class of the hashing vectorizers, which need no training."""

    buckets: int
    seed: int

    def __sklearn_tags__(self) -> object:
        """Return scikit-learn's tags; `fit` is not required."""
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        return tags

    def fit(self, texts: Sequence[str], y: object = None) -> Self:
        """Check settings and texts; nothing is learned.

        Args:
            texts: list of str, or an array or a column of them.
            y: not used.

        Raises:
            TypeError: a text is not a str, or a setting has the wrong type.
            ValueError: a text contains a lone surrogate, or a setting is out of range.
        """
        self.checked_texts(texts)
        return self

    def fit_transform(self, texts: Sequence[str], y: object = None) -> npt.NDArray[np.float32] | Csr:
        """Return the result of `transform`; nothing is learned.

        Args:
            texts: list of str, or an array or a column of them.
            y: not used.

        Returns:
            float32, with the shape that `transform` returns.

        Raises:
            TypeError: a text is not a str, or a setting has the wrong type.
            ValueError: a text contains a lone surrogate, or a setting is out of range.
        """
        return self.transform(texts)

    @abstractmethod
    def transform(self, texts: Sequence[str]) -> npt.NDArray[np.float32] | Csr:
        """Return the feature vectors of texts."""

    def collisions(self, texts: Sequence[str], *, progress: Progress = silent) -> Collisions:
        """Count the hash collisions of the n-grams of texts; takes about five times as long as `transform`.

        Args:
            texts: list of str, or an array or a column of them.
            progress: progress callback; called with the step's name, the number of texts done and the total.

        Returns:
            The number of n-grams that share a bucket with another, the loss, and examples.

        Raises:
            TypeError: a text is not a str, or a setting has the wrong type.
            ValueError: a text contains a lone surrogate, or a setting is out of range.
        """
        texts = self.checked_texts(texts)
        shortest, longest = getattr(self, "ngrams", (1, 1))
        stop_words = check_stop_words(getattr(self, "stop_words", ()))
        threads = thread_count(self.n_jobs)
        tally = _core.GramTally(
            self.tokens.splitter, threads=threads, shortest=shortest, longest=longest, stop_words=stop_words
        )
        prepared = self.prepared_batches(self.tokens, texts)
        count_batches(partial(tally.add, keep=False), prepared, progress, "counting n-grams")
        found = self._hasher().collisions(tally, self.tokens.joiner, EXAMPLES)
        seen, distinct, used, sharing, examples = found
        return Collisions(seen, distinct, int(self.buckets), used, sharing, tuple(map(tuple, examples)))

    def check_settings(self) -> None:
        """Check all settings, as `transform` does.

        :meta private:
        """
        super().check_settings()
        check_tokenizer(self.tokens)
        check_number("buckets", self.buckets, 1)
        check_number("seed", self.seed, 0, LARGEST_SEED)

    @abstractmethod
    def _hasher(self) -> _core.GramHasher:
        """Return the hasher of the core."""


class HashedBagVectorizer(_HashedTransformer):
    """Vectorizer of texts to bags of hashed n-grams, a CSR matrix float32 (samples, buckets); needs no training.

    The hash is the same in every process, on every machine, in every version.

    Args:
        tokens: tokenizer.
        ngrams: smallest and largest n.
        buckets: number of features; 1 to 2**31 - 1. Fewer buckets cause more collisions.
        weighting: weights of the n-grams: "count", "binary" (0 or 1), "frequency" (absolute values sum to 1) or
            "sublinear" (1 + ln count).
        norm: normalization of every feature vector, "l1", "l2" or `None`; "auto": "l1" for "frequency", otherwise
            `None`.
        signed: whether the hash also gives each n-gram a sign, so that collisions cancel out on average.
        seed: seed of the hash; 0 to 2**64 - 1.
        stop_words: tokens that are removed before n-grams are formed.
        sparse_output: whether to return a sparse matrix; otherwise a dense array.
        n_jobs: number of threads; `None` for all cores.

    Source:
        Weinberger et al. 2009, "Feature hashing for large scale multitask learning"; XXH3 for tokens.

    Example:
        >>> bag = HashedBagVectorizer(ngrams=(1, 1), buckets=8, signed=False)
        >>> bag.transform(["so good", "so so"]).toarray().sum(axis=1)
        array([2., 2.], dtype=float32)
        >>> print(bag.collisions(["so good"]))
        2 n-grams in 2 of 8 buckets: 0.00% lost (expected 6.25%)
        >>> bag.bucket("so"), bag.get_feature_names_out()[:2].tolist()
        ((2, 1), ['bucket0', 'bucket1'])
    """

    def __init__(
        self,
        tokens: Tokenizer = Words(),
        ngrams: tuple[int, int] = (1, 2),
        buckets: int = 2**20,
        weighting: str = "count",
        *,
        norm: str | None = "auto",
        signed: bool = True,
        seed: int = 0,
        stop_words: Iterable[str] = (),
        sparse_output: bool = True,
        n_jobs: int | None = None,
    ) -> None:
        self.tokens = tokens
        self.ngrams = ngrams
        self.buckets = buckets
        self.weighting = weighting
        self.norm = norm
        self.signed = signed
        self.seed = seed
        self.stop_words = stop_words
        self.sparse_output = sparse_output
        self.n_jobs = n_jobs

    def transform(self, texts: Sequence[str]) -> npt.NDArray[np.float32] | Csr:
        """Return the feature vectors of texts.

        Args:
            texts: list of str, or an array or a column of them.

        Returns:
            float32 (samples, buckets), CSR unless `sparse_output=False`.

        Raises:
            TypeError: a text is not a str, or a setting has the wrong type.
            ValueError: a text contains a lone surrogate, or a setting is out of range.
        """
        texts = self.checked_texts(texts, whole=False)
        local = self.weighting if self.weighting in ("binary", "sublinear") else "count"
        rows = self._hasher().rows(
            self.tokens.prepared(texts),
            self.tokens.splitter,
            local=local,
            norm=chosen_norm(self.norm, self.weighting),
            threads=thread_count(self.n_jobs),
        )
        return to_csr(rows, self.buckets, sparse=self.sparse_output)

    place = Deprecated("bucket")

    def bucket(self, *tokens: str) -> tuple[int, int]:
        """Return bucket and sign of an n-gram.

        Args:
            *tokens: the tokens of the n-gram, one str each, as the tokenizer returns them.

        Returns:
            The bucket, from 0 to `buckets` - 1, and the sign, 1 or -1; 1 unless `signed`.

        Raises:
            TypeError: there is no token, a token is not a str, or a setting has the wrong type.
            ValueError: a token contains a lone surrogate, or a setting is out of range.
        """
        self.check_settings()
        if not tokens or not all(isinstance(token, str) for token in tokens):
            raise TypeError(f"tokens must be 1 str or more, got {shorten(tokens)}")
        return self._hasher().place([one_text(token) for token in tokens])

    def get_feature_names_out(self, input_features: object = None) -> npt.NDArray[np.object_]:
        """Return the feature names: the bucket numbers.

        Args:
            input_features: not used.

        Returns:
            object (buckets,), str such as "bucket0".
        """
        return np.asarray([f"bucket{number}" for number in range(self.buckets)], dtype=object)

    def check_settings(self) -> None:
        """Check all settings, as `transform` does.

        :meta private:
        """
        super().check_settings()
        check_ngrams(self.ngrams)
        check_choice("weighting", self.weighting, WEIGHTINGS)
        check_choice("norm", self.norm, ("auto", "l1", "l2", None))
        check_stop_words(self.stop_words)

    def _hasher(self) -> _core.GramHasher:
        shortest, longest = self.ngrams
        stop_words = tuple(check_stop_words(self.stop_words))
        return _hasher_of(int(self.seed), int(self.buckets), bool(self.signed), int(shortest), int(longest), stop_words)


@lru_cache(maxsize=16)
def _hasher_of(
    seed: int, buckets: int, signed: bool, shortest: int, longest: int, stop_words: tuple[str, ...]
) -> _core.GramHasher:
    """Return the hasher of the core, cached: creating one takes longer than hashing a single text."""
    return _core.GramHasher(
        seed=seed, buckets=buckets, signed=signed, shortest=shortest, longest=longest, stop_words=list(stop_words)
    )


class HashedOneHotVectorizer(_HashedTransformer):
    """Vectorizer of texts to one-hot arrays with a one at (sample, position, bucket) per token; needs no training.

    Args:
        tokens: tokenizer.
        buckets: number of hash buckets; 1 to 2**31 - 1.
        max_length: number of positions, 1 or more; later tokens are truncated.
        seed: seed of the hash; 0 to 2**64 - 1.
        sparse_output: whether to return a CSR matrix (samples, positions * buckets); otherwise a dense array.
        n_jobs: number of threads; `None` for all cores.

    Example:
        >>> vectorizer = HashedOneHotVectorizer(max_length=4)
        >>> vectorizer.transform(["so good"]).shape
        (1, 4, 1000)
        >>> vectorizer.transform(["so good"]).argmax(axis=2)
        array([[338, 432,   0,   0]])
    """

    def __init__(
        self,
        tokens: Tokenizer = Words(),
        buckets: int = 1000,
        max_length: int = 10,
        *,
        seed: int = 0,
        sparse_output: bool = False,
        n_jobs: int | None = None,
    ) -> None:
        self.tokens = tokens
        self.buckets = buckets
        self.max_length = max_length
        self.seed = seed
        self.sparse_output = sparse_output
        self.n_jobs = n_jobs

    def transform(self, texts: Sequence[str]) -> npt.NDArray[np.float32] | Csr:
        """Return the one-hot arrays of texts.

        Args:
            texts: list of str, or an array or a column of them.

        Returns:
            float32 (samples, positions, buckets), or CSR (samples, positions * buckets) if `sparse_output`.

        Raises:
            TypeError: a text is not a str, or a setting has the wrong type.
            ValueError: a text contains a lone surrogate, or a setting is out of range.
            MemoryError: the dense array does not fit into memory.
        """
        texts = self.checked_texts(texts, whole=False)
        prepared, splitter = self.tokens.prepared(texts), self.tokens.splitter
        ids, stops = self._hasher().sequences(prepared, splitter, thread_count(self.n_jobs))
        starts = np.concatenate([np.zeros(1, np.int64), stops[:-1]]) if len(stops) else stops
        rows = np.full((len(texts), self.max_length), -1, dtype=np.int32)
        for position in range(min(int(self.max_length), int((stops - starts).max(initial=0)))):
            has = starts + position < stops
            rows[has, position] = ids[starts[has] + position]
        return one_hot_rows(rows, int(self.buckets), sparse=self.sparse_output, zero=-1)

    def get_feature_names_out(self, input_features: object = None) -> npt.NDArray[np.object_]:
        """Return the feature names of the two-dimensional form: position and bucket.

        Args:
            input_features: not used.

        Returns:
            object (positions * buckets,), str such as "position0=bucket3".
        """
        features = ((at, number) for at in range(self.max_length) for number in range(self.buckets))
        return np.asarray([f"position{at}=bucket{number}" for at, number in features], dtype=object)

    def check_settings(self) -> None:
        """Check all settings, as `transform` does.

        :meta private:
        """
        super().check_settings()
        check_number("max_length", self.max_length, 1, most("text length"))

    def _hasher(self) -> _core.GramHasher:
        return _core.GramHasher(
            seed=int(self.seed), buckets=int(self.buckets), signed=False, shortest=1, longest=1, stop_words=[]
        )
