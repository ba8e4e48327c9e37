"""Area under the ROC curve (AUC), with its interval."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from malmoi.metrics.intervals import Score
from malmoi.metrics.scores import Z_95

__all__ = ["area_under_roc"]

Floats = npt.NDArray[np.floating]


def area_under_roc(scores: Floats, is_positive: npt.NDArray[np.bool_]) -> Score:
    """Return the area under the ROC curve, with its interval from a normal approximation.

    It is the probability that a positive sample has a larger score than a negative one; 0.5 for random scores.

    Args:
        scores: float (samples,); ties count as half.
        is_positive: bool (samples,), with at least one sample of each class.

    Raises:
        ValueError: the lengths differ, or all samples are of one class.

    Source:
        DeLong, DeLong and Clarke-Pearson 1988, the variance from placement values; by ranks as in Sun and Xu 2014.

    Example:
        >>> area_under_roc(np.array([0.1, 0.4, 0.35, 0.8]), np.array([False, False, True, True])).value
        0.75
    """
    if len(scores) != len(is_positive):
        raise ValueError(f"scores must have {len(is_positive)} items, one per class, got {len(scores)}")
    positive, negative = scores[is_positive], scores[~is_positive]
    if not len(positive) or not len(negative):
        raise ValueError(f"is_positive must contain both classes, got {len(positive)} of {len(scores)}")
    # For each sample the share of samples of the other class that are ranked correctly relative to it.
    above = (_ranks(scores)[is_positive] - _ranks(positive)) / len(negative)
    below = 1 - (_ranks(scores)[~is_positive] - _ranks(negative)) / len(positive)
    value = float(above.mean())
    spread = sum(float(one.var(ddof=1)) / len(one) for one in (above, below) if len(one) > 1)
    half = Z_95 * math.sqrt(spread)
    return Score(value, max(0.0, value - half), min(1.0, value + half), len(scores))


def _ranks(values: Floats) -> npt.NDArray[np.float64]:
    """Return ranks from 1; ties get their mean rank."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return np.asarray((ends - (counts - 1) / 2)[inverse.reshape(-1)])
