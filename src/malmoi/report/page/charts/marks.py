"""Markers: shapes that distinguish series and classes without colours."""

from __future__ import annotations

from malmoi.report.page.charts.svg import element, line
from malmoi.report.page.visible import Html

__all__ = ["COLOURS", "MARKS", "bar_swatch", "mark", "mark_definitions", "swatch"]

COLOURS = 8
MARKS = (
    "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0z",
    "M-3.6 -3.6h7.2v7.2h-7.2z",
    "M0 -4.8l4.6 8h-9.2z",
    "M0 -5l5 5l-5 5l-5 -5z",
    "M0 4.8l4.6 -8h-9.2z",
    "M-1.6 -4.6h3.2v3h3v3.2h-3v3h-3.2v-3h-3v-3.2h3z",
    "M-4.4 -2.2l2.2 -2.2l2.2 2.2l2.2 -2.2l2.2 2.2l-2.2 2.2l2.2 2.2l-2.2 2.2l-2.2 -2.2l-2.2 2.2l-2.2 -2.2l2.2 -2.2z",
    "M0 -5l1.5 3.1l3.5 .4l-2.5 2.5l.6 3.5l-3.1 -1.6l-3.1 1.6l.6 -3.5l-2.5 -2.5l3.5 -.4z",
)
"""Paths of a circle, square, triangle, diamond, inverted triangle, plus, cross and star, centred at 0."""


def mark(number: int, x: float, y: float) -> Html:
    """Return the marker of a series at a position; the colour comes from the enclosing group."""
    return element("use", {"href": f"#mark-{number % len(MARKS)}", "x": x, "y": y})


def mark_definitions() -> Html:
    """Return the definitions of all markers, once per page."""
    shapes = (element("path", {"id": f"mark-{number}", "class": "mark", "d": d}) for number, d in enumerate(MARKS))
    attributes = {"class": "definitions", "width": 0, "height": 0, "aria-hidden": "true"}
    return element("svg", attributes, element("defs", {}, *shapes))


def bar_swatch(number: int) -> Html:
    """Return the legend symbol of bars."""
    return _swatch(number, element("rect", {"class": "bar", "x": 4, "y": 1, "width": 18, "height": 12, "rx": 2}))


def swatch(number: int, *, has_line: bool = True, has_mark: bool = True, is_dashed: bool = False) -> Html:
    """Return the legend symbol of a series."""
    drawn = [line("curve dashed" if is_dashed else "curve", (0, 7), (26, 7))] if has_line else []
    drawn += [mark(number, 13.0, 7.0)] if has_mark else []
    return _swatch(number, *drawn)


def _swatch(number: int, *drawn: Html) -> Html:
    attributes = {"class": f"swatch s{number % COLOURS}", "viewBox": "0 0 26 14", "width": 26, "height": 14}
    return element("svg", {**attributes, "aria-hidden": "true"}, *drawn)
