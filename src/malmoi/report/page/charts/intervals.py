"""Values with intervals, one per row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from malmoi.report.page.charts.frame import Axis
from malmoi.report.page.charts.marks import COLOURS, mark
from malmoi.report.page.charts.scale import Scale
from malmoi.report.page.charts.svg import FONT_SIZE, element, group, line, lines, text
from malmoi.report.page.visible import Html, width_of

__all__ = ["NARROW", "WIDE", "Row", "interval_rows"]

WIDE, NARROW = 680.0, 340.0
"""Widths of figures in pixels, for screens and for phones."""
NAME_WIDTH = 205.0
FOOT, TICK_WIDTH = 46.0, 52.0


@dataclass(frozen=True)
class Row:
    """A value with its interval.

    Args:
        name: name of the row.
        value: the value.
        low: lower bound.
        high: upper bound.
        shown: value and interval as text.
        more: further text, shown on wide screens.
        number: number of the colour and marker.
    """

    name: str
    value: float
    low: float
    high: float
    shown: str
    number: int = 0
    more: str = ""


def interval_rows(
    width: float, top: float, axis: Axis, rows: Sequence[Row], reference: float | None = None
) -> tuple[Html, float]:
    """Draw rows of intervals.

    Args:
        width: width of the picture in pixels.
        top: top of the rows in pixels.
        axis: horizontal axis.
        rows: rows from top to bottom.
        reference: value of a vertical reference line.

    Returns:
        The SVG content and its bottom in pixels.
    """
    is_narrow = width < WIDE
    step = 46.0 if is_narrow else 32.0
    last = max(width_of(row.shown + row.more) for row in rows) * FONT_SIZE + 8
    start, end = (8.0, width - 8) if is_narrow else (NAME_WIDTH, width - last)
    scale, bottom = Scale(axis.low, axis.high, start, end), top + step * len(rows)
    most = max(2, int((end - start) / TICK_WIDTH))
    ticks = scale.ticks(most)
    parts: list[str] = [lines("grid", [((scale(value), top), (scale(value), bottom)) for value in ticks])]
    for value in ticks:
        name = axis.tick(value, scale.step(most))
        parts.append(text("tick middle", (min(max(scale(value), 18), width - 18), bottom + 17), name))
    if reference is not None:
        parts.append(line("reference", (scale(reference), top), (scale(reference), bottom)))
    parts.append(line("axis", (start, bottom), (end, bottom)))
    parts.append(text("axis-title middle", ((start + end) / 2, bottom + 37), axis.title, width=width))
    for place, row in enumerate(rows):
        parts += _names(row, top + step * place, width, is_narrow=is_narrow)
        parts.append(_interval(row, top + step * place + (31 if is_narrow else 16), scale))
    return group("intervals", *parts), bottom + FOOT


def _names(row: Row, top: float, width: float, *, is_narrow: bool) -> list[str]:
    if is_narrow:
        room = width - 12 - width_of(row.shown) * FONT_SIZE
        return [
            text("name", (0, top + 16), row.name, width=room),
            text("value end", (width, top + 16), row.shown),
        ]
    return [
        text("name", (0, top + 20), row.name, width=NAME_WIDTH - 16),
        text("value end", (width, top + 20), row.shown + row.more),
    ]


def _interval(row: Row, y: float, scale: Scale) -> Html:
    low, high = scale(row.low), scale(row.high)
    attributes = {"class": "interval", "x": low, "y": y - 4, "width": max(high - low, 1.0), "height": 8.0, "rx": 2}
    return group(f"s{row.number % COLOURS}", element("rect", attributes), mark(row.number, scale(row.value), y))
