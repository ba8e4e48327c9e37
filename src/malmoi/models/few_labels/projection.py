"""Features from text vectors: centred, rotated to their principal axes, and scaled."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from malmoi.models.linear.parts import Floats

__all__ = ["PrincipalAxes", "Projection", "principal_axes"]

SMALLEST_SHARE = 1e-6
"""Minimum ratio of an axis's variance to the first one's; smaller ones are rounding errors of single precision."""


@dataclass(frozen=True, eq=False)
class Projection:
    """An affine map from vectors to features.

    Args:
        mean: float32 (dimension,).
        axes: float32 (dimension, features), scaled so that the mean squared length of the features is 1.
    """

    mean: Floats
    axes: Floats

    def features(self, vectors: Floats) -> Floats:
        """Return features float32 (samples, features) of vectors (samples, dimension)."""
        return np.asarray((vectors - self.mean) @ self.axes, dtype=np.float32)


@dataclass(frozen=True, eq=False)
class PrincipalAxes:
    """Principal axes of the vectors of many texts.

    Args:
        mean: float64 (dimension,).
        variances: float64 (axes,), in decreasing order.
        axes: float64 (dimension, axes), of length 1.
    """

    mean: npt.NDArray[np.float64]
    variances: npt.NDArray[np.float64]
    axes: npt.NDArray[np.float64]

    def projection(self, power: float) -> Projection:
        """Return the projection onto the axes.

        Args:
            power: exponent of the standard deviation of each axis. 1 preserves distances; larger values favour the axes
                with the largest variance, which helps with few labels.
        """
        scale = (self.variances / self.variances[0]) ** ((power - 1) / 2)
        length = np.sqrt((self.variances * scale**2).sum())
        axes = (self.axes * (scale / length)).astype(np.float32, order="C")
        return Projection(self.mean.astype(np.float32), axes)


def principal_axes(vectors: Floats) -> PrincipalAxes:
    """Return the principal axes of vectors float32 (samples, dimension), without those that are rounding errors."""
    sample = vectors.astype(np.float64)
    mean = sample.mean(axis=0) if len(sample) else np.zeros(vectors.shape[1])
    centred = sample - mean
    values, axes = np.linalg.eigh(centred.T @ centred / max(len(sample), 1))
    values, axes = values[::-1], axes[:, ::-1]
    kept = values > SMALLEST_SHARE * max(values[0], 1e-30)
    if not kept.any():
        kept[0] = True
    return PrincipalAxes(mean, np.maximum(values[kept], 1e-30), axes[:, kept])
