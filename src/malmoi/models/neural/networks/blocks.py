"""Building blocks of networks of series: normalization after a convolution, max pooling of pairs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from malmoi.foundation.imports import import_keras
from malmoi.models.neural.networks.layers import zeroed

if TYPE_CHECKING:
    import keras

__all__ = ["NORMS", "halved", "joined", "normalized"]

NORMS = ("batch", "none")
MOMENTUM = 0.9
"""Momentum of the moving mean and variance: a training of about 600 steps is too short for Keras' 0.99."""


def normalized(features: keras.KerasTensor, mask: keras.KerasTensor, norm: str, name: str) -> keras.KerasTensor:
    """Apply optional batch normalization over the real steps, and a relu, to features (samples, length, filters)."""
    layers = import_keras().layers
    if norm == "batch":
        features = layers.BatchNormalization(momentum=MOMENTUM, name=f"{name}_norm")(features, mask=mask)
    return import_keras().ops.relu(features)


def halved(
    features: keras.KerasTensor, mask: keras.KerasTensor, name: str
) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    """Apply max pooling to pairs of steps; return features, and the mask of pairs with a real step.

    Args:
        features: (samples, length, filters), 0 or more.
        mask: bool (samples, length).
        name: name of the layer.
    """
    ops = import_keras().ops
    features = ops.pad(zeroed(features, mask), ((0, 0), (0, 1), (0, 0)))
    mask = ops.pad(mask, ((0, 0), (0, 1)))
    pairs = ops.maximum(features[:, :-1:2], features[:, 1::2])
    return pairs, ops.logical_or(mask[:, :-1:2], mask[:, 1::2])


def joined(
    features: keras.KerasTensor, mask: keras.KerasTensor, stride: int
) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    """Concatenate the channels of `stride` consecutive steps; return features, and the mask of those with a real step.

    Args:
        features: (samples, length, channels), zeros at masked steps.
        mask: bool (samples, length).
        stride: number of steps to concatenate; the end is padded with zeros.

    Returns:
        (samples, steps, stride x channels) and bool (samples, steps).
    """
    ops = import_keras().ops
    offsets = range(stride)
    features = ops.pad(features, ((0, 0), (0, stride - 1), (0, 0)))
    mask = ops.pad(mask, ((0, 0), (0, stride - 1)))
    ends = [(offset - stride + 1) or None for offset in offsets]
    parts = [features[:, offset:end:stride] for offset, end in zip(offsets, ends, strict=True)]
    real = [mask[:, offset:end:stride] for offset, end in zip(offsets, ends, strict=True)]
    return ops.concatenate(parts, axis=-1), ops.any(ops.stack(real, axis=-1), axis=-1)
