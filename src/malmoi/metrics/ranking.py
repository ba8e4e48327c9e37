"""How well scores tell two classes apart: the area under the ROC curve, with its interval."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from malmoi.metrics.intervals import Score
from malmoi.metrics.scores import Z_95

__all__ = ["area_under_roc"]

Floats = npt.NDArray[np.floating]


def area_under_roc(scores: Floats, is_positive: npt.NDArray[np.bool_]) -> Score:
    """Return the share of pairs of a positive and a negative sample of which the positive has the larger score.

    Args:
        scores: float (samples,); equal scores count as half.
        is_positive: bool (samples,), one of each or more.

    Returns:
        The area, 0.5 for scores that say nothing, with the interval of its normal approximation.

    Raises:
        ValueError: there are not as many of both, or all samples are of one class.

    Source:
        DeLong, DeLong and Clarke-Pearson 1988, the variance from placement values; by ranks as in Sun and Xu 2014.

    Example:
        >>> area_under_roc(np.array([0.1, 0.4, 0.35, 0.8]), np.array([False, False, True, True])).value
        0.75
    """
    if len(scores) != len(is_positive):
        raise ValueError(f"scores must be as many as the {len(is_positive)} classes, got {len(scores)}")
    positive, negative = scores[is_positive], scores[~is_positive]
    if not len(positive) or not len(negative):
        raise ValueError(f"is_positive must hold both classes, got {len(positive)} of {len(scores)}")
    # Of each sample the share of those of the other class that are on its right side.
    above = (_ranks(scores)[is_positive] - _ranks(positive)) / len(negative)
    below = 1 - (_ranks(scores)[~is_positive] - _ranks(negative)) / len(positive)
    value = float(above.mean())
    spread = sum(float(one.var(ddof=1)) / len(one) for one in (above, below) if len(one) > 1)
    half = Z_95 * math.sqrt(spread)
    return Score(value, max(0.0, value - half), min(1.0, value + half), len(scores))


def _ranks(values: Floats) -> npt.NDArray[np.float64]:
    """Ranks from 1, equal values at their mean rank."""
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return np.asarray((ends - (counts - 1) / 2)[places.reshape(-1)])
