"""The section of precision, recall and F1 by threshold, for two classes."""

from __future__ import annotations

from dataclasses import dataclass

from malmoi.report.facts import Threshold, Unavailable
from malmoi.report.page.charts.frame import Axis, Box, Frame, number_tick, share_tick
from malmoi.report.page.charts.intervals import NARROW, WIDE
from malmoi.report.page.charts.lines import Series, panel
from malmoi.report.page.context import Context, Missing
from malmoi.report.page.figure import Figure, Key, draw_twice
from malmoi.report.page.table import Table, number, share
from malmoi.report.page.visible import Html, cut

__all__ = ["ThresholdsView", "thresholds"]

FIELDS = ("precision", "recall", "f1")


@dataclass(frozen=True)
class ThresholdsView:
    """View of the threshold curve.

    Args:
        figure: the curves.
        first: index of the slider's initial threshold.
        places: x of each threshold in pixels, space-separated, for the wide and the narrow picture.
    """

    figure: Figure
    first: int
    places: tuple[str, str]


def thresholds(context: Context) -> ThresholdsView | Missing:
    """Return the view of the threshold curve."""
    found, say = context.facts.thresholds, context.say
    if isinstance(found, Unavailable):
        return context.missing("thresholds", found)
    if not found:
        return context.missing("thresholds", "not-two-classes")
    series = [_series(found, place, field) for place, field in enumerate(FIELDS)]
    values = [one.threshold for one in found]
    axes = (
        Axis(say("thresholds/threshold"), min(values), max(*values, min(values) + 0.01), number_tick),
        Axis(say("thresholds/score"), 0.0, 1.0, share_tick),
    )
    label = cut(context.facts.positive)
    title = say("thresholds/title", label=label)
    pictures = draw_twice(
        "thresholds", (title, say("thresholds/description")), lambda width: _drawn(width, axes, series)[:2]
    )
    frames = [_drawn(width, axes, series)[2] for width in (WIDE, NARROW)]
    first = min(range(len(values)), key=lambda place: abs(values[place] - 0.5))
    figure = Figure(
        name="thresholds",
        title=title,
        texts=(say("thresholds/text", label=label),),
        pictures=pictures,
        table=_table(context, title, found),
        keys=tuple(Key.of(say(f"classes/{field}"), place) for place, field in enumerate(FIELDS)),
    )
    wide, narrow = (" ".join(f"{frame.x(value):.1f}" for value in values) for frame in frames)
    return ThresholdsView(figure, first, (wide, narrow))


def _series(found: tuple[Threshold, ...], place: int, field: str) -> Series:
    values = [(one.threshold, getattr(one, field)) for one in found]
    return Series(place, tuple((x, y) for x, y in values if y is not None))


def _drawn(width: float, axes: tuple[Axis, Axis], series: list[Series]) -> tuple[Html, float, Frame]:
    height = 300.0 if width >= WIDE else 260.0
    drawn, frame = panel(Box(0, 0, width, height), axes, series)
    return drawn, height, frame


def _table(context: Context, title: str, found: tuple[Threshold, ...]) -> Table:
    rows = tuple(
        (number(one.threshold, f"{one.threshold:.3g}"), *map(share, (one.precision, one.recall, one.f1, one.accuracy)))
        for one in found
    )
    names = ("thresholds/threshold", "classes/precision", "classes/recall", "classes/f1", "score/accuracy")
    return Table("thresholds", title, tuple(context.say(name) for name in names), rows)
