"""Metrics of regression models."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from malmoi.metrics.intervals import Floats, Score, percentiles, resampled_means
from malmoi.metrics.scores import Z_95

__all__ = ["RegressionScores", "regression_scores"]


class RegressionScores(NamedTuple):
    """Metrics of regression predictions.

    Args:
        mean_absolute_error: mean absolute error, in the unit of the target.
        root_mean_squared_error: root mean squared error, in the unit of the target.
        r2: coefficient of determination; 0 for the mean-only baseline, negative for worse predictions. `None` if the
            targets are constant.
        spearman: Spearman rank correlation of predictions and targets; `None` if either are constant, or there are
            fewer than 4 samples.
    """

    mean_absolute_error: Score
    root_mean_squared_error: Score
    r2: Score | None
    spearman: Score | None


def regression_scores(targets: Floats, predicted: Floats, *, seed: int = 0) -> RegressionScores:
    """Return regression metrics with 95 % intervals: percentile bootstrap, for the correlation a formula.

    Args:
        targets: float64 (samples,), finite.
        predicted: float64 (samples,), finite.
        seed: random seed of the resamples.

    Raises:
        ValueError: there are no samples, the shapes differ, or a value is not finite.

    Source:
        Bonett & Wright 2000, Sample size requirements for estimating Pearson, Kendall and Spearman correlations, for
        the interval of Spearman's correlation.

    Example:
        >>> scores = regression_scores(np.array([1.0, 2, 3, 4, 5]), np.array([1.0, 2, 3, 5, 4]))
        >>> round(scores.mean_absolute_error.value, 2), round(scores.r2.value, 2), round(scores.spearman.value, 2)
        (0.4, 0.8, 0.9)
    """
    if targets.shape != predicted.shape or targets.ndim != 1 or not targets.size:
        rule = "targets and predicted must have the same shape (samples,), with 1 sample or more"
        raise ValueError(f"{rule}, got {targets.shape} and {predicted.shape}")
    if not (np.isfinite(targets).all() and np.isfinite(predicted).all()):
        raise ValueError("targets and predicted must be finite")
    errors, centred = predicted - targets, targets - targets.mean()
    columns = np.stack([np.abs(errors), errors**2, centred, centred**2], axis=1)
    means = resampled_means(columns, seed)
    absolute, squared, _, spread = columns.mean(axis=0)
    r2 = None
    if targets.min() != targets.max():
        spreads = means[:, 3] - means[:, 2] ** 2
        varied = spreads > 1e-12 * spread
        r2 = _score(1 - squared / spread, 1 - means[varied, 1] / spreads[varied], targets)
    return RegressionScores(
        _score(absolute, means[:, 0], targets),
        _score(math.sqrt(squared), np.sqrt(means[:, 1]), targets),
        r2,
        _spearman(targets, predicted),
    )


def _score(value: float, resampled: Floats, targets: Floats) -> Score:
    value = float(value)
    low, high = percentiles(resampled)
    return Score(value, min(low, value), max(high, value), len(targets))


def _spearman(targets: Floats, predicted: Floats) -> Score | None:
    samples = len(targets)
    if samples < 4 or targets.min() == targets.max() or predicted.min() == predicted.max():
        return None
    first, second = (_ranks(numbers) - (samples + 1) / 2 for numbers in (targets, predicted))
    value = float((first * second).sum() / math.sqrt((first**2).sum() * (second**2).sum()))
    value = min(1.0, max(-1.0, value))
    middle = math.atanh(min(1 - 1e-15, max(-1 + 1e-15, value)))
    half = Z_95 * math.sqrt((1 + value**2 / 2) / (samples - 3))
    return Score(value, min(value, math.tanh(middle - half)), max(value, math.tanh(middle + half)), samples)


def _ranks(numbers: npt.NDArray[np.float64]) -> Floats:
    """Return ranks from 1; ties get their mean rank."""
    _, inverse, counts = np.unique(numbers, return_inverse=True, return_counts=True)
    ranks: Floats = np.cumsum(counts) - (counts - 1) / 2
    return ranks[inverse]
