"""Metrics of forecasts: scaled and symmetric errors, pinball loss, coverage of intervals."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["coverage", "naive_scale", "pinball_loss", "scaled_error", "symmetric_error"]

Values = npt.NDArray[np.float64]


def naive_scale(series: Values, season: int = 1) -> float:
    """Return the mean absolute error of the seasonal naive forecast on a series.

    Args:
        series: float64 (time,); NaN for missing values.
        season: steps per season; 1: the forecast is the value of the previous step.

    Returns:
        In the unit of the series, 0 or more; NaN if the series is not longer than a season.

    Example:
        >>> naive_scale(np.array([1.0, 3.0, 2.0]))
        1.5
    """
    changes = np.abs(series[season:] - series[:-season])
    changes = changes[~np.isnan(changes)]
    return float(changes.mean()) if changes.size else float("nan")


def scaled_error(truth: Values, forecast: Values, scale: Values | float) -> Values:
    """Return mean absolute scaled errors (MASE) per step ahead, float64 (horizon,).

    Args:
        truth: float64 (samples, horizon); NaN for missing values.
        forecast: float64 (samples, horizon).
        scale: `naive_scale` of the series before each forecast, (samples, 1) or one number.

    Returns:
        Below 1: better than the seasonal naive forecast on the training part. NaN if the scale is 0.

    Source:
        Hyndman and Koehler 2006, Another look at measures of forecast accuracy.
    """
    above = np.where(np.asarray(scale, dtype=np.float64) > 0, scale, np.nan)
    return _mean(np.abs(truth - forecast) / above)


def symmetric_error(truth: Values, forecast: Values) -> Values:
    """Return symmetric mean absolute percentage errors (sMAPE) per step ahead, float64 (horizon,), 0 to 2.

    Args:
        truth: float64 (samples, horizon).
        forecast: float64 (samples, horizon).
    """
    size = np.abs(truth) + np.abs(forecast)
    distance = 2 * np.abs(truth - forecast)
    return _mean(np.divide(distance, size, out=np.where(np.isnan(distance), np.nan, 0.0), where=size > 0))


def pinball_loss(truth: Values, quantile: Values, level: float) -> Values:
    """Return the mean pinball loss of a forecast quantile per step ahead, float64 (horizon,).

    Args:
        truth: float64 (samples, horizon).
        quantile: float64 (samples, horizon), the forecast of this quantile.
        level: level of the quantile, between 0 and 1; for 0.5 the loss is half the absolute error.
    """
    above = truth - quantile
    return _mean(np.maximum(level * above, (level - 1) * above))


def coverage(truth: Values, lower: Values, upper: Values) -> Values:
    """Return the share of values within the interval per step ahead, float64 (horizon,)."""
    inside = np.where(np.isnan(truth), np.nan, (lower <= truth) & (truth <= upper))
    return _mean(inside)


def _mean(values: Values) -> Values:
    """Return the mean per step over the values that are not missing; NaN if all are missing."""
    counts = (~np.isnan(values)).sum(axis=0)
    sums = np.nansum(values, axis=0)
    means: Values = np.divide(sums, counts, out=np.full(sums.shape, np.nan), where=counts > 0)
    return means
