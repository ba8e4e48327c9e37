"""Parts of a fitted bag model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from malmoi import _core
from malmoi.data.texts import Texts, as_texts
from malmoi.foundation.arrays import Label, joined
from malmoi.foundation.threads import thread_count
from malmoi.models.linear.features import BagFeatures
from malmoi.models.linear.settings import Weighting
from malmoi.tokenizers.batches import batches

__all__ = ["BagFacts", "BagScorer", "Floats", "Learned", "NgramWeight", "columns_of_state", "columns_state"]

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class BagFacts:
    """Facts about the training of a bag model, and how its settings were chosen.

    Args:
        samples: number of labelled texts.
        entries: number of non-zero values of the training matrix.
        C: inverse strength of the L2 penalty.
        tried: values of C that were compared, with the held-out log loss (for regression the squared error) of each.
        held_out: number of out-of-sample scores in that comparison; 0: there was none.
        training_accuracy: accuracy on the training texts; `None` for regression.

    Example:
        >>> import malmoi as mm
        >>> texts, labels = ["so good", "so bad", "good film", "bad film"] * 5, ["pos", "neg"] * 10
        >>> facts = mm.BagClassifier(C=1.0, tokens=mm.Words()).fit(texts, labels).facts_
        >>> facts.samples, facts.entries, facts.C, facts.training_accuracy
        (20, 60, 1.0, 1.0)
    """

    samples: int
    entries: int
    C: float
    tried: tuple[tuple[float, float], ...]
    held_out: int
    training_accuracy: float | None


@dataclass(frozen=True)
class NgramWeight:
    """An n-gram with one of the largest weights for a class.

    Args:
        name: the n-gram.
        label: the class whose score it increases; for regression "higher" or "lower".
        weight: its weight, above 0, in log-odds per unit of the feature; for regression in standard deviations of the
            target.

    Example:
        >>> import malmoi as mm
        >>> texts, labels = ["so good", "so bad", "good film", "bad film"] * 5, ["pos", "neg"] * 10
        >>> ngram = mm.BagClassifier(tokens=mm.Words()).fit(texts, labels).top_ngrams_[0]
        >>> ngram.name, ngram.label, ngram.weight > 0
        ('bad', 'neg', True)
    """

    name: str
    label: Label
    weight: float


@dataclass(frozen=True)
class Learned:
    """Statistics of the training texts for a later `partial_fit`.

    Args:
        squares: float32 (features,), sum of squares of each column.
        curvature: float32 (outputs,), mean of p (1 - p) over the texts; 1 for regression.
        prior: float32 (outputs,), prior variance of a weight.
        weight: sum of the weights of all texts.
    """

    squares: Floats
    curvature: Floats
    prior: Floats
    weight: float


def columns_state(columns: _core.BagColumns) -> dict[str, object]:
    """Return columns in a form that can be pickled."""
    hashes = columns.hashes()
    return {"hashes": hashes if len(hashes) else None, "buckets": len(columns)}


def columns_of_state(state: dict[str, Any]) -> _core.BagColumns:
    """Remove the columns from a pickled state and return them."""
    hashes, buckets = state.pop("hashes"), state.pop("buckets")
    return _core.BagColumns.hashed(buckets) if hashes is None else _core.BagColumns.learned(hashes)


@dataclass(frozen=True, eq=False)
class BagScorer:
    """Scores of texts.

    Args:
        features: tokenizers and n-gram ranges.
        columns: map from n-grams to columns, in the core.
        table: float32 (features, outputs), weights.
        bias: float32 (outputs,).
        factors: float32 (features,), inverse document frequencies; `None` for weightings without them.
        weighting: how feature values are computed.
        n_jobs: number of threads; `None` for all cores.
    """

    features: BagFeatures
    columns: _core.BagColumns
    table: Floats
    bias: Floats
    factors: Floats | None
    weighting: Weighting
    n_jobs: int | None = None

    def __getstate__(self) -> dict[str, object]:
        """Return hashes and arrays for a copy; the core's objects are created again."""
        kept = {one.name: getattr(self, one.name) for one in fields(self) if one.name != "columns"}
        return {**kept, **columns_state(self.columns)}

    def __setstate__(self, state: dict[str, object]) -> None:
        """Restore the fields from a copy's hashes and arrays."""
        self.__dict__.update(state, columns=columns_of_state(state))

    @cached_property
    def weights(self) -> _core.LinearWeights:
        """The weights as an object of the core."""
        table, bias = np.ascontiguousarray(self.table, np.float32), np.ascontiguousarray(self.bias, np.float32)
        return _core.LinearWeights(table, bias)

    @cached_property
    def core_factors(self) -> Floats | None:
        """The factors as a contiguous float32 array."""
        return None if self.factors is None else np.ascontiguousarray(self.factors, np.float32)

    def scores(self, texts: Sequence[str]) -> Floats:
        """Return uncalibrated scores float32 (samples, outputs): log-odds, or standardized regression targets."""
        cut = batches(as_texts(texts))
        parts = [self._scores(self.features.prepared(batch), thread_count(self.n_jobs)) for batch in cut]
        return joined(parts, np.float32, len(self.bias))

    def _scores(self, texts: Texts, threads: int) -> Floats:
        columns, local = self.columns, self.weighting.local
        return self.weights.scores(
            self.features.core, columns, texts, local=local, factors=self.core_factors, threads=threads
        )
