"""Normalization of series: over the training series, or for each series separately."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from malmoi.data.series import Series
from malmoi.foundation.validation import shorten
from malmoi.models.standardization import Standardization

__all__ = ["NORMALIZATIONS", "Normalization", "check_normalize"]

NORMALIZATIONS = ("series", "training")
"""Values of an estimator's parameter `normalize`, in addition to `None`."""


def check_normalize(normalize: object) -> None:
    """Check the type of normalization.

    Raises:
        ValueError: it is neither one of `NORMALIZATIONS` nor `None`.
    """
    if normalize is not None and normalize not in NORMALIZATIONS:
        raise ValueError(f"normalize must be one of {', '.join(NORMALIZATIONS)} or None, got {shorten(normalize)}")


@dataclass(frozen=True)
class Normalization:
    """Normalization of the values of a series.

    Args:
        kind: "training": standardize every feature over all training series; "series": standardize each series
            separately; `None`: no normalization.
        scale: mean and standard deviation of every feature over the training series; 0 and 1 unless `kind` is
            "training".

    Example:
        >>> series = [np.array([[1.0], [3.0]], np.float32), np.array([[5.0], [5.0]], np.float32)]
        >>> Normalization.of("series", series).apply(series[0]).tolist()
        [[-1.0], [1.0]]
        >>> Normalization.of("series", series).apply(series[1]).tolist()
        [[0.0], [0.0]]
    """

    kind: str | None
    scale: Standardization

    @classmethod
    def of(cls, kind: str | None, series: Series) -> Self:
        """Fit the normalization on training series.

        Args:
            kind: one of `NORMALIZATIONS`, or `None`.
            series: float32 (time, features) each; 1 or more. NaN is ignored.
        """
        features = series[0].shape[1]
        scale = Standardization.of(np.concatenate(series)) if kind == "training" else Standardization.none(features)
        return cls(kind, scale)

    @property
    def features(self) -> int:
        """Number of features."""
        return len(self.scale.means)

    def apply(self, one: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Return one normalized series (time, features), float32; NaN stays NaN, a constant series becomes 0."""
        scale = Standardization.of(one) if self.kind == "series" else self.scale
        return scale.apply(one)
