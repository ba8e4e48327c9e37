"""Texts as a sparse feature matrix in the core: learned columns, or hash buckets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from malmoi import _core
from malmoi.data.texts import Texts
from malmoi.errors import DataError
from malmoi.foundation.progress import Progress
from malmoi.foundation.threads import thread_count
from malmoi.models.linear.features import BagFeatures
from malmoi.models.linear.parts import BagScorer
from malmoi.models.linear.settings import WEIGHTINGS, BagSettings, Weighting
from malmoi.tokenizers.batches import batches

__all__ = [
    "MOST_TEXTS",
    "BagMatrix",
    "Floats",
    "LinearLoss",
    "bag_matrix",
    "check_columns",
    "counted_ngrams",
    "least_texts",
    "matrix_of",
    "prepared_batches",
    "rows_of",
]

Floats = npt.NDArray[np.float32]
LinearLoss = Literal["logistic", "squared"]
MOST_TEXTS = 2**32 - 1
TEXTS_TOGETHER = 10_000
"""Texts between two calls of the progress callback, for tokenizers outside the core."""
TEXTS_FOR_PAIRS = 1_000
"""Number of texts from which "auto" drops n-grams that occur in only one of them."""


@dataclass(frozen=True)
class BagMatrix:
    """The feature matrix of texts.

    Args:
        features: tokenizers and n-gram ranges.
        columns: map from n-grams to columns.
        rows: the sparse matrix, in the core.
        weighting: how the values are computed.
        factors: float32 (features,), factor of each column; `None` if all are 1.
        threads: number of threads.
    """

    features: BagFeatures
    columns: _core.BagColumns
    rows: _core.BagRows
    weighting: Weighting
    factors: Floats | None
    threads: int

    @property
    def core_factors(self) -> Floats | None:
        """The factors as a contiguous float32 array."""
        return None if self.factors is None else np.ascontiguousarray(self.factors, np.float32)

    def squares(self) -> Floats:
        """Return float32 (features,): the sum of squares of each column, with rows scaled to length 1."""
        return self.rows.squares(columns=len(self.columns), factors=self.core_factors)

    def fit(
        self, jobs: list[_core.LinearJob], settings: BagSettings, loss: LinearLoss, *, tolerance: float | None = None
    ) -> list[list[tuple[_core.LinearWeights, Floats, list[int], list[float]]]]:
        """Run fitting jobs in the core and return the results of `_core.BagRows.fit`.

        Args:
            jobs: rows, targets and strengths of each fit.
            settings: smoothing, and random seed of the order of the rows.
            loss: "logistic" or "squared".
            tolerance: mean change of the scores in the last epoch, in log-odds, for a large matrix; `None`: default.
        """
        largest = TOLERANCE if tolerance is None else tolerance
        return self.rows.fit(
            jobs,
            columns=len(self.columns),
            factors=self.core_factors,
            smoothing=float(settings.smoothing) if self.weighting.by_class and loss == "logistic" else None,
            loss=loss,
            epochs=max(LEAST_EPOCHS, min(MOST_EPOCHS, ENTRIES_IN_ALL // max(self.rows.entries, 1))),
            tolerance=max(LEAST_TOLERANCE, largest * min(1, self.rows.entries / ENTRIES_FOR_TOLERANCE) ** 0.5),
            seed=settings.seed,
            threads=self.threads,
        )


TOLERANCE, ENTRIES_FOR_TOLERANCE = 0.02, 3_000_000
"""Mean change of the scores in the last epoch, in log-odds; smaller for a matrix with fewer entries."""
LEAST_TOLERANCE = 0.0005
LEAST_EPOCHS, MOST_EPOCHS, ENTRIES_IN_ALL = 60, 2_000, 30_000_000
"""Maximum number of epochs: more for few entries, since contradictory texts need many."""


def bag_matrix(settings: BagSettings, features: BagFeatures, texts: Texts, progress: Progress) -> BagMatrix:
    """Learn the columns of texts, and compute their feature matrix."""
    threads = thread_count(settings.n_jobs)
    weighting = WEIGHTINGS[settings.weighting]
    cut = prepared_batches(features, texts, progress)
    counts = None
    if settings.buckets is None:
        columns, counts = _learned_columns(settings, features, cut, threads, progress)
    else:
        columns = _core.BagColumns.hashed(int(settings.buckets))
    parts = [columns.rows(features.core, batch, local=weighting.local, threads=threads) for batch in cut]
    rows = parts[0] if len(parts) == 1 else _core.BagRows.joined(parts)
    progress("features", len(texts), len(texts))
    return matrix_of(settings, features, columns, rows, counts)


def matrix_of(
    settings: BagSettings,
    features: BagFeatures,
    columns: _core.BagColumns,
    rows: _core.BagRows,
    counts: npt.NDArray[np.uint32] | None,
) -> BagMatrix:
    """Return the feature matrix of the rows of training texts.

    Args:
        settings: the weighting, and the number of threads.
        features: tokenizers and n-gram ranges.
        columns: map from n-grams to columns.
        rows: one for each text.
        counts: uint32 (features,), document frequencies; `None`: counted in the rows if they are needed.
    """
    weighting, factors = WEIGHTINGS[settings.weighting], None
    if weighting.by_rarity:
        if counts is None:
            counts = rows.text_counts(columns=len(columns))
        factors = (np.log((1 + len(rows)) / (1 + counts)) + 1).astype(np.float32)
    return BagMatrix(features, columns, rows, weighting, factors, thread_count(settings.n_jobs))


def prepared_batches(features: BagFeatures, texts: Texts, progress: Progress) -> list[Texts]:
    """Return texts in batches, as input of the core; tokenizers outside the core are run once."""
    if all(one.in_core for one in features.tokens):
        return batches(texts)
    prepared: list[str] = []
    for start in range(0, len(texts), TEXTS_TOGETHER):
        prepared += features.prepared(texts[start : start + TEXTS_TOGETHER])
        progress("finding tokens", len(prepared), len(texts))
    return batches(prepared)


def rows_of(scorer: BagScorer, texts: Texts) -> BagMatrix:
    """Compute the feature matrix of texts with the columns of a fitted model."""
    threads = thread_count(scorer.n_jobs)
    rows = scorer.columns.rows(
        scorer.features.core, scorer.features.prepared(texts), local=scorer.weighting.local, threads=threads
    )
    return BagMatrix(scorer.features, scorer.columns, rows, scorer.weighting, scorer.factors, threads)


def counted_ngrams(features: BagFeatures, cut: list[Texts], threads: int, progress: Progress) -> _core.BagCounter:
    """Count the document frequency of every n-gram; `cut` is the result of `prepared_batches`."""
    counter, total = _core.BagCounter(), sum(map(len, cut))
    for batch in cut:
        counter.add(features.core, batch, threads=threads)
        progress("counting n-grams", counter.texts, total)
    return counter


def _learned_columns(
    settings: BagSettings, features: BagFeatures, cut: list[Texts], threads: int, progress: Progress
) -> tuple[_core.BagColumns, npt.NDArray[np.uint32]]:
    counter, total = counted_ngrams(features, cut, threads, progress), sum(map(len, cut))
    least = least_texts(settings, total)
    most = None if settings.max_features is None else int(settings.max_features)
    columns, counts = counter.columns(least_texts=least, most_texts=MOST_TEXTS, most=most, threads=threads)
    check_columns(len(columns), least, total)
    return columns, counts


def least_texts(settings: BagSettings, total: int) -> int:
    """Return the minimum document frequency of an n-gram in so many texts."""
    return int(settings.min_texts) if settings.min_texts != "auto" else 2 if total >= TEXTS_FOR_PAIRS else 1


def check_columns(columns: int, least: int, total: int) -> None:
    """Check that there are features.

    Raises:
        DataError: no n-gram is in `least` of all texts.
    """
    if not columns:
        rule = f"texts must have an n-gram with a document frequency of {least} or more, got none in {total:,} texts"
        raise DataError(f"{rule}; check that they have tokens, or lower min_texts")
