"""Comparison of two classifiers on the same samples."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt

from malmoi.foundation.json_values import JsonObject
from malmoi.metrics.scores import Share

__all__ = ["PairedDifference", "paired_balanced_difference", "paired_difference"]

BALANCED_RESAMPLES = 1000


@dataclass(frozen=True)
class PairedDifference:
    """Difference of the accuracies of two classifiers on the same samples, with its 95 % interval.

    Args:
        value: the difference, from -1 to 1.
        low: lower bound of the interval.
        high: upper bound of the interval.
        samples: number of samples.
    """

    value: float
    low: float
    high: float
    samples: int

    @property
    def is_better(self) -> bool:
        """Whether the first classifier is significantly better: the whole interval is above 0."""
        return self.low > 0

    @property
    def is_worse(self) -> bool:
        """Whether the first classifier is significantly worse: the whole interval is below 0."""
        return self.high < 0

    def to_json(self) -> JsonObject:
        """Return the fields as a JSON object."""
        return asdict(self)

    def __str__(self) -> str:
        value, low, high = (f"{100 * number:+.1f}" for number in (self.value, self.low, self.high))
        return f"{value} points (95 % interval {low} to {high}, {self.samples:,} samples)"


def paired_difference(first: npt.NDArray[np.bool_], second: npt.NDArray[np.bool_]) -> PairedDifference:
    """Compare the accuracies of two classifiers on the same samples.

    The interval takes the correlation of the predictions into account, so it is narrower than for independent samples.

    Args:
        first: bool (samples,), whether each prediction of the first classifier is correct.
        second: bool (samples,), the same for the second classifier.

    Raises:
        ValueError: there are no samples, or the lengths differ.

    Source:
        Newcombe 1998, Improved confidence intervals for the difference between binomial proportions based on paired
        data, method 10: the Wilson intervals of both accuracies, combined by their correlation.

    Example:
        >>> print(paired_difference(np.array([True] * 90 + [False] * 10), np.array([True] * 70 + [False] * 30)))
        +20.0 points (95 % interval +12.0 to +28.4, 100 samples)
    """
    if len(first) != len(second) or not len(first):
        rule = "first and second must have the same number of samples, 1 or more"
        raise ValueError(f"{rule}, got {len(first)} and {len(second)}")
    samples = len(first)
    both, alone = int((first & second).sum()), int((first & ~second).sum())
    other = int((~first & second).sum())
    one, two = Share(both + alone, samples), Share(both + other, samples)
    phi = _correlation(both, alone, other, samples - both - alone - other)
    value = (alone - other) / samples
    (low_one, high_one), (low_two, high_two) = one.interval, two.interval
    below = _combined(one.value - low_one, high_two - two.value, phi)
    above = _combined(high_one - one.value, two.value - low_two, phi)
    return PairedDifference(value, max(-1.0, value - below), min(1.0, value + above), samples)


def paired_balanced_difference(
    classes: npt.NDArray[np.integer], first: npt.NDArray[np.bool_], second: npt.NDArray[np.bool_], *, seed: int = 0
) -> PairedDifference:
    """Compare the balanced accuracies (mean recalls) of two classifiers on the same samples.

    The interval is a percentile bootstrap, stratified by class and paired between the classifiers.

    Args:
        classes: int (samples,), the true class of each sample, from 0.
        first: bool (samples,), whether each prediction of the first classifier is correct.
        second: bool (samples,), the same for the second classifier.
        seed: random seed of the resamples.

    Raises:
        ValueError: there are no samples, or the lengths differ.

    Source:
        Efron & Tibshirani 1993, stratified resampling.

    Example:
        >>> classes = np.repeat([0, 1], [90, 10])
        >>> paired_balanced_difference(classes, np.ones(100, bool), classes == 0).value
        0.5
    """
    if not len(classes) == len(first) == len(second) or not len(classes):
        rule = "classes, first and second must have the same number of samples, 1 or more"
        raise ValueError(f"{rule}, got {len(classes)}, {len(first)} and {len(second)}")
    number = int(classes.max()) + 1
    gains, losses = (np.bincount(classes[one], minlength=number) for one in (first & ~second, second & ~first))
    counts = np.bincount(classes, minlength=number)
    present = np.flatnonzero(counts)
    random, total = np.random.default_rng(seed), np.zeros(BALANCED_RESAMPLES)
    for code in present.tolist():
        samples, gained, lost = int(counts[code]), int(gains[code]), int(losses[code])
        shares = np.array([gained, lost, samples - gained - lost]) / samples
        drawn = random.multinomial(samples, shares, size=BALANCED_RESAMPLES)
        total += (drawn[:, 0] - drawn[:, 1]) / samples
    low, high = np.percentile(total / len(present), [2.5, 97.5])
    value = float(((gains - losses)[present] / counts[present]).mean())
    return PairedDifference(value, min(value, float(low)), max(value, float(high)), len(classes))


def _combined(first: float, second: float, correlation: float) -> float:
    return math.sqrt(max(0.0, first**2 - 2 * correlation * first * second + second**2))


def _correlation(both: int, alone: int, other: int, neither: int) -> float:
    """Return the correlation of two binary variables, with Newcombe's continuity correction if it is positive."""
    margins = (both + alone) * (other + neither) * (both + other) * (alone + neither)
    if not margins:
        return 0.0
    product = float(both * neither - alone * other)
    if product > 0:
        product = max(0.0, product - (both + alone + other + neither) / 2)
    return product / math.sqrt(margins)
