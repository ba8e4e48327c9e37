"""Metrics of single-label classifiers, from the confusion matrix and from probabilities."""

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
        precision: share of its predictions that are correct; `None` if it is never predicted.
        recall: share of its samples that are predicted correctly; `None` if it has no samples.
        f1: harmonic mean of both, 2 tp / (2 tp + fp + fn); `None` if it is neither predicted nor has samples.
        support: number of samples of the class.
        predicted: number of predictions of the class.
    """

    label: Label
    precision: float | None
    recall: float | None
    f1: float | None
    support: int
    predicted: int

    @classmethod
    def of_counts(cls, label: Label, right: int, support: int, predicted: int) -> ClassScore:
        """Return the scores of a class from the numbers of true positives, samples and predictions."""
        return cls(
            label,
            right / predicted if predicted else None,
            right / support if support else None,
            2 * right / (support + predicted) if support + predicted else None,
            support,
            predicted,
        )


def confusion_matrix(truth: npt.NDArray[np.integer], predicted: npt.NDArray[np.integer], classes: int) -> Ints:
    """Return the confusion matrix.

    Args:
        truth: int (samples,), indices of the true classes.
        predicted: int (samples,), indices of the predicted classes.
        classes: number of classes.

    Returns:
        int64 (classes, classes): one row per true class, one column per predicted class.

    Raises:
        ValueError: there are no samples, or the lengths differ.

    Example:
        >>> confusion_matrix(np.array([0, 0, 1]), np.array([0, 1, 1]), 2).tolist()
        [[1, 1], [0, 1]]
    """
    if len(truth) != len(predicted) or not len(truth):
        rule = "truth and predicted must have the same number of labels, 1 or more"
        raise ValueError(f"{rule}, got {len(truth)} and {len(predicted)}")
    cells = truth.astype(np.int64) * classes + predicted
    return np.bincount(cells, minlength=classes * classes).reshape(classes, classes)


def accuracy(confusion: Ints) -> Share:
    """Return the accuracy of a confusion matrix."""
    return Share(int(np.trace(confusion)), int(confusion.sum()))


def class_scores(confusion: Ints, labels: Sequence[Label]) -> tuple[ClassScore, ...]:
    """Return precision, recall and F1 of every class, in the order of the labels."""
    counts = zip(labels, np.diag(confusion), confusion.sum(axis=1), confusion.sum(axis=0), strict=True)
    return tuple(ClassScore.of_counts(label, *map(int, numbers)) for label, *numbers in counts)


Counts: TypeAlias = Ints | npt.NDArray[np.floating]
"""Counts, or their sums over resamples."""


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
    """Return the mean of the defined ratios over the last axis."""
    ratios = np.divide(counts, of, out=np.zeros(of.shape), where=of > 0)
    return np.asarray(ratios.sum(axis=-1) / (of > 0).sum(axis=-1))


def balanced_accuracy_and_macro_f1(confusion: Ints, *, seed: int = 0) -> tuple[Score, Score]:
    """Return balanced accuracy (mean recall) and macro F1, with percentile-bootstrap intervals.

    Balanced accuracy averages over the classes that have samples, macro F1 over the classes that have samples or are
    predicted, as in scikit-learn. Samples are resampled by drawing the cells of the confusion matrix from a multinomial
    distribution. If all predictions are correct, or all are wrong, resamples do not vary, and the interval of the
    accuracy is used.

    Args:
        confusion: int64 (classes, classes), one row per true class.
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
    """Yield the margins of resamples, (resamples, classes) each, in blocks of resamples."""
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


def _summed(drawn: Ints, codes: Ints, classes: int) -> Ints:
    """Return the sums of the columns with the same class, int64 (resamples, classes)."""
    order = np.argsort(codes, kind="stable")
    present, starts = np.unique(codes[order], return_index=True)
    sums = np.zeros((len(drawn), classes), dtype=np.int64)
    sums[:, present] = np.add.reduceat(drawn[:, order], starts, axis=1)
    return sums


def log_loss(true_probabilities: npt.NDArray[np.floating], *, seed: int = 0) -> Score:
    """Return the log loss, with a percentile-bootstrap interval.

    Args:
        true_probabilities: float (samples,), probability of the true label, from 0 to 1; values below 2**-23 are
            clipped to 2**-23, so that the loss of a sample is at most 15.9. 0 for a label that the model does not have.
        seed: random seed of the resamples.

    Raises:
        ValueError: there are no samples, or a probability is out of range.

    Example:
        >>> round(log_loss(np.array([0.5, 0.5])).value, 3)
        0.693
    """
    if not len(true_probabilities):
        raise ValueError("true_probabilities must have 1 number or more, got 0")
    probabilities = true_probabilities.astype(np.float64)
    if not ((probabilities >= 0) & (probabilities <= 1 + 1e-6)).all():
        raise ValueError("true_probabilities must be from 0 to 1")
    losses = -np.log(np.clip(probabilities, PROBABILITY_FLOOR, 1.0)) + 0.0
    low, high = percentiles(resampled_means(losses[:, None], seed))
    value = float(losses.mean())
    return Score(value, min(low, value), max(high, value), len(losses))
