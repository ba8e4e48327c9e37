"""The calibration curve."""

from __future__ import annotations

from malmoi.metrics.calibration import Calibration
from malmoi.report.page.charts.frame import Axis, Box, share_tick
from malmoi.report.page.charts.lines import Series, panel
from malmoi.report.page.charts.scale import padded
from malmoi.report.page.context import Context, Missing
from malmoi.report.page.figure import Figure, draw_twice
from malmoi.report.page.table import Table, counted, share
from malmoi.report.page.visible import Html

__all__ = ["calibration"]


def calibration(context: Context) -> Figure | Missing:
    """Return the calibration curve with the intervals of its bins."""
    found, say = context.facts.evaluation.calibration, context.say
    if found is None:
        return context.missing("calibration", "several-labels")
    points = tuple((one.confidence, one.accuracy.value) for one in found.bins)
    intervals = tuple(one.accuracy.interval for one in found.bins)
    low, high = padded([*(value for pair in (*points, *intervals) for value in pair)], 0.0, 1.0)
    axes = (
        Axis(say("calibration/confidence"), low, high, share_tick),
        Axis(context.measure, low, high, share_tick),
    )
    series = Series(0, points, intervals)

    def draw(width: float) -> tuple[Html, float]:
        side = min(width, 460.0)
        return panel(Box(0, 0, side, side * 0.86), axes, [series], diagonal=True)[0], side * 0.86

    title = say("calibration/title")
    error = {"error": found.error.value, "low": found.error.low, "high": found.error.high}
    return Figure(
        name="calibration",
        title=title,
        texts=(say("calibration/text", **{name: f"{value:.3f}" for name, value in error.items()}),),
        pictures=draw_twice("calibration", (title, say("calibration/description")), draw),
        table=_table(context, title, found),
        classes="square",
    )


def _table(context: Context, title: str, found: Calibration) -> Table:
    say, rows = context.say, []
    for one in found.bins:
        cells = (*map(share, one.accuracy.interval), counted(one.accuracy.samples))
        rows.append((share(one.confidence), share(one.accuracy.value), *cells))
    names = ("calibration/confidence", "score/accuracy", "recipes/low", "recipes/high", "calibration/samples")
    return Table("calibration", title, tuple(map(say, names)), tuple(rows))
