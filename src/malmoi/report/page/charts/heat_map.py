"""The confusion matrix as a heat map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from malmoi.report.page.charts.svg import FONT_SIZE, element, group, text
from malmoi.report.page.visible import Html, width_of

__all__ = ["LEVELS", "MOST_NUMBERED", "Layout", "heat_map", "layout_of"]

LEVELS = 8
"""Number of shades of the cells."""
MOST_NUMBERED = 12
"""Most classes for which cells show their counts."""
MOST_NAMED = 120
LONGEST_NAME = 150.0
SMALL = 10.0


@dataclass(frozen=True)
class Layout:
    """Layout of the cells.

    Args:
        cell: width and height of a cell in pixels.
        left: width of the row names in pixels.
        top: height of the column names in pixels.
        font: font size of the names in pixels; 0 for no names.
        has_numbers: whether cells show their counts.
        is_steep: whether column names are rotated by 90 degrees.
    """

    cell: float
    left: float
    top: float
    font: float
    has_numbers: bool
    is_steep: bool


def layout_of(names: Sequence[str], room: float) -> Layout:
    """Return the layout for class names and a width that a matrix of few classes should not exceed."""
    number, longest = len(names), max(map(width_of, names))
    if number > MOST_NAMED:
        return Layout(max(2.0, min(6.0, 900 / number)), 20, 20, 0, has_numbers=False, is_steep=False)
    if number > MOST_NUMBERED:
        size = min(LONGEST_NAME, longest * SMALL + 10)
        return Layout(12.0, size + 22, size + 24, SMALL, has_numbers=False, is_steep=True)
    left = min(110.0 if room < 500 else LONGEST_NAME, longest * FONT_SIZE + 12) + 22
    cell = max(34.0, min(92.0, (room - left) / number))
    is_steep = longest * FONT_SIZE > cell - 4 and number > 2
    top = min(LONGEST_NAME, longest * FONT_SIZE + 14) + 22 if is_steep else 46.0
    return Layout(cell, left, top, FONT_SIZE, has_numbers=True, is_steep=is_steep)


def heat_map(
    names: Sequence[str], counts: npt.NDArray[np.int64], layout: Layout, titles: tuple[str, str]
) -> tuple[Html, tuple[float, float]]:
    """Draw a matrix of counts; cells are shaded by their share of the row, and empty cells are not drawn.

    Args:
        names: class names.
        counts: int64 (classes, classes), rows are true classes.
        layout: layout of the cells.
        titles: titles of the rows and of the columns.

    Returns:
        The SVG content and its size.
    """
    side = layout.cell * len(names)
    frame = {"class": "matrix", "x": layout.left, "y": layout.top, "width": side, "height": side}
    parts = [element("rect", frame), *_cells(counts, layout)]
    if layout.font:
        parts += _names(names, layout)
    if layout.has_numbers:
        parts += _numbers(counts, layout)
    parts.append(text("axis-title", (layout.left, 13), titles[1]))
    turned = {"class": "axis-title end", "transform": f"translate(13 {layout.top:.1f}) rotate(-90)"}
    parts.append(element("text", turned, titles[0]))
    return group("heat", *parts), (max(layout.left + side + 2, layout.left + 150), layout.top + side + 2)


def levels(counts: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return the shade of each cell, 1 to `LEVELS`, or 0 for empty cells.

    The shade is the share of the row. For many classes, shades of wrong cells are relative to the largest of them.
    """
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    wrong = ~np.eye(len(counts), dtype=bool)
    if len(counts) > MOST_NUMBERED and shares[wrong].max() > 0:
        shares[wrong] /= shares[wrong].max()
    return np.where(counts > 0, np.maximum(1, np.ceil(shares * LEVELS)), 0).astype(np.int64)


def _cells(counts: npt.NDArray[np.int64], layout: Layout) -> list[str]:
    """Return one path per shade, because thousands of elements would be slow."""
    shades, gap = levels(counts), 0.0 if layout.cell < 5 else 1.0
    inner = f"{layout.cell - gap:.4g}"
    parts: list[str] = []
    for level in range(1, LEVELS + 1):
        for kind, chosen in (("right", True), ("wrong", False)):
            rows, columns = np.nonzero(shades == level)
            here = (rows == columns) == chosen
            xs = (layout.left + columns[here] * layout.cell).tolist()
            ys = (layout.top + rows[here] * layout.cell).tolist()
            data = "".join(f"M{x:.5g} {y:.5g}h{inner}v{inner}h-{inner}z" for x, y in zip(xs, ys, strict=True))
            if data:
                parts.append(element("path", {"class": f"cell {kind} l{level}", "d": data}))
    return parts


def _names(names: Sequence[str], layout: Layout) -> list[str]:
    parts: list[str] = []
    kind = "name" if layout.has_numbers else "name small"
    for place, name in enumerate(names):
        middle = (place + 0.5) * layout.cell
        at = (layout.left - 6, layout.top + middle + layout.font * 0.35)
        parts.append(text(f"{kind} end", at, name, width=layout.left - 28, size=layout.font))
        if layout.is_steep:
            turned = f"translate({layout.left + middle + layout.font * 0.35:.1f} {layout.top - 6:.1f}) rotate(-90)"
            written = text(kind, (0, 0), name, width=layout.top - 30, size=layout.font)
            parts.append(element("g", {"transform": turned}, written))
        else:
            at = (layout.left + middle, layout.top - 8)
            parts.append(text(f"{kind} middle", at, name, width=layout.cell - 2, size=layout.font))
    return parts


def _numbers(counts: npt.NDArray[np.int64], layout: Layout) -> list[str]:
    shades = levels(counts)
    parts: list[str] = []
    for (row, column), count in np.ndenumerate(counts):
        at = (layout.left + (column + 0.5) * layout.cell, layout.top + (row + 0.5) * layout.cell + 4)
        side = "right" if row == column else "wrong"
        parts.append(text(f"count middle {side} l{shades[row, column]}", at, f"{count:,}" if count else "·"))
    return parts
