"""Features and targets on a common scale."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from malmoi.foundation.validation import shorten

__all__ = ["Standardization"]


@dataclass(frozen=True)
class Standardization:
    """What makes every feature's mean 0 and its standard deviation 1.

    Args:
        means: float64 (features,), in the features' units.
        scales: float64 (features,), standard deviations in the features' units; 1 where a feature never changes.
    """

    means: npt.NDArray[np.float64]
    scales: npt.NDArray[np.float64]

    @classmethod
    def of(cls, rows: npt.NDArray[np.floating]) -> Standardization:
        """That of rows (samples, features), NaN left out."""
        there = np.isfinite(rows)
        counts = np.maximum(there.sum(axis=0), 1)
        means = np.where(there, rows, 0).sum(axis=0, dtype=np.float64) / counts
        squares = np.where(there, rows - means, 0) ** 2
        scales = np.sqrt(squares.sum(axis=0, dtype=np.float64) / counts)
        return cls(means, np.where(scales > 1e-12 * np.maximum(np.abs(means), 1), scales, 1.0))

    @classmethod
    def none(cls, features: int) -> Standardization:
        """One that changes nothing."""
        return cls(np.zeros(features), np.ones(features))

    def apply(self, rows: npt.NDArray[np.floating]) -> npt.NDArray[np.float32]:
        """Rows (..., features) on the common scale."""
        scaled: npt.NDArray[np.float32] = ((rows - self.means) / self.scales).astype(np.float32)
        return scaled

    def undo(self, rows: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
        """Rows (..., features) in their own units again."""
        return np.asarray(rows * self.scales + self.means, dtype=np.float64)

    def to_arrays(self, name: str) -> dict[str, npt.NDArray[np.float64]]:
        """Return means and scales as a file holds them."""
        return {f"{name}/means": self.means, f"{name}/scales": self.scales}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[np.generic]], name: str) -> Standardization:
        """Return what a file holds.

        Raises:
            ValueError: an array is missing, or holds something else.
        """
        found = [arrays.get(f"{name}/{part}", np.zeros(0)) for part in ("means", "scales")]
        for part, array in zip(("means", "scales"), found, strict=True):
            if array.dtype != np.float64 or array.ndim != 1 or not array.size or not np.isfinite(array).all():
                raise ValueError(f"{name}/{part} must be finite float64 of one axis, found {shorten(array)}")
        means, scales = (array.astype(np.float64, copy=False) for array in found)
        if means.shape != scales.shape or (scales <= 0).any():
            raise ValueError(f"{name} must have as many means as scales, which are above 0")
        return cls(means, scales)
