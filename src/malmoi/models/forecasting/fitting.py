"""Fit one forecaster: effects of covariates, then a regression of the remainder on its lags."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from malmoi.data.time_tables import Values
from malmoi.models.forecasting.lags import LagShape, Places
from malmoi.models.forecasting.ridge import Products
from malmoi.models.forecasting.samples import BLOCK, Sample, Scale, blocks

__all__ = ["PENALTIES", "Ends", "Expanding", "Frame", "Linear", "Rest", "fitted_effects", "rest_of", "whole_rows"]

PENALTIES = tuple(float(10 ** (power / 2)) for power in range(-6, 9))
"""Penalties of the lags that are compared."""
EFFECT_PENALTY = 1.0
LEAST_WINDOWS = 5

Ends = Sequence[tuple[int, int]]
"""For each series: the last step of the first window, and one more than that of the last."""


@dataclass(frozen=True)
class Frame:
    """Transformation of a series, and the shape of its windows.

    Args:
        log: whether logarithms are taken.
        calendar: calendar features.
        shape: shape of the windows.
    """

    log: bool
    calendar: tuple[str, ...]
    shape: LagShape


@dataclass(frozen=True, eq=False)
class Linear:
    """A linear forecast of all steps ahead.

    Args:
        coefficients: float64 (features, horizon).
        intercepts: float64 (horizon,).
    """

    coefficients: Values
    intercepts: Values

    def predict(self, features: Values) -> Values:
        """Return the part of the forecast that is added to the bases, (samples, horizon)."""
        found: Values = features @ self.coefficients + self.intercepts
        return found


@dataclass(frozen=True, eq=False)
class Rest:
    """A series without the effects of its covariates.

    Args:
        values: float64 (time,), scaled.
        effect: float64 (time,), scaled; the subtracted effects.
        past: float64 (time, covariates).
        scale: scale of the series.
    """

    values: Values
    effect: Values
    past: Values
    scale: Scale


def fitted_effects(frame: Frame, samples: Sequence[Sample], stops: Sequence[int]) -> Values:
    """Return the coefficients of known covariates and calendar features, float64 (columns,), fitted on differences.

    Args:
        frame: its base defines the differences: first, seasonal, or none.
        samples: samples of one target.
        stops: number of training steps of each.
    """
    gap = {"last": 1, "season": frame.shape.season, "none": 0}[frame.shape.base]
    width = samples[0].covariates(frame.calendar).width
    if not width:
        return np.zeros(0)
    products = Products(width, 1, shared_scale=0)
    for sample, stop in zip(samples, stops, strict=True):
        values, covariates = sample.scales[frame.log].apply(sample.raw[:stop]), sample.covariates(frame.calendar)
        for start in range(gap, stop, BLOCK):
            end = min(start + BLOCK, stop)
            rows, targets = covariates.rows(start, end), values[start:end]
            if gap:
                rows = rows - covariates.rows(start - gap, end - gap)
                targets = targets - values[start - gap : end - gap]
            products.add(*whole_rows(rows, targets[:, None]))
    return products.solved([EFFECT_PENALTY])[0][0][:, 0]


def rest_of(frame: Frame, samples: Sequence[Sample], effects: Values) -> list[Rest]:
    """Return the series without the effects of their covariates."""
    found = []
    for sample in samples:
        scale = sample.scales[frame.log]
        effect = sample.covariates(frame.calendar).effect(effects) if len(effects) else np.zeros(len(sample.raw))
        found.append(Rest(scale.apply(sample.raw) - effect, effect, sample.past, scale))
    return found


class Expanding:
    """Regressions on lags with a growing training part; each window is read once.

    Args:
        shape: shape of the windows.
        series: number of series.
    """

    def __init__(self, shape: LagShape, series: int) -> None:
        self.shape = shape
        self._products = Products(shape.width, shape.horizon, shape.series_features)
        self._stops = [shape.first] * series

    def fitted(self, rests: Sequence[Rest], stops: Sequence[int], penalties: Sequence[float]) -> list[Linear] | None:
        """Return a regression for each penalty; `None` if there are too few windows without missing values.

        Args:
            rests: the series, unchanged up to the previous stops.
            stops: number of training steps of each, at least the previous ones.
            penalties: penalties of the regressions.
        """
        for number, (rest, stop) in enumerate(zip(rests, stops, strict=True)):
            last = stop - self.shape.horizon
            for places in blocks(self._stops[number], last):
                self._products.add(*_window_rows(self.shape, rest, places))
            self._stops[number] = max(last, self._stops[number])
        if self._products.rows < LEAST_WINDOWS:
            return None
        return [Linear(*one) for one in self._products.solved(penalties)]


def _window_rows(shape: LagShape, rest: Rest, places: Places) -> tuple[Values, Values]:
    return whole_rows(shape.features(rest.values, rest.past, places), shape.targets(rest.values, places))


def whole_rows(features: Values, targets: Values) -> tuple[Values, Values]:
    """Return the rows without missing values."""
    missing = np.isnan(features).any(axis=1) | np.isnan(targets).any(axis=1)
    return (features[~missing], targets[~missing]) if missing.any() else (features, targets)
