"""The figure of a learning curve or a comparison: accuracy of recipes by number of labels, with intervals."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, NotRequired, TypedDict

from malmoi.experiments.comparison import Comparison
from malmoi.experiments.curve_result import LearningCurve
from malmoi.report.curve_lines import CurveLine, CurveLines
from malmoi.report.figures import axes_for, named_counts, write_axes
from malmoi.report.fonts import DrawnNames, drawn_names
from malmoi.report.interval_figure import draw_intervals
from malmoi.report.look import (
    BASELINE_COLOUR,
    LINE_STYLES,
    MARKERS,
    PALETTE,
    add_legend,
    is_small,
    percent_axis,
    set_look,
    set_title,
    size_in_points,
    sizes_for,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

__all__ = ["draw_curve", "plot_curve"]

WIDTH, HEIGHT = 8.0, 4.8
ROW_HEIGHT, FEW_ROWS = 0.4, 1.5
"""Height of each recipe, and of the rest, in a figure for one number of labels, in inches."""
NAME_HEIGHT = 0.22
"""Height of each name at the right, in inches."""
LONGEST_NAME, LONGEST_LEGEND, LONGEST_SMALL_LEGEND = 32, 24, 17
LABEL_GAP = 13.5
"""Distance of names at the right, in points."""
TICK_GAP = 34.0
"""Distance of tick labels of the axis of labels, in points."""
MOST_BEYOND = 0.08
"""Maximum extension of the axis beyond the accuracies for intervals; longer intervals are clipped."""
MOST_MISSING = 2
MOST_SHIFT = 0.06
"""Horizontal distance of the first and last line at one number of labels, as a fraction of the axis."""


def plot_curve(
    curve: LearningCurve | Comparison, path: str | os.PathLike[str] | None = None, *, ax: Axes | None = None
) -> Axes:
    """Draw a learning curve or a comparison.

    Args:
        curve: the curve; for one number of labels, one interval per recipe is drawn.
        path: picture to write; `None`: none.
        ax: axes to draw on, with a legend inside; `None`: new axes, with names beside the lines.

    Raises:
        MissingExtraError: matplotlib is not installed.
        TypeError: `ax` is not a matplotlib Axes.
        ValueError: `ax` is polar or three-dimensional, or the path has an unsupported suffix.
    """
    lines = CurveLines.from_curve(curve) if isinstance(curve, LearningCurve) else CurveLines.from_comparison(curve)
    height = ROW_HEIGHT * len(lines.lines) + FEW_ROWS
    if len(lines.labels) > 1:
        height = max(HEIGHT, NAME_HEIGHT * len(lines.lines) + FEW_ROWS)
    axes = axes_for(ax, path, (WIDTH, height))[0]
    if len(lines.labels) == 1:
        draw_intervals(axes, lines)
    else:
        draw_curve(axes, lines, outside=ax is None)
    return write_axes(axes, path)


@dataclass(frozen=True)
class _Drawn:
    """A drawn line.

    Args:
        name: displayed name.
        artist: the line.
        end: position of its end on the axis of labels; `None`: at the right.
        value: its last accuracy.
        last: its largest number of labels if it ends before the other lines; else `None`.
    """

    name: str
    artist: Line2D
    end: float | None
    value: float
    last: int | None = None

    @property
    def text(self) -> str:
        """The name with the last accuracy, or with the largest number of labels if the line ends early."""
        return f"{self.name} {100 * self.value:.1f} %" if self.last is None else f"{self.name} (to {self.last:,})"


def draw_curve(axes: Axes, curve: CurveLines, *, outside: bool) -> None:
    """Draw lines by number of labels.

    Args:
        axes: axes to draw on.
        curve: the lines.
        outside: write names at the right of the axes instead of in a legend.
    """
    longest = LONGEST_NAME if outside else LONGEST_SMALL_LEGEND if is_small(axes) else LONGEST_LEGEND
    names = drawn_names([line.name for line in curve.lines], longest=longest, noun="recipe")
    _set_axes(axes, curve, names)
    drawn, recipes = [], 0
    for place, line in enumerate(curve.lines):
        style = _style(line, recipes)
        style["markersize"] = sizes_for(axes).marker
        if line.kind == "recipe":
            recipes += 1
        if any(point.value is not None for point in line.points):
            shift = _shift(curve, place)
            drawn.append(_draw_line(axes, line, names.names[place], style, shift))
    if outside:
        _write_names(axes, drawn, names.families)
    else:
        add_legend(
            axes, [one.artist for one in drawn], [one.name for one in drawn], families=names.families, reserve=True
        )


def _set_axes(axes: Axes, curve: CurveLines, names: DrawnNames) -> None:
    from matplotlib.ticker import NullLocator

    axes.set_xscale("log")
    shown = named_counts(curve.labels, max(0.14, TICK_GAP / size_in_points(axes)[0]))
    missing = _missing(curve, names)
    set_look(axes, xlabel="\n".join(["training labels (log scale)", *missing]), ylabel=_value_name(curve), grid="y")
    if missing:
        axes.xaxis.label.set_fontfamily(list(names.families))
    axes.set_xticks(shown, [_tick(labels, curve) for labels in shown])
    axes.xaxis.set_minor_locator(NullLocator())
    margin = max(1.12, (curve.labels[-1] / curve.labels[0]) ** 0.04)
    axes.set_xlim(curve.labels[0] / margin, curve.labels[-1] * margin)
    low, high = _limits(curve)
    axes.set_ylim(low, high)
    percent_axis(axes.yaxis, low, high)
    set_title(axes, curve.title)


def _value_name(curve: CurveLines) -> str:
    return curve.metric if curve.held_out is None else f"{curve.metric} on {curve.held_out:,} test texts"


def _tick(labels: int, curve: CurveLines) -> str:
    return f"{labels:,}\n(all)" if labels == curve.all_labels else f"{labels:,}"


def _limits(curve: CurveLines) -> tuple[float, float]:
    points = [point for line in curve.lines for point in line.points if point.value is not None]
    values = [point.value for point in points if point.value is not None]
    bounds = [
        bound for line in curve.lines if line.kind != "majority" for p in line.points for bound in p.interval or ()
    ]
    least, most = min(values), max(values)
    low = max(least - MOST_BEYOND, min([least, *bounds]))
    high = min(most + MOST_BEYOND, max([most, *bounds]))
    margin = max(0.01, 0.04 * (high - low))
    return low - margin, high + margin


def _missing(curve: CurveLines, names: DrawnNames) -> list[str]:
    """Return a line of text with the missing points, if any."""
    known = dict(zip([line.name for line in curve.lines], names.names, strict=True))
    shown = [f"{known[name]} with {labels:,}" for name, labels in curve.missing]
    if not shown:
        return []
    more = f" and {len(shown) - MOST_MISSING} more" if len(shown) > MOST_MISSING else ""
    return [f"missing: {', '.join(shown[:MOST_MISSING])}{more}"]


class _LineStyle(TypedDict):
    color: str
    linestyle: str | tuple[float, tuple[float, ...]]
    linewidth: float
    marker: NotRequired[str]
    markersize: NotRequired[float]
    markerfacecolor: NotRequired[str]


def _style(line: CurveLine, place: int) -> _LineStyle:
    """Return colour, marker and line style of a baseline, or of the recipe at an index."""
    if line.kind == "majority":
        return {"color": BASELINE_COLOUR, "linestyle": "--", "linewidth": 1.2}
    if line.kind == "bag":
        return {"color": BASELINE_COLOUR, "linestyle": "-.", "linewidth": 1.6, "marker": "s", "markerfacecolor": "none"}
    style = LINE_STYLES[min(place // len(PALETTE), len(LINE_STYLES) - 1)]
    marker = MARKERS[place % len(MARKERS)]
    return {"color": PALETTE[place % len(PALETTE)], "linestyle": style, "linewidth": 1.6, "marker": marker}


def _shift(curve: CurveLines, place: int) -> float:
    """Return a factor for x that keeps the intervals of lines from overlapping."""
    if len(curve.lines) <= 2:
        return 1.0
    span = max(2.0, curve.labels[-1] / curve.labels[0])
    step = min(0.008, MOST_SHIFT / (len(curve.lines) - 1))
    return float(span ** (step * (place - (len(curve.lines) - 1) / 2)))


def _draw_line(axes: Axes, line: CurveLine, name: str, style: _LineStyle, shift: float) -> _Drawn:
    values = [math.nan if point.value is None else point.value for point in line.points]
    last = max(place for place, value in enumerate(values) if not math.isnan(value))
    if line.kind == "majority" and len(set(values)) == 1:
        return _Drawn(name, axes.axhline(values[0], **style), None, values[0])
    places = [point.labels * shift for point in line.points]
    artist = axes.plot(places, values, **style)[0]
    bars = [(at, *one.interval) for at, one in zip(places, line.points, strict=True) if one.interval is not None]
    if bars and line.kind != "majority":
        axes.vlines(*zip(*bars, strict=True), color=style["color"], linewidth=1.1, alpha=0.6)
    ends_before = None if last == len(values) - 1 else line.points[last].labels
    return _Drawn(name, artist, places[last], values[last], ends_before)


def _write_names(axes: Axes, drawn: list[_Drawn], families: Sequence[str]) -> None:
    """Write names with markers at the right, near the ends of their lines, without overlaps."""
    low, high = axes.get_ylim()
    drawn = sorted(drawn, key=lambda one: one.value)
    wanted = [(one.value - low) / (high - low) for one in drawn]
    left, right = axes.get_xlim()
    for one, at, height in zip(drawn, wanted, _spread(wanted, LABEL_GAP / size_in_points(axes)[1]), strict=True):
        start = 1.0 if one.end is None else math.log(one.end / left) / math.log(right / left)
        colour = one.artist.get_color()
        line = axes.plot([start, 1.0, 1.02], [at, at, height], color=colour, linewidth=0.6, alpha=0.7)[0]
        line.set(transform=axes.transAxes, clip_on=False)
        mark = axes.plot([1.025, 1.06], [height, height], color=colour, linestyle=one.artist.get_linestyle())[0]
        mark.set(transform=axes.transAxes, clip_on=False, linewidth=one.artist.get_linewidth())
        if one.artist.get_marker() not in (None, "None"):
            middle = axes.plot([1.0425], [height], color=colour, marker=one.artist.get_marker(), markersize=4.5)[0]
            inside = one.artist.get_markerfacecolor()
            middle.set(transform=axes.transAxes, clip_on=False, markerfacecolor=inside)
        written = axes.text(1.07, height, one.text, va="center", ha="left", transform=axes.transAxes, parse_math=False)
        written.set(fontsize=9, fontfamily=list(families))


def _spread(wanted: Sequence[float], gap: float) -> list[float]:
    """Return heights up to 1 with a minimum gap, near the wanted heights; both in ascending order."""
    groups: list[tuple[float, int]] = []
    for height in wanted:
        middle, number = height, 1
        while groups and middle - (number - 1) * gap / 2 < groups[-1][0] + (groups[-1][1] + 1) * gap / 2:
            other, count = groups.pop()
            middle = (middle * number + other * count) / (number + count)
            number += count
        groups.append((middle, number))
    found = [middle + (place - (number - 1) / 2) * gap for middle, number in groups for place in range(number)]
    return [min(height, 1.0 - (len(found) - 1 - place) * gap) for place, height in enumerate(found)]
