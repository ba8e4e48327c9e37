"""What networks share: dense layers at their end, and looking at real tokens alone."""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import numpy as np

from malmoi.errors import real_number, shorten, whole_number
from malmoi.networks.weights import glorot_uniform
from malmoi.startup import import_keras

__all__ = ["DenseLayers", "check_choice", "glorot", "new_seed", "pooled", "units_of", "zeroed"]

FAR_BELOW = -1e9


class DenseLayers:
    """What every network's dataclass has: the layers between the features and the output layer."""

    hidden: int | tuple[int, ...]
    dropout: float
    l2: float

    def check_dense(self) -> None:
        """Make the settings plain, and refuse those out of their range."""
        object.__setattr__(self, "hidden", units_of("hidden", self.hidden))
        object.__setattr__(self, "dropout", real_number("dropout", self.dropout))
        object.__setattr__(self, "l2", real_number("l2", self.l2))
        if not 0 <= self.dropout < 1:
            raise ValueError(f"dropout must be 0 or more and below 1, got {self.dropout}")
        if not 0 <= self.l2 < math.inf:
            raise ValueError(f"l2 must be 0 or more and finite, got {self.l2}")

    def check_count(self, name: str) -> None:
        """Make a setting a plain whole number of 1 or more.

        Raises:
            TypeError: it is no whole number.
            ValueError: it is below 1.
        """
        count = whole_number(name, getattr(self, name))
        if count < 1:
            raise ValueError(f"{name} must be 1 or more, got {count}")
        object.__setattr__(self, name, count)

    @property
    def hidden_units(self) -> tuple[int, ...]:
        """Units of each hidden layer."""
        return self.hidden if isinstance(self.hidden, tuple) else (self.hidden,)

    def dense(self, features: Any, seeds: np.random.Generator) -> Any:
        """Add the hidden layers to features (samples, features)."""
        layers = import_keras().layers
        for number, units in enumerate(self.hidden_units, 1):
            features = self._dropped(features, number, seeds)
            dense = layers.Dense(
                units, activation="relu", kernel_initializer=glorot(seeds), kernel_regularizer=self.penalty(),
                name=f"dense_{number}",
            )  # fmt: skip
            features = dense(features)
        return self._dropped(features, len(self.hidden_units) + 1, seeds)

    def penalty(self) -> Any:
        """What weights cost."""
        return import_keras().regularizers.L2(self.l2) if self.l2 else None

    def _dropped(self, features: Any, number: int, seeds: np.random.Generator) -> Any:
        if not self.dropout:
            return features
        layers = import_keras().layers
        return layers.Dropout(self.dropout, seed=new_seed(seeds), name=f"dropout_{number}")(features)

    def dense_parameters(self, features: int, outputs: int) -> int:
        """Parameters of the hidden layers and of the output layer."""
        return sum((before + 1) * after for before, after in pairwise((features, *self.hidden_units, outputs)))


def units_of(name: str, value: object) -> tuple[int, ...]:
    """One number or several, each 1 or more.

    Raises:
        TypeError: one is no whole number.
        ValueError: one is below 1.
    """
    several: Iterable[object] = value if isinstance(value, Iterable) else (value,)
    units = tuple(whole_number(name, number) for number in several)
    if any(number < 1 for number in units):
        raise ValueError(f"{name} must be units of 1 or more, got {units}")
    return units


def check_choice(name: str, value: object, known: tuple[str, ...]) -> None:
    """Refuse what is not one of the known values.

    Raises:
        ValueError: it is something else.
    """
    if value not in known:
        raise ValueError(f"{name} must be one of {', '.join(known)}, got {shorten(value)}")


def zeroed(vectors: Any, mask: Any) -> Any:
    """Vectors (samples, length, width), zeros where there is no token."""
    ops = import_keras().ops
    return vectors * ops.cast(ops.expand_dims(mask, -1), vectors.dtype)


def pooled(vectors: Any, mask: Any, pooling: str) -> Any:
    """The mean or the largest of each column over the real tokens, (samples, width); zeros where there are none."""
    ops = import_keras().ops
    real = ops.cast(mask, vectors.dtype)
    count = ops.maximum(ops.sum(real, axis=1, keepdims=True), 1.0)
    if pooling == "mean":
        return ops.sum(zeroed(vectors, mask), axis=1) / count
    there = ops.expand_dims(mask, -1)
    largest = ops.max(ops.where(there, vectors, FAR_BELOW), axis=1)
    return largest * ops.minimum(ops.sum(real, axis=1, keepdims=True), 1.0)


def new_seed(seeds: np.random.Generator) -> int:
    """A seed for one layer."""
    return int(seeds.integers(2**31))


def glorot(seeds: np.random.Generator) -> Any:
    """First weights of a dense layer."""
    return glorot_uniform(new_seed(seeds))
