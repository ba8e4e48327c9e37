"""Bags of n-grams: sparse feature vectors with one feature per learned n-gram."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from copy import deepcopy
from typing import Any, Literal, Self

import numpy as np
import numpy.typing as npt

from malmoi.data.texts import Texts
from malmoi.foundation.progress import Progress, silent
from malmoi.foundation.threads import thread_count
from malmoi.foundation.validation import LARGEST_COUNT, check_choice, check_number, shorten
from malmoi.tokenizers import Tokenizer
from malmoi.tokenizers.batches import whole_or_refused
from malmoi.tokenizers.ngrams import chosen_ngrams
from malmoi.tokenizers.scripts import TokensOrAuto, chosen_tokens
from malmoi.tokenizers.transformer import TextTransformer, check_stop_words
from malmoi.vectorizers.counting import CountedGrams, LearnedBag, Limits
from malmoi.vectorizers.ratios import log_count_ratios, weighed
from malmoi.vectorizers.sparse import CoreRows, Csr, to_csr

__all__ = ["BagVectorizer", "chosen_norm"]

WEIGHTINGS = ("count", "binary", "frequency", "sublinear", "tfidf", "sublinear-tfidf", "naive-bayes")
LOCAL = {"binary": "binary", "naive-bayes": "binary", "sublinear": "sublinear", "sublinear-tfidf": "sublinear"}
NORMS = {"frequency": "l1", "tfidf": "l2", "sublinear-tfidf": "l2"}


def chosen_norm(norm: str | None, weighting: str) -> str | None:
    """Return the requested norm; for "auto" the default norm of the weighting."""
    return NORMS.get(weighting) if norm == "auto" else norm


class BagVectorizer(TextTransformer):
    """Vectorizer of texts to bags of n-grams, a CSR matrix float32 (samples, n-grams), most frequent n-grams first.

    Args:
        tokens: tokenizer; "auto" chooses one by the scripts of the training texts.
        ngrams: smallest and largest n; "auto": (1, 2) for words, (1, 5) for characters.
        weighting: weights of the n-grams: "count", "binary" (0 or 1), "frequency" (share of the text's n-grams),
            "sublinear" (1 + ln count), "tfidf" or "sublinear-tfidf"; or "naive-bayes" (log-count ratios of two
            classes), which needs labels in `fit`.
        norm: normalization of every feature vector, "l1", "l2" or `None`; "auto": "l2" for the tf-idf weightings,
            otherwise `None`.
        min_count: minimum total count of an n-gram; 1 or more.
        min_texts: minimum document frequency of an n-gram, as a number of texts; 1 or more.
        max_share: maximum document frequency of an n-gram, as a share of the texts; above 0, at most 1.
        max_tokens: maximum number of features, the most frequent n-grams; `None`: no limit.
        stop_words: tokens that are removed before n-grams are formed.
        sparse_output: whether to return a sparse matrix; otherwise a dense array, which `set_output` can convert to a
            data frame.
        n_jobs: number of threads; `None` for all cores.

    Source:
        tf-idf as in scikit-learn's `TfidfVectorizer` (smoothed); log-count ratios: Wang and Manning 2012, "Baselines
        and bigrams", section 2.1, with add-one smoothing.

    Example:
        >>> bag = BagVectorizer(ngrams=(1, 2))
        >>> bag.fit_transform(["so good", "so so good"]).toarray()
        array([[1., 1., 1., 0.],
               [2., 1., 1., 1.]], dtype=float32)
        >>> bag.get_feature_names_out()
        array(['so', 'so good', 'good', 'so so'], dtype=object)
        >>> bag.counts_, bag.text_counts_
        (array([3, 2, 2, 1]), array([2, 2, 2, 1]))
        >>> bag.inverse_transform(bag.transform(["good!", "so what"]))
        [array(['good'], dtype=object), array(['so'], dtype=object)]
        >>> BagVectorizer(weighting="tfidf").fit(["so good", "so so good", "so bad"]).weights_.round(2)
        array([1.  , 1.29, 1.29, 1.69, 1.69, 1.69])
        >>> bag.tokens_, bag.ngrams_, bag.choice_
        (Words(), (1, 2), 'Words(), because the script separates words by spaces')
        >>> first = BagVectorizer().partial_fit(["so good"], finish=False).partial_fit(["so so good"])
        >>> first.merge(BagVectorizer().partial_fit(["so bad"])).get_feature_names_out()[:3]
        array(['so', 'so good', 'good'], dtype=object)
    """

    fitted_: LearnedBag
    _pending: CountedGrams | None = None

    def __init__(
        self,
        tokens: TokensOrAuto = "auto",
        ngrams: tuple[int, int] | Literal["auto"] = "auto",
        weighting: str = "count",
        *,
        norm: str | None = "auto",
        min_count: int = 1,
        min_texts: int = 1,
        max_share: float = 1.0,
        max_tokens: int | None = None,
        stop_words: Iterable[str] = (),
        sparse_output: bool = True,
        n_jobs: int | None = None,
    ) -> None:
        self.tokens = tokens
        self.ngrams = ngrams
        self.weighting = weighting
        self.norm = norm
        self.min_count = min_count
        self.min_texts = min_texts
        self.max_share = max_share
        self.max_tokens = max_tokens
        self.stop_words = stop_words
        self.sparse_output = sparse_output
        self.n_jobs = n_jobs

    @property
    def tokens_(self) -> Tokenizer:
        """The tokenizer, as chosen from the training texts or given."""
        return self._checked_learned.counted.tokens

    @property
    def ngrams_(self) -> tuple[int, int]:
        """Smallest and largest n, as chosen from the training texts or given."""
        return self._checked_learned.counted.ngrams

    @property
    def choice_(self) -> str:
        """Reason for the choice of the tokenizer."""
        return self._checked_learned.counted.choice

    @property
    def counts_(self) -> npt.NDArray[np.int64]:
        """int64 (n-grams,): total count of each n-gram in the training texts."""
        return self._checked_learned.counts

    @property
    def text_counts_(self) -> npt.NDArray[np.int64]:
        """int64 (n-grams,): document frequency of each n-gram, in training texts."""
        return self._checked_learned.text_counts

    @property
    def weights_(self) -> npt.NDArray[np.float64] | None:
        """float64 (n-grams,): inverse document frequencies, or log-count ratios; `None` for other weightings."""
        return self._checked_learned.weights

    @property
    def _checked_learned(self) -> LearnedBag:
        self.check_is_fitted("fitted_")
        return self.fitted_

    def fit(self, texts: Sequence[str], y: Sequence[object] | None = None, *, progress: Progress = silent) -> Self:
        """Learn the n-grams of texts.

        Args:
            texts: list of str, or an array or a column of them.
            y: (samples,) labels of two classes; only used by the weighting "naive-bayes".
            progress: progress callback; called with the step's name, the number of texts done and the total.

        Raises:
            TypeError: a text is not a str, or a setting has the wrong type.
            ValueError: a text has a lone surrogate, a setting is out of range, or "naive-bayes" has no labels, or not
                one per text.
            DataError: a label is invalid, or there are not two classes.
        """
        texts = self.checked_texts(texts)
        counted = self._begun(texts)
        counted.count(
            self.prepared_batches(counted.tokens, texts), keep=self.weighting == "naive-bayes", progress=progress
        )
        learned, _ = self._learned(counted, y)
        self._take(learned.compacted())
        return self

    def fit_transform(
        self, texts: Sequence[str], y: Sequence[object] | None = None, *, progress: Progress = silent
    ) -> npt.NDArray[np.float32] | Csr:
        """Learn the n-grams of texts and return their feature vectors; the texts are tokenized once.

        Args:
            texts: list of str, or an array or a column of them.
            y: (samples,) labels of two classes; only used by the weighting "naive-bayes".
            progress: progress callback; called with the step's name, the number of texts done and the total.

        Returns:
            float32 (samples, n-grams), CSR unless `sparse_output=False`.

        Raises:
            TypeError: a text is not a str, or a setting has the wrong type.
            ValueError: a text has a lone surrogate, a setting is out of range, or "naive-bayes" has no labels, or not
                one per text.
            DataError: a label is invalid, or there are not two classes.
        """
        texts = self.checked_texts(texts)
        counted = self._begun(texts)
        counted.count(self.prepared_batches(counted.tokens, texts), keep=True, progress=progress)
        learned, rows = self._learned(counted, y)
        if rows is None:
            rows = counted.tally.kept_rows(learned.columns, **learned.weighing)
        matrix = to_csr(rows, len(learned.columns), sparse=self.sparse_output)
        self._take(learned.compacted())
        return matrix

    def partial_fit(
        self, texts: Sequence[str], y: object = None, *, finish: bool = True, progress: Progress = silent
    ) -> Self:
        """Learn from another batch; after the last batch, the result equals that of `fit` on all texts.

        Tokenizer and n-gram range are chosen from the first batch. All counts are kept, also of n-grams outside the
        limits. `fit` does not keep them, so `partial_fit` after `fit` starts from the beginning.

        Args:
            texts: list of str, or an array or a column of them.
            y: not used.
            finish: whether to update the features; `False` only counts, which is faster between batches.
            progress: progress callback; called with the step's name, the number of texts done and the total.

        Raises:
            TypeError: a text is not a str, or a setting has the wrong type.
            ValueError: a text contains a lone surrogate, a setting is out of range, or the weighting is "naive-bayes",
                which needs all texts and labels at once.
        """
        texts = self.checked_texts(texts)
        if self.weighting == "naive-bayes":
            raise ValueError("weighting must not be 'naive-bayes' for partial_fit, which uses no labels; use fit")
        counted = self._growing()
        begins = counted is None
        counted = counted or self._begun(texts)
        prepared = self.prepared_batches(counted.tokens, texts)
        counted.is_complete = True
        with whole_or_refused(counted.tally):
            counted.count(prepared, keep=False, progress=progress)
            learned = self._learned(counted, None)[0] if finish else None
        if learned is not None:
            self._take(learned)
        elif begins:
            self.__dict__.pop("fitted_", None)
            self._pending = counted
        return self

    def merge(self, other: BagVectorizer) -> Self:
        """Merge the counts of another vectorizer, as if its texts had followed this one's.

        Args:
            other: a vectorizer with the same tokens, n-grams and stop words; both fitted with `partial_fit`.

        Raises:
            ValueError: a vectorizer was not fitted with `partial_fit`, or their settings differ.
        """
        mine, theirs = self._growing(), (deepcopy(other) if other is self else other)._growing()
        if mine is None or theirs is None:
            raise ValueError("both vectorizers must be fitted with partial_fit, which keeps all counts")
        for name, left, right in zip(("tokens", "ngrams", "stop_words"), mine.rule, theirs.rule, strict=True):
            if left != right:
                rule = f"both vectorizers must have the same {name}"
                raise ValueError(f"{rule}, got {shorten(left)} and {shorten(right)}")
        with whole_or_refused(mine.tally):
            mine.tally.merge(theirs.tally)
            learned, _ = self._learned(mine, None)
        self._take(learned)
        return self

    def transform(self, texts: Sequence[str]) -> npt.NDArray[np.float32] | Csr:
        """Return the feature vectors of texts; unknown n-grams are ignored.

        Args:
            texts: list of str, or an array or a column of them.

        Returns:
            float32 (samples, n-grams), CSR unless `sparse_output=False`.

        Raises:
            NotFittedError: the vectorizer is not fitted.
            TypeError: a text is not a str.
            ValueError: a text contains a lone surrogate.
        """
        texts = self.checked_texts(texts, whole=False)
        self.check_is_fitted("fitted_")
        learned, counted = self.fitted_, self.fitted_.counted
        rows = counted.tally.rows(counted.tokens.prepared(texts), learned.columns, **learned.weighing)
        return to_csr(rows, len(learned.columns), sparse=self.sparse_output)

    def inverse_transform(self, rows: Any) -> list[npt.NDArray[np.object_]]:
        """Return the n-grams of each feature vector.

        Args:
            rows: (samples, n-grams), a sparse matrix or an array.

        Returns:
            One array of str per sample: the n-grams whose feature is not 0.

        Raises:
            NotFittedError: the vectorizer is not fitted.
            ValueError: the number of features differs from the number of n-grams.
        """
        from scipy.sparse import csr_matrix

        names, matrix = self.get_feature_names_out(), csr_matrix(rows)
        if matrix.shape[1] != len(names):
            raise ValueError(f"rows must have {len(names)} columns, got {matrix.shape[1]}")
        return [names[matrix[row].indices] for row in range(matrix.shape[0])]

    def get_feature_names_out(self, input_features: object = None) -> npt.NDArray[np.object_]:
        """Return the n-grams in feature order; words are joined by spaces, characters without a separator.

        Args:
            input_features: not used.

        Returns:
            object (n-grams,), str.

        Raises:
            NotFittedError: the vectorizer is not fitted.
        """
        self.check_is_fitted("fitted_")
        columns = self.fitted_.columns
        names = np.empty(len(columns), dtype=object)
        names[:] = self.fitted_.counted.tally.names(columns, self.tokens_.joiner, 0, len(columns))
        return names

    def __sklearn_is_fitted__(self) -> bool:
        """Return whether the vectorizer is fitted."""
        return "fitted_" in vars(self)

    def __getstate__(self) -> dict[str, Any]:
        """Return the state with n-grams as arrays; the core's objects are rebuilt from them."""
        state = dict(super().__getstate__())
        if "fitted_" in state:
            state["fitted_"] = self.fitted_.state()
        if state.get("_pending") is not None:
            state["_pending"] = state["_pending"].state(None)
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Restore settings and n-grams."""
        if "fitted_" in state:
            state["fitted_"] = LearnedBag.restored(state["fitted_"])
        if state.get("_pending") is not None:
            state["_pending"], _ = CountedGrams.restored(state["_pending"])
        super().__setstate__(state)

    def check_settings(self) -> None:
        """Check all settings, as `fit` does.

        :meta private:
        """
        super().check_settings()
        check_choice("weighting", self.weighting, WEIGHTINGS)
        check_choice("norm", self.norm, ("auto", "l1", "l2", None))
        check_number("min_count", self.min_count, 1, LARGEST_COUNT)
        check_number("min_texts", self.min_texts, 1, LARGEST_COUNT)
        if self.max_tokens is not None:
            check_number("max_tokens", self.max_tokens, 1)
        if isinstance(self.max_share, bool) or not isinstance(self.max_share, int | float | np.floating):
            raise TypeError(f"max_share must be a number, got {shorten(self.max_share)}")
        if not 0 < self.max_share <= 1:
            raise ValueError(f"max_share must be above 0 and at most 1, got {self.max_share}")
        check_stop_words(self.stop_words)

    def _growing(self) -> CountedGrams | None:
        """Return the counts of earlier `partial_fit` calls; `None` if there are none."""
        if self._pending is not None:
            return self._pending
        counted = self.fitted_.counted if self.__sklearn_is_fitted__() else None
        return counted if counted is not None and counted.is_complete else None

    def _take(self, learned: LearnedBag) -> None:
        self.fitted_, self._pending = learned, None

    def _begun(self, texts: Texts) -> CountedGrams:
        tokens, choice = chosen_tokens(self.tokens, texts, bag=True)
        orders = chosen_ngrams(self.ngrams, tokens)
        return CountedGrams(tokens, choice, orders, check_stop_words(self.stop_words), thread_count(self.n_jobs))

    def _learned(self, counted: CountedGrams, labels: object) -> tuple[LearnedBag, CoreRows | None]:
        """Return the learned state, and the feature vectors of the kept texts if the weighting computed them."""
        most = None if self.max_tokens is None else int(self.max_tokens)
        limits = Limits(int(self.min_count), int(self.min_texts), float(self.max_share), most)
        columns = limits.columns(counted.tally)
        counts, texts = counted.tally.column_counts(columns)
        weights, rows, norm = None, None, chosen_norm(self.norm, self.weighting)
        if self.weighting in ("tfidf", "sublinear-tfidf"):
            weights = np.log((1 + counted.tally.texts) / (1 + texts)) + 1
        elif self.weighting == "naive-bayes":
            kept = counted.tally.kept_rows(columns, local="binary", weights=None, norm=None)
            weights = log_count_ratios(kept, labels, counted.tally.texts, len(columns))
            rows = weighed(kept, weights, norm)
        weighing = {
            "local": LOCAL.get(self.weighting, "count"),
            "weights": weights,
            "norm": norm,
        }
        return LearnedBag(counted, columns, limits, weighing, counts, texts, weights), rows
