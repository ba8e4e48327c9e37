"""Preprocessing of series for a network: averaging of steps, normalization, padding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from malmoi.data.series import Series
from malmoi.models.normalization import Normalization

__all__ = ["Preparation", "averaged"]


@dataclass(frozen=True)
class Preparation:
    """Preprocessing of series for a network.

    Args:
        averaged_steps: number of consecutive steps that are averaged, if the training series are longer than
            `max_time_steps`; 1: no averaging.
        normalization: scaling of the values after averaging.
    """

    averaged_steps: int
    normalization: Normalization

    @classmethod
    def of(cls, series: Series, normalize: str | None, max_time_steps: int | None) -> Self:
        """Fit the preprocessing on training series."""
        longest = max(map(len, series))
        steps = 1 if max_time_steps is None else -(-longest // max_time_steps)
        return cls(steps, Normalization.of(normalize, [averaged(one, steps) for one in series]))

    def length(self, steps: int) -> int:
        """Return the length of a series after averaging."""
        return -(-steps // self.averaged_steps)

    def apply(self, one: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Return one preprocessed series (time, features); missing values stay NaN."""
        return self.normalization.apply(averaged(one, self.averaged_steps))

    def padded(
        self, series: Series, length: int, *, indicate: bool
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
        """Return values float32 (samples, length, features) and the mask of real steps, bool (samples, length).

        Args:
            series: float32 (time, features) each.
            length: length of the result; at least the longest series after averaging.
            indicate: return twice as many features: the second half is 1 where a value is missing, and the value itself
                is replaced by the mean.
        """
        features = self.normalization.features
        values = np.zeros((len(series), length, features * (2 if indicate else 1)), dtype=np.float32)
        mask = np.zeros((len(series), length), dtype=bool)
        for row, real, one in zip(values, mask, series, strict=True):
            prepared = self.apply(one)
            gaps = np.isnan(prepared)
            row[: len(prepared), :features] = np.where(gaps, 0, prepared)
            if indicate:
                row[: len(prepared), features:] = gaps
            real[: len(prepared)] = True
        return values, mask


def averaged(one: npt.NDArray[np.float32], steps: int) -> npt.NDArray[np.float32]:
    """Return the means of `steps` consecutive steps of a series (time, features); the last group may be shorter.

    Missing values are ignored; the mean of missing values only is NaN.
    """
    if steps == 1:
        return one
    starts = np.arange(0, len(one), steps)
    real = ~np.isnan(one)
    sums = np.add.reduceat(np.where(real, one, 0), starts, axis=0, dtype=np.float64)
    counts = np.add.reduceat(real, starts, axis=0, dtype=np.int64)
    with np.errstate(invalid="ignore"):
        means: npt.NDArray[np.float32] = (sums / counts).astype(np.float32)
    return means
