"""Axes of a figure: grid, ticks and titles."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from malmoi.report.page.charts.scale import Scale
from malmoi.report.page.charts.svg import FONT_SIZE, group, line, lines, text
from malmoi.report.page.visible import Html, width_of

__all__ = ["TITLE_HEIGHT", "Axis", "Box", "Frame", "count_tick", "frame_of", "number_tick", "point_tick", "share_tick"]

TITLE_HEIGHT = 24.0
FOOT = 44.0
RIGHT = 14.0
TICK_WIDTH = 66.0
TICK_HEIGHT = 34.0


def share_tick(value: float, step: float) -> str:
    """Return the tick label of a proportion."""
    return f"{100 * value:.{0 if step >= 0.00999 else 1}f} %"


def point_tick(value: float, step: float) -> str:
    """Return the tick label of a difference in percentage points."""
    digits = 0 if step >= 0.00999 else 1
    return f"{100 * value:+.{digits}f}".replace("-", "\u2212") if round(100 * value, digits) else "0"


def count_tick(value: float, step: float) -> str:
    """Return the tick label of a whole number; "" between whole numbers."""
    return "" if step < 1 and value != round(value) else f"{value:,.0f}"


def number_tick(value: float, step: float) -> str:
    """Return the tick label of a number, with as many digits as the step needs."""
    digits = next((digits for digits in range(5) if step >= 0.999 * 10.0**-digits), 5)
    return f"{value:,.{digits}f}"


@dataclass(frozen=True)
class Axis:
    """An axis.

    Args:
        title: title of the axis.
        low: lowest value.
        high: highest value.
        tick: function of value and step that returns a tick label.
        is_logarithmic: whether the scale is logarithmic.
    """

    title: str
    low: float
    high: float
    tick: Callable[[float, float], str]
    is_logarithmic: bool = False


@dataclass(frozen=True)
class Box:
    """A part of a picture, in pixels."""

    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True)
class Frame:
    """The scales of a figure with its drawn axes."""

    x: Scale
    y: Scale
    drawn: Html


def frame_of(box: Box, x_axis: Axis, y_axis: Axis, *, head: float = TITLE_HEIGHT) -> Frame:
    """Draw the axes of a figure in a box; the title of the vertical axis is above it."""
    y = Scale(y_axis.low, y_axis.high, box.top + box.height - FOOT, box.top + head, y_axis.is_logarithmic)
    most = max(2, int((y.start - y.end) / TICK_HEIGHT))
    y_ticks = y.ticks(most)
    y_names = [y_axis.tick(value, y.step(most)) for value in y_ticks]
    left = box.left + 10 + max([width_of(name) for name in y_names], default=0) * FONT_SIZE
    x = Scale(x_axis.low, x_axis.high, left, box.left + box.width - RIGHT, x_axis.is_logarithmic)
    most = max(2, int((x.end - x.start) / TICK_WIDTH))
    x_ticks = x.ticks(most)
    parts = [text("axis-title", (box.left, box.top + 12), y_axis.title, width=box.width)]
    parts += [lines("grid", [((x.start, y(value)), (x.end, y(value))) for value in y_ticks])]
    for value, name in zip(y_ticks, y_names, strict=True):
        parts += [text("tick end", (left - 7, y(value) + 4), name)]
    parts += [lines("tick-mark", [((x(value), y.start), (x(value), y.start + 4)) for value in x_ticks])]
    for value in x_ticks:
        parts += [text("tick middle", (x(value), y.start + 18), x_axis.tick(value, x.step(most)))]
    parts += [line("axis", (x.start, y.start), (x.end, y.start))]
    middle = (x.start + x.end) / 2
    parts += [text("axis-title middle", (middle, box.top + box.height - 6), x_axis.title, width=x.end - x.start)]
    return Frame(x, y, group("frame", *parts))
