"""Standardization of features and targets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from malmoi.foundation.validation import shorten

__all__ = ["Standardization"]


@dataclass(frozen=True)
class Standardization:
    """Scaling of every feature to mean 0 and standard deviation 1.

    Args:
        means: float64 (features,), in the features' units.
        scales: float64 (features,), standard deviations in the features' units; 1 for a constant feature.

    Example:
        >>> scale = Standardization.of(np.array([[1.0], [3.0]]))
        >>> scale.means, scale.scales
        (array([2.]), array([1.]))
        >>> scale.apply(np.array([[5.0]])), scale.undo(np.array([[3.0]]))
        (array([[3.]], dtype=float32), array([[5.]]))
    """

    means: npt.NDArray[np.float64]
    scales: npt.NDArray[np.float64]

    @classmethod
    def of(cls, rows: npt.NDArray[np.floating]) -> Standardization:
        """Compute means and standard deviations, ignoring NaN.

        Args:
            rows: float (samples, features).

        Returns:
            The standardization of these features.
        """
        finite = np.isfinite(rows)
        counts = np.maximum(finite.sum(axis=0), 1)
        means = np.where(finite, rows, 0).sum(axis=0, dtype=np.float64) / counts
        squares = np.where(finite, rows - means, 0) ** 2
        scales = np.sqrt(squares.sum(axis=0, dtype=np.float64) / counts)
        return cls(means, np.where(scales > 1e-12 * np.maximum(np.abs(means), 1), scales, 1.0))

    @classmethod
    def none(cls, features: int) -> Standardization:
        """Return the identity.

        :meta private:
        """
        return cls(np.zeros(features), np.ones(features))

    def apply(self, rows: npt.NDArray[np.floating]) -> npt.NDArray[np.float32]:
        """Standardize rows.

        Args:
            rows: float (..., features), in the features' units.

        Returns:
            float32 (..., features).
        """
        scaled: npt.NDArray[np.float32] = ((rows - self.means) / self.scales).astype(np.float32)
        return scaled

    def undo(self, rows: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
        """Convert standardized rows to the features' units.

        Args:
            rows: float (..., features), standardized.

        Returns:
            float64 (..., features).
        """
        return np.asarray(rows * self.scales + self.means, dtype=np.float64)

    def to_arrays(self, name: str) -> dict[str, npt.NDArray[np.float64]]:
        """Return means and scales as arrays of a file.

        :meta private:
        """
        return {f"{name}/means": self.means, f"{name}/scales": self.scales}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[np.generic]], name: str) -> Standardization:
        """Create the standardization from the arrays of a file.

        Raises:
            ValueError: an array is missing or invalid.

        :meta private:
        """
        found = [arrays.get(f"{name}/{part}", np.zeros(0)) for part in ("means", "scales")]
        for part, array in zip(("means", "scales"), found, strict=True):
            if array.dtype != np.float64 or array.ndim != 1 or not array.size or not np.isfinite(array).all():
                raise ValueError(f"{name}/{part} must be one-dimensional finite float64, found {shorten(array)}")
        means, scales = (array.astype(np.float64, copy=False) for array in found)
        if means.shape != scales.shape or (scales <= 0).any():
            raise ValueError(f"{name} must have the same number of means and scales, and scales above 0")
        return cls(means, scales)
