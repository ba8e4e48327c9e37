"""The figure of a learning curve: mean accuracies of recipes over the number of labels, with intervals."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from malmoi.errors import MissingExtraError
from malmoi.experiments.curve_result import CurvePoint, LearningCurve
from malmoi.report.figures import named_counts
from malmoi.report.fonts import drawn_names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure

__all__ = ["learning_curve_figure"]

COLOURS = ("#0550ae", "#bc4c00", "#1a7f37", "#8250df", "#b3275e", "#57606a", "#9a6700", "#1b7c83")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
BASELINE_COLOUR = "#6e7781"
WIDTH, HEIGHT = 8.0, 4.8
LONGEST_NAME = 32
LABEL_GAP = 0.052
"""Between names at the right, as a share of the height of the axes."""
MOST_BEYOND = 0.08
"""How far the axis reaches beyond the accuracies for an interval; a longer one runs out of the picture."""
MOST_MISSING = 2


@dataclass(frozen=True)
class _Name:
    """A name at the right of the axes.

    Args:
        text: what is written.
        colour: of the line that it belongs to.
        value: the accuracy beside which it should stand.
        labels: where the line ends; `None`: at the right.
    """

    text: str
    colour: str
    value: float
    labels: float | None = None


def learning_curve_figure(curve: LearningCurve) -> Figure:
    """Draw a learning curve.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingExtraError("drawing needs matplotlib; pip install 'malmoi[plots]'") from error
    figure = Figure(figsize=(WIDTH, HEIGHT), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    _set_axes(axes, curve)
    names = drawn_names(list(curve.recipes), longest=LONGEST_NAME, noun="recipe")
    share = curve.baseline[1].value
    axes.axhline(share, color=BASELINE_COLOUR, linewidth=1, linestyle="--")
    what = "most frequent labels" if curve.measure == "exact match" else "majority class"
    shown = [_Name(f"{what} {_percent(share)}", BASELINE_COLOUR, share)]
    for place, (recipe, name) in enumerate(zip(curve.recipes, names.names, strict=True)):
        shown += _draw_recipe(axes, curve, recipe, place, name)
    _write_names(axes, shown, names.families)
    return figure


def _set_axes(axes: Any, curve: LearningCurve) -> None:
    from matplotlib.ticker import NullLocator, PercentFormatter

    axes.set_xscale("log")
    shown = named_counts(curve.labels)
    axes.set_xticks(shown, [_tick(labels, curve) for labels in shown])
    axes.xaxis.set_minor_locator(NullLocator())
    margin = max(1.12, (curve.labels[-1] / curve.labels[0]) ** 0.04)
    axes.set_xlim(curve.labels[0] / margin, curve.labels[-1] * margin)
    low, high = _limits(curve)
    axes.set_ylim(low, high)
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0 if high - low > 0.06 else 1))
    axes.grid(axis="y", color="#d0d7de", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_xlabel("\n".join(["training labels (logarithmic)", *_missing(curve)]))
    axes.set_ylabel(f"{curve.measure} on {curve.held_out:,} held-out texts")
    numbers = sorted({len(point.accuracies) for point in curve.points if point.accuracies})
    draws = f"{numbers[0]} to {numbers[-1]} draws" if len(numbers) > 1 else f"{numbers[0]} draws"
    mean = "one draw" if numbers == [1] else f"mean of {draws}, 95 % interval"
    axes.set_title(f"learning curve: {mean}", fontsize=11)


def _tick(labels: int, curve: LearningCurve) -> str:
    return f"{labels:,}\n(all)" if labels == curve.all_labels else f"{labels:,}"


def _limits(curve: LearningCurve) -> tuple[float, float]:
    values = [value for point in curve.points for value in point.accuracies] + [curve.baseline[1].value]
    least, most = min(values), max(values)
    bounds = [bound for point in curve.points for bound in _interval(point)]
    low = max(least - MOST_BEYOND, min([least, *bounds]))
    high = min(most + MOST_BEYOND, max([most, *bounds]))
    margin = max(0.01, 0.04 * (high - low))
    return low - margin, high + margin


def _interval(point: CurvePoint) -> Sequence[float]:
    return () if point.mean is None or point.mean.interval is None else point.mean.interval


def _missing(curve: LearningCurve) -> list[str]:
    """What is not drawn, on a line of its own."""
    shown = [f"{point.recipe} with {point.labels:,}" for point in curve.points if point.missing is not None]
    if not shown:
        return []
    more = f" and {len(shown) - MOST_MISSING} more" if len(shown) > MOST_MISSING else ""
    return [f"missing: {', '.join(shown[:MOST_MISSING])}{more}"]


def _draw_recipe(axes: Any, curve: LearningCurve, recipe: str, place: int, name: str) -> list[_Name]:
    """Draw the line of a recipe; returns its name, nothing where all its points are missing."""
    points = [curve.point(recipe, labels) for labels in curve.labels]
    drawn = [point for point in points if point.mean is not None]
    if not drawn:
        return []
    colour, shift = COLOURS[place % len(COLOURS)], _shift(curve, place)
    means = [math.nan if point.mean is None else point.mean.value for point in points]
    places = [point.labels * shift for point in points]
    style = {"color": colour, "markersize": 4.5, "marker": MARKERS[place % len(MARKERS)]}
    axes.plot(places, means, linewidth=1.6, **style)
    for labels, point in zip(places, points, strict=True):
        if bounds := _interval(point):
            axes.plot([labels, labels], bounds, color=colour, linewidth=1.1, alpha=0.55, solid_capstyle="butt")
    last = drawn[-1]
    value = means[points.index(last)]
    text = f"{name} {_percent(value)}" if last is points[-1] else f"{name} (to {last.labels:,})"
    return [_Name(text, colour, value, last.labels * shift)]


def _shift(curve: LearningCurve, place: int) -> float:
    """Factor that sets intervals of recipes beside each other."""
    span = max(2.0, curve.labels[-1] / curve.labels[0])
    return float(span ** (0.008 * (place - (len(curve.recipes) - 1) / 2)))


def _write_names(axes: Any, names: list[_Name], families: Sequence[str]) -> None:
    """Write names at the right, each beside the end of its line, none over another."""
    low, high = axes.get_ylim()
    names = sorted(names, key=lambda name: name.value)
    wanted = [(name.value - low) / (high - low) for name in names]
    across = axes.get_yaxis_transform()
    right = math.log(axes.get_xlim()[1] / axes.get_xlim()[0])
    for name, at, height in zip(names, wanted, _spread(wanted, LABEL_GAP), strict=True):
        start = 1.0 if name.labels is None else math.log(name.labels / axes.get_xlim()[0]) / right
        line = axes.plot([start, 1.0, 1.02], [at, at, height], color=name.colour, linewidth=0.6, alpha=0.7)[0]
        line.set(transform=axes.transAxes, clip_on=False)
        style = {"fontsize": 9, "fontfamily": list(families), "parse_math": False, "color": name.colour}
        axes.text(1.03, low + height * (high - low), name.text, transform=across, va="center", ha="left", **style)


def _spread(wanted: Sequence[float], gap: float) -> list[float]:
    """Return heights with a gap between them, as near to the wanted ones as that allows; both in ascending order."""
    groups: list[tuple[float, int]] = []
    for height in wanted:
        middle, number = height, 1
        while groups and middle - (number - 1) * gap / 2 < groups[-1][0] + (groups[-1][1] + 1) * gap / 2:
            other, count = groups.pop()
            middle = (middle * number + other * count) / (number + count)
            number += count
        groups.append((middle, number))
    return [middle + (place - (number - 1) / 2) * gap for middle, number in groups for place in range(number)]


def _percent(value: float) -> str:
    return f"{100 * value:.1f} %"
