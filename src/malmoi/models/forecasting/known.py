"""Known covariates of the forecast steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from malmoi.data.time_grid import shown_time
from malmoi.data.time_tables import Column, Moments, TimeTable, Values, open_table
from malmoi.data.time_zones import Times
from malmoi.data.timeline import Panel, Roles, Timeline, read_panel
from malmoi.errors import DataError
from malmoi.foundation.validation import shorten

__all__ = ["known_ahead", "lengthened"]


def known_ahead(known: object, roles: Roles, panel: Panel, future: Sequence[Times]) -> list[Values]:
    """Return known covariates (horizon, covariates) of every series, checked.

    Args:
        known: a table of the same type as the history, or an array (horizon, covariates); `None`: none.
        roles: roles of the columns.
        panel: the histories.
        future: forecast times of each series.

    Raises:
        ValueError: covariates are passed to a model without known covariates, or are missing for a model with them.
        DataError: a column or a step is missing, or times do not continue the history.
    """
    columns = roles.known
    if not columns:
        if known is not None:
            raise ValueError("known must be None: the model has no known covariates; set Forecaster(known=...)")
        return [np.zeros((len(one), 0)) for one in future]
    if known is None:
        named = ", ".join(map(str, columns))
        raise ValueError(f"known must have {named} for {len(future[0])} steps ahead, got None; pass a table of them")
    table = open_table(known, "known")
    if table.form.kind == "array":
        return _of_array(table, columns, future)
    missing = [one for one in columns if one not in table.names]
    if missing:
        raise DataError(f"known must have the column {missing[0]!r}, got {shorten(list(table.names))}")
    named_time = panel.form.time if not panel.form.is_index and panel.form.time in table.names else None
    _, moments = table.with_time(named_time, "known", {*columns, roles.id})
    is_numbered = moments is not None and moments.is_number and _is_numbering(moments, panel)
    has_times = moments is not None and (panel.form.is_index or panel.form.time is not None) and not is_numbered
    _refuse_without_times(panel, columns, has_times=has_times)
    known_roles = replace(roles, time=named_time if has_times else None)
    named_grid = panel.grid if has_times else None
    read = read_panel(known, known_roles, missing="refuse", name="known", grid=named_grid, columns=columns)
    return [_of_series(read, one, times, has_times=has_times) for one, times in zip(panel.series, future, strict=True)]


def _is_numbering(moments: Moments, panel: Panel) -> bool:
    """Return whether whole numbers are the default index of pandas, and not times as in the history."""
    return panel.grid.unit != "number" or (panel.form.is_index and int(moments.times.min()) == 0)


def _refuse_without_times(panel: Panel, columns: tuple[Column, ...], *, has_times: bool) -> None:
    """Raise an error for a table without times if the history has times."""
    is_named = panel.form.time is not None and not panel.form.is_index
    if has_times or not (is_named or panel.grid.unit != "number"):
        return
    where = f"the column {panel.form.time!r}" if is_named else "an index of times"
    cure = f"add {where}, as in the history"
    if len(panel.series) == 1:
        cure += f", or pass an array (horizon, covariates): known[{list(columns)}].to_numpy()"
    raise DataError(f"known must have the times of its rows, got a table without them; {cure}")


def _of_array(table: TimeTable, columns: tuple[Column, ...], future: Sequence[Times]) -> list[Values]:
    wanted, shape = (len(future[0]), len(columns)), (table.rows, len(table.names))
    if shape != wanted or len(future) > 1:
        named = ", ".join(map(str, columns))
        raise DataError(
            f"known must be an array (horizon, covariates) of the shape {wanted}, with {named}, got {shape}"
        )
    values = np.stack([table.numbers(one, "known") for one in table.names], axis=1)
    if np.isnan(values).any():
        row = int(np.isnan(values).any(axis=1).argmax())
        raise DataError(f"known must have no missing value, got one at step {row}; fill it")
    return [values]


def _of_series(read: Panel, one: Timeline, times: Times, *, has_times: bool) -> Values:
    found = next((series for series in read.series if series.id == one.id), None)
    of = "" if one.id is None else f" for the series {one.id!r}"
    if found is None:
        raise DataError(f"known must have rows{of}, got none")
    if not has_times:
        if len(found.times) != len(times):
            raise DataError(f"known must have {len(times)} rows{of}, one for each step ahead, got {len(found.times)}")
        return found.values
    rows = {time: row for row, time in enumerate(found.times.tolist())}
    for time in times.tolist():
        if time not in rows:
            ends = [shown_time(end, read.grid) for end in found.times[[0, -1]]]
            rule = f"known must continue the history{of}: it must have a row for {shown_time(time, read.grid)}"
            raise DataError(f"{rule}, got times from {ends[0]} to {ends[1]}")
    values: Values = found.values[[rows[time] for time in times.tolist()]]
    return values


def lengthened(panel: Panel, columns: Sequence[Column], future: Sequence[Times], ahead: Sequence[Values]) -> Panel:
    """Return series with rows for the steps ahead, in which only known covariates have values.

    Args:
        panel: the histories.
        columns: the known covariates.
        future: times of the new rows, of each series.
        ahead: known covariates of the first new rows, of each series.
    """
    places = [panel.columns.index(one) for one in columns]
    series = []
    for one, times, values in zip(panel.series, future, ahead, strict=True):
        rows = np.full((len(times), one.values.shape[1]), np.nan)
        rows[: len(values), places] = values
        longer = np.concatenate([one.values, rows])
        series.append(Timeline(one.id, np.concatenate([one.times, times]), longer))
    return replace(panel, series=tuple(series))
