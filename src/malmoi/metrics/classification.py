"""Scores of classifiers with one label per sample: from the confusion matrix, and from probabilities."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from malmoi.foundation.arrays import Label
from malmoi.metrics.intervals import Floats, Ints, Score, percentiles, resampled_means, resamples_of
from malmoi.metrics.scores import Share

__all__ = [
    "PROBABILITY_FLOOR",
    "ClassScore",
    "accuracy",
    "balanced_accuracy_and_macro_f1",
    "class_scores",
    "confusion_matrix",
    "log_loss",
]

PROBABILITY_FLOOR = 2.0**-23
"""The spacing of float32 at 1: smaller probabilities cannot be distinguished from 0."""
CELLS_TOGETHER = 2_000_000


@dataclass(frozen=True)
class ClassScore:
    """Precision, recall and F1 of one class.

    Args:
        label: the class.
        precision: share of its predictions that are right; `None` where it is never predicted.
        recall: share of its samples that are found; `None` where it has no samples.
        f1: harmonic mean of both, 2 tp / (2 tp + fp + fn); `None` where it is neither predicted nor has samples.
        support: samples of the class.
        predicted: samples for which it is predicted.
    """

    label: Label
    precision: float | None
    recall: float | None
    f1: float | None
    support: int
    predicted: int

    @classmethod
    def of_counts(cls, label: Label, right: int, support: int, predicted: int) -> ClassScore:
        """Return the scores of a class from its true positives, its samples and its predictions."""
        return cls(
            label,
            right / predicted if predicted else None,
            right / support if support else None,
            2 * right / (support + predicted) if support + predicted else None,
            support,
            predicted,
        )


def confusion_matrix(truth: npt.NDArray[np.integer], predicted: npt.NDArray[np.integer], classes: int) -> Ints:
    """Count the samples of every pair of true and predicted class.

    Args:
        truth: int (samples,), places of the true labels among the classes.
        predicted: int (samples,), places of the predicted labels.
        classes: how many classes there are.

    Returns:
        int64 (classes, classes): a row for each true class, a column for each predicted class.

    Raises:
        ValueError: there are no samples, or not as many labels as predictions.

    Example:
        >>> confusion_matrix(np.array([0, 0, 1]), np.array([0, 1, 1]), 2).tolist()
        [[1, 1], [0, 1]]
    """
    if len(truth) != len(predicted) or not len(truth):
        rule = "truth and predicted must hold the same number of labels, 1 or more"
        raise ValueError(f"{rule}, got {len(truth)} and {len(predicted)}")
    cells = truth.astype(np.int64) * classes + predicted
    return np.bincount(cells, minlength=classes * classes).reshape(classes, classes)


def accuracy(confusion: Ints) -> Share:
    """Return the share of samples whose label is predicted."""
    return Share(int(np.trace(confusion)), int(confusion.sum()))


def class_scores(confusion: Ints, labels: Sequence[Label]) -> tuple[ClassScore, ...]:
    """Return precision, recall and F1 of every class, in the order of the labels."""
    counts = zip(labels, np.diag(confusion), confusion.sum(axis=1), confusion.sum(axis=0), strict=True)
    return tuple(ClassScore.of_counts(label, *map(int, numbers)) for label, *numbers in counts)


Counts: TypeAlias = Ints | npt.NDArray[np.floating]
"""Counts, or sums of them over many resamples."""


class Margins(NamedTuple):
    """True positives, samples and predictions of classes: (..., classes) each."""

    right: Counts
    support: Counts
    predicted: Counts

    def balanced_accuracy(self) -> Floats:
        """Return the mean recall of the classes that have samples."""
        return _mean_ratio(self.right, self.support)

    def macro_f1(self) -> Floats:
        """Return the mean F1 of the classes that have samples or are predicted."""
        return _mean_ratio(2 * self.right, self.support + self.predicted)


def _mean_ratio(counts: Counts, of: Counts) -> Floats:
    """The mean over the last axis of the ratios that are defined."""
    ratios = np.divide(counts, of, out=np.zeros(of.shape), where=of > 0)
    return np.asarray(ratios.sum(axis=-1) / (of > 0).sum(axis=-1))


def balanced_accuracy_and_macro_f1(confusion: Ints, *, seed: int = 0) -> tuple[Score, Score]:
    """Return the mean recall and the mean F1 of the classes, with percentile-bootstrap intervals.

    The mean recall is that of the classes that have samples; the mean F1 that of the classes that have samples or are
    predicted, as scikit-learn has it. Resampling samples is drawing the cells of the confusion matrix from a
    multinomial distribution. Where every prediction is right, or every one wrong, resamples do not vary: the bound is
    then that of the accuracy.

    Args:
        confusion: int64 (classes, classes), a row for each true class.
        seed: random seed of the resamples.

    Example:
        >>> balanced, macro = balanced_accuracy_and_macro_f1(np.array([[40, 10], [0, 50]]))
        >>> round(balanced.value, 3), round(macro.value, 3)
        (0.9, 0.899)
    """
    right = accuracy(confusion)
    margins = Margins(np.diag(confusion), confusion.sum(axis=1), confusion.sum(axis=0))
    resamples = list(_resampled_margins(confusion, seed))
    scores = []
    for measure in (Margins.balanced_accuracy, Margins.macro_f1):
        low, high = percentiles(np.concatenate([measure(one) for one in resamples]))
        if right.count in (0, right.samples):
            low, high = right.interval
        value = float(measure(margins))
        scores.append(Score(value, min(low, value), max(high, value), right.samples))
    return scores[0], scores[1]


def _resampled_margins(confusion: Ints, seed: int) -> Iterator[Margins]:
    """Yield the margins of resamples, (resamples, classes) each, some resamples at a time."""
    random = np.random.default_rng(seed)
    used = np.flatnonzero(confusion.sum(axis=0) + confusion.sum(axis=1))
    rows, columns = np.nonzero(confusion[np.ix_(used, used)])
    cells = confusion[used[rows], used[columns]]
    samples, total = int(cells.sum()), resamples_of(int(cells.sum()))
    together = max(1, CELLS_TOGETHER // max(len(cells), len(used)))
    for start in range(0, total, together):
        drawn = random.multinomial(samples, cells / samples, size=min(together, total - start))
        diagonal = rows == columns
        right = np.zeros((len(drawn), len(used)), dtype=np.int64)
        right[:, rows[diagonal]] = drawn[:, diagonal]
        yield Margins(right, _summed(drawn, rows, len(used)), _summed(drawn, columns, len(used)))


def _summed(drawn: Ints, places: Ints, classes: int) -> Ints:
    """Sums of the columns that have the same place, int64 (resamples, classes)."""
    order = np.argsort(places, kind="stable")
    present, starts = np.unique(places[order], return_index=True)
    sums = np.zeros((len(drawn), classes), dtype=np.int64)
    sums[:, present] = np.add.reduceat(drawn[:, order], starts, axis=1)
    return sums


def log_loss(true_probabilities: npt.NDArray[np.floating], *, seed: int = 0) -> Score:
    """Return the mean negative logarithm of the probability of the true label, with a percentile-bootstrap interval.

    Args:
        true_probabilities: float (samples,), from 0 to 1; those below 2**-23 count as 2**-23, so that the loss
            of one sample is 15.9 at most. 0 for a label that the model does not have.
        seed: random seed of the resamples.

    Raises:
        ValueError: there are no samples, or a probability is out of its range.

    Example:
        >>> round(log_loss(np.array([0.5, 0.5])).value, 3)
        0.693
    """
    if not len(true_probabilities):
        raise ValueError("true_probabilities must hold 1 number or more, got 0")
    probabilities = true_probabilities.astype(np.float64)
    if not ((probabilities >= 0) & (probabilities <= 1 + 1e-6)).all():
        raise ValueError("true_probabilities must be from 0 to 1")
    losses = -np.log(np.clip(probabilities, PROBABILITY_FLOOR, 1.0)) + 0.0
    low, high = percentiles(resampled_means(losses[:, None], seed))
    value = float(losses.mean())
    return Score(value, min(low, value), max(high, value), len(losses))
