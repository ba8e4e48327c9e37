"""Parts of a fitted MiniRocket model: preparation of series, convolutions, and a linear model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from malmoi import _core
from malmoi.data.series import Series
from malmoi.foundation.threads import thread_count
from malmoi.models.minirocket.settings import KERNELS, Padding
from malmoi.models.normalization import Normalization

__all__ = ["Convolutions", "Floats", "LinearHead", "MiniRocketFacts", "Preparation", "learned_convolutions"]

Floats = npt.NDArray[np.float32]
Packed: TypeAlias = tuple[Floats, npt.NDArray[np.uint64]]
"""Concatenated series (steps, channels), and the end of each (series,)."""
VALUES_TOGETHER = 2**24
"""Maximum number of values of series per call of the core."""


@dataclass(frozen=True, eq=False)
class Preparation:
    """Preparation of series as channels of convolutions.

    Args:
        normalization: scaling of the values.
        missing: "refuse"; or "indicate": missing values are interpolated in time, and each feature has an additional
            channel that is 1 where it is missing.
        length: length of the longest training series, in steps.
        padding: "zeros": shorter series are padded with zeros to `length`; `None`: no padding.
    """

    normalization: Normalization
    missing: str
    length: int
    padding: Padding | None

    @property
    def features(self) -> int:
        """Number of features."""
        return self.normalization.features

    @property
    def channels(self) -> int:
        """Number of channels of a convolution."""
        return self.features * (2 if self.missing == "indicate" else 1)

    @property
    def least(self) -> int:
        """Length to which shorter series are padded, in steps; 0: no padding."""
        return self.length if self.padding == "zeros" else 0

    def packed(self, series: Series) -> Packed:
        """Return values float32 (steps, channels) of the concatenated series, and the end of each, uint64."""
        prepared = [self._prepared(one) for one in series]
        values = np.concatenate(prepared) if prepared else np.zeros((0, self.channels), np.float32)
        ends = np.cumsum([len(one) for one in prepared], dtype=np.uint64)
        return np.ascontiguousarray(values, np.float32), ends

    def batches(self, series: Series) -> Iterator[Packed]:
        """Yield packed series in batches of limited memory."""
        start, total = 0, 0
        for place, one in enumerate(series):
            if place > start and total + one.size > VALUES_TOGETHER:
                yield self.packed(series[start:place])
                start, total = place, 0
            total += one.size
        yield self.packed(series[start:])

    def _prepared(self, one: Floats) -> Floats:
        scaled = one if self.normalization.kind is None else self.normalization.apply(one)
        if self.missing != "indicate":
            return scaled
        gaps = np.isnan(scaled)
        return np.concatenate([_interpolated(scaled, gaps), gaps.astype(np.float32)], axis=1)


def _interpolated(values: Floats, gaps: npt.NDArray[np.bool_]) -> Floats:
    """Interpolate missing values linearly in time; 0 for a feature without any value."""
    found = values.copy()
    steps = np.arange(len(values))
    for feature in np.flatnonzero(gaps.any(axis=0)):
        missing = gaps[:, feature]
        known = found[~missing, feature]
        found[missing, feature] = np.interp(steps[missing], steps[~missing], known) if len(known) else 0
    return found


@dataclass(frozen=True, eq=False)
class Convolutions:
    """Fixed convolutions and their learned biases, in the core and as arrays.

    Args:
        channels: number of channels of a series.
        least: length to which shorter series are padded, in steps.
        dilations: uint64 (dilations,), increasing.
        counts: uint64 (dilations,), number of biases of each kernel at each dilation.
        channel_counts: uint64 (combinations,), number of channels of each kernel at each dilation.
        chosen: uint64, concatenated channels of all combinations.
        biases: float32 (features,).
    """

    channels: int
    least: int
    dilations: npt.NDArray[np.uint64]
    counts: npt.NDArray[np.uint64]
    channel_counts: npt.NDArray[np.uint64]
    chosen: npt.NDArray[np.uint64]
    biases: Floats

    def __len__(self) -> int:
        """Return the number of features."""
        return len(self.biases)

    def __getstate__(self) -> dict[str, object]:
        """Return the arrays for a copy; the core's object is created again."""
        return {one.name: getattr(self, one.name) for one in fields(self)}

    def __setstate__(self, state: dict[str, object]) -> None:
        """Restore the fields from a copy's arrays."""
        self.__dict__.update(state)

    @cached_property
    def core(self) -> _core.SeriesConvolutions:
        """The convolutions in the core.

        Raises:
            ValueError: the arrays are inconsistent.
        """
        lists = (self.dilations, self.counts, self.channel_counts, self.chosen)
        dilations, counts, channel_counts, chosen = (np.ascontiguousarray(one, np.uint64) for one in lists)
        return _core.SeriesConvolutions.restored(
            channels=self.channels,
            least=self.least,
            dilations=dilations,
            counts=counts,
            channel_counts=channel_counts,
            chosen=chosen,
            biases=np.ascontiguousarray(self.biases, np.float32),
        )


def learned_convolutions(
    preparation: Preparation, packed: Packed, kernels: int, seed: int, n_jobs: int | None
) -> Convolutions:
    """Return the convolutions of a number of kernels, with biases learned from packed training series."""
    core = _core.SeriesConvolutions.learned(
        *packed,
        least=preparation.least,
        length=preparation.length,
        features=kernels // KERNELS * KERNELS,
        seed=seed,
        threads=thread_count(n_jobs),
    )
    dilations, counts, channel_counts, chosen = core.lists()
    biases = core.biases()
    return Convolutions(preparation.channels, preparation.least, dilations, counts, channel_counts, chosen, biases)


@dataclass(frozen=True, eq=False)
class LinearHead:
    """A linear layer from features to scores.

    Args:
        weights: float32 (outputs, features).
        bias: float32 (outputs,).
    """

    weights: Floats
    bias: Floats

    def scores(self, convolutions: Convolutions, packed: Packed, threads: int) -> Floats:
        """Return scores float32 (samples, outputs) of packed series."""
        weights, bias = np.ascontiguousarray(self.weights, np.float32), np.ascontiguousarray(self.bias, np.float32)
        return convolutions.core.scores(*packed, weights=weights, bias=bias, threads=threads)


@dataclass(frozen=True)
class MiniRocketFacts:
    """Facts about the training of a MiniRocket model, and how its settings were chosen.

    Args:
        samples: number of labelled series.
        features: number of features.
        linear: "ridge" or "logistic", the regression on the features.
        C: inverse strength of the L2 penalty.
        tried: values of C that were compared, with the held-out log loss (for regression the squared error) of each.
        held_out: number of out-of-sample scores in that comparison; 0: there was none.
        training_accuracy: accuracy on the training series; `None` for regression.
        compared: pairs of normalization and padding that were compared, with the held-out loss of each; empty if there
            was only one.

    Example:
        >>> import malmoi as mm
        >>> series = np.random.default_rng(0).normal(size=(20, 50)).cumsum(axis=1)
        >>> facts = mm.MiniRocketClassifier(kernels=84).fit(series, series[:, -1] > 0).facts_
        >>> facts.samples, facts.features, facts.held_out
        (20, 84, 20)
    """

    samples: int
    features: int
    linear: str
    C: float
    tried: Sequence[tuple[float, float]]
    held_out: int
    training_accuracy: float | None
    compared: Sequence[tuple[str, float]] = ()
