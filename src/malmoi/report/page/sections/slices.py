"""The section of accuracy by slices: length, script, OOV rate, columns of the data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from malmoi.report.digits import apart
from malmoi.report.facts import Slice, SlicedColumn, SliceKind, Unavailable
from malmoi.report.page.charts.frame import Axis, share_tick
from malmoi.report.page.charts.intervals import Row, interval_rows
from malmoi.report.page.charts.scale import padded
from malmoi.report.page.context import Context, Missing
from malmoi.report.page.figure import Figure, draw_twice
from malmoi.report.page.quantities import bounds, count, percent
from malmoi.report.page.sections.data import script_name
from malmoi.report.page.table import Cell, Table, counted, share, words_cell
from malmoi.report.page.visible import cut

__all__ = ["SlicesView", "slices"]

MARKS = {-1: "▼ ", 0: "", 1: "▲ "}
COLOURS = {-1: 1, 0: 0, 1: 2}
COMPARED = {-1: "slices/below", 0: "slices/neither", 1: "slices/above"}


@dataclass(frozen=True)
class SlicesView:
    """View of the accuracy by slices.

    Args:
        figures: one figure per type of slice.
    """

    figures: tuple[Figure, ...]


def slices(context: Context) -> SlicesView | Missing:
    """Return the view of the accuracy by slices."""
    columns = context.facts.slices
    if isinstance(columns, Unavailable):
        return context.missing("slices", columns)
    found = [column for column in columns if column.slices]
    if not found:
        return context.missing("slices", "too-few")
    values = [end for column in found for one in column.slices for end in one.accuracy.interval]
    ends = padded([*values, context.accuracy.value], 0.0, 1.0)
    return SlicesView(tuple(_figure(context, column, place, ends) for place, column in enumerate(found, 1)))


def _figure(context: Context, column: SlicedColumn, place: int, ends: tuple[float, float]) -> Figure:
    say, name = context.say, f"slices-{place}"
    kind = say.known(f"slices/{column.kind}", cut(column.kind)) if _is_built_in(column.kind) else cut(column.kind)
    title = context.measured_title("slices/title", kind=kind)
    rows = [_row(name, one) for name, one in zip(_names(context, column), column.slices, strict=True)]
    overall = context.accuracy.value
    axis = Axis(f"{context.measure} ({say('slices/all')}: {percent(overall)})", *ends, share_tick)
    left_out = say("slices/left-out", count=column.left_out) if column.left_out else ""
    return Figure(
        name=name,
        title=title,
        texts=(say("slices/text"),) if place == 1 else (),
        pictures=draw_twice(
            name,
            (title, say("slices/description", measure=context.measure)),
            lambda width: interval_rows(width, 2, axis, rows, overall),
        ),
        table=_table(context, name, title, column),
        note=left_out,
    )


def _is_built_in(kind: str) -> bool:
    return kind in (SliceKind.LENGTH, SliceKind.SCRIPT, SliceKind.OOV)


def _row(name: str, one: Slice) -> Row:
    low, high = one.accuracy.interval
    written = f"{MARKS[one.difference]}{percent(one.accuracy.value)} ({bounds(low, high)})"
    more = f", n = {count(one.accuracy.samples)}"
    return Row(name, one.accuracy.value, low, high, written, COLOURS[one.difference], more)


def _names(context: Context, column: SlicedColumn) -> list[str]:
    """Return the names of slices; numbers have enough digits to be distinct."""
    ends = [end for one in column.slices if one.bounds is not None for end in one.bounds]
    scaled = [100 * end for end in ends] if column.kind == SliceKind.OOV else ends
    found = [count(round(end)) for end in ends] if column.kind == SliceKind.LENGTH else apart(scaled)
    written = dict(zip(ends, found, strict=True))
    return [_name(context, column.kind, one, written) for one in column.slices]


def _name(context: Context, kind: str, one: Slice, written: Mapping[float, str]) -> str:
    say = context.say
    if one.bounds is None:
        name = script_name(context, one.name) if kind == SliceKind.SCRIPT else one.name
        return name or say("slices/empty")
    low, high = (written[end] for end in one.bounds)
    if kind not in (SliceKind.LENGTH, SliceKind.OOV):
        return low if low == high else say("range", low=low, high=high)
    return say(f"slices/{kind}-one", low=low) if low == high else say(f"slices/{kind}-name", low=low, high=high)


def _table(context: Context, name: str, title: str, column: SlicedColumn) -> Table:
    say, rows = context.say, []
    for written, one in zip(_names(context, column), column.slices, strict=True):
        cells = (share(one.accuracy.value), *map(share, one.accuracy.interval), counted(one.accuracy.samples))
        rows.append((words_cell(written), *cells, Cell(say(COMPARED[one.difference]))))
    names = ("recipes/low", "recipes/high", "data/texts", "slices/against")
    return Table(name, title, (say("slices/slice"), context.measure, *map(say, names)), tuple(rows))
