"""Mean accuracies and differences of several trainings, with intervals over trainings and texts."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from malmoi.metrics.intervals import Score
from malmoi.metrics.paired import paired_difference
from malmoi.metrics.scores import Share

__all__ = ["CrossedDifference", "crossed_accuracy", "crossed_difference", "holm"]

Hits = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class CrossedDifference:
    """Difference of the mean accuracies of two classifiers over the same trainings and texts.

    Args:
        value: the difference, from -1 to 1.
        low: lower bound of the 95 % interval.
        high: upper bound of the 95 % interval.
        p_value: two-sided p-value of the null hypothesis of no difference.
    """

    value: float
    low: float
    high: float
    p_value: float


@dataclass(frozen=True)
class _Spread:
    """Variance of a mean over draws and texts, with the degrees of freedom of Student's t."""

    variance: float
    degrees: float

    def half_width(self) -> float:
        """Return half the width of the 95 % interval."""
        from scipy.special import stdtrit

        return float(stdtrit(self.degrees, 0.975)) * math.sqrt(self.variance)

    def p_value(self, mean: float) -> float:
        """Return the two-sided p-value of a mean; the variance must not be 0."""
        from scipy.special import stdtr

        return float(2 * stdtr(self.degrees, -abs(mean) / math.sqrt(self.variance)))


def crossed_accuracy(hits: Hits) -> Score:
    """Return the mean accuracy of several trainings on the same texts, with an interval over trainings and texts.

    The interval covers the variation of both new trainings and new texts. For one training, or if all trainings give
    the same predictions, it is Wilson's interval, over the texts only. For two trainings it is too narrow: in
    simulations its coverage is 90 %, for three or more 93 % to 96 %.

    Args:
        hits: bool (draws, texts), whether each prediction of each training is correct.

    Raises:
        ValueError: there are no draws or no texts.

    Source:
        See `crossed_difference`.

    Example:
        >>> print(crossed_accuracy(np.array([[True, True, False, True], [True, True, True, False]])))
        0.750 (95 % interval 0.301 to 0.954)
    """
    draws, texts = _checked(hits)
    value = float(hits.mean())
    spread = _spread(hits.sum(axis=1), hits.sum(axis=0), float(hits.sum()))
    if draws == 1 or spread.variance == 0 or not _draws_differ(hits):
        low, high = Share(round(value * texts), texts).interval
        return Score(value, min(low, value), max(high, value), texts)
    half = spread.half_width()
    return Score(value, max(0.0, value - half), min(1.0, value + half), texts)


def crossed_difference(first: Hits, second: Hits) -> CrossedDifference:
    """Compare the accuracies of two classifiers, trained on the same draws of data and evaluated on the same texts.

    Trainings of the same draw are paired, and so are predictions for the same text, so that the difficulty of a draw or
    a text cancels out. Draws and texts are both treated as random samples, so the result holds for new draws and new
    texts. For one training, or if the trainings do not differ, only the texts are random: the exact McNemar test and
    Newcombe's interval are used. Two trainings are too few: the false positive rate of the test is then 13 % in
    simulations instead of 5 %; with five trainings it is 4 % to 7 %.

    Args:
        first: bool (draws, texts), whether each prediction of the first classifier is correct.
        second: bool (draws, texts), the same for the second classifier.

    Raises:
        ValueError: there are no draws or no texts, or the shapes differ.

    Source:
        Two-way analysis of variance without replication, as for several readers of the same cases: Dorfman, Berbaum
        and Metz 1992, with the degrees of freedom of Hillis 2007, "A comparison of denominator degrees of freedom
        methods for multiple observer ROC analysis".

    Example:
        >>> first, second = np.ones((2, 8), bool), np.zeros((2, 8), bool)
        >>> round(crossed_difference(first, second).p_value, 4)
        0.0078
    """
    if first.shape != second.shape:
        raise ValueError(f"first and second must have the same shape, got {first.shape} and {second.shape}")
    draws, _ = _checked(first)
    differences = first.astype(np.int8) - second
    squares = float((first ^ second).sum())
    spread = _spread(differences.sum(axis=1, dtype=np.int64), differences.sum(axis=0, dtype=np.int64), squares)
    value = float(differences.mean(dtype=np.float64))
    if draws == 1 or spread.variance == 0 or not _draws_differ(differences):
        found = paired_difference(first[0], second[0])
        # Of the first draw: its interval may miss the mean of draws that differ.
        low, high = min(found.low, value), max(found.high, value)
        return CrossedDifference(value, low, high, _mcnemar(first[0], second[0]))
    half = spread.half_width()
    return CrossedDifference(value, max(-1.0, value - half), min(1.0, value + half), spread.p_value(value))


def holm(p_values: list[float]) -> list[float]:
    """Adjust the p-values of several tests to control the family-wise error rate (Holm's method).

    Args:
        p_values: from 0 to 1; their order is kept.

    Source:
        Holm 1979, A simple sequentially rejective multiple test procedure.

    Example:
        >>> holm([0.01, 0.04, 0.03])
        [0.03, 0.06, 0.06]
    """
    order = sorted(range(len(p_values)), key=lambda index: p_values[index])
    adjusted, largest = [0.0] * len(p_values), 0.0
    for rank, index in enumerate(order):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = largest
    return adjusted


def _checked(hits: Hits) -> tuple[int, int]:
    if hits.ndim != 2 or not hits.size:
        raise ValueError(f"hits must have one row per draw and one column per text, got shape {hits.shape}")
    return hits.shape[0], hits.shape[1]


def _draws_differ(cells: npt.NDArray[np.generic]) -> bool:
    return bool((cells != cells[0]).any())


def _spread(by_draw: npt.NDArray[np.int64], by_text: npt.NDArray[np.int64], squares: float) -> _Spread:
    """Return the variance of the mean of a table of draws by texts.

    Args:
        by_draw: int64 (draws,), sums over texts.
        by_text: int64 (texts,), sums over draws.
        squares: sum of the squares of all cells.
    """
    draws, texts = len(by_draw), len(by_text)
    cells = draws * texts
    if draws == 1 or texts == 1:
        return _Spread(0.0, 1.0)
    correction = float(by_draw.sum()) ** 2 / cells
    of_draws = float((by_draw.astype(np.float64) ** 2).sum()) / texts - correction
    of_texts = float((by_text.astype(np.float64) ** 2).sum()) / draws - correction
    of_both = max(0.0, squares - correction - of_draws - of_texts)
    draw_square = max(0.0, of_draws) / (draws - 1)
    text_square = max(0.0, of_texts) / (texts - 1)
    rest_square = of_both / ((draws - 1) * (texts - 1))
    total = draw_square + max(0.0, text_square - rest_square)
    if total <= 1e-12:
        return _Spread(0.0, 1.0)
    degrees = math.inf if draw_square == 0 else (draws - 1) * (total / draw_square) ** 2
    return _Spread(total / cells, min(degrees, 1e9))


def _mcnemar(first: Hits, second: Hits) -> float:
    """Return the p-value of the exact two-sided McNemar test."""
    from scipy.special import bdtr

    alone, other = int((first & ~second).sum()), int((second & ~first).sum())
    if not alone + other:
        return 1.0
    return min(1.0, 2 * float(bdtr(min(alone, other), alone + other, 0.5)))
