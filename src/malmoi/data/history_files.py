"""Reading of the time series to forecast from CSV, TSV and Parquet files into a sorted Polars table."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from malmoi.data.series_steps import counts_steps, grouped_steps
from malmoi.data.table_files import TableFile, as_number_column, first_true, read_table, strange_number
from malmoi.data.time_columns import is_time, moments_of, refuse_strange_times, time_form
from malmoi.errors import DataError
from malmoi.foundation.validation import shorten

if TYPE_CHECKING:
    from polars import DataFrame, Series

__all__ = ["AUTO_TIME", "History", "HistoryColumns", "read_history"]

AUTO_TIME = "auto"
YEARS = ("year", "연도")
TARGET_NAMES = ("target", "y")


@dataclass(frozen=True)
class HistoryColumns:
    """Roles of the columns of a history.

    Args:
        targets: columns to forecast; if empty, the column "target" or "y", or the only numeric one.
        time: time column; "auto": the first column of dates or times; `None`: no time column.
        id: column that identifies the series.
        covariates: further numeric columns.
    """

    targets: tuple[str, ...] = ()
    time: str | None = AUTO_TIME
    id: str | None = None
    covariates: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class History:
    """A history as a table.

    Args:
        frame: a Polars data frame with only times, ids, targets and covariates, sorted by id and time.
        columns: roles of the columns, none left to be detected.
        time_form: time format of the file, in `strftime` notation; `None` for typed columns.
        notes: sentences about what was chosen, ignored or sorted.
    """

    frame: DataFrame
    columns: HistoryColumns
    time_form: str | None
    notes: tuple[str, ...]


def read_history(path: str | os.PathLike[str], columns: HistoryColumns, *, missing: str = "refuse") -> History:
    """Read one or more series, one row per step.

    Args:
        path: CSV, TSV or Parquet, the first two also `.gz` or `.zst`, with a header.
        columns: roles of the columns.
        missing: "refuse": a missing target or covariate is an error; "drop": it is allowed.

    Raises:
        FileNotFoundError: the file does not exist.
        DataError: a column is missing or holds text, a number is missing or not finite, or times are missing, repeated
            or of several time zones.
    """
    table = read_table(path)
    named = [*columns.targets, *columns.covariates, *([columns.id] if columns.id else [])]
    table.refuse_missing([*named, *([columns.time] if columns.time not in (None, AUTO_TIME) else [])])
    table = table.as_written([columns.id] if columns.id else [])
    time, notes = _time(table, columns)
    targets, more = _targets(table, columns, time)
    numbers = {name: _numbers(table, name) for name in dict.fromkeys((*targets, *columns.covariates))}
    steps = grouped_steps(table, columns.id, time)
    for name, column in numbers.items():
        _refuse_missing(table, columns.id, name, column, missing)
    import polars as pl

    kept = {} if time is None else {time: moments_of(table, time)}
    kept |= {} if columns.id is None else {columns.id: table.frame[columns.id]}
    kept |= numbers
    frame = pl.DataFrame([column.alias(name) for name, column in kept.items()])[steps.order]
    unused = [name for name in table.columns if name not in kept]
    notes = [*notes, *more]
    if time is None and columns.time == AUTO_TIME:
        notes += _counters(table, columns.id, kept)
    if steps.unsorted:
        notes.append(f"rows were not in time order; they are now sorted by {time!r}")
    if unused:
        notes.append(f"columns without a role are ignored: {', '.join(map(repr, unused))}")
    form = time_form(table.frame[time]) if time is not None and table.frame[time].dtype == pl.String else None
    return History(frame, HistoryColumns(targets, time, columns.id, columns.covariates), form, tuple(notes))


def _time(table: TableFile, columns: HistoryColumns) -> tuple[str | None, list[str]]:
    if columns.time != AUTO_TIME:
        return columns.time, []
    others = {*columns.targets, *columns.covariates, columns.id}
    names = [name for name in table.columns if name not in others]
    found = next((name for name in names if is_time(table.frame[name], may_be_numbers=True)), None)
    refuse_strange_times(table, names[: names.index(found)] if found else names)
    if found is None:
        return None, ["no column of dates or times was found; rows are used in the order of the file, as evenly spaced"]
    return found, [f"the time column is {found!r}"]


def _counters(table: TableFile, id_column: str | None, taken: Iterable[str]) -> list[str]:
    """Return notes on columns without a role that may hold times."""
    names = [name for name in table.columns if name not in taken]
    found = (n for n in names if counts_steps(table, id_column, n, consecutive=n.strip().casefold() not in YEARS))
    return [f"{name!r} may be the time column; to sort the rows by it: --time-column {name}" for name in found]


def _targets(table: TableFile, columns: HistoryColumns, time: str | None) -> tuple[tuple[str, ...], list[str]]:
    if columns.targets:
        return columns.targets, []
    others = {time, columns.id, *columns.covariates}
    numbers = [n for n in table.columns if n not in others and as_number_column(table.frame[n]) is not None]
    named = [name for wanted in TARGET_NAMES for name in numbers if name.lower() == wanted]
    if not named and len(numbers) != 1:
        rule = f"{table.path}: name the column to forecast (--target)"
        raise DataError(f"{rule}, one of {shorten(numbers)}" if numbers else f"{rule}; no column holds numbers")
    found = (named or numbers)[0]
    return (found,), [f"the target column is {found!r}"]


def _numbers(table: TableFile, name: str) -> Series:
    column = table.frame[name]
    numbers = as_number_column(column)
    if numbers is None:
        row = strange_number(column)
        row = first_true(column.is_not_null()) if row is None else row
        rule = f"{table.path}: the column {name!r} must contain numbers"
        raise DataError(f"{rule}, got {shorten(str(column[row]))} in {table.place(row)}")
    return numbers


def _refuse_missing(table: TableFile, id_column: str | None, name: str, column: Series, missing: str) -> None:
    values = column.to_numpy()
    wrong = np.isinf(values) if missing == "drop" else ~np.isfinite(values)
    if not wrong.any():
        return
    row = int(wrong.argmax())
    of = "" if id_column is None else f" of series {shorten(table.frame[id_column][row])}"
    if np.isinf(values[row]):
        rule = f"{table.path}: {name!r}{of} must be finite, got {values[row]} in {table.place(row)}"
        raise DataError(f"{rule}; replace it by a finite number")
    cure = 'fill it, or drop windows with missing values: missing="drop" (on the command line --missing drop)'
    raise DataError(f"{table.path}: {name!r}{of} must have no missing value, got one in {table.place(row)}; {cure}")
