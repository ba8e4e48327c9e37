"""What a fitted bag model is made of."""

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

__all__ = ["BagFacts", "BagScorer", "Floats", "Learned", "TellingNgram", "columns_of_state", "columns_state"]

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class BagFacts:
    """What a bag model learned from, and how its settings were chosen.

    Args:
        samples: labelled texts.
        entries: values of the training matrix that are not zero.
        C: the strength of the losses beside the penalty.
        tried: values of C that were compared, with the held-out log loss (of numbers the squared error) of each.
        held_out: texts of that comparison, each scored by a model that did not learn from it; 0: there was none.
        training_accuracy: accuracy on the training texts; `None` for numbers.
    """

    samples: int
    entries: int
    C: float
    tried: tuple[tuple[float, float], ...]
    held_out: int
    training_accuracy: float | None


@dataclass(frozen=True)
class TellingNgram:
    """An n-gram whose weight for a class is among the largest.

    Args:
        name: the n-gram.
        label: the class whose score it raises; of numbers "higher" or "lower".
        weight: how much, for a text that holds nothing else.
    """

    name: str
    label: Label
    weight: float


@dataclass(frozen=True)
class Learned:
    """What a later `partial_fit` needs to know of the texts so far.

    Args:
        squares: float32 (columns,), the sum of the squares of each column's values.
        curvature: float32 (outputs,), mean of p (1 - p) over the texts; 1 for numbers.
        prior: float32 (outputs,), variance of a weight before any text.
        weight: sum of the weights of all texts.
    """

    squares: Floats
    curvature: Floats
    prior: Floats
    weight: float


def columns_state(columns: _core.BagColumns) -> dict[str, object]:
    """Return columns as pickles hold them."""
    hashes = columns.hashes()
    return {"hashes": hashes if len(hashes) else None, "buckets": len(columns)}


def columns_of_state(state: dict[str, Any]) -> _core.BagColumns:
    """Take the columns out of what a pickle holds."""
    hashes, buckets = state.pop("hashes"), state.pop("buckets")
    return _core.BagColumns.hashed(buckets) if hashes is None else _core.BagColumns.learned(hashes)


@dataclass(frozen=True, eq=False)
class BagScorer:
    """Texts to scores.

    Args:
        features: which n-grams of which tokens.
        columns: n-grams to columns, in the core.
        table: float32 (columns, outputs).
        bias: float32 (outputs,).
        factors: float32 (columns,), inverse document frequencies; `None` for weightings without.
        weighting: what the values of a row are.
        n_jobs: threads; `None` for all cores.
    """

    features: BagFeatures
    columns: _core.BagColumns
    table: Floats
    bias: Floats
    factors: Floats | None
    weighting: Weighting
    n_jobs: int | None = None

    def __getstate__(self) -> dict[str, object]:
        """Copies hold hashes and arrays; the core's forms are made again."""
        kept = {one.name: getattr(self, one.name) for one in fields(self) if one.name != "columns"}
        return {**kept, **columns_state(self.columns)}

    def __setstate__(self, state: dict[str, object]) -> None:
        """Take a copy's arrays."""
        self.__dict__.update(state, columns=columns_of_state(state))

    @cached_property
    def weights(self) -> _core.LinearWeights:
        """The weights as the core takes them."""
        table, bias = np.ascontiguousarray(self.table, np.float32), np.ascontiguousarray(self.bias, np.float32)
        return _core.LinearWeights(table, bias)

    @cached_property
    def core_factors(self) -> Floats | None:
        """The factors as the core takes them."""
        return None if self.factors is None else np.ascontiguousarray(self.factors, np.float32)

    def scores(self, texts: Sequence[str]) -> Floats:
        """Return scores float32 (samples, outputs) before calibration: log-odds, or standardized numbers."""
        cut = batches(as_texts(texts))
        parts = [self._scores(self.features.prepared(batch), thread_count(self.n_jobs)) for batch in cut]
        return joined(parts, np.float32, len(self.bias))

    def _scores(self, texts: Texts, threads: int) -> Floats:
        columns, local = self.columns, self.weighting.local
        return self.weights.scores(
            self.features.core, columns, texts, local=local, factors=self.core_factors, threads=threads
        )
