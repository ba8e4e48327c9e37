"""Plots of results on the caller's axes."""

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
"""Side of a class in a new figure of a confusion matrix with many classes, in inches."""
CURE = {
    "multilabel": "use evaluation.classes for the precision, recall and F1 of each label",
    "regression": "use evaluation.numbers for targets and predictions",
}


def plot_confusion(evaluation: Evaluation, ax: Axes | None = None) -> Axes:
    """Plot the confusion matrix of an evaluation, coloured by the share of the true class, with counts and names.

    Counts and names are left out if the cells are too small.

    Args:
        evaluation: result of `evaluate` for a single-label classifier.
        ax: matplotlib axes to draw on; `None`: a new pyplot figure, larger for many classes.

    Returns:
        The axes.

    Raises:
        MissingExtraError: matplotlib is not installed.
        TypeError: `evaluation` is not an Evaluation, or `ax` is not a matplotlib Axes.
        ValueError: the evaluation is multilabel or of a regression, or `ax` is polar or three-dimensional.

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
    """Plot the calibration curve of an evaluation: accuracy by mean confidence of each bin, with 95 % intervals.

    Args:
        evaluation: result of `evaluate` for a single-label classifier.
        ax: matplotlib axes to draw on; `None`: a new pyplot figure.

    Returns:
        The axes.

    Raises:
        MissingExtraError: matplotlib is not installed.
        TypeError: `evaluation` is not an Evaluation, or `ax` is not a matplotlib Axes.
        ValueError: the evaluation is multilabel or of a regression, or `ax` is polar or three-dimensional.

    Example:
        >>> import malmoi as mm
        >>> texts, labels = ["good film", "dull film"] * 10, ["pos", "neg"] * 10
        >>> axes = mm.plot_calibration(mm.evaluate(mm.BagClassifier().fit(texts, labels), (texts, labels)))
        >>> axes.get_xlabel(), axes.get_ylabel()
        ('mean confidence', 'accuracy')
    """
    _check(evaluation, "a calibration curve")
    if evaluation.calibration is None:
        raise ValueError(_rule(evaluation, "a calibration curve"))
    axes = axes_for(ax, None, (SIDE, SIDE * 0.9))[0]
    draw_calibration(axes, evaluation.calibration)
    return axes


def plot_learning_curve(curve: LearningCurve | Comparison, ax: Axes | None = None) -> Axes:
    """Plot the accuracy of recipes by number of labels, with intervals; the same as `curve.plot`.

    Args:
        curve: result of `learning_curve` or `compare`. For one number of labels, one interval per recipe is drawn, in
            descending order of accuracy.
        ax: matplotlib axes to draw on, with a legend inside; `None`: a new pyplot figure, with names at the right.

    Returns:
        The axes.

    Raises:
        MissingExtraError: matplotlib is not installed.
        TypeError: `curve` is not a LearningCurve or a Comparison, or `ax` is not a matplotlib Axes.
        ValueError: `ax` is polar or three-dimensional.

    Example:
        >>> import malmoi as mm
        >>> corpus = mm.Corpus([f"{word} film {n}" for n in range(20) for word in ("good", "bad")], ["pos", "neg"] * 20)
        >>> axes = mm.plot_learning_curve(mm.learning_curve(["bag"], corpus, [4, 16], repeats=2))
        >>> axes.get_xlabel(), axes.get_ylabel()
        ('training labels (log scale)', 'accuracy on 8 test texts')
    """
    if not isinstance(curve, LearningCurve | Comparison):
        rule = f"curve must be a LearningCurve or a Comparison, got {type(curve).__name__}"
        raise TypeError(f"{rule}; use the result of learning_curve or compare")
    return plot_curve(curve, ax=ax)


def _check(evaluation: object, what: str) -> None:
    if not isinstance(evaluation, Evaluation):
        rule = f"evaluation must be an Evaluation, got {type(evaluation).__name__}"
        raise TypeError(f"{rule}; {what} needs the result of evaluate(model, data)")


def _rule(evaluation: Evaluation, what: str) -> str:
    rule = f"evaluation must be of a single-label classifier for {what}, got the task {evaluation.task!r}"
    return f"{rule}; {CURE[evaluation.task]}"
