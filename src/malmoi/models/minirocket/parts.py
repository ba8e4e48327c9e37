"""What a fitted MiniRocket model is made of: how series are prepared, their convolutions, and a linear model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from functools import cached_property

import numpy as np
import numpy.typing as npt

from malmoi import _core
from malmoi.data.series import Series
from malmoi.foundation.threads import thread_count
from malmoi.models.minirocket.settings import KERNELS, Padding
from malmoi.models.normalization import Normalization

__all__ = ["Convolutions", "Floats", "LinearHead", "MiniRocketFacts", "Preparation", "learned_convolutions"]

Floats = npt.NDArray[np.float32]
VALUES_TOGETHER = 2**24
"""Numbers of series that are handed to the core at once."""


@dataclass(frozen=True, eq=False)
class Preparation:
    """How series become the channels of convolutions.

    Args:
        normalization: how values are scaled.
        missing: "refuse"; or "indicate": a missing number is interpolated between its neighbours in time, and each
            feature has a channel that is 1 where it is missing.
        length: steps of the longest training series.
        padding: "zeros": shorter series are filled up with zeros to `length`; `None`: they are not.
    """

    normalization: Normalization
    missing: str
    length: int
    padding: Padding | None

    @property
    def features(self) -> int:
        """Features of a step."""
        return self.normalization.features

    @property
    def channels(self) -> int:
        """Channels of a convolution."""
        return self.features * (2 if self.missing == "indicate" else 1)

    @property
    def least(self) -> int:
        """Steps to which shorter series are filled up; 0: they are not."""
        return self.length if self.padding == "zeros" else 0

    def packed(self, series: Series) -> tuple[bytes, bytes]:
        """Return values float32 (steps, channels), one series after the other, and uint64 where each ends."""
        prepared = [self._prepared(one) for one in series]
        values = np.concatenate(prepared) if prepared else np.zeros((0, self.channels), np.float32)
        ends = np.cumsum([len(one) for one in prepared], dtype=np.uint64)
        return values.astype("<f4", copy=False).tobytes(), ends.astype("<u8").tobytes()

    def batches(self, series: Series) -> Iterator[tuple[bytes, bytes]]:
        """Yield packed series, of so many at a time that memory stays bounded."""
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
    """Values with missing ones on straight lines between their neighbours; 0 where a feature has none at all."""
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
        channels: of a series.
        least: steps to which shorter series are filled up.
        dilations: uint64 (dilations,), rising.
        counts: uint64 (dilations,), biases of each kernel at each dilation.
        channel_counts: uint64 (combinations,), channels of each kernel at each dilation.
        chosen: uint64, the channels of each combination, one after the other.
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
        """Copies hold arrays; the core's form is made again."""
        return {one.name: getattr(self, one.name) for one in fields(self)}

    def __setstate__(self, state: dict[str, object]) -> None:
        """Take a copy's arrays."""
        self.__dict__.update(state)

    @cached_property
    def core(self) -> _core.SeriesConvolutions:
        """The convolutions in the core.

        Raises:
            ValueError: the arrays do not fit each other.
        """
        lists = (self.dilations, self.counts, self.channel_counts, self.chosen)
        dilations, counts, channel_counts, chosen = (one.astype("<u8").tobytes() for one in lists)
        return _core.SeriesConvolutions.restored(
            channels=self.channels,
            least=self.least,
            dilations=dilations,
            counts=counts,
            channel_counts=channel_counts,
            chosen=chosen,
            biases=self.biases.astype("<f4").tobytes(),
        )


def learned_convolutions(
    preparation: Preparation, packed: tuple[bytes, bytes], kernels: int, seed: int, n_jobs: int | None
) -> Convolutions:
    """Return the convolutions of a number of kernels, with biases learned from packed training series."""
    core = _core.SeriesConvolutions.learned(
        *packed,
        channels=preparation.channels,
        least=preparation.least,
        length=preparation.length,
        features=kernels // KERNELS * KERNELS,
        seed=seed,
        threads=thread_count(n_jobs),
    )
    dilations, counts, channel_counts, chosen = (np.frombuffer(one, "<u8") for one in core.lists())
    biases = np.frombuffer(core.biases(), "<f4")
    return Convolutions(preparation.channels, preparation.least, dilations, counts, channel_counts, chosen, biases)


@dataclass(frozen=True, eq=False)
class LinearHead:
    """Features to scores.

    Args:
        weights: float32 (outputs, features).
        bias: float32 (outputs,).
    """

    weights: Floats
    bias: Floats

    @cached_property
    def weight_bytes(self) -> bytes:
        """The weights as the core takes them."""
        return self.weights.astype("<f4").tobytes()

    def scores(self, convolutions: Convolutions, packed: tuple[bytes, bytes], threads: int) -> Floats:
        """Return scores float32 (samples, outputs) of packed series."""
        bias = self.bias.astype("<f4").tobytes()
        found = convolutions.core.scores(*packed, weights=self.weight_bytes, bias=bias, threads=threads)
        return np.frombuffer(found, "<f4").reshape(-1, len(self.bias))


@dataclass(frozen=True)
class MiniRocketFacts:
    """What a MiniRocket model learned from, and how its settings were chosen.

    Args:
        samples: labelled series.
        features: shares of steps above a bias, in all.
        linear: "ridge" or "logistic", the regression on the features.
        C: what the sum of losses counts beside the L2 penalty.
        tried: values of C that were compared, with the held-out log loss (of numbers the squared error) of each.
        held_out: series of that comparison, each scored by a model that did not learn from it; 0: there was none.
        training_accuracy: accuracy on the training series; `None` for numbers.
        compared: pairs of normalization and padding that were compared, with the held-out loss of each; empty where
            there was one alone.
    """

    samples: int
    features: int
    linear: str
    C: float
    tried: Sequence[tuple[float, float]]
    held_out: int
    training_accuracy: float | None
    compared: Sequence[tuple[str, float]] = ()
