"""Points of the learning curve of one model."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["LearningPoint"]


@dataclass(frozen=True)
class LearningPoint:
    """The accuracy of a model that was trained on a number of labels.

    Args:
        labels: labelled texts of the training; 1 or more.
        accuracy: on data that it was not trained on; of several labels a text the exact match.
        low: lower bound of the 95 % interval.
        high: upper bound of the 95 % interval.
    """

    labels: int
    accuracy: float
    low: float
    high: float
