"""Probabilities from the scores of a fastText classifier."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from malmoi.metrics.calibrators import Calibrator, Isotonic, Link, Temperature
from malmoi.models.fasttext.network import NetworkLoss
from malmoi.models.task import Binary, Classification, Multilabel

__all__ = ["SHIFT", "linked", "outputs_of", "prior_outputs"]

Floats = npt.NDArray[np.float32]
STEPS, LARGEST_SCORE = 512, 8
"""Size and range of fastText's table of the logistic function."""
SHIFT = np.float32(1e-5)
"""Added by fastText to every probability, before it takes the logarithm."""


def linked(scores: Floats, task: Classification, loss: NetworkLoss) -> tuple[Floats, Link]:
    """Return the scores (samples, outputs) that a calibrator maps to probabilities, and the link function.

    Args:
        scores: float32 (samples, classes).
        task: the task.
        loss: loss function of the network.
    """
    if isinstance(task, Multilabel):
        return scores, "sigmoid"
    if loss in ("one-vs-all", "negative sampling"):
        scores = -np.logaddexp(np.float32(0), -scores)  # so that the probabilities are divided by their sum
    if isinstance(task, Binary):
        return scores[:, 1:] - scores[:, :1], "sigmoid"
    return scores, "softmax"


def outputs_of(scores: Floats, task: Classification, loss: NetworkLoss, calibrator: Calibrator) -> Floats:
    """Return outputs float32 (samples, units) from scores (samples, classes)."""
    if isinstance(task, Multilabel) and not isinstance(calibrator, Isotonic):
        temperature = calibrator.temperature if isinstance(calibrator, Temperature) else 1.0
        return tabulated(scores / np.float32(temperature))
    if not isinstance(task, Binary) and loss == "negative sampling":
        return tabulated(scores)
    if not isinstance(task, Binary) and loss == "hierarchical softmax":
        return np.exp(scores)
    return calibrator.apply(*linked(scores, task, loss))


def tabulated(scores: Floats) -> Floats:
    """Return the logistic function of scores from fastText's table, which has steps of 1/32.

    Its classifiers round the probabilities of one-vs-all in this way; so that files mean the same everywhere, ours do.
    """
    scores = scores.astype(np.float32, copy=False)
    inside = scores.clip(-LARGEST_SCORE, LARGEST_SCORE)
    shifted = (inside + np.float32(LARGEST_SCORE)) * np.float32(STEPS) / np.float32(2 * LARGEST_SCORE)
    steps = shifted.astype(np.int64)
    return TABLE[np.where(scores > LARGEST_SCORE, STEPS + 1, np.where(scores < -LARGEST_SCORE, STEPS + 2, steps))]


def _table() -> Floats:
    places = np.arange(STEPS + 1) * 2.0 * LARGEST_SCORE / STEPS - LARGEST_SCORE
    values = 1 / (1 + np.exp(-places))
    return np.concatenate([values, [1.0, 0.0]]).astype(np.float32)


TABLE = _table()


def prior_outputs(prior: Floats, task: Classification) -> Floats:
    """Return the outputs float32 (units,) of a text without a known word: the shares of the training labels."""
    return prior[1:] if isinstance(task, Binary) else prior
