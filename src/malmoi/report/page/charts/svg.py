"""SVG elements."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape

from malmoi.report.page.visible import Html, cut, fit
from malmoi.report.unseen import plain

__all__ = ["FONT_SIZE", "element", "group", "line", "lines", "path_of", "picture", "place", "text"]

FONT_SIZE = 12.0


def place(value: float) -> str:
    """Return a coordinate with at most one decimal.

    Example:
        >>> place(3.0), place(2.25), place(-0.01)
        ('3', '2.2', '0')
    """
    written = f"{value:.1f}".removesuffix(".0")
    return "0" if written == "-0" else written


def element(name: str, attributes: Mapping[str, object], *children: str) -> Html:
    """Return an element; attributes and children that are not `Html` are escaped."""
    written = "".join(f' {key}="{_attribute(value)}"' for key, value in attributes.items())
    inner = "".join(child if isinstance(child, Html) else escape(child) for child in children)
    return Html(f"<{name}{written}>{inner}</{name}>" if inner else f"<{name}{written}/>")


def group(kind: str, *children: str) -> Html:
    """Return a group of elements with a class."""
    return element("g", {"class": kind}, *children)


def line(kind: str, start: tuple[float, float], end: tuple[float, float]) -> Html:
    """Return a straight line with a class."""
    return element("line", {"class": kind, "x1": start[0], "y1": start[1], "x2": end[0], "y2": end[1]})


def lines(kind: str, ends: Iterable[tuple[tuple[float, float], tuple[float, float]]]) -> Html:
    """Return vertical and horizontal lines with a class as one element; empty if there are none."""
    data = "".join(
        f"M{place(x)} {place(y)}" + (f"H{place(other_x)}" if y == other_y else f"V{place(other_y)}")
        for (x, y), (other_x, other_y) in ends
    )
    return element("path", {"class": kind, "d": data}) if data else Html("")


def text(kind: str, at: tuple[float, float], written: str, *, width: float = 10_000.0, size: float = FONT_SIZE) -> Html:
    """Return text with a class, truncated to a width in pixels; the title of a truncated text has more of it."""
    fitted = fit(written, width, size)
    title = [element("title", {}, fit(cut(written), 10_000.0, size))] if fitted.endswith("…") else []
    return element("text", {"class": kind, "x": at[0], "y": at[1]}, fitted, *title)


def path_of(points: list[tuple[float, float]]) -> str:
    """Return the path data of a line through points."""
    return "M" + "L".join(f"{place(x)} {place(y)}" for x, y in points)


def picture(name: str, size: tuple[float, float], titles: tuple[str, str], *children: str) -> Html:
    """Return an SVG picture with a title and a description for screen readers.

    Args:
        name: name, unique on the page.
        size: width and height in pixels.
        titles: title and description.
        children: SVG content.
    """
    attributes = {
        "class": "picture",
        "role": "img",
        "aria-labelledby": f"{name}-title {name}-description",
        "viewBox": f"0 0 {place(size[0])} {place(size[1])}",
        "width": size[0],
        "height": size[1],
    }
    title = element("title", {"id": f"{name}-title"}, plain(titles[0], is_name=True))
    described = element("desc", {"id": f"{name}-description"}, plain(titles[1], is_name=True))
    return element("svg", attributes, title, described, *children)


def _attribute(value: object) -> str:
    return place(value) if isinstance(value, float) else escape(str(value))
