"""Targets of a linear model for each task."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from malmoi.metrics.calibrators import Link
from malmoi.models.linear.fitting import LinearTargets
from malmoi.models.task import Classification, Multiclass, Regression, Targets, Task

__all__ = ["accuracy_of", "class_link", "linear_targets", "link_of", "strata_of"]


def link_of(task: Task) -> Link | None:
    """Return the function that maps scores to probabilities; `None` for regression."""
    return class_link(task) if isinstance(task, Classification) else None


def class_link(task: Classification) -> Link:
    """Return the function that maps scores to probabilities."""
    return "softmax" if isinstance(task, Multiclass) else "sigmoid"


def linear_targets(task: Task, targets: Targets, weights: npt.NDArray[np.float32] | None) -> LinearTargets:
    """Return the training targets of a linear model.

    Args:
        task: the task.
        targets: as returned by `task.encode`.
        weights: float32 (samples,), sample weights; all 1 by default.
    """
    counts = np.ones(len(targets), dtype=np.float32) if weights is None else weights
    if isinstance(task, Regression):
        return LinearTargets(targets.T.astype(np.float32), targets, counts, None)
    if targets.ndim == 2:
        return LinearTargets((2 * targets - 1).T.astype(np.float32), targets, counts, "sigmoid")
    if task.units == 1:
        return LinearTargets((2 * targets - 1)[None].astype(np.float32), targets, counts, "sigmoid")
    values = np.where(targets == np.arange(task.units)[:, None], 1, -1).astype(np.float32)
    return LinearTargets(values, targets, counts, "softmax")


def strata_of(task: Task, targets: Targets) -> npt.NDArray[np.int64]:
    """Return strata for folds, int64 (samples,): classes, or deciles of the regression target."""
    if isinstance(task, Regression):
        ranks = np.argsort(np.argsort(targets[:, 0], kind="stable"), kind="stable")
        return np.asarray(10 * ranks // max(len(targets), 1), dtype=np.int64)
    if targets.ndim == 2:
        return np.asarray(targets.argmax(axis=1) + (targets.sum(axis=1) > 0), dtype=np.int64)
    return targets.astype(np.int64)


def accuracy_of(targets: LinearTargets, scores: npt.NDArray[np.float32]) -> float | None:
    """Return the accuracy of the scores; `None` for regression."""
    if targets.link is None:
        return None
    if targets.link == "softmax":
        return float((scores.argmax(axis=1) == targets.classes).mean())
    truth = targets.classes.reshape(len(scores), -1) > 0
    return float(((scores > 0) == truth).all(axis=1).mean())
