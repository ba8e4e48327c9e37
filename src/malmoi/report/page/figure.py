"""Figures of the page: a picture for wide screens, one for phones, a legend, and a data table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from malmoi.report.page.charts.intervals import NARROW, WIDE
from malmoi.report.page.charts.marks import swatch
from malmoi.report.page.charts.svg import picture
from malmoi.report.page.table import Table
from malmoi.report.page.visible import Html

__all__ = ["Figure", "Key", "draw_twice"]


@dataclass(frozen=True)
class Key:
    """A legend entry.

    Args:
        name: name of the series.
        swatch: its symbol.
    """

    name: str
    swatch: Html

    @classmethod
    def of(cls, name: str, number: int, **flags: bool) -> Key:
        """Return the legend entry of a series."""
        return cls(name, swatch(number, **flags))


@dataclass(frozen=True)
class Figure:
    """A figure.

    Args:
        name: name, unique on the page.
        title: title.
        texts: sentences below the title.
        pictures: pictures for wide screens and for phones; one if both are the same.
        table: data table of the figure.
        keys: legend entries; may be empty.
        classes: additional CSS classes.
        note: sentence below the figure.
    """

    name: str
    title: str
    texts: tuple[str, ...]
    pictures: tuple[Html, ...]
    table: Table
    keys: tuple[Key, ...] = ()
    classes: str = ""
    note: str = ""


def draw_twice(name: str, titles: tuple[str, str], draw: Callable[[float], tuple[Html, float]]) -> tuple[Html, Html]:
    """Return a picture for wide screens and one for phones.

    Args:
        name: name of the figure.
        titles: title and description.
        draw: function of the width that returns the SVG content and its height.
    """
    made = []
    for width in (WIDE, NARROW):
        drawn, height = draw(width)
        made.append(picture(f"{name}-{width:.0f}", (width, height), titles, drawn))
    return made[0], made[1]
