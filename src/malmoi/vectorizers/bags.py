"""Texts to bags of n-grams: sparse rows, one column for every n-gram that was learned."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal, Self

import numpy as np
import numpy.typing as npt

from malmoi import _core
from malmoi.arrays import thread_count
from malmoi.errors import DataError, shorten
from malmoi.grams import TokensOrAuto, chosen_ngrams, chosen_tokens
from malmoi.progress import Progress, silent
from malmoi.tokens import Tokenizer
from malmoi.vectorizers.base import (
    LARGEST_COUNT,
    Csr,
    TextTransformer,
    batches,
    check_choice,
    check_number,
    check_stop_words,
    to_csr,
)

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

    tokens_: Tokenizer
    ngrams_: tuple[int, int]
    choice_: str
    counts_: npt.NDArray[np.int64]
    text_counts_: npt.NDArray[np.int64]
    weights_: npt.NDArray[np.float64] | None
    _tally: _core.GramTally
    _columns: _core.GramColumns
    _is_complete: bool

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
        texts = self._checked_texts(texts)
        self._begin(texts)
        self._count(texts, keep=self._needs_rows, progress=progress)
        self._finish(len(texts), y)
        self._compact()
        return self

    def fit_transform(
        self, texts: Sequence[str], y: Sequence[object] | None = None, *, progress: Progress = silent
    ) -> npt.NDArray[np.float32] | Csr:
        """Learn and make the rows of the same texts, which are cut into tokens once."""
        texts = self._checked_texts(texts)
        self._begin(texts)
        self._count(texts, keep=True, progress=progress)
        rows = self._finish(len(texts), y)
        if rows is None:
            rows = self._tally.kept_rows(self._columns, **self._row_settings())
        matrix = to_csr(rows, len(self._columns), sparse=self.sparse_output)
        self._compact()
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
        texts = self._checked_texts(texts)
        if self.weighting == "naive-bayes":
            raise ValueError(
                "weighting must be another than 'naive-bayes' for partial_fit, which has no labels; use fit"
            )
        if not getattr(self, "_is_complete", False):
            self._begin(texts)
        self._is_complete = True
        self._count(texts, keep=False, progress=progress)
        if finish:
            self._finish(self._tally.texts, None)
        return self

    def merge(self, other: BagVectorizer) -> Self:
        """Add what another vectorizer learned; as if its texts had come behind this one's.

        Args:
            other: one with the same tokens, n-grams and stop words; both learned by `partial_fit`.

        Raises:
            ValueError: a vectorizer did not learn by `partial_fit`, or they do not count the same.
        """
        for vectorizer in (self, other):
            if not getattr(vectorizer, "_is_complete", False):
                raise ValueError("both vectorizers must have learned by partial_fit, which keeps all counts")
        mine, others = ((v.tokens_, v.ngrams_, check_stop_words(v.stop_words)) for v in (self, other))
        if mine != others:
            raise ValueError(f"both vectorizers must count the same, got {shorten(mine)} and {shorten(others)}")
        self._tally.merge(other._tally)
        self._finish(self._tally.texts, None)
        return self

    def transform(self, texts: Sequence[str]) -> npt.NDArray[np.float32] | Csr:
        """Float32 (samples, n-grams), CSR unless `sparse_output` is off; n-grams that were not learned are left out."""
        texts = self._checked_texts(texts)
        self._check_is_fitted("_columns")
        prepared = self.tokens_.prepared(texts)
        rows = self._tally.rows(prepared, self._columns, **self._row_settings())
        return to_csr(rows, len(self._columns), sparse=self.sparse_output)

    def inverse_transform(self, rows: Any) -> list[npt.NDArray[np.object_]]:
        """The n-grams that every row has."""
        from scipy.sparse import csr_matrix

        names, matrix = self.get_feature_names_out(), csr_matrix(rows)
        return [names[matrix[place].indices] for place in range(matrix.shape[0])]

    def get_feature_names_out(self, input_features: object = None) -> npt.NDArray[np.object_]:
        """The n-grams in the order of the columns, tokens joined by spaces, characters by nothing."""
        self._check_is_fitted("_columns")
        names = np.empty(len(self._columns), dtype=object)
        names[:] = self._tally.names(self._columns, self.tokens_.joiner, 0, len(self._columns))
        return names

    def __getstate__(self) -> dict[str, Any]:
        """Copies hold the n-grams as arrays; the core's form is made again."""
        state = dict(super().__getstate__())
        if "_tally" in state:
            state["_tally"] = self._tally.state(None if self._is_complete else self._columns)
            del state["_columns"]
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take a copy's settings and n-grams."""
        grams = state.pop("_tally", None)
        super().__setstate__(state)
        if grams is not None:
            self._tally = self._new_tally()
            self._columns = self._tally.restore(grams)
            if self._is_complete:
                self._finish(self._tally.texts, None)

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

    @property
    def _needs_rows(self) -> bool:
        return self.weighting == "naive-bayes"

    def _new_tally(self) -> _core.GramTally:
        shortest, longest = self.ngrams_
        stop_words = check_stop_words(self.stop_words)
        threads = thread_count(self.n_jobs)
        return _core.GramTally(
            self.tokens_.splitter, threads=threads, shortest=shortest, longest=longest, stop_words=stop_words
        )

    def _begin(self, texts: list[str]) -> None:
        self._is_complete = False
        self.tokens_, self.choice_ = chosen_tokens(self.tokens, texts, bag=True)
        self.ngrams_ = chosen_ngrams(self.ngrams, self.tokens_)
        self._tally = self._new_tally()

    def _count(self, texts: list[str], *, keep: bool, progress: Progress) -> None:
        for batch in batches(texts, progress, "counting n-grams"):
            self._tally.add(self.tokens_.prepared(batch), keep=keep)

    def _finish(self, samples: int, labels: object) -> tuple[bytearray, bytearray, bytearray] | None:
        """Choose the columns and weigh them; returns the rows of the kept texts where weighing had to make them."""
        # As scikit-learn's max_df: a share of the texts, not rounded.
        most_texts = samples if self.max_share == 1 else int(np.floor(self.max_share * samples))
        self._columns = self._tally.columns(
            least_count=int(self.min_count), least_texts=int(self.min_texts), most_texts=most_texts,
            most=None if self.max_tokens is None else int(self.max_tokens),
        )  # fmt: skip
        counts, texts, _ = self._tally.column_counts(self._columns)
        self.counts_, self.text_counts_ = np.frombuffer(counts, "<i8"), np.frombuffer(texts, "<i8")
        self.weights_ = None
        if self.weighting in ("tfidf", "sublinear-tfidf"):
            self.weights_ = np.log((1 + samples) / (1 + self.text_counts_)) + 1
        if self.weighting != "naive-bayes":
            return None
        rows = self._tally.kept_rows(self._columns, local="binary", weights=None, norm=None)
        self.weights_ = _log_count_ratios(rows, labels, samples, len(self._columns))
        values = self.weights_[np.frombuffer(rows[1], "<i4")].astype("<f4")
        if chosen_norm(self.norm, self.weighting) is None:
            return bytearray(values.tobytes()), rows[1], rows[2]
        from sklearn.preprocessing import normalize

        starts = np.concatenate([[0], np.frombuffer(rows[2], "<i8")])
        from scipy.sparse import csr_matrix

        matrix = csr_matrix((values, np.frombuffer(rows[1], "<i4"), starts), shape=(samples, len(self._columns)))
        return bytearray(normalize(matrix, norm=self.norm).data.astype("<f4").tobytes()), rows[1], rows[2]

    def _compact(self) -> None:
        """Forget what the limits left out, where that is much."""
        self._is_complete = False
        everything = self.min_count == self.min_texts == self.max_share == 1 and self.max_tokens is None
        if not everything:
            state = self._tally.state(self._columns)
            self._tally = self._new_tally()
            self._columns = self._tally.restore(state)

    def _row_settings(self) -> dict[str, Any]:
        return {
            "local": LOCAL.get(self.weighting, "count"),
            "weights": None if self.weights_ is None else self.weights_.astype("<f8").tobytes(),
            "norm": chosen_norm(self.norm, self.weighting),
        }


def _log_count_ratios(
    rows: tuple[bytearray, bytearray, bytearray], labels: object, samples: int, width: int
) -> npt.NDArray[np.float64]:
    """How much more often the second class' texts hold an n-gram than the first one's, as a logarithm."""
    if labels is None:
        raise ValueError("y must be the labels for the weighting 'naive-bayes', got None")
    given = np.asarray(labels)
    if given.shape != (samples,):
        raise ValueError(f"y must be as many as the {samples} texts, got {shorten(given.shape)}")
    classes, numbers = np.unique(given, return_inverse=True)
    if len(classes) != 2:
        cure = "for more, make one of each class against the rest: OneVsRestClassifier over a pipeline with this"
        raise DataError(f"y must have 2 classes for the weighting 'naive-bayes', got {len(classes)}; {cure}")
    ends = np.frombuffer(rows[2], "<i8")
    owners = np.repeat(numbers, np.diff(ends, prepend=0))
    columns = np.frombuffer(rows[1], "<i4")
    first, second = (np.bincount(columns[owners == code], minlength=width) + 1.0 for code in (0, 1))
    ratios: npt.NDArray[np.float64] = np.log((second / second.sum()) / (first / first.sum()))
    return ratios
