"""Texts to bags of n-grams: sparse rows, one column for every n-gram that was learned."""

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
    """The norm that was asked for; for "auto" the weighting's own."""
    return NORMS.get(weighting) if norm == "auto" else norm


class BagVectorizer(TextTransformer):
    """Texts to bags of n-grams, a CSR matrix float32 (samples, n-grams); columns from the most frequent n-gram on.

    Args:
        tokens: how a text becomes tokens; "auto" looks at the scripts of the training texts.
        ngrams: tokens of the shortest and of the longest n-gram; "auto": 1 to 2 words, or 1 to 5 characters.
        weighting: "count"; "binary"; "frequency", the share of the text's n-grams; "sublinear", 1 + ln count; "tfidf";
            "sublinear-tfidf"; "naive-bayes", log-count ratios of two classes, for which `fit` needs the labels.
        norm: length of every row, "l1", "l2" or `None`; "auto": "l2" for the tf-idf weightings, `None` for others.
        min_count: n-grams seen less often are left out; 1 or more.
        min_texts: n-grams that fewer texts hold are left out; 1 or more.
        max_share: n-grams that a larger share of the texts holds are left out; above 0, to 1.
        max_tokens: columns at most, the most frequent n-grams; `None`: all.
        stop_words: tokens that are dropped before n-grams are made.
        sparse_output: off: a dense array, which `set_output` can make a table of.
        n_jobs: threads; `None` for all cores.

    Attributes:
        counts_: int64 (n-grams,), how often each was seen.
        text_counts_: int64 (n-grams,), texts that hold it.
        weights_: float64 (n-grams,), what each is multiplied by; `None` for weightings without.
        tokens_, ngrams_: what is used.
        choice_: why these tokens.

    Source:
        tf-idf as scikit-learn's `TfidfVectorizer` (smoothed); log-count ratios: Wang and Manning 2012, "Baselines and
        bigrams", section 2.1, with one added to every count.

    Example:
        >>> bag = BagVectorizer(ngrams=(1, 2))
        >>> bag.fit_transform(["so good", "so so good"]).toarray()
        array([[1., 1., 1., 0.],
               [2., 1., 1., 1.]], dtype=float32)
        >>> bag.get_feature_names_out()
        array(['so', 'so good', 'good', 'so so'], dtype=object)
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
        """The tokenizer that is used."""
        return self._checked_learned.counted.tokens

    @property
    def ngrams_(self) -> tuple[int, int]:
        """Tokens of the shortest and of the longest n-gram."""
        return self._checked_learned.counted.ngrams

    @property
    def choice_(self) -> str:
        """Why these tokens."""
        return self._checked_learned.counted.choice

    @property
    def counts_(self) -> npt.NDArray[np.int64]:
        """How often each n-gram was seen."""
        return self._checked_learned.counts

    @property
    def text_counts_(self) -> npt.NDArray[np.int64]:
        """Texts that hold each n-gram."""
        return self._checked_learned.text_counts

    @property
    def weights_(self) -> npt.NDArray[np.float64] | None:
        """What each n-gram is multiplied by."""
        return self._checked_learned.weights

    @property
    def _checked_learned(self) -> LearnedBag:
        self.check_is_fitted("fitted_")
        return self.fitted_

    def fit(self, texts: Sequence[str], y: Sequence[object] | None = None, *, progress: Progress = silent) -> Self:
        """Learn which n-grams there are.

        Args:
            texts: list of str, or an array or a column of them.
            y: (samples,) labels of two classes; used by the weighting "naive-bayes" alone.
            progress: hears how many texts are counted.

        Raises:
            TypeError: a text is not a str, or a setting is of the wrong kind.
            ValueError: a setting is out of its range, or labels are missing, too few, or not of two classes.
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
        """Learn and make the rows of the same texts, which are cut into tokens once."""
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
        """Learn from a batch more; after the last one, everything is as if learned from all texts at once.

        Tokenizer and n-grams are chosen from the first batch. All counts are kept, also of what the limits leave out.
        After `fit`, which does not keep them, learning begins anew.

        Args:
            texts: list of str, or an array or a column of them.
            y: not used.
            finish: off: only count, and leave the columns as they are until a call with it; saves time between batches.
            progress: hears how many texts are counted.

        Raises:
            ValueError: the weighting is "naive-bayes", which needs all texts and labels at once.
        """
        texts = self.checked_texts(texts)
        if self.weighting == "naive-bayes":
            raise ValueError(
                "weighting must be another than 'naive-bayes' for partial_fit, which has no labels; use fit"
            )
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
        """Add what another vectorizer learned; as if its texts had come behind this one's.

        Args:
            other: one with the same tokens, n-grams and stop words; both learned by `partial_fit`.

        Raises:
            ValueError: a vectorizer did not learn by `partial_fit`, or they do not count the same.
        """
        mine, others = self._growing(), (deepcopy(other) if other is self else other)._growing()
        if mine is None or others is None:
            raise ValueError("both vectorizers must have learned by partial_fit, which keeps all counts")
        for name, left, right in zip(("tokens", "ngrams", "stop_words"), mine.rule, others.rule, strict=True):
            if left != right:
                rule = f"both vectorizers must have the same {name}"
                raise ValueError(f"{rule}, got {shorten(left)} and {shorten(right)}")
        with whole_or_refused(mine.tally):
            mine.tally.merge(others.tally)
            learned, _ = self._learned(mine, None)
        self._take(learned)
        return self

    def transform(self, texts: Sequence[str]) -> npt.NDArray[np.float32] | Csr:
        """Float32 (samples, n-grams), CSR unless `sparse_output` is off; n-grams that were not learned are left out."""
        texts = self.checked_texts(texts, whole=False)
        self.check_is_fitted("fitted_")
        learned, counted = self.fitted_, self.fitted_.counted
        rows = counted.tally.rows(counted.tokens.prepared(texts), learned.columns, **learned.weighing)
        return to_csr(rows, len(learned.columns), sparse=self.sparse_output)

    def inverse_transform(self, rows: Any) -> list[npt.NDArray[np.object_]]:
        """The n-grams that every row has.

        Raises:
            ValueError: the rows are not as wide as there are n-grams.
        """
        from scipy.sparse import csr_matrix

        names, matrix = self.get_feature_names_out(), csr_matrix(rows)
        if matrix.shape[1] != len(names):
            raise ValueError(f"rows must have {len(names)} columns, got {matrix.shape[1]}")
        return [names[matrix[place].indices] for place in range(matrix.shape[0])]

    def get_feature_names_out(self, input_features: object = None) -> npt.NDArray[np.object_]:
        """The n-grams in the order of the columns, tokens joined by spaces, characters by nothing."""
        self.check_is_fitted("fitted_")
        columns = self.fitted_.columns
        names = np.empty(len(columns), dtype=object)
        names[:] = self.fitted_.counted.tally.names(columns, self.tokens_.joiner, 0, len(columns))
        return names

    def __sklearn_is_fitted__(self) -> bool:
        """Whether there are columns."""
        return "fitted_" in vars(self)

    def __getstate__(self) -> dict[str, Any]:
        """Copies hold the n-grams as arrays; the core's form is made again."""
        state = dict(super().__getstate__())
        if "fitted_" in state:
            state["fitted_"] = self.fitted_.state()
        if state.get("_pending") is not None:
            state["_pending"] = state["_pending"].state(None)
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take a copy's settings and n-grams."""
        if "fitted_" in state:
            state["fitted_"] = LearnedBag.restored(state["fitted_"])
        if state.get("_pending") is not None:
            state["_pending"], _ = CountedGrams.restored(state["_pending"])
        super().__setstate__(state)

    def check_settings(self) -> None:
        """Refuse settings that are out of their range, as `fit` does."""
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
            raise ValueError(f"max_share must be above 0 and 1 at most, got {self.max_share}")
        check_stop_words(self.stop_words)

    def _growing(self) -> CountedGrams | None:
        """What `partial_fit` counted so far."""
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
        """All that was learned, and the rows of the kept texts where weighing had to make them."""
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
