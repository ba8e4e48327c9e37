"""The figure of an evaluation: learning curve, confusion matrix and calibration; or predictions against targets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from malmoi.evaluation.evaluation import Evaluation
from malmoi.evaluation.learning_point import LearningPoint
from malmoi.evaluation.score_kinds import SCORE_KINDS
from malmoi.report.class_panels import draw_calibration, draw_confusion
from malmoi.report.curve_lines import CurveLines
from malmoi.report.figures import new_figure
from malmoi.report.fonts import drawn_names
from malmoi.report.learning_curve_figure import draw_curve
from malmoi.report.look import BASELINE_COLOUR, VALIDATION_COLOUR, TextStyle, add_legend, set_look, set_title

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["evaluation_figure"]

SHOWN_LABELS = 30
PANEL_WIDTH, PANEL_HEIGHT = 4.6, 4.2
Panel = Callable[["Axes"], None]


def evaluation_figure(evaluation: Evaluation, learning_curve: Sequence[LearningPoint] | None = None) -> Figure:
    """Draw an evaluation.

    Args:
        evaluation: result of `evaluate`. Single-label classification: confusion matrix and calibration; multilabel: F1
            of each label; regression: predictions against targets.
        learning_curve: accuracies by number of labels, in any order; drawn with the majority-class baseline. `None`: no
            such panel.

    Raises:
        ValueError: the learning curve is empty, or was passed with a regression.
        MissingExtraError: matplotlib is not installed.
    """
    if learning_curve is not None:
        if not learning_curve:
            raise ValueError("learning_curve must have 1 point or more, got 0")
        if evaluation.numbers is not None:
            raise ValueError("learning_curve must be None for regression, because its points are accuracies")
    panels = _panels(evaluation, learning_curve)
    figure, places = new_figure(PANEL_WIDTH * len(panels), PANEL_HEIGHT, columns=len(panels))
    for axes, draw in zip(places, panels, strict=True):
        draw(axes)
    return figure


def _panels(evaluation: Evaluation, learning_curve: Sequence[LearningPoint] | None) -> list[Panel]:
    panels: list[Panel] = []
    if learning_curve is not None:
        lines = CurveLines.from_points(learning_curve, evaluation)
        panels.append(lambda axes: draw_curve(axes, lines, outside=False))
    if evaluation.numbers is not None:
        return [lambda axes: _draw_numbers(axes, evaluation)]
    counts, calibrated = evaluation.confusion, evaluation.calibration
    if counts is None or calibrated is None:
        return [*panels, lambda axes: _draw_labels(axes, evaluation)]
    labels = [score.label for score in evaluation.classes]
    return [
        *panels,
        lambda axes: draw_confusion(axes, counts, labels),
        lambda axes: draw_calibration(axes, calibrated),
    ]


def _draw_labels(axes: Axes, evaluation: Evaluation) -> None:
    """Draw the F1 of each label as bars; of many labels, the most frequent."""
    names = drawn_names([score.label for score in evaluation.classes])
    order = np.argsort([-score.support for score in evaluation.classes], kind="stable")[:SHOWN_LABELS]
    places = np.arange(len(order))
    axes.barh(places, [evaluation.classes[at].f1 or 0.0 for at in order], color=VALIDATION_COLOUR, height=0.7)
    set_look(axes, xlabel="F1", ylabel="", grid="x")
    style: TextStyle = {
        "fontfamily": list(names.families),
        "parse_math": False,
        "fontsize": 9 if len(order) <= 12 else 7,
    }
    axes.set_yticks(places, [names.names[at] for at in order], **style)
    axes.invert_yaxis()
    axes.set_xlim(0, 1)
    score = evaluation.scores["macro_f1"]
    more = len(evaluation.classes) - len(order)
    which = f", the {len(order)} most frequent of {len(evaluation.classes)} labels" if more else ""
    set_title(axes, f"macro F1 {SCORE_KINDS['macro_f1'].show_number(score.value)}{which}")


def _draw_numbers(axes: Axes, evaluation: Evaluation) -> None:
    if evaluation.numbers is None:
        return
    targets, predicted = evaluation.numbers
    low, high = min(targets.min(), predicted.min()), max(targets.max(), predicted.max())
    perfect = axes.plot([low, high], [low, high], color=BASELINE_COLOUR, linewidth=1.2, linestyle="--")[0]
    visible = min(0.8, max(0.05, 60 / len(targets) ** 0.75))
    axes.scatter(targets, predicted, s=12, color=VALIDATION_COLOUR, alpha=visible, linewidths=0, rasterized=True)
    set_look(axes, xlabel="target", ylabel="prediction")
    shown = [("R2", "r2"), ("MAE", "mean_absolute_error")]
    scores = [f"{title} {evaluation.scores[name].value:.3g}" for title, name in shown if name in evaluation.scores]
    set_title(axes, ", ".join(scores))
    add_legend(axes, [perfect], ["perfect prediction"])
