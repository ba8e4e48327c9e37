"""Blocks of networks of series: normalization behind a convolution, pooling of neighbours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from malmoi.foundation.imports import import_keras
from malmoi.models.neural.networks.layers import zeroed

if TYPE_CHECKING:
    import keras

__all__ = ["NORMS", "halved", "joined", "normalized"]

NORMS = ("batch", "none")
MOMENTUM = 0.9
"""Of the means and variances that predictions use: some 600 steps are few for Keras' 0.99."""


def normalized(features: keras.KerasTensor, mask: keras.KerasTensor, norm: str, name: str) -> keras.KerasTensor:
    """Features (samples, length, filters) behind batch normalization over the real steps, if any, and a relu."""
    layers = import_keras().layers
    if norm == "batch":
        features = layers.BatchNormalization(momentum=MOMENTUM, name=f"{name}_norm")(features, mask=mask)
    return import_keras().ops.relu(features)


def halved(
    features: keras.KerasTensor, mask: keras.KerasTensor, name: str
) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    """The larger of every two steps in a row, and the mask of the pairs with a real step.

    Args:
        features: (samples, length, filters), 0 or more.
        mask: bool (samples, length).
        name: of the layer.
    """
    ops = import_keras().ops
    features = ops.pad(zeroed(features, mask), ((0, 0), (0, 1), (0, 0)))
    mask = ops.pad(mask, ((0, 0), (0, 1)))
    pairs = ops.maximum(features[:, :-1:2], features[:, 1::2])
    return pairs, ops.logical_or(mask[:, :-1:2], mask[:, 1::2])


def joined(
    features: keras.KerasTensor, mask: keras.KerasTensor, stride: int
) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    """Every so many steps side by side as one, and the mask of those with a real step.

    Args:
        features: (samples, length, channels), zeros where there is no step.
        mask: bool (samples, length).
        stride: steps that become one; the last ones are filled up with zeros.

    Returns:
        (samples, steps, stride x channels) and bool (samples, steps).
    """
    ops = import_keras().ops
    places = range(stride)
    features = ops.pad(features, ((0, 0), (0, stride - 1), (0, 0)))
    mask = ops.pad(mask, ((0, 0), (0, stride - 1)))
    ends = [(place - stride + 1) or None for place in places]
    parts = [features[:, place:end:stride] for place, end in zip(places, ends, strict=True)]
    real = [mask[:, place:end:stride] for place, end in zip(places, ends, strict=True)]
    return ops.concatenate(parts, axis=-1), ops.any(ops.stack(real, axis=-1), axis=-1)
