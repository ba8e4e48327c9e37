"""The section of the learning curve and the expected gain from more labels."""

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
from malmoi.report.page.quantities import points
from malmoi.report.page.sections.recipes import recipe_name
from malmoi.report.page.table import Cell, Table, counted, share, words_cell
from malmoi.report.page.visible import Html, named

__all__ = ["CurveView", "ShownGain", "label_curve"]


@dataclass(frozen=True)
class ShownGain:
    """Expected gain from more labels.

    Args:
        labels: number of additional labels.
        value: gain in accuracy in percentage points.
        interval: 95 % interval of the gain.
        doubt: sentence that the gain is not significant; "" if it is.
    """

    labels: str
    value: str
    interval: str
    doubt: str


@dataclass(frozen=True)
class CurveView:
    """View of the learning curve.

    Args:
        figures: one figure per experiment.
        gains: expected gains from more labels; empty if no curve was fitted.
        unfitted: why there are no gains; "" if there are.
    """

    figures: tuple[Figure, ...]
    gains: tuple[ShownGain, ...]
    unfitted: str


@dataclass(frozen=True)
class _Line:
    """A line of the figure with its name."""

    name: Html
    series: Series


def label_curve(context: Context) -> CurveView | Missing:
    """Return the view of the learning curve and of the curves of a comparison.

    They share a figure if the curve is that of a recipe of the comparison; otherwise, the curve is a separate
    experiment and has its own figure.
    """
    curve, say = context.facts.label_curve, context.say
    own, compared = list(_own(context)), list(_compared(context))
    is_apart = bool(own and compared) and isinstance(curve, LabelCurve) and curve.source != "comparison"
    panels = [own, compared] if is_apart else [[*own, *compared]]
    if not panels[0]:
        return context.missing("label-curve", curve if isinstance(curve, Unavailable) else "too-few")
    gains = () if isinstance(curve, Unavailable) else tuple(_gain(context, gain) for gain in curve.gains)
    unfitted = (
        context.missing("label-curve", curve).sentence if isinstance(curve, Unavailable) else say("curve/unfitted")
    )
    figures = tuple(_figure(context, lines, has_own=lines[0] in own) for lines in panels)
    return CurveView(figures, gains, "" if gains else unfitted)


def _compared(context: Context) -> Iterator[_Line]:
    """Yield the lines of the comparison's recipes, except the one whose curve was fitted."""
    curve, comparison = context.facts.label_curve, context.facts.comparison
    own = curve.recipe if isinstance(curve, LabelCurve) and curve.points and curve.source == "comparison" else ""
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


def _own(context: Context) -> Iterator[_Line]:
    """Yield the lines of the fitted curve and of its points."""
    curve = context.facts.label_curve
    if isinstance(curve, Unavailable) or not curve.points:
        return
    name = named(curve.recipe)
    if curve.source != "comparison":
        name = context.say.html(f"curve/name-{curve.source}", recipe=name)
    if curve.fitted:
        fitted = tuple((float(labels), value) for labels, value, _, _ in curve.fitted)
        band = tuple((low, high) for _, _, low, high in curve.fitted)
        series = Series(0, fitted, band, has_marks=False, has_band=True, is_dashed=True)
        yield _Line(context.say.html("curve/fitted", recipe=name), series)
    values = tuple((float(point.labels), point.accuracy) for point in curve.points)
    bounds = tuple((point.low, point.high) for point in curve.points)
    yield _Line(name, Series(0, values, bounds, has_line=not curve.fitted))


def _figure(context: Context, lines: list[_Line], *, has_own: bool) -> Figure:
    series = [line.series for line in lines]
    now = _now(context) if has_own else None
    axes = _axes(context, series)

    def draw(width: float) -> tuple[Html, float]:
        height = 340.0 if width >= WIDE else 290.0
        return panel(Box(0, 0, width, height), axes, series, vertical=now)[0], height

    name = "label-curve" if has_own or not _has_own(context) else "label-curve-compared"
    title = context.measured_title("curve/title" if name == "label-curve" else "curve/title-compared")
    description = context.say("curve/description", measure=context.measure)
    pictures = draw_twice(name, (title, description), draw)
    table = _table(context, name, title, lines)
    texts = _texts(context, has_own=has_own)
    return Figure(name, title, texts, pictures, table, _keys(lines))


def _axes(context: Context, series: list[Series]) -> tuple[Axis, Axis]:
    labels = [x for one in series for x, _ in one.points]
    values = [y for one in series for _, y in one.points]
    ends = [end for one in series if not one.has_band for bound in one.bounds for end in bound]
    low, high = padded([*values, *ends], 0.0, 1.0)
    x_axis = Axis(context.say("curve/x"), min(labels) / 1.1, max(labels) * 1.1, count_tick, is_logarithmic=True)
    return x_axis, Axis(context.measure, low, high, share_tick)


def _has_own(context: Context) -> bool:
    curve = context.facts.label_curve
    return isinstance(curve, LabelCurve) and bool(curve.points)


def _now(context: Context) -> tuple[float, str] | None:
    """Return the current number of labels, and its name."""
    curve = context.facts.label_curve
    if isinstance(curve, Unavailable) or not curve.gains:
        return None
    labels = curve.gains[0].labels
    return float(labels), context.say("curve/now", count=labels)


def _texts(context: Context, *, has_own: bool) -> tuple[str, ...]:
    curve, say = context.facts.label_curve, context.say
    if isinstance(curve, Unavailable) or not has_own:
        return say("curve/text-plain"), say("curve/source-comparison")
    texts = (say("curve/text" if curve.fitted else "curve/text-plain"), say(f"curve/source-{curve.source}"))
    is_apart = curve.source != "comparison" and isinstance(context.facts.comparison, Comparison)
    return (*texts, say("curve/apart")) if is_apart else texts


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


def _table(context: Context, name: str, title: str, lines: list[_Line]) -> Table:
    say, rows = context.say, []
    for line in lines:
        ends = line.series.bounds or ((None, None),) * len(line.series.points)
        found: dict[int, tuple[float, tuple[Cell, ...]]] = {}
        for (labels, value), (low, high) in zip(line.series.points, ends, strict=True):
            whole, off = round(labels), abs(labels - round(labels))
            if whole not in found or off < found[whole][0]:  # keep the point nearest to each whole number
                found[whole] = off, (words_cell(line.name), counted(whole), *map(share, (value, low, high)))
        rows += [cells for _, cells in found.values()]
    first = (say("recipes/recipe"), say("recipes/labels"), context.measure)
    return Table(name, title, (*first, say("recipes/low"), say("recipes/high")), tuple(rows))


def _gain(context: Context, gain: Gain) -> ShownGain:
    say = context.say
    return ShownGain(
        labels=say("curve/gain", more=gain.more, total=gain.labels + gain.more),
        value=points(gain.value),
        interval=f"{say('interval')} {say('range', low=points(gain.low), high=points(gain.high))}",
        doubt=say("curve/uncertain") if gain.low <= 0 else "",
    )
