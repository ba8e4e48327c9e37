"""Figures of results, on axes of the caller."""

from __future__ import annotations

from typing import TYPE_CHECKING

from malmoi.evaluation.evaluation import Evaluation
from malmoi.experiments.comparison import Comparison
from malmoi.experiments.curve_result import LearningCurve
from malmoi.report.class_panels import draw_calibration, draw_confusion
from malmoi.report.figures import axes_for
from malmoi.report.learning_curve_figure import plot_curve

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_calibration", "plot_confusion", "plot_learning_curve"]

SIDE, LARGEST_SIDE = 4.6, 12.0
CLASS_SIDE = 0.14
"""Side of a class in a new figure of a confusion matrix, in inches, where there are many."""
CURE = {
    "multilabel": "its precision, recall and F1 of each label are evaluation.classes",
    "regression": "its targets and predictions are evaluation.numbers",
}


def plot_confusion(evaluation: Evaluation, ax: Axes | None = None) -> Axes:
    """Draw the confusion matrix of an evaluation: the share of each true class as colour, with counts and names.

    Counts and names are left out where the cells are too small for them.

    Args:
        evaluation: what `evaluate` returned for a model of one label per text.
        ax: matplotlib axes to draw on; `None`: a new figure of pyplot's, larger for many classes.

    Returns:
        the axes.

    Raises:
        MissingExtraError: matplotlib is not installed.
        TypeError: `evaluation` or `ax` is something else.
        ValueError: the evaluation is of several labels or of numbers, or `ax` is polar or has three dimensions.

    Example:
        >>> import malmoi as mm
        >>> texts, labels = ["good film", "dull film"] * 10, ["pos", "neg"] * 10
        >>> axes = mm.plot_confusion(mm.evaluate(mm.BagClassifier().fit(texts, labels), (texts, labels)))
        >>> axes.get_xlabel(), [text.get_text() for text in axes.texts]
        ('predicted class', ['10', '0', '0', '10'])
    """
    _check(evaluation, "a confusion matrix")
    if evaluation.confusion is None:
        raise ValueError(_rule(evaluation, "a confusion matrix"))
    classes = len(evaluation.confusion)
    side = min(LARGEST_SIDE, max(SIDE, 2.0 + CLASS_SIDE * classes))
    axes = axes_for(ax, None, (side * 1.1, side), layout="compressed")[0]
    draw_confusion(axes, evaluation.confusion, [score.label for score in evaluation.classes])
    return axes


def plot_calibration(evaluation: Evaluation, ax: Axes | None = None) -> Axes:
    """Draw the calibration of an evaluation: the accuracy of each bin over its mean confidence, with 95 % intervals.

    Args:
        evaluation: what `evaluate` returned for a model of one label per text.
        ax: matplotlib axes to draw on; `None`: a new figure of pyplot's.

    Returns:
        the axes.

    Raises:
        MissingExtraError: matplotlib is not installed.
        TypeError: `evaluation` or `ax` is something else.
        ValueError: the evaluation is of several labels or of numbers, or `ax` is polar or has three dimensions.
    """
    _check(evaluation, "a calibration curve")
    if evaluation.calibration is None:
        raise ValueError(_rule(evaluation, "a calibration curve"))
    axes = axes_for(ax, None, (SIDE, SIDE * 0.9))[0]
    draw_calibration(axes, evaluation.calibration)
    return axes


def plot_learning_curve(curve: LearningCurve | Comparison, ax: Axes | None = None) -> Axes:
    """Draw accuracies of recipes over the number of labels, with their intervals; the same as `curve.plot`.

    Args:
        curve: what `learning_curve` or a comparison returned. Of one number of labels an interval for each recipe is
            drawn, the most accurate on top.
        ax: matplotlib axes to draw on, with a legend inside; `None`: a new figure of pyplot's, with names at the right.

    Returns:
        the axes.

    Raises:
        MissingExtraError: matplotlib is not installed.
        TypeError: `curve` or `ax` is something else.
        ValueError: `ax` is polar or has three dimensions.
    """
    if not isinstance(curve, LearningCurve | Comparison):
        rule = f"curve must be a LearningCurve or a Comparison, got {type(curve).__name__}"
        raise TypeError(f"{rule}; learning_curve returns one")
    return plot_curve(curve, ax=ax)


def _check(evaluation: object, what: str) -> None:
    if not isinstance(evaluation, Evaluation):
        rule = f"evaluation must be an Evaluation, got {type(evaluation).__name__}"
        raise TypeError(f"{rule}; {what} needs what evaluate(model, data) returns")


def _rule(evaluation: Evaluation, what: str) -> str:
    rule = f"evaluation must be of one label per text for {what}, got one of the task {evaluation.task!r}"
    return f"{rule}; {CURE[evaluation.task]}"
