"""Fitted forecasters of one target, and the widths of its prediction intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from malmoi.data.time_tables import Column, Values
from malmoi.models.forecasting.fitting import Frame, Linear, Rest, rest_of
from malmoi.models.forecasting.lags import Places
from malmoi.models.forecasting.samples import Sample, Scale

if TYPE_CHECKING:
    from malmoi.models.neural.series_model import SeriesNetworkModel

__all__ = ["FitErrors", "Intervals", "Member", "TargetModel", "combined_forecasts"]


@dataclass(frozen=True, eq=False)
class Member:
    """One of the combined forecasters.

    Args:
        frame: transformation of the series and shape of the windows.
        weight: weight in the combination.
        penalty: penalty of its regression; 0 for a network.
        effects: float64 (columns,), coefficients of known covariates and calendar features.
        linear: linear map from windows to steps ahead; `None` for a network.
        network: network from windows to steps ahead.
    """

    frame: Frame
    weight: float
    penalty: float
    effects: Values
    linear: Linear | None
    network: SeriesNetworkModel | None = None

    @property
    def name(self) -> str:
        """Base, scale and windows for display."""
        shape = self.frame.shape
        base = {"last": "last value", "season": f"value {shape.season} steps before", "none": "level"}[shape.base]
        base = f"log {base}" if self.frame.log else base
        kind = "network" if self.network is not None else f"penalty {self.penalty:.3g}"
        way = f"{shape.lags} lags, {kind}" if shape.lags else "alone"
        return f"{base}, {way}{', calendar' if self.frame.calendar else ''}"

    def forecasts(self, sample: Sample, ends: Places) -> Values:
        """Return forecasts (windows, horizon), in the unit of the series.

        Args:
            sample: a series; known covariates extend a horizon beyond the last window.
            ends: the last step of each window.
        """
        shape = self.frame.shape
        rest = rest_of(self.frame, [sample], self.effects)[0]
        start = shape.bases(rest.values, ends) + rest.effect[ends[:, None] + np.arange(1, shape.horizon + 1)]
        return rest.scale.undo(start + self._changes(rest, ends))

    def _changes(self, rest: Rest, ends: Places) -> Values:
        features = self.frame.shape.features(rest.values, rest.past, ends)
        if self.linear is not None:
            return self.linear.predict(features)
        if self.network is None:
            raise TypeError("a forecaster must have a regression or a network")
        whole = ~np.isnan(features).any(axis=1)
        found = np.full((len(ends), self.frame.shape.horizon), np.nan)
        if whole.any():
            predicted = np.asarray(self.network.predict(self.frame.shape.steps(features[whole])), dtype=np.float64)
            found[whole] = predicted.reshape(-1, self.frame.shape.horizon)
        return found


@dataclass(frozen=True, eq=False)
class Intervals:
    """Widths of prediction intervals.

    Args:
        levels: nominal coverages.
        widths: float64 (levels, horizon), in standard deviations of the series; if relative, of the logarithm.
        is_relative: whether intervals are a factor above and below the forecast.
        residuals: number of held-out windows from which they are estimated.
    """

    levels: tuple[float, ...]
    widths: Values
    is_relative: bool
    residuals: int

    def bounds(self, forecast: Values, deviation: float) -> list[tuple[Values, Values]]:
        """Return lower and upper bounds (windows, horizon) of each level."""
        if self.is_relative:
            factors = np.exp(np.minimum(self.widths, 50.0))
            return [(forecast / factor, forecast * factor) for factor in factors]
        return [(forecast - width * deviation, forecast + width * deviation) for width in self.widths]


@dataclass(frozen=True)
class FitErrors:
    """Mean absolute errors of the validation, over all steps ahead, in standard deviations of the series.

    Args:
        model: error of the combined forecasters.
        naive: error of the naive forecast (last value).
        seasonal: error of the seasonal-naive forecast (value one season before); `None` without a season.

    Example:
        >>> import numpy as np
        >>> import malmoi as mm
        >>> errors = mm.Forecaster(history=12).fit(np.arange(60) + np.sin(np.arange(60) * np.pi / 6)).errors_[0]
        >>> errors.model < errors.naive, round(errors.naive, 1)
        (True, 0.1)
    """

    model: float
    naive: float
    seasonal: float | None


@dataclass(frozen=True, eq=False)
class TargetModel:
    """The fitted forecaster of one target.

    Args:
        target: its column.
        season: seasonal period in steps; 1: no season.
        members: the combined forecasters.
        past: covariates whose last values are features.
        scales: scale of every series, with and without logarithms.
        intervals: prediction intervals.
        errors: validation errors.
        windows: number of training windows.
        dropped: number of windows with a missing value.
    """

    target: Column
    season: int
    members: tuple[Member, ...]
    past: tuple[Column, ...]
    scales: tuple[dict[bool, Scale], ...]
    intervals: Intervals
    errors: FitErrors
    windows: int
    dropped: int

    @property
    def needed(self) -> int:
        """Number of past steps that a forecast needs."""
        return max(self.season, *(one.frame.shape.first + 1 for one in self.members))

    def forecasts(self, sample: Sample, ends: Places) -> Values:
        """Return forecasts (windows, horizon), in the unit of the series."""
        return combined_forecasts(self.members, sample, ends)


def combined_forecasts(members: Sequence[Member], sample: Sample, ends: Places) -> Values:
    """Return the weighted mean of forecasts (windows, horizon)."""
    total = np.zeros((len(ends), members[0].frame.shape.horizon))
    for one in members:
        total += one.weight * one.forecasts(sample, ends)
    return total
