"""Power-law fits of learning curves, accuracy(n) = a - b n^-c, with bootstrap intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from malmoi.metrics.intervals import Floats, percentiles

__all__ = ["FEWEST_SIZES", "PowerLaw", "draw_errors", "fit_power_law"]

FEWEST_SIZES = 3
"""Fewest distinct training set sizes: the number of parameters of the curve."""
EXPONENTS = np.geomspace(0.05, 2.0, 75)
RESAMPLES = 1000
SMALLEST_ERROR = 1e-4
"""Lower bound of the standard errors, so that no point dominates the fit."""
SHARED_WEIGHT = 4.0
"""Degrees of freedom given to the pooled deviation, in addition to those of each size."""


@dataclass(frozen=True, eq=False)
class PowerLaw:
    """A fitted curve, accuracy(n) = a - b (n / scale)^-c.

    Args:
        scale: number of labels at which the accuracy is a - b.
        fitted: float64 (3,), a, b and c.
        resampled: float64 (resamples, 3), the same for every resample.
    """

    scale: float
    fitted: Floats
    resampled: Floats

    def accuracy(self, labels: float) -> tuple[float, float, float]:
        """Return the accuracy for a number of labels, and the bounds of its 95 % interval."""
        value = float(self._accuracies(self.fitted[None, :], labels)[0])
        return _with_bounds(value, self._accuracies(self.resampled, labels), most=1.0)

    def gain(self, labels: float, more: float) -> tuple[float, float, float]:
        """Return the gain in accuracy from more labels, and the bounds of its 95 % interval."""
        value, resampled = (
            self._accuracies(rows, labels + more) - self._accuracies(rows, labels)
            for rows in (self.fitted[None, :], self.resampled)
        )
        return _with_bounds(float(value[0]), resampled, most=1.0)

    def _accuracies(self, rows: Floats, labels: float) -> Floats:
        values: Floats = rows[:, 0] - rows[:, 1] * (labels / self.scale) ** -rows[:, 2]
        return values.clip(0.0, 1.0)


def fit_power_law(
    labels: Sequence[int], accuracies: Sequence[float], errors: Sequence[float], *, shared: float = 0.0, seed: int = 0
) -> PowerLaw:
    """Fit accuracy(n) = a - b n^-c with a <= 1, b >= 0 and c from 0.05 to 2, by weighted least squares.

    Intervals are from the parametric bootstrap: accuracies are drawn around the points with their standard errors,
    enlarged if the residuals are larger than these, and the curve is fitted again.

    The intervals assume that the learning curve is a power law. Far beyond the last point the curve is an
    extrapolation, which is only valid for the same recipe and more texts of the same distribution. In simulated power
    laws the coverage of the 95 % interval of the gain is 90 % to 99 %.

    Args:
        labels: (points,), number of labels of each training; 1 or more, at least three distinct ones.
        accuracies: (points,), accuracy of each training.
        errors: (points,), standard error of each accuracy, independent between points.
        shared: standard error common to all points, which are measured on the same texts.
        seed: random seed of the bootstrap.

    Raises:
        ValueError: there are fewer than three distinct numbers of labels, or the lengths differ.

    Source:
        Cortes et al. 1994, "Learning curves: asymptotic values and rate of convergence"; Efron & Tibshirani 1993 (the
        parametric bootstrap).

    Example:
        >>> sizes = [20, 50, 100, 200, 500]
        >>> law = fit_power_law(sizes, [0.9 - n**-0.5 for n in sizes], [0.01] * 5)
        >>> round(law.gain(500, 500)[0], 3)
        0.013
    """
    if not len(labels) == len(accuracies) == len(errors):
        rule = "labels, accuracies and errors must have the same length"
        raise ValueError(f"{rule}, got {len(labels)}, {len(accuracies)} and {len(errors)}")
    if len(set(labels)) < FEWEST_SIZES:
        raise ValueError(f"labels must have {FEWEST_SIZES} distinct numbers or more, got {len(set(labels))}")
    sizes, spread = np.asarray(labels, dtype=np.float64), np.maximum(np.asarray(errors, np.float64), SMALLEST_ERROR)
    scale = float(np.exp(np.log(sizes).mean()))
    powers = (sizes / scale)[None, :] ** -EXPONENTS[:, None]
    values = np.asarray(accuracies, dtype=np.float64)
    fitted, misfit = _fitted(values[None, :], powers, spread**-2)
    free = len(sizes) - FEWEST_SIZES
    enlarged = np.sqrt(max(1.0, misfit[0] / free)) if free else 1.0
    random = np.random.default_rng(seed)
    drawn = values + spread * enlarged * random.standard_normal((RESAMPLES, len(sizes)))
    drawn += shared * random.standard_normal((RESAMPLES, 1))
    return PowerLaw(scale, fitted[0], _fitted(drawn, powers, spread**-2)[0])


def _fitted(accuracies: Floats, powers: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Fit every row of accuracies by a bounded weighted line for each exponent, and choose the best exponent.

    Args:
        accuracies: float64 (rows, points).
        powers: float64 (exponents, points), n^-c.
        weights: float64 (points,).

    Returns:
        float64 (rows, 3), a, b and c; and the weighted sums of squares, (rows,).
    """
    total = weights.sum()
    mean_power, square = (np.einsum("gk,k->g", one, weights) / total for one in (powers, powers**2))
    mean = np.einsum("rk,k->r", accuracies, weights)[:, None] / total
    product = np.einsum("rk,gk,k->rg", accuracies, powers, weights, optimize=False) / total
    b = np.maximum((mean * mean_power - product) / (square - mean_power**2), 0.0)
    a = mean + b * mean_power
    at_bound = np.maximum((mean_power - product) / square, 0.0)
    b, a = np.where(a > 1, at_bound, b), np.minimum(a, 1.0)
    squares = np.einsum("rk,rk,k->r", accuracies, accuracies, weights)[:, None] / total
    squares = squares - 2 * a * mean + a**2 + 2 * b * (product - a * mean_power) + b**2 * square
    best = squares.argmin(axis=1)
    rows = np.arange(len(accuracies))
    return np.column_stack([a[rows, best], b[rows, best], EXPONENTS[best]]), total * squares[rows, best]


def draw_errors(labels: Sequence[int], draws: Sequence[Sequence[float]]) -> Floats:
    """Return the standard error of the mean accuracy for each training set size, over random training sets.

    The deviation of few draws is imprecise, so it is pooled with that of all sizes, whose variance is assumed to be
    proportional to 1 / labels.

    Args:
        labels: (points,), number of labels of each size.
        draws: (points,), accuracies of the draws of each size; 1 or more, and 2 or more for at least one size.

    Returns:
        float64 (points,).

    Raises:
        ValueError: no size has two draws.

    Example:
        >>> draw_errors([20, 80], [[0.6, 0.7, 0.8], [0.85]]).round(3).tolist()
        [0.058, 0.05]
    """
    sizes, counts = np.asarray(labels, dtype=np.float64), np.array([len(one) for one in draws])
    free = counts - 1
    if not free.any():
        raise ValueError("draws must have 2 accuracies or more for at least one size, got 1 for each")
    squares = np.array([np.square(np.asarray(one) - np.mean(one)).sum() for one in draws])
    common = float((squares * sizes).sum() / free.sum())
    variances: npt.NDArray[np.float64] = (squares + SHARED_WEIGHT * common / sizes) / (free + SHARED_WEIGHT)
    errors: Floats = np.sqrt(variances / counts)
    return errors


def _with_bounds(value: float, resampled: Floats, *, most: float) -> tuple[float, float, float]:
    """Return a value with the percentiles of its resamples, extended to include the value."""
    low, high = percentiles(resampled)
    return value, min(value, low), min(most, max(value, high))
