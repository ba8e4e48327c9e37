"""Series on a common scale: by the training series, or each by itself."""

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
"""What an estimator's `normalize` may be, beside `None`."""


def check_normalize(normalize: object) -> None:
    """Refuse an unknown kind of normalization.

    Raises:
        ValueError: it is neither of `NORMALIZATIONS` nor `None`.
    """
    if normalize is not None and normalize not in NORMALIZATIONS:
        raise ValueError(f"normalize must be one of {', '.join(NORMALIZATIONS)} or None, got {shorten(normalize)}")


@dataclass(frozen=True)
class Normalization:
    """How the values of a series are scaled before a model uses them.

    Args:
        kind: "training": every feature has mean 0 and standard deviation 1 over all steps of the training series;
            "series": over the steps of each series by itself; `None`: values stay as they are.
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
        """Return the normalization that training series need.

        Args:
            kind: one of `NORMALIZATIONS`, or `None`.
            series: float32 (time, features) each; 1 or more. NaN is left out.
        """
        features = series[0].shape[1]
        scale = Standardization.of(np.concatenate(series)) if kind == "training" else Standardization.none(features)
        return cls(kind, scale)

    @property
    def features(self) -> int:
        """Features of a step."""
        return len(self.scale.means)

    def apply(self, one: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Return one series (time, features) on the common scale, float32; NaN stays NaN, a constant series is 0."""
        scale = Standardization.of(one) if self.kind == "series" else self.scale
        return scale.apply(one)
