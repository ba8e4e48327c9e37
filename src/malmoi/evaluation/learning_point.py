"""Points of the learning curve of a model."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["LearningPoint"]


@dataclass(frozen=True)
class LearningPoint:
    """The accuracy of a model for a number of training labels.

    Args:
        labels: number of labelled training texts; 1 or more.
        accuracy: accuracy on a test set; for multilabel data the exact match.
        low: lower bound of the 95 % interval.
        high: upper bound of the 95 % interval.
    """

    labels: int
    accuracy: float
    low: float
    high: float
