"""Confident learning: detection of label errors from out-of-sample probabilities."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["confident_classes", "confident_thresholds", "label_issues", "normalized_margins", "self_confidence"]

Codes = npt.NDArray[np.integer]
Floats = npt.NDArray[np.floating]

LEAST_THRESHOLD = 2e-6
"""As in cleanlab: otherwise a class whose probability is never higher would be reached by every sample."""
SLACK = 1e-6
NEVER = 2.0
"""The threshold of a class without samples: no probability reaches it."""


def confident_thresholds(codes: Codes, probabilities: Floats) -> npt.NDArray[np.float64]:
    """Return the mean probability of each class over the samples labelled with it.

    Args:
        codes: int (samples,), class indices of the given labels.
        probabilities: float (samples, classes), out-of-sample predictions.

    Returns:
        float64 (classes,); 2 for a class without samples.

    Source:
        Northcutt, Jiang and Chuang 2021, "Confident learning: estimating uncertainty in dataset labels", equation 2.

    Example:
        >>> confident_thresholds(np.array([0, 0, 1]), np.array([[0.9, 0.1], [0.5, 0.5], [0.2, 0.8]])).round(2)
        array([0.7, 0.8])
    """
    classes = probabilities.shape[1]
    counts = np.bincount(codes, minlength=classes)
    sums = np.bincount(codes, self_confidence(codes, probabilities).astype(np.float64), minlength=classes)
    means = np.divide(sums, counts, out=np.full(classes, NEVER), where=counts > 0)
    return np.asarray(means.clip(min=LEAST_THRESHOLD))


def confident_classes(probabilities: Floats, thresholds: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """Return the confident class of each sample, int64 (samples,); -1 for none.

    That is the class whose probability reaches its threshold; if several do, the most probable class.

    Args:
        probabilities: float (samples, classes).
        thresholds: float64 (classes,), from `confident_thresholds`.

    Source:
        Northcutt, Jiang and Chuang 2021, equation 1.
    """
    reached = probabilities >= thresholds - SLACK
    counts = reached.sum(axis=1)
    found = np.where(counts > 1, probabilities.argmax(axis=1), reached.argmax(axis=1))
    return np.where(counts > 0, found, -1).astype(np.int64)


def label_issues(codes: Codes, probabilities: Floats, thresholds: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """Return a mask of suspected label errors, bool (samples,).

    These are the samples whose confident class is another class, and whose most probable class is another class: the
    off-diagonal cells of the confident joint.

    Args:
        codes: int (samples,), class indices of the given labels.
        probabilities: float (samples, classes), out-of-sample predictions.
        thresholds: float64 (classes,), from `confident_thresholds`.

    Source:
        Northcutt, Jiang and Chuang 2021; cleanlab's `find_label_issues(filter_by="confident_learning")`.

    Example:
        >>> rows = np.array([[0.9, 0.1], [0.1, 0.9], [0.2, 0.8], [0.05, 0.95]])
        >>> codes = np.array([0, 0, 1, 1])
        >>> label_issues(codes, rows, confident_thresholds(codes, rows))
        array([False,  True, False, False])
    """
    confident = confident_classes(probabilities, thresholds)
    return np.asarray((confident >= 0) & (confident != codes) & (probabilities.argmax(axis=1) != codes))


def self_confidence(codes: Codes, probabilities: Floats) -> Floats:
    """Return the probability of the given label, float (samples,); low values indicate label errors.

    Source:
        cleanlab's `get_label_quality_scores(method="self_confidence")`.
    """
    return np.asarray(probabilities[np.arange(len(codes)), codes])


def normalized_margins(codes: Codes, probabilities: Floats) -> Floats:
    """Return the probability of the given label minus the largest other one, scaled to 0 to 1, float (samples,).

    Source:
        cleanlab's `get_label_quality_scores(method="normalized_margin")`.
    """
    others = probabilities.copy()
    others[np.arange(len(codes)), codes] = -1
    return np.asarray((self_confidence(codes, probabilities) - others.max(axis=1) + 1) / 2)
