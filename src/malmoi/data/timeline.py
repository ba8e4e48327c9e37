"""Validated time series: one or more, sorted, on one regular grid."""

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
    """Roles of the columns.

    Args:
        target: columns to forecast; `None`: all columns without another role.
        time: time column; `None`: the index, or the only time column.
        id: column that identifies the series.
        known: covariates whose future values are known.
        past: covariates that are known up to the last step only.
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
        id: its id; `None` if there is only one series.
        times: int64 (steps,), on the grid without gaps.
        values: float64 (steps, columns); NaN for missing values.
    """

    id: SeriesId
    times: Times
    values: Values


@dataclass(frozen=True, eq=False)
class Panel:
    """Series on one grid.

    Args:
        columns: columns of the `values` of every series.
        series: one or more series.
        grid: grid of their times.
        form: format of the table.
        gaps: number of grid times that are missing in the table.
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
    """Read the series of a data frame or an array, validated and sorted by time.

    Args:
        data: any input of `open_table`.
        roles: roles of the columns.
        missing: "refuse": missing steps or values are an error; "drop": they are allowed.
        name: name of the argument, for errors.
        grid: grid that the series must be on; `None`: detected.
        columns: columns to read; if empty, those with a role.

    Raises:
        TypeError: the data is not a table of numbers.
        DataError: a column is missing or not numeric, or times are repeated, irregular or have gaps.
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
    """Return targets and covariates, and the columns without a role."""
    time = None if form.is_index else form.time
    others = {*roles.known, *roles.past, time, form.id}
    targets = roles.target or tuple(one for one in table.names if one not in others)
    if not targets:
        raise DataError(f"{name} must have a column to forecast, got {shorten(list(table.names))}; name it: target=")
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
        raise DataError(f"{error}{_index_cure(moments)}") from None


def _index_cure(moments: Moments | None) -> str:
    """Return a further cure, for an integer index that does not hold times."""
    is_index = moments is not None and moments.is_index
    return "; or, if the index does not hold times: data.reset_index(drop=True)" if is_index else ""


def _by_id(table: TimeTable, form: TableForm, name: str) -> list[tuple[SeriesId, Rows]]:
    if form.id is None:
        return [(None, np.arange(table.rows))]
    rows: dict[SeriesId, list[int]] = {}
    for row, one in enumerate(table.ids(form.id, name)):
        rows.setdefault(one, []).append(row)
    return [(one, np.array(places)) for one, places in rows.items()]


def _sorted(one: SeriesId, moments: Moments | None, values: Values, rows: Rows, grid: Grid, name: str) -> Timeline:
    """Return a series sorted by time, with NaN at missing grid times."""
    if moments is None:
        return Timeline(one, np.arange(len(values)), values)
    times = moments.times[rows]
    if not (np.diff(times) >= 0).all():
        order = np.argsort(times, kind="stable")
        logger.info("rows of %s were not in time order; they are now sorted", name)
        times, values = times[order], values[order]
    of = "" if one is None else f" of the series {one!r}"
    twice = np.flatnonzero(np.diff(times) == 0)
    if len(twice):
        rule = f"{name} must have one row for each time{of}, got two of {shown_time(times[twice[0]], grid)}"
        cure = "remove them" if one is not None else "name the column that identifies the series: id_column="
        repeated = "1 row repeats" if len(twice) == 1 else f"{len(twice)} rows repeat"
        raise DataError(f"{rule} ({repeated} a time); sum or average them, or {cure}{_index_cure(moments)}")
    try:
        places = grid.places(times)
    except ValueError as error:
        raise DataError(f"{name}: {error}, as in the training data") from error
    if places[-1] - places[0] + 1 == len(places):
        return Timeline(one, times, values)
    count = int(places[-1] - places[0]) + 1
    if count > 10 * len(places) + 1_000:
        rule = f"{name} must have a row for most of its times{of}, got {len(places)} of {count}"
        raise DataError(f"{rule}; keep one part without long gaps{_index_cure(moments)}")
    filled = np.full((count, values.shape[1]), np.nan)
    filled[places - places[0]] = values
    return Timeline(one, np.concatenate([times[:1], grid.after(int(times[0]), count - 1)]), filled)


def _check_kind(moments: Moments | None, grid: Grid, name: str) -> None:
    """Check that times have the type and the time zone of the grid."""
    if moments is None:
        if grid.unit != "number":
            raise DataError(f"{name} must have times, as the training data has, got none")
    elif moments.is_number != (grid.unit == "number"):
        types = ("whole numbers", "timestamps")
        wanted, found = types if grid.unit == "number" else types[::-1]
        raise DataError(f"{name} must have {wanted} as its times, as the training data has, got {found}")
    elif moments.zone != grid.zone:
        zones = [zone or "no time zone" for zone in (grid.zone, moments.zone)]
        raise DataError(f"{name} must have times of {zones[0]}, as the training data has, got {zones[1]}; convert them")


def _refuse_missing(one: Timeline, panel: Panel, moments: Moments | None, name: str) -> None:
    gaps = np.isnan(one.values)
    if not gaps.any():
        return
    row = int(gaps.any(axis=1).argmax())
    of = "" if one.id is None else f" of the series {one.id!r}"
    when = f"step {row}" if moments is None else shown_time(one.times[row], panel.grid)
    cure = "fill it" if name == "known" else 'pass missing="drop" to drop windows with missing values, or fill it'
    if panel.gaps and gaps[row].all():
        rule = f"{name} must have a row for every {panel.grid.name.removeprefix('1 ')}{of}, got none for {when}"
        count = "1 is" if panel.gaps == 1 else f"{panel.gaps} are"
        raise DataError(f"{rule} ({count} missing in total); {cure}{_index_cure(moments)}")
    column = panel.columns[int(gaps[row].argmax())]
    raise DataError(f"{name}: the column {column!r} must have no missing value{of}, got one at {when}; {cure}")
