"""Line charts with bands and error bars."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from malmoi.report.page.charts.frame import TITLE_HEIGHT, Axis, Box, Frame, frame_of
from malmoi.report.page.charts.marks import COLOURS, mark
from malmoi.report.page.charts.svg import element, group, line, lines, path_of, text
from malmoi.report.page.visible import Html

__all__ = ["Series", "panel"]

Point = tuple[float, float]
MOST_MARKS = 25
"""Most points of a line for which every point has a marker; of more points, only some have one."""
SPARSE_MARKS = 8
REMARK_HEIGHT = 18.0


@dataclass(frozen=True)
class Series:
    """A series of a line chart.

    Args:
        number: number of the colour and marker.
        points: x and y, in ascending order of x.
        bounds: lower and upper bound of each point's interval; may be empty.
        has_line: whether the points are connected.
        has_marks: whether points have markers.
        has_band: whether intervals are drawn as a band instead of error bars.
        is_dashed: whether the line is dashed.
    """

    number: int
    points: tuple[Point, ...]
    bounds: tuple[Point, ...] = ()
    has_line: bool = True
    has_marks: bool = True
    has_band: bool = False
    is_dashed: bool = False


def panel(
    box: Box,
    axes: tuple[Axis, Axis],
    series: Sequence[Series],
    *,
    vertical: tuple[float, str] | None = None,
    diagonal: bool = False,
) -> tuple[Html, Frame]:
    """Draw series over two axes.

    Args:
        box: position in the picture.
        axes: horizontal and vertical axis.
        series: the series; the last one is on top.
        vertical: x and label of a vertical line.
        diagonal: whether the diagonal is drawn.

    Returns:
        The SVG content, and the frame with its scales.
    """
    frame = frame_of(box, *axes, head=TITLE_HEIGHT if vertical is None else TITLE_HEIGHT + REMARK_HEIGHT)
    drawn: list[str] = [frame.drawn]
    if diagonal:
        low, high = max(frame.x.low, frame.y.low), min(frame.x.high, frame.y.high)
        drawn.append(line("reference", (frame.x(low), frame.y(low)), (frame.x(high), frame.y(high))))
    if vertical is not None:
        x = frame.x(vertical[0])
        near_end = x > (frame.x.start + frame.x.end) / 2
        at = (x + 4 if near_end else x - 4, frame.y.end - 6)
        drawn.append(line("reference", (x, frame.y.start), (x, frame.y.end)))
        drawn.append(text("remark end" if near_end else "remark", at, vertical[1]))
    return group("panel", *drawn, *(_drawn(one, frame) for one in series)), frame


def _drawn(series: Series, frame: Frame) -> Html:
    points = [(frame.x(x), frame.y(y)) for x, y in series.points]
    bounds = [(frame.y(low), frame.y(high)) for low, high in series.bounds]
    parts: list[str] = []
    if bounds and series.has_band:
        upper = [(x, high) for (x, _), (_, high) in zip(points, bounds, strict=True)]
        lower = [(x, low) for (x, _), (low, _) in zip(points, bounds, strict=True)]
        parts.append(element("path", {"class": "band", "d": path_of([*upper, *lower[::-1]]) + "z"}))
    elif bounds:
        ends = zip(points, bounds, strict=True)
        parts.append(lines("whisker", [((x, low), (x, high)) for (x, _), (low, high) in ends]))
    if series.has_line and len(points) > 1:
        parts.append(element("path", {"class": "curve dashed" if series.is_dashed else "curve", "d": path_of(points)}))
    if series.has_marks:
        every = 1 if len(points) <= MOST_MARKS or not series.has_line else -(-len(points) // SPARSE_MARKS)
        parts += [mark(series.number, x, y) for x, y in points[every // 2 :: every]]
    return group(f"s{series.number % COLOURS}", *parts)
