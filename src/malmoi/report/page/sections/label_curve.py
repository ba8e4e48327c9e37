"""The label learning curve, and what more labels would buy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from malmoi.experiments.comparison import MAJORITY, Comparison
from malmoi.report.facts import Gain, LabelCurve, Unavailable
from malmoi.report.page.charts.frame import Axis, Box, count_tick, share_tick
from malmoi.report.page.charts.intervals import WIDE
from malmoi.report.page.charts.lines import Series, panel
from malmoi.report.page.charts.scale import padded
from malmoi.report.page.context import Context, Missing
from malmoi.report.page.figure import Figure, Key, draw_twice
from malmoi.report.page.quantities import count, points
from malmoi.report.page.sections.recipes import recipe_name
from malmoi.report.page.table import Table, counted, share, words_cell
from malmoi.report.page.visible import Html, shown

__all__ = ["CurveView", "ShownGain", "label_curve"]


@dataclass(frozen=True)
class ShownGain:
    """What more labels would buy.

    Args:
        labels: how many more.
        value: percentage points of accuracy.
        interval: the 95 % interval.
        doubt: that no gain is shown; "" where one is.
    """

    labels: str
    value: str
    interval: str
    doubt: str


@dataclass(frozen=True)
class CurveView:
    """The label learning curve.

    Args:
        figure: the lines.
        gains: what more labels would buy; empty where no curve was fitted.
        unfitted: why there are no gains.
    """

    figure: Figure
    gains: tuple[ShownGain, ...]
    unfitted: str


@dataclass(frozen=True)
class _Line:
    """A line of the figure, with the name of what it is."""

    name: Html
    series: Series


def label_curve(context: Context) -> CurveView | Missing:
    """Return the label learning curve; the recipes of a comparison are further lines."""
    curve, say = context.facts.label_curve, context.say
    lines = list(_lines(context))
    if not lines:
        return context.missing("label-curve", curve if isinstance(curve, Unavailable) else "too-few")
    gains = () if isinstance(curve, Unavailable) else tuple(_gain(context, gain) for gain in curve.gains)
    unfitted = (
        context.missing("label-curve", curve).sentence if isinstance(curve, Unavailable) else say("curve/unfitted")
    )
    return CurveView(_figure(context, lines), gains, "" if gains else unfitted)


def _lines(context: Context) -> Iterator[_Line]:
    curve, comparison = context.facts.label_curve, context.facts.comparison
    own = ""
    if isinstance(curve, LabelCurve) and curve.points:
        own = curve.recipe
        yield from _own(context, curve)
    if isinstance(comparison, Comparison):
        number = 1 if own else 0
        for recipe in [MAJORITY, *comparison.recipes]:
            if recipe == own:
                continue
            found = [point for point in comparison.points if point.recipe == recipe and point.accuracy is not None]
            values = tuple((float(point.labels), point.accuracy.value) for point in found if point.accuracy)
            bounds = tuple((point.accuracy.low, point.accuracy.high) for point in found if point.accuracy)
            if values:
                colour = 5 if recipe == MAJORITY else number
                flags = {"is_dashed": recipe == MAJORITY, "has_marks": recipe != MAJORITY}
                yield _Line(recipe_name(context, recipe), Series(colour, values, bounds, **flags))
                number += recipe != MAJORITY
                number += number == 5


def _own(context: Context, curve: LabelCurve) -> Iterator[_Line]:
    if curve.fitted:
        fitted = tuple((float(labels), value) for labels, value, _, _ in curve.fitted)
        band = tuple((low, high) for _, _, low, high in curve.fitted)
        series = Series(0, fitted, band, has_marks=False, has_band=True, is_dashed=True)
        yield _Line(context.say.html("curve/fitted", recipe=curve.recipe), series)
    values = tuple((float(point.labels), point.accuracy) for point in curve.points)
    bounds = tuple((point.low, point.high) for point in curve.points)
    yield _Line(shown(curve.recipe), Series(0, values, bounds, has_line=not curve.fitted))


def _figure(context: Context, lines: list[_Line]) -> Figure:
    say, series = context.say, [line.series for line in lines]
    labels = [x for one in series for x, _ in one.points]
    values = [y for one in series for _, y in one.points]
    ends = [end for one in series if not one.has_band for bound in one.bounds for end in bound]
    low, high = padded([*values, *ends], 0.0, 1.0)
    x_axis = Axis(say("curve/x"), min(labels) / 1.1, max(labels) * 1.1, count_tick, is_logarithmic=True)
    y_axis = Axis(say("recipes/accuracy"), low, high, share_tick)

    def draw(width: float) -> tuple[Html, float]:
        height = 340.0 if width >= WIDE else 290.0
        return panel(Box(0, 0, width, height), (x_axis, y_axis), series, vertical=now)[0], height

    curve, title = context.facts.label_curve, say("curve/title")
    is_fitted = isinstance(curve, LabelCurve) and bool(curve.fitted)
    now = None
    if isinstance(curve, LabelCurve) and curve.gains:
        now = (float(curve.gains[0].labels), say("curve/now", count=count(curve.gains[0].labels)))
    source = curve.source if isinstance(curve, LabelCurve) and curve.points else "comparison"
    texts = (say("curve/text" if is_fitted else "curve/text-plain"), say(f"curve/source-{source}"))
    pictures = draw_twice("label-curve", (title, say("curve/description")), draw)
    return Figure("label-curve", title, texts, pictures, _table(context, lines), _keys(lines))


def _keys(lines: list[_Line]) -> tuple[Key, ...]:
    return tuple(
        Key.of(
            line.name,
            line.series.number,
            has_line=line.series.has_line,
            has_mark=line.series.has_marks,
            is_dashed=line.series.is_dashed,
        )
        for line in lines
    )


def _table(context: Context, lines: list[_Line]) -> Table:
    say, rows = context.say, []
    for line in lines:
        ends = line.series.bounds or ((None, None),) * len(line.series.points)
        for (labels, value), (low, high) in zip(line.series.points, ends, strict=True):
            rows.append((words_cell(line.name), counted(round(labels)), share(value), share(low), share(high)))
    columns = tuple(say(f"recipes/{name}") for name in ("recipe", "labels", "accuracy", "low", "high"))
    return Table("label-curve", say("curve/title"), columns, tuple(rows))


def _gain(context: Context, gain: Gain) -> ShownGain:
    say = context.say
    return ShownGain(
        labels=say("curve/gain", more=count(gain.more), total=count(gain.labels + gain.more)),
        value=points(gain.value),
        interval=f"{say('interval')} {say('range', low=points(gain.low), high=points(gain.high))}",
        doubt=say("curve/uncertain") if gain.low <= 0 else "",
    )
