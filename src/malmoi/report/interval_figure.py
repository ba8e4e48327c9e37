"""The figure of recipes for one number of labels: one interval per recipe, in descending order of accuracy."""

from __future__ import annotations

from typing import TYPE_CHECKING, NotRequired, TypedDict

from malmoi.report.curve_lines import CurveLine, CurveLines, LinePoint
from malmoi.report.fonts import drawn_names
from malmoi.report.look import (
    BASELINE_COLOUR,
    LETTER_WIDTH,
    VALIDATION_COLOUR,
    percent_axis,
    set_look,
    set_title,
    size_in_points,
    sizes_for,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_intervals"]

LONGEST_NAME = 32
NAME_SHARE = 0.5
"""Maximum width of a name, as a fraction of the width of the axes."""
VALUE_ROOM = 2.6
"""Minimum height of a row for a value above its marker, in font sizes."""


def draw_intervals(axes: Axes, curve: CurveLines) -> None:
    """Draw the accuracy of each recipe with its interval, in descending order, with missing accuracies at the bottom.

    Args:
        axes: axes to draw on.
        curve: lines of one point each.
    """
    shown = [(line, line.points[0]) for line in curve.lines if line.points]
    shown.sort(key=lambda pair: -1.0 if pair[1].value is None else pair[1].value, reverse=True)
    sizes, (width, height) = sizes_for(axes), size_in_points(axes)
    longest = int(min(LONGEST_NAME, max(8.0, NAME_SHARE * width / (sizes.tick * LETTER_WIDTH))))
    names = drawn_names([line.name for line, _ in shown], longest=longest, noun="recipe")
    low, high = _limits([point for _, point in shown])
    axes.set_xlim(low, high)
    axes.set_ylim(len(shown) - 0.5, -0.6)
    room = height / len(shown) >= VALUE_ROOM * sizes.tick
    for place, (line, point) in enumerate(shown):
        _draw_row(axes, place, line, point, named=room)
    count = f"{curve.labels[0]:,}"
    labels = f"all {count} labels" if curve.labels[0] == curve.all_labels else f"{count} labels"
    held_out = "" if curve.held_out is None else f" on {curve.held_out:,} test texts"
    set_look(axes, xlabel=f"{curve.metric}{held_out}", ylabel="", grid="x")
    axes.set_yticks(range(len(shown)), names.names, fontfamily=list(names.families), parse_math=False)
    axes.tick_params(axis="y", length=0)
    percent_axis(axes.xaxis, low, high)
    what, _, values = curve.title.partition(":")
    set_title(axes, f"{what}, {labels}:{values}")


def _limits(points: list[LinePoint]) -> tuple[float, float]:
    values = [one for point in points if point.value is not None for one in (point.value, *(point.interval or ()))]
    low, high = min(values), max(values)
    margin = max(0.01, 0.05 * (high - low))
    return low - margin, high + margin


class _MarkStyle(TypedDict):
    color: str
    marker: str
    markerfacecolor: NotRequired[str]


def _draw_row(axes: Axes, place: int, line: CurveLine, point: LinePoint, *, named: bool) -> None:
    sizes = sizes_for(axes)
    style: _MarkStyle = {"color": VALIDATION_COLOUR, "marker": "o"}
    if line.kind != "recipe":
        style = {"color": BASELINE_COLOUR, "marker": "s", "markerfacecolor": "none"}
    if point.value is None:
        middle = sum(axes.get_xlim()) / 2
        axes.text(middle, place, "missing", ha="center", va="center", fontsize=sizes.tick, style="italic")
        return
    if line.kind == "majority":
        axes.axvline(point.value, color=BASELINE_COLOUR, linewidth=1, linestyle="--", zorder=1)
    if point.interval is not None:
        axes.plot(point.interval, [place, place], color=style["color"], linewidth=1.6)
    axes.plot([point.value], [place], markersize=sizes.marker + 1.5, linestyle="none", **style)
    if named:
        text = f"{100 * point.value:.1f} %"
        axes.annotate(
            text,
            (point.value, place),
            fontsize=sizes.tick - 1,
            xytext=(0, sizes.tick * 0.55),
            textcoords="offset points",
            ha="center",
            va="bottom",
        )
