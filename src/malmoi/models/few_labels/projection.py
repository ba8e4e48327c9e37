"""Vectors of texts as features of a classifier: centred, turned to their principal axes, and scaled."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from malmoi.models.linear.parts import Floats

__all__ = ["Projection", "fitted_projection"]

MOST_ROWS = 200_000
SMALLEST_SHARE = 1e-6
"""Axes with a smaller share of the first one's variance are noise of single precision."""


@dataclass(frozen=True, eq=False)
class Projection:
    """Vectors to features.

    Args:
        mean: float32 (dimension,).
        axes: float32 (dimension, features), scaled so that rows have a mean square length of 1.
    """

    mean: Floats
    axes: Floats

    def features(self, vectors: Floats) -> Floats:
        """Return features float32 (samples, features) of vectors (samples, dimension)."""
        return np.asarray((vectors - self.mean) @ self.axes, dtype=np.float32)


def fitted_projection(vectors: Floats, power: float) -> Projection:
    """Return the projection of vectors of many texts.

    Args:
        vectors: float32 (samples, dimension); of more than 200,000 some, evenly spread.
        power: what the standard deviation of each principal axis is raised to. 1 leaves the distances as they are;
            more lets the classifier prefer axes on which texts differ most, which few labels need.
    """
    sample = vectors[:: -(-len(vectors) // MOST_ROWS) or 1].astype(np.float64)
    mean = sample.mean(axis=0) if len(sample) else np.zeros(vectors.shape[1])
    centred = sample - mean
    values, axes = np.linalg.eigh(centred.T @ centred / max(len(sample), 1))
    values, axes = values[::-1], axes[:, ::-1]
    kept = values > SMALLEST_SHARE * max(values[0], 1e-30)
    if not kept.any():
        kept[0] = True
    values, axes = np.maximum(values[kept], 1e-30), axes[:, kept]
    scale = (values / values[0]) ** ((power - 1) / 2)
    length = np.sqrt((values * scale**2).sum())
    return Projection(mean.astype(np.float32), (axes * (scale / length)).astype(np.float32, order="C"))
