"""Metrics of multilabel classifiers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from malmoi.metrics.classification import ClassScore, Margins
from malmoi.metrics.intervals import Floats, Score, percentiles, resample_counts, resampled_means
from malmoi.metrics.scores import Share

__all__ = ["MultilabelScores", "label_scores", "multilabel_scores"]

Flags = npt.NDArray[np.bool_]


class MultilabelScores(NamedTuple):
    """Metrics of predicted label sets.

    Args:
        exact_match: share of samples whose label set is predicted exactly (subset accuracy).
        micro_f1: F1 over all pairs of samples and labels.
        macro_f1: mean F1 of the labels that have samples or are predicted.
        hamming_loss: share of wrong decisions among all pairs of samples and labels.
    """

    exact_match: Share
    micro_f1: Score
    macro_f1: Score
    hamming_loss: Score


def multilabel_scores(truth: Flags, predicted: Flags, *, seed: int = 0) -> MultilabelScores:
    """Return multilabel metrics with intervals: Wilson's for the exact match, otherwise percentile bootstrap.

    F1 is 1 if there are no labels, neither true nor predicted. If all label sets are correct, the lower bounds of both
    F1 are those of the exact match, because resamples do not vary.

    Args:
        truth: bool (samples, labels).
        predicted: bool (samples, labels).
        seed: random seed of the resamples.

    Raises:
        ValueError: there are no samples, or the shapes differ.

    Example:
        >>> scores = multilabel_scores(np.eye(2, dtype=bool), np.array([[True, True], [False, True]]))
        >>> scores.exact_match.value, round(scores.micro_f1.value, 2), scores.hamming_loss.value
        (0.5, 0.8, 0.25)
    """
    _check(truth, predicted)
    right, support, found = truth & predicted, truth, predicted
    margins = Margins(*(part.sum(axis=0) for part in (right, support, found)))
    exact = Share(int((truth == predicted).all(axis=1).sum()), len(truth))
    resampled: list[Floats] = []
    columns = [part.astype(np.float32) for part in (right, support, found)]
    for counts in resample_counts(len(truth), seed):
        drawn = counts.astype(np.float32)  # sums of integers below 2**24 are exact in any order
        resampled.append(_f1(Margins(*(drawn @ column for column in columns))))
    values, bounds = _f1(margins), np.concatenate(resampled)
    scores = []
    for value, column in zip(map(float, values[0]), bounds.T, strict=True):
        low, high = percentiles(column)
        if exact.count == exact.samples:
            low = exact.interval[0]
        scores.append(Score(value, min(low, value), max(high, value), len(truth)))
    losses = (truth != predicted).mean(axis=1)
    low, high = percentiles(resampled_means(losses[:, None], seed))
    loss = float(losses.mean())
    return MultilabelScores(exact, scores[0], scores[1], Score(loss, min(low, loss), max(high, loss), len(truth)))


def _f1(margins: Margins) -> Floats:
    """Return micro and macro F1, float64 (resamples, 2)."""
    pairs = []
    for right, of in (
        (margins.right.sum(axis=-1, keepdims=True), (margins.support + margins.predicted).sum(axis=-1, keepdims=True)),
        (margins.right, margins.support + margins.predicted),
    ):
        ratios = np.divide(2.0 * right, of, out=np.zeros(of.shape), where=of > 0)
        counted = (of > 0).sum(axis=-1)
        pairs.append(np.where(counted > 0, ratios.sum(axis=-1) / np.maximum(counted, 1), 1.0))
    return np.stack([np.atleast_1d(pair) for pair in pairs], axis=-1)


def label_scores(truth: Flags, predicted: Flags, labels: Sequence[object]) -> tuple[ClassScore, ...]:
    """Return precision, recall and F1 of every label, in the order of the columns."""
    _check(truth, predicted)
    counts = zip(labels, *(part.sum(axis=0) for part in (truth & predicted, truth, predicted)), strict=True)
    return tuple(ClassScore.of_counts(label, *map(int, numbers)) for label, *numbers in counts)


def _check(truth: Flags, predicted: Flags) -> None:
    if truth.shape != predicted.shape or truth.ndim != 2 or not truth.size:
        rule = "truth and predicted must have the same shape (samples, labels), with 1 sample or more"
        raise ValueError(f"{rule}, got {truth.shape} and {predicted.shape}")
