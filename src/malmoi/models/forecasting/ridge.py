"""Ridge regression from sums of products, which are accumulated in blocks of rows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from malmoi.data.time_tables import Values

__all__ = ["Products"]

SMALLEST = 1e-12


class Products:
    """Sums of products of features and targets, and the regressions that they determine.

    Args:
        features: number of features.
        targets: number of targets.
        shared_scale: number of first features that share one scale; each of the others has its own.
    """

    def __init__(self, features: int, targets: int, shared_scale: int) -> None:
        self.shared_scale = shared_scale
        self.rows = 0
        self._sums = np.zeros(features + targets)
        self._products = np.zeros((features, features + targets))

    def add(self, features: Values, targets: Values) -> None:
        """Add rows (samples, features) and (samples, targets)."""
        together = np.concatenate([features, targets], axis=1)
        self.rows += len(together)
        self._sums += together.sum(axis=0)
        self._products += features.T @ together

    def solved(self, penalties: Sequence[float]) -> list[tuple[Values, Values]]:
        """Return coefficients (features, targets) and intercepts (targets,) for each penalty.

        The penalty is relative to the sum of squared errors over all rows, with features of variance 1.
        """
        width = len(self._products)
        rows = max(self.rows, 1)
        means = self._sums / rows
        centred = self._products / rows - np.outer(means[:width], means)
        scales = self._scales(np.diagonal(centred[:, :width]))
        values, axes = np.linalg.eigh(centred[:, :width] / np.outer(scales, scales))
        values = np.clip(values, 0, None)[:, None]
        turned = axes.T @ (centred[:, width:] / scales[:, None])
        found = []
        for penalty in penalties:
            coefficients = (axes @ (turned / (values + penalty / rows))) / scales[:, None]
            found.append((coefficients, means[width:] - means[:width] @ coefficients))
        return found

    def _scales(self, variances: Values) -> Values:
        variances = np.clip(variances, 0, None)
        if self.shared_scale:
            variances = np.concatenate(
                [np.full(self.shared_scale, variances[: self.shared_scale].mean()), variances[self.shared_scale :]]
            )
        return np.where(variances > SMALLEST, np.sqrt(variances), 1.0)
