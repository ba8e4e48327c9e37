"""Numbers in time, checked: one series or several, sorted, on one regular grid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from malmoi.data.time_grid import Grid, grid_of, shown_time
from malmoi.data.time_tables import Column, Moments, SeriesId, TableForm, TimeTable, Values, open_table
from malmoi.data.time_zones import Times
from malmoi.errors import DataError
from malmoi.foundation.log import logger
from malmoi.foundation.validation import shorten

__all__ = ["Panel", "Roles", "Timeline", "read_panel"]

Rows = npt.NDArray[np.int64]
Named = TypeVar("Named", bound=Column | None)


@dataclass(frozen=True)
class Roles:
    """What the columns are.

    Args:
        target: what is forecast; `None`: all columns that have no other role.
        time: the points in time; `None`: the index, or the only column of that type.
        id: tells several series apart.
        known: covariates that are known ahead.
        past: covariates that are known up to the last step.
    """

    target: tuple[Column, ...] | None
    time: str | None
    id: str | None
    known: tuple[Column, ...]
    past: tuple[Column, ...]


@dataclass(frozen=True, eq=False)
class Timeline:
    """One series.

    Args:
        id: its id; `None` where there is one series alone.
        times: int64 (steps,), on the grid without gaps.
        values: float64 (steps, columns); NaN where a value is missing.
    """

    id: SeriesId
    times: Times
    values: Values


@dataclass(frozen=True, eq=False)
class Panel:
    """Series on one grid.

    Args:
        columns: what `values` of every series hold.
        series: one or more.
        grid: of their times.
        form: how the table was written.
        gaps: points of the grid that the table leaves out.
        unused: columns without a role.
    """

    columns: tuple[Column, ...]
    series: tuple[Timeline, ...]
    grid: Grid
    form: TableForm
    gaps: int = 0
    unused: tuple[Column, ...] = ()


def read_panel(
    data: object,
    roles: Roles,
    *,
    missing: str,
    name: str = "data",
    grid: Grid | None = None,
    columns: Sequence[Column] = (),
) -> Panel:
    """Return series of a table or an array, sorted by time and checked.

    Args:
        data: as `open_table` takes it.
        roles: of the columns.
        missing: "refuse": every step must be there, with all its values; "drop": steps and values may be missing.
        name: of the argument, for errors.
        grid: on which the series must be; `None`: found.
        columns: that are read; none given: those of the roles.

    Raises:
        TypeError: it is no table of numbers.
        DataError: a column is missing, is no number, or times are repeated, on no grid or have gaps.
    """
    table = open_table(data, name)
    if not table.rows:
        raise DataError(f"{name} must have 1 step or more, got 0")
    others = {*(roles.target or ()), *roles.known, *roles.past, roles.id}
    form, moments = table.with_time(roles.time, name, others)
    form = replace(form, id=_named(table, roles.id, "id", name))
    wanted, unused = (tuple(columns), ()) if columns else _columns(table, roles, form, name)
    values = np.stack([table.numbers(_named(table, one, "column", name), name) for one in wanted], axis=1)
    if grid is None:
        grid = _grid(moments, form, name)
    else:
        _check_kind(moments, grid, name)
    parts = _by_id(table, form, name)
    series = tuple(_sorted(one, moments, values[rows], rows, grid, name) for one, rows in parts)
    gaps = sum(len(one.times) for one in series) - table.rows
    panel = Panel(wanted, series, grid, form, gaps, unused)
    if missing == "refuse":
        for timeline in series:
            _refuse_missing(timeline, panel, moments, name)
    return panel


def _named(table: TimeTable, column: Named, role: str, name: str) -> Named:
    if column is not None and column not in table.names:
        raise DataError(f"{name} must have the {role} {column!r}, got the columns {shorten(list(table.names))}")
    return column


def _columns(
    table: TimeTable, roles: Roles, form: TableForm, name: str
) -> tuple[tuple[Column, ...], tuple[Column, ...]]:
    """Targets and covariates, and the columns without a role."""
    time = None if form.is_index else form.time
    others = {*roles.known, *roles.past, time, form.id}
    targets = roles.target or tuple(one for one in table.names if one not in others)
    if not targets:
        raise DataError(
            f"{name} must have a column that is forecast, got {shorten(list(table.names))}; name it: target="
        )
    wanted = tuple(dict.fromkeys((*targets, *roles.known, *roles.past)))
    unused = tuple(one for one in table.names if one not in {*wanted, time, form.id})
    if unused:
        logger.info("columns without a role, not used: %s", ", ".join(map(str, unused)))
    return wanted, unused


def _grid(moments: Moments | None, form: TableForm, name: str) -> Grid:
    if moments is None:
        return Grid("number", 1)
    times = np.unique(moments.times)
    where = "the index" if form.is_index else f"the column {form.time!r}"
    if len(times) < 2:
        raise DataError(f"{name}: {where} must have 2 different times or more, got {len(times)}")
    try:
        return grid_of(times, zone=moments.zone, is_number=moments.is_number, name=f"{name}: {where}")
    except DataError as error:
        raise DataError(f"{error}{_cure_of_index(moments)}") from None


def _cure_of_index(moments: Moments | None) -> str:
    """What helps where whole numbers of an index are no times, after other cures."""
    is_index = moments is not None and moments.is_index
    return "; or, where the index holds no times: data.reset_index(drop=True)" if is_index else ""


def _by_id(table: TimeTable, form: TableForm, name: str) -> list[tuple[SeriesId, Rows]]:
    if form.id is None:
        return [(None, np.arange(table.rows))]
    rows: dict[SeriesId, list[int]] = {}
    for row, one in enumerate(table.ids(form.id, name)):
        rows.setdefault(one, []).append(row)
    return [(one, np.array(places)) for one, places in rows.items()]


def _sorted(one: SeriesId, moments: Moments | None, values: Values, rows: Rows, grid: Grid, name: str) -> Timeline:
    """A series in the order of its times, with NaN at points that it leaves out."""
    if moments is None:
        return Timeline(one, np.arange(len(values)), values)
    times = moments.times[rows]
    if not (np.diff(times) >= 0).all():
        order = np.argsort(times, kind="stable")
        logger.info("rows of %s were not sorted by time, and are now", name)
        times, values = times[order], values[order]
    of = "" if one is None else f" of the series {one!r}"
    twice = np.flatnonzero(np.diff(times) == 0)
    if len(twice):
        rule = f"{name} must have one row for each time{of}, got two of {shown_time(times[twice[0]], grid)}"
        cure = "leave them out" if one is not None else "name the column that tells series apart: id_column="
        repeated = "1 row repeats" if len(twice) == 1 else f"{len(twice)} rows repeat"
        raise DataError(f"{rule} ({repeated} a time); sum or average them, or {cure}{_cure_of_index(moments)}")
    try:
        places = grid.places(times)
    except ValueError as error:
        raise DataError(f"{name}: {error}, as the training data") from error
    if places[-1] - places[0] + 1 == len(places):
        return Timeline(one, times, values)
    count = int(places[-1] - places[0]) + 1
    if count > 10 * len(places) + 1_000:
        rule = f"{name} must have a row for most of its times{of}, got {len(places)} of {count}"
        raise DataError(f"{rule}; leave out the parts that are apart{_cure_of_index(moments)}")
    filled = np.full((count, values.shape[1]), np.nan)
    filled[places - places[0]] = values
    return Timeline(one, np.concatenate([times[:1], grid.after(int(times[0]), count - 1)]), filled)


def _check_kind(moments: Moments | None, grid: Grid, name: str) -> None:
    """Refuse times of another kind than the grid has."""
    if moments is None:
        if grid.unit != "number":
            raise DataError(f"{name} must have the times of its rows, as the training data, got none")
    elif moments.is_number != (grid.unit == "number"):
        kinds = ("whole numbers", "points in time")
        wanted, found = kinds if grid.unit == "number" else kinds[::-1]
        raise DataError(f"{name} must have {wanted} as its times, as the training data, got {found}")
    elif moments.zone != grid.zone:
        zones = [zone or "no time zone" for zone in (grid.zone, moments.zone)]
        raise DataError(f"{name} must have times of {zones[0]}, as the training data, got {zones[1]}; convert them")


def _refuse_missing(one: Timeline, panel: Panel, moments: Moments | None, name: str) -> None:
    gaps = np.isnan(one.values)
    if not gaps.any():
        return
    row = int(gaps.any(axis=1).argmax())
    of = "" if one.id is None else f" of the series {one.id!r}"
    when = f"step {row}" if moments is None else shown_time(one.times[row], panel.grid)
    cure = "fill it" if name == "known" else 'pass missing="drop" to leave out windows with missing values, or fill it'
    if panel.gaps and gaps[row].all():
        rule = f"{name} must have a row for every {panel.grid.name.removeprefix('1 ')}{of}, got none for {when}"
        count = "1 is" if panel.gaps == 1 else f"{panel.gaps} are"
        raise DataError(f"{rule} ({count} left out in all); {cure}{_cure_of_index(moments)}")
    column = panel.columns[int(gaps[row].argmax())]
    raise DataError(f"{name}: the column {column!r} must have no missing value{of}, got one at {when}; {cure}")
