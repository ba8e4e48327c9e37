"""The figure of an evaluation: learning curve, confusion matrix and calibration; or predictions against targets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from malmoi.errors import MissingExtraError
from malmoi.evaluation.evaluation import Evaluation
from malmoi.evaluation.learning_point import LearningPoint
from malmoi.evaluation.score_kinds import SCORE_KINDS
from malmoi.metrics.calibration import Calibration
from malmoi.metrics.intervals import Ints
from malmoi.report.figures import TRAINING_COLOUR, VALIDATION_COLOUR, named_counts
from malmoi.report.fonts import DrawnNames, drawn_names

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["evaluation_figure"]

GREY = "#888888"
LARGEST_WITH_COUNTS = 12
LARGEST_WITH_NAMES = 40
SHOWN_LABELS = 30
PANEL_WIDTH, PANEL_HEIGHT = 4.6, 4.2
Panel = Callable[[Any], None]


def evaluation_figure(evaluation: Evaluation, learning_curve: Sequence[LearningPoint] | None = None) -> Figure:
    """Draw an evaluation.

    Args:
        evaluation: what `evaluate` returned. One label per text: confusion matrix and calibration; several labels: F1
            of every label; numbers: predictions against targets.
        learning_curve: accuracies over numbers of labels, in any order; drawn with the majority-class baseline. `None`:
            no such panel.

    Raises:
        ValueError: the learning curve is empty, or goes with numbers.
        MissingExtraError: matplotlib is not installed.
    """
    if learning_curve is not None:
        if not learning_curve:
            raise ValueError("learning_curve must hold 1 point or more, got 0")
        if evaluation.numbers is not None:
            raise ValueError("learning_curve must be None for a model of numbers, because its points are accuracies")
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingExtraError("drawing needs matplotlib; pip install 'malmoi[plots]'") from error
    panels = _panels(evaluation, learning_curve)
    figure = Figure(figsize=(PANEL_WIDTH * len(panels), PANEL_HEIGHT), layout="constrained")
    FigureCanvasAgg(figure)
    for axes, draw in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels, strict=True):
        draw(axes)
        axes.spines[["top", "right"]].set_visible(False)
    return figure


def _panels(evaluation: Evaluation, learning_curve: Sequence[LearningPoint] | None) -> list[Panel]:
    panels: list[Panel] = []
    if learning_curve is not None:
        points = sorted(learning_curve, key=lambda point: point.labels)
        panels.append(lambda axes: _draw_learning_curve(axes, points, evaluation))
    if evaluation.numbers is not None:
        panels.append(lambda axes: _draw_numbers(axes, evaluation))
        return panels
    names = drawn_names([score.label for score in evaluation.classes])
    counts, calibrated = evaluation.confusion, evaluation.calibration
    if counts is None or calibrated is None:
        panels.append(lambda axes: _draw_labels(axes, evaluation, names))
        return panels
    return [
        *panels,
        lambda axes: _draw_confusion(axes, counts, names),
        lambda axes: _draw_calibration(axes, calibrated),
    ]


def _draw_learning_curve(axes: Any, points: Sequence[LearningPoint], evaluation: Evaluation) -> None:
    from matplotlib.ticker import NullLocator, PercentFormatter

    labels = [point.labels for point in points]
    low, high = [point.low for point in points], [point.high for point in points]
    axes.set_xscale("log")
    axes.fill_between(labels, low, high, color=VALIDATION_COLOUR, alpha=0.18, linewidth=0, label="95 % interval")
    values = [point.accuracy for point in points]
    several = evaluation.task == "multilabel"
    measure = "exact match" if several else "accuracy"
    axes.plot(labels, values, "o-", color=VALIDATION_COLOUR, markersize=4, label=measure)
    if evaluation.baseline is not None:
        share = evaluation.baseline.accuracy.value
        name = "most frequent labels" if several else "majority class"
        axes.axhline(share, color=TRAINING_COLOUR, linewidth=1, linestyle="--", label=name)
    axes.set_xticks(named_counts(labels), [f"{count:,}" for count in named_counts(labels)])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.set_xlabel("training labels (logarithmic)")
    axes.set_ylabel(measure)
    axes.set_title("learning curve", fontsize=11)
    axes.legend(frameon=False, fontsize=8, loc="best")


def _draw_confusion(axes: Any, counts: Ints, names: DrawnNames) -> None:
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    picture = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="equal")
    places = np.arange(len(counts))
    if len(counts) <= LARGEST_WITH_COUNTS:
        size = 10 if len(counts) <= 4 else 9 - len(counts) / 4
        for row, column in np.ndindex(counts.shape):
            colour = "white" if shares[row, column] > 0.55 else "black"
            number = f"{counts[row, column]:,}"
            axes.text(column, row, number, ha="center", va="center", color=colour, fontsize=size)
    if len(counts) <= LARGEST_WITH_NAMES:
        size = 9 if len(counts) <= LARGEST_WITH_COUNTS else max(4, 10 - len(counts) / 5)
        style = {"fontsize": size, "fontfamily": list(names.families), "parse_math": False}
        axes.set_xticks(places, names.names, rotation=45 if len(counts) > 2 else 0, **style)
        if len(counts) > 2:
            for label in axes.get_xticklabels():
                label.set(ha="right", rotation_mode="anchor")
        axes.set_yticks(places, names.names, **style)
    axes.set_xlabel("predicted class")
    axes.set_ylabel("true class")
    axes.tick_params(length=0)
    axes.set_title("confusion matrix", fontsize=11)
    bar = axes.figure.colorbar(picture, ax=axes, fraction=0.046, pad=0.03)
    bar.set_label("share of the true class", fontsize=8)
    bar.ax.tick_params(labelsize=8)
    bar.outline.set_visible(False)


def _draw_calibration(axes: Any, calibrated: Calibration) -> None:
    from matplotlib.ticker import PercentFormatter

    sure = np.array([one.confidence for one in calibrated.bins])
    right = np.array([one.accuracy.value for one in calibrated.bins])
    bounds = np.array([one.accuracy.interval for one in calibrated.bins]).T
    errors = np.maximum(np.stack([right - bounds[0], bounds[1] - right]), 0)
    axes.plot([0, 1], [0, 1], color=GREY, linewidth=1, linestyle="--", label="perfect calibration")
    style = {"color": VALIDATION_COLOUR, "markersize": 4, "elinewidth": 0.8, "capsize": 2}
    axes.errorbar(sure, right, yerr=errors, fmt="o-", label="bins, 95 % interval", **style)
    axes.set_xlim(max(0.0, sure.min() - 0.04), 1.02)
    axes.set_ylim(max(0.0, min(sure.min(), bounds[0].min()) - 0.04), 1.02)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.set_xlabel("mean confidence")
    axes.set_ylabel("accuracy")
    error = calibrated.error
    axes.set_title(f"calibration: ECE {error.value:.3f} ({error.low:.3f} to {error.high:.3f})", fontsize=11)
    axes.legend(frameon=False, fontsize=8, loc="upper left")


def _draw_labels(axes: Any, evaluation: Evaluation, names: DrawnNames) -> None:
    """F1 of every label as bars, the most frequent labels where there are many."""
    order = np.argsort([-score.support for score in evaluation.classes], kind="stable")[:SHOWN_LABELS]
    places = np.arange(len(order))
    axes.barh(places, [evaluation.classes[at].f1 or 0.0 for at in order], color=VALIDATION_COLOUR, height=0.7)
    style = {"fontfamily": list(names.families), "parse_math": False, "fontsize": 9 if len(order) <= 12 else 7}
    axes.set_yticks(places, [names.names[at] for at in order], **style)
    axes.invert_yaxis()
    axes.set_xlim(0, 1)
    axes.set_xlabel("F1")
    score = evaluation.scores["macro_f1"]
    axes.set_title(f"macro F1 {SCORE_KINDS['macro_f1'].show_number(score.value)}", fontsize=11)


def _draw_numbers(axes: Any, evaluation: Evaluation) -> None:
    if evaluation.numbers is None:
        return
    targets, predicted = evaluation.numbers
    low, high = min(targets.min(), predicted.min()), max(targets.max(), predicted.max())
    axes.plot([low, high], [low, high], color=GREY, linewidth=1, linestyle="--", label="perfect prediction")
    visible = min(0.8, max(0.05, 60 / len(targets) ** 0.75))
    axes.scatter(targets, predicted, s=12, color=VALIDATION_COLOUR, alpha=visible, linewidths=0, rasterized=True)
    axes.set_xlabel("target")
    axes.set_ylabel("prediction")
    shown = [("R2", "r2"), ("MAE", "mean_absolute_error")]
    scores = [f"{title} {evaluation.scores[name].value:.3g}" for title, name in shown if name in evaluation.scores]
    axes.set_title(", ".join(scores), fontsize=11)
    axes.legend(frameon=False, fontsize=8, loc="upper left")
