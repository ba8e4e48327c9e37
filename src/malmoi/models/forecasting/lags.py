"""Windows as features: the last values of a series minus a base, which is added to the forecast."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from malmoi.data.time_tables import Values

__all__ = ["BaseKind", "LagShape", "Places"]

BaseKind = Literal["last", "season", "none"]
Places = npt.NDArray[np.int64]


@dataclass(frozen=True)
class LagShape:
    """The shape of a window.

    Args:
        base: the value that is subtracted from the values, and added to the forecast: the last value of the window, the
            value one season before, or nothing.
        season: seasonal period in steps; 1: no season.
        lags: length of the window in steps; 0: no window, and the base is the forecast.
        horizon: number of steps to forecast.
        past: number of covariates whose last values are features too.
    """

    base: BaseKind
    season: int
    lags: int
    horizon: int
    past: int = 0

    @property
    def first(self) -> int:
        """The first step that can be the last one of a window."""
        return max(self.lags - 1, 0) + (self.season if self.base == "season" and self.lags else 0) + self._base_steps

    @property
    def _base_steps(self) -> int:
        return self.season - 1 if self.base == "season" and not self.lags else 0

    @property
    def series_features(self) -> int:
        """Number of features from the series itself."""
        return max(self.lags - (self.base == "last"), 0)

    @property
    def width(self) -> int:
        """Number of features."""
        return self.series_features + self.past * self.lags

    def bases(self, values: Values, ends: Places) -> Values:
        """Return the values that are added to forecasts, (samples, horizon).

        Args:
            values: float64 (time,).
            ends: the last step of each window.
        """
        if self.base == "last":
            return np.repeat(values[ends][:, None], self.horizon, axis=1)
        if self.base == "none":
            return np.zeros((len(ends), self.horizon))
        ahead = np.arange(1, self.horizon + 1)
        found: Values = values[ends[:, None] + ahead - self.season * -(-ahead // self.season)]
        return found

    def features(self, values: Values, past: Values, ends: Places) -> Values:
        """Return the windows (samples, width): the series from the last step backwards, then each covariate.

        Args:
            values: float64 (time,).
            past: float64 (time, covariates).
            ends: the last step of each window.
        """
        back = ends[:, None] - np.arange(self.lags)
        if self.base == "last":
            changes = values[back[:, 1:]] - values[ends][:, None]
        elif self.base == "season":
            changes = values[back] - values[back - self.season]
        else:
            changes = values[back]
        return np.concatenate([changes, *(column[back] for column in past.T)], axis=1)

    def targets(self, values: Values, ends: Places) -> Values:
        """Return the training targets, (samples, horizon): the next values minus the bases."""
        following: Values = values[ends[:, None] + np.arange(1, self.horizon + 1)]
        return following - self.bases(values, ends)

    def steps(self, features: Values) -> Values:
        """Return features as windows for a network, (samples, lags, 1 + covariates), in the order of time."""
        changes = features[:, : self.series_features]
        if self.series_features < self.lags:
            changes = np.concatenate([np.zeros((len(changes), 1)), changes], axis=1)
        covariates = features[:, self.series_features :].reshape(len(features), self.past, self.lags)
        return np.ascontiguousarray(np.concatenate([changes[:, None], covariates], axis=1).swapaxes(1, 2)[:, ::-1])
