"""Precision, recall, F1 and accuracy of a binary classifier as functions of the decision threshold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from malmoi.metrics.intervals import Floats, Ints

__all__ = ["ThresholdScores", "chosen_thresholds", "threshold_scores"]

QUANTILES = 50


@dataclass(frozen=True, eq=False)
class ThresholdScores:
    """Metrics of the positive class for each decision threshold, (thresholds,) each.

    Args:
        thresholds: float64, ascending.
        predicted: int64, number of positive predictions.
        precision: float64; NaN if there are no positive predictions.
        recall: float64.
        f1: float64; 0 if no prediction is correct.
        accuracy: float64.
    """

    thresholds: Floats
    predicted: Ints
    precision: Floats
    recall: Floats
    f1: Floats
    accuracy: Floats


def threshold_scores(
    scores: npt.NDArray[np.floating],
    is_positive: npt.NDArray[np.bool_],
    is_negative: npt.NDArray[np.bool_],
    thresholds: Floats,
) -> ThresholdScores:
    """Return the metrics of the predictions `score >= threshold` for several thresholds.

    Args:
        scores: float (samples,), probability of the positive class.
        is_positive: bool (samples,), whether the true class is the positive one; true for at least one sample.
        is_negative: bool (samples,), whether the true class is the negative one; samples of neither class are never
            correct.
        thresholds: float64 (thresholds,), ascending.

    Raises:
        ValueError: no sample is positive.

    Example:
        >>> scores, positive = np.array([0.2, 0.6, 0.8]), np.array([False, False, True])
        >>> threshold_scores(scores, positive, ~positive, np.array([0.5, 0.7])).precision.tolist()
        [0.5, 1.0]
    """
    positives = int(is_positive.sum())
    if not positives:
        raise ValueError("is_positive must have 1 positive sample or more, got none")
    order = np.argsort(scores, kind="stable")
    below = np.searchsorted(scores[order].astype(np.float64), thresholds, side="left")
    positives_below, negatives_below = (np.r_[0, np.cumsum(one[order])][below] for one in (is_positive, is_negative))
    predicted = (len(scores) - below).astype(np.int64)
    found = positives - positives_below
    precision = np.divide(found, predicted, out=np.full(len(below), np.nan), where=predicted > 0)
    return ThresholdScores(
        thresholds=thresholds,
        predicted=predicted,
        precision=precision,
        recall=found / positives,
        f1=2 * found / (predicted + positives),
        accuracy=(found + negatives_below) / len(scores),
    )


def chosen_thresholds(scores: npt.NDArray[np.floating]) -> Floats:
    """Return about 50 thresholds: quantiles of the scores, and 0.5.

    Args:
        scores: float (samples,), 1 or more.

    Returns:
        float64 (thresholds,), ascending, distinct.
    """
    ordered = np.sort(scores).astype(np.float64)
    indices = np.linspace(0, len(ordered) - 1, min(QUANTILES, len(ordered))).round().astype(np.int64)
    return np.unique(np.r_[ordered[indices], 0.5])
