"""Bar charts with one group of bars per row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from malmoi.report.page.charts.intervals import WIDE
from malmoi.report.page.charts.marks import COLOURS
from malmoi.report.page.charts.svg import FONT_SIZE, element, group, text
from malmoi.report.page.visible import Html, width_of

__all__ = ["BarRow", "bar_rows", "small_bar"]

NAME_WIDTH = 170.0
BAR = 12.0


@dataclass(frozen=True)
class BarRow:
    """A group of bars with one name.

    Args:
        name: name of the group.
        bars: length as a fraction of the longest possible bar, label, and number of the series.
    """

    name: str
    bars: tuple[tuple[float, str, int], ...]


def bar_rows(width: float, rows: Sequence[BarRow]) -> tuple[Html, float]:
    """Draw rows of bars; return the SVG content and its height."""
    is_narrow = width < WIDE
    written = max(width_of(shown) for row in rows for _, shown, _ in row.bars) * FONT_SIZE + 8
    left = 0.0 if is_narrow else NAME_WIDTH
    longest = width - left - written
    parts, top = [], 0.0
    for row in rows:
        height = (BAR + 3) * len(row.bars)
        if is_narrow:
            parts.append(text("name", (0, top + 13), row.name, width=width))
            top += 19
        else:
            parts.append(text("name", (0, top + height / 2 + 4), row.name, width=NAME_WIDTH - 14))
        for place, (share, shown, number) in enumerate(row.bars):
            y = top + (BAR + 3) * place
            bar = {"class": "bar", "x": left, "y": y + 2, "width": max(share * longest, 1.0), "height": BAR, "rx": 2}
            parts.append(group(f"s{number % COLOURS}", element("rect", bar)))
            parts.append(text("value", (left + share * longest + 6, y + 12), shown))
        top += height + 9
    return group("bars", *parts), top


def small_bar(share: float | None, number: int) -> Html:
    """Return a bar for a table cell; empty if there is no value."""
    if share is None:
        return Html("")
    back = element("rect", {"class": "back", "width": 56, "height": 8, "rx": 2})
    bar = element("rect", {"class": "bar", "width": 56.0 * share, "height": 8, "rx": 2})
    attributes = {"class": f"small s{number % COLOURS}", "viewBox": "0 0 56 8", "width": 56, "height": 8}
    return element("svg", {**attributes, "aria-hidden": "true"}, back, bar)
