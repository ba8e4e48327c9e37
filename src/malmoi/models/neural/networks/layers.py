"""Common parts of networks: checks of settings, masked pooling, initializers."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from malmoi.foundation.imports import import_keras
from malmoi.foundation.limits import check_limit, most
from malmoi.foundation.validation import shorten, whole_number
from malmoi.models.neural.networks.weights import glorot_uniform

if TYPE_CHECKING:
    import keras

__all__ = ["check_choice", "glorot", "new_seed", "pooled", "several", "units_of", "zeroed"]

FAR_BELOW = -1e9


def units_of(name: str, value: object, *, many: str, large: str) -> tuple[int, ...]:
    """Return one or several whole numbers as a tuple, each 1 or more.

    Args:
        name: name of the setting.
        value: one number or several.
        many: name of the limit on their count.
        large: name of the limit on each.

    Raises:
        TypeError: one is not a whole number.
        ValueError: one is below 1 or above its limit, or there are too many.
    """
    several: Iterable[object] = value if isinstance(value, Iterable) else (value,)
    units = tuple(whole_number(name, number) for number in islice(several, most(many) + 1))
    if any(number < 1 for number in units):
        raise ValueError(f"{name} must be 1 or more, got {shorten(units)}")
    check_limit(many, name, len(units), of="numbers")
    check_limit(large, name, max(units, default=1))
    return units


def several(value: int | tuple[int, ...]) -> tuple[int, ...]:
    """Return one number or several as a tuple."""
    return value if isinstance(value, tuple) else (value,)


def check_choice(name: str, value: object, known: tuple[str, ...]) -> None:
    """Check that a value is one of the allowed values.

    Raises:
        ValueError: it is not.
    """
    if value not in known:
        raise ValueError(f"{name} must be one of {', '.join(known)}, got {shorten(value)}")


def zeroed(vectors: keras.KerasTensor, mask: keras.KerasTensor) -> keras.KerasTensor:
    """Return vectors (samples, length, width) with masked steps set to zero."""
    ops = import_keras().ops
    return vectors * ops.cast(ops.expand_dims(mask, -1), vectors.dtype)


def pooled(vectors: keras.KerasTensor, mask: keras.KerasTensor, pooling: str) -> keras.KerasTensor:
    """Pool each channel over the real tokens or steps; zeros for a sample without any.

    Args:
        vectors: (samples, length, width).
        mask: bool (samples, length).
        pooling: "mean", "max", or "mean_max" for means followed by maxima.

    Returns:
        (samples, width), or (samples, 2 x width) for "mean_max".
    """
    ops = import_keras().ops
    if pooling == "mean_max":
        return ops.concatenate([pooled(vectors, mask, "mean"), pooled(vectors, mask, "max")], axis=-1)
    real = ops.cast(mask, vectors.dtype)
    count = ops.maximum(ops.sum(real, axis=1, keepdims=True), 1.0)
    if pooling == "mean":
        return ops.sum(zeroed(vectors, mask), axis=1) / count
    largest = ops.max(ops.where(ops.expand_dims(mask, -1), vectors, FAR_BELOW), axis=1)
    return largest * ops.minimum(ops.sum(real, axis=1, keepdims=True), 1.0)


def new_seed(seeds: np.random.Generator) -> int:
    """Return a random seed for one layer."""
    return int(seeds.integers(2**31))


def glorot(seeds: np.random.Generator) -> keras.initializers.Initializer:
    """Return the initializer of a dense layer."""
    return glorot_uniform(new_seed(seeds))
