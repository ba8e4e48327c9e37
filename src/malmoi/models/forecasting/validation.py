"""Out-of-sample forecasts of the training data: residuals, intervals, comparison."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from malmoi.data.time_tables import Values
from malmoi.models.forecasting.lags import LagShape, Places
from malmoi.models.forecasting.parts import FitErrors, Intervals, Member, combined_forecasts
from malmoi.models.forecasting.samples import BLOCK, Sample
from malmoi.models.forecasting.selection import Fold

__all__ = ["HeldOut", "held_out_forecasts", "intervals_of", "residual_widths"]

SMALLEST = 1e-300


@dataclass(frozen=True, eq=False)
class HeldOut:
    """Out-of-sample forecasts.

    Args:
        truth: float64 (windows, horizon).
        forecast: float64 (windows, horizon).
        naive: naive forecast (last value), (windows, horizon).
        seasonal: seasonal-naive forecast (value one season before), (windows, horizon).
        deviations: float64 (windows, 1), standard deviations of the series.
        has_season: whether there is a season.
    """

    truth: Values
    forecast: Values
    naive: Values
    seasonal: Values
    deviations: Values
    has_season: bool

    def errors(self) -> FitErrors:
        """Return mean absolute errors on the windows for which all forecasts exist."""
        found = [np.abs(self.truth - one) / self.deviations for one in (self.forecast, self.naive, self.seasonal)]
        usable = np.isfinite(found[0]) & np.isfinite(found[1]) & (np.isfinite(found[2]) | (not self.has_season))
        if not usable.any():
            return FitErrors(float("nan"), float("nan"), None)
        model, naive, seasonal = (float(one[usable].mean()) for one in found)
        return FitErrors(model, naive, seasonal if self.has_season else None)


def held_out_forecasts(
    fit: Callable[[Fold], Sequence[Member]], samples: Sequence[Sample], folds: Sequence[Fold], season: int, horizon: int
) -> HeldOut:
    """Return forecasts of every fold by forecasters fitted on the steps before it.

    Args:
        fit: fits forecasters on a fold.
        samples: samples of one target.
        folds: folds of the samples.
        season: seasonal period in steps.
        horizon: number of steps to forecast.
    """
    naive, seasonal = LagShape("last", season, 0, horizon), LagShape("season", season, 0, horizon)
    parts: list[tuple[Values, ...]] = []
    for fold in folds:
        members = fit(fold)
        if not members:  # too few windows before it
            continue
        first = max(season - 1, *(one.frame.shape.first for one in members))
        for sample, (start, stop) in zip(samples, fold.ends, strict=True):
            for from_ in range(max(start, first), stop, BLOCK):
                ends: Places = np.arange(from_, min(from_ + BLOCK, stop))
                truth = sample.raw[ends[:, None] + np.arange(1, horizon + 1)]
                found = combined_forecasts(members, sample, ends)
                deviation = np.full((len(ends), 1), sample.scales[False].deviation)
                bases = (one.bases(sample.raw, ends) for one in (naive, seasonal))
                parts.append((truth, found, *bases, deviation))
    empty = tuple(np.zeros((0, width)) for width in (horizon, horizon, horizon, horizon, 1))
    truth, found, naive_values, seasonal_values, deviations = (
        np.concatenate(one) for one in zip(empty, *parts, strict=True)
    )
    return HeldOut(truth, found, naive_values, seasonal_values, deviations, season > 1)


def intervals_of(held_out: HeldOut, levels: Sequence[float], *, is_relative: bool) -> Intervals:
    """Return intervals from the absolute residuals.

    The residuals of each step ahead are divided by their mean; a width is the mean times the quantile of all of these.

    Source:
        Vovk, Gammerman and Shafer 2005, Algorithmic learning in a random world: split conformal prediction, for the
        correction of quantiles: among n residuals, the one of rank (n + 1) times the level.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        if is_relative:
            residuals = np.abs(np.log(held_out.truth) - np.log(held_out.forecast))
        else:
            residuals = np.abs(held_out.truth - held_out.forecast) / held_out.deviations
    windows = int(np.isfinite(residuals).all(axis=1).sum())
    widths = residual_widths(residuals, levels)
    return Intervals(tuple(levels)[: len(widths)], widths, is_relative, windows)


def residual_widths(residuals: Values, levels: Sequence[float]) -> Values:
    """Return the widths (levels, horizon) of intervals, from absolute residuals (windows, horizon)."""
    residuals = residuals[np.isfinite(residuals).all(axis=1)]
    windows, horizon = residuals.shape
    if not windows:
        return np.zeros((0, horizon))
    sizes = np.maximum(residuals.mean(axis=0), SMALLEST)
    pooled = (residuals / sizes).ravel()
    found = [sizes * _quantile(pooled, level, windows) for level in levels]
    return np.array(found).reshape(len(levels), horizon)


def _quantile(residuals: Values, level: float, windows: int) -> float:
    """Return the residual at the rank of a level, corrected for the number of independent windows."""
    corrected = min(level * (windows + 1) / windows, 1.0)
    rank = min(int(np.ceil(corrected * len(residuals))), len(residuals)) - 1
    return float(np.sort(residuals)[rank])
