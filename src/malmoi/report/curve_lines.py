"""Lines of a figure of a learning curve, of a comparison, or of the accuracies of one recipe."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from malmoi.evaluation.evaluation import Evaluation
from malmoi.evaluation.learning_point import LearningPoint
from malmoi.experiments.comparison import BAG, MAJORITY, Comparison
from malmoi.experiments.curve_result import LearningCurve
from malmoi.metrics.intervals import Score

__all__ = ["CurveLine", "CurveLines", "LinePoint"]


@dataclass(frozen=True)
class LinePoint:
    """An accuracy with its interval.

    Args:
        labels: number of labelled training texts.
        value: the accuracy; `None` if it is missing.
        interval: 95 % interval; `None` if there is none.
    """

    labels: int
    value: float | None
    interval: tuple[float, float] | None = None


@dataclass(frozen=True)
class CurveLine:
    """Accuracies of a recipe or a baseline.

    Args:
        name: name in the figure.
        kind: type of the line; "majority" and "bag" are drawn as baselines.
        points: points in ascending order of labels.
    """

    name: str
    kind: Literal["recipe", "bag", "majority"]
    points: tuple[LinePoint, ...]


@dataclass(frozen=True)
class CurveLines:
    """Lines of one figure.

    Args:
        title: title of the figure.
        metric: "accuracy" or "exact match".
        lines: lines in order.
        labels: training-set sizes in ascending order.
        all_labels: size of all training data; `None`: unknown.
        held_out: number of test texts; `None`: unknown.
    """

    title: str
    metric: str
    lines: tuple[CurveLine, ...]
    labels: tuple[int, ...]
    all_labels: int | None = None
    held_out: int | None = None

    @property
    def missing(self) -> list[tuple[str, int]]:
        """Name and number of labels of each missing point."""
        return [(line.name, point.labels) for line in self.lines for point in line.points if point.value is None]

    @classmethod
    def from_curve(cls, curve: LearningCurve) -> CurveLines:
        """Return the lines of a learning curve, the majority class first."""
        share = curve.baseline[1].value
        lines = [_constant(_baseline_name(curve.metric), share, curve.labels)]
        for recipe in curve.recipes:
            points = []
            for labels in curve.labels:
                mean = curve.point(recipe, labels).mean
                points.append(LinePoint(labels, None) if mean is None else LinePoint(labels, mean.value, mean.interval))
            lines.append(CurveLine(recipe, "recipe", tuple(points)))
        numbers = sorted({len(point.accuracies) for point in curve.points if point.accuracies})
        counts = (curve.all_labels, curve.held_out)
        return cls(f"learning curve: {_draws(numbers)}", curve.metric, tuple(lines), curve.labels, *counts)

    @classmethod
    def from_comparison(cls, comparison: Comparison) -> CurveLines:
        """Return the lines of a comparison, the majority class first."""
        several = isinstance(comparison.baseline[0], tuple)
        metric = "exact match" if several else "accuracy"
        scores = {(point.recipe, point.labels): point.accuracy for point in comparison.points}
        lines = []
        for recipe in (MAJORITY, *comparison.recipes):
            points = tuple(_scored(labels, scores.get((recipe, labels))) for labels in comparison.labels)
            name = _baseline_name(metric) if recipe == MAJORITY else recipe
            lines.append(CurveLine(name, _kind(recipe), points))
        counts = (comparison.all_labels, comparison.held_out)
        mean = "one run, 95 % interval" if comparison.seeds == 1 else _draws([comparison.seeds])
        return cls(f"comparison: {mean}", metric, tuple(lines), comparison.labels, *counts)

    @classmethod
    def from_points(cls, points: Sequence[LearningPoint], evaluation: Evaluation) -> CurveLines:
        """Return the line of one recipe, and that of the evaluation's majority class."""
        ordered = sorted(points, key=lambda point: point.labels)
        labels = tuple(point.labels for point in ordered)
        metric = "exact match" if evaluation.task == "multilabel" else "accuracy"
        shown = tuple(LinePoint(point.labels, point.accuracy, (point.low, point.high)) for point in ordered)
        lines = [CurveLine(metric, "recipe", shown)]
        if evaluation.baseline is not None:
            lines.append(_constant(_baseline_name(metric), evaluation.baseline.accuracy.value, labels))
        return cls("learning curve: 95 % interval", metric, tuple(lines), labels)


def _scored(labels: int, score: Score | None) -> LinePoint:
    return LinePoint(labels, None) if score is None else LinePoint(labels, score.value, (score.low, score.high))


def _constant(name: str, share: float, labels: tuple[int, ...]) -> CurveLine:
    return CurveLine(name, "majority", tuple(LinePoint(number, share) for number in labels))


def _kind(recipe: str) -> Literal["recipe", "bag", "majority"]:
    return "majority" if recipe == MAJORITY else "bag" if recipe == BAG else "recipe"


def _baseline_name(metric: str) -> str:
    return "most frequent labels" if metric == "exact match" else "majority class"


def _draws(numbers: list[int]) -> str:
    """Return the description of the values for numbers of random subsets."""
    if numbers == [1]:
        return "one run"
    runs = f"{numbers[0]} to {numbers[-1]} runs" if len(numbers) > 1 else f"{numbers[0]} runs"
    return f"mean of {runs}, 95 % interval"
