"""Roles of the columns of a table of series: features, label, id, time, ignored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from malmoi.data.series_steps import counts_steps
from malmoi.data.table_files import TableFile, as_number_column, first_true, strange_number
from malmoi.data.time_columns import is_time, refuse_strange_times
from malmoi.errors import DataError
from malmoi.foundation.validation import shorten

if TYPE_CHECKING:
    from polars import Series

__all__ = ["AUTO_TIME", "Layout", "SeriesColumns", "choose_columns", "is_long"]

LABEL_NAMES = ("label", "class", "target", "y")
ID_NAMES = ("id", "index", "series", "series_id", "번호")
AUTO_TIME = "auto"
CURE = "choose the columns with features (on the command line --features)"

Layout = Literal["auto", "wide", "long"]


@dataclass(frozen=True)
class SeriesColumns:
    """The columns of a table of series.

    Args:
        features: numeric columns by name, in order: features in a long table, steps in a wide one.
        label: the label column, if any.
        time: the time column by which the steps of a series are sorted, if any.
        times: all time columns, which are not features.
        left_out: columns that are not numeric; if features are given, all other columns.
        notes: sentences about automatic decisions.
    """

    features: dict[str, Series]
    label: str | None
    time: str | None
    times: tuple[str, ...]
    left_out: tuple[str, ...]
    notes: tuple[str, ...]


def is_long(table: TableFile, id_column: str | None, layout: Layout) -> bool:
    """Return whether a row of the table is a step (long layout) and not a series (wide layout)."""
    if layout != "auto":
        return layout == "long"
    return id_column is not None and bool(table.frame[id_column].is_duplicated().any())


def choose_columns(
    table: TableFile,
    *,
    label_column: str | None,
    id_column: str | None,
    time_column: str | None,
    features: Sequence[str],
    labelled: bool,
    long: bool,
    kept: Sequence[str] = (),
) -> SeriesColumns:
    """Assign roles to the columns of a table; see `read_series` for the arguments.

    Raises:
        DataError: a column is missing, or one that must be numeric is not.
    """
    wanted = _split(table, features)
    label = _label_column(table, label_column, (id_column, *wanted), labelled=labelled)
    if label in wanted or id_column in wanted:
        taken, role = (label, "label") if label in wanted else (id_column, "id")
        rule = f"{table.path}: the column {taken!r} must not be a feature, because it is the {role} column"
        raise DataError(f"{rule}; remove it from the features, or name another {role} column")
    named_time = None if time_column == AUTO_TIME else time_column
    others = [name for name in table.columns if name not in (label, id_column, named_time, *wanted, *kept)]
    found = [name for name in others if is_time(table.frame[name], may_be_numbers=long)]
    if long and time_column == AUTO_TIME:
        refuse_strange_times(table, others[: others.index(found[0])] if found else others)
    times = [*([named_time] if named_time else []), *found]
    if wanted:
        chosen = {name: _feature(table, name) for name in wanted}
        left = [name for name in others if name not in times]
        return SeriesColumns(chosen, label, _first(times, time_column), tuple(times), tuple(left), ())
    chosen, left_out = _numbers(table, [name for name in others if name not in times], long=long)
    notes = _notes(table, list(chosen), left_out, times, id_column, long=long)
    if long and not times and time_column == AUTO_TIME:
        counters = [name for name in chosen if counts_steps(table, id_column, name)]
        notes += [f"{one!r} is used as a feature; to sort the steps by it: --time-column {one}" for one in counters]
    if not chosen:
        raise DataError(f"{table.path}: there must be a numeric column besides label, id and time, got none")
    return SeriesColumns(chosen, label, _first(times, time_column), tuple(times), tuple(left_out), tuple(notes))


def _first(times: Sequence[str], time_column: str | None) -> str | None:
    return times[0] if times and time_column is not None else None


def _split(table: TableFile, features: Sequence[str]) -> list[str]:
    """Return the column names; a name with commas that is not a column is split at the commas."""
    names = []
    for name in features:
        names += [name] if name in table.columns or "," not in name else [part.strip() for part in name.split(",")]
    table.refuse_missing(names)
    repeated = next((name for name in names if names.count(name) > 1), None)
    if repeated is not None:
        raise DataError(f"{table.path}: features must be named once, got {repeated!r} twice")
    return names


def _label_column(table: TableFile, wanted: str | None, others: Sequence[str | None], *, labelled: bool) -> str | None:
    if wanted is not None:
        table.refuse_missing([wanted])
        return wanted
    names = {name.lower(): name for name in reversed(table.columns) if name not in others}
    found = next((names[name] for name in LABEL_NAMES if name in names), None)
    if found is None and labelled:
        feature = next((name for name in others[1:] if str(name).lower() in LABEL_NAMES), None)
        if feature is not None:
            return feature  # `choose_columns` refuses it because of its other role
    if found is None and labelled:
        cure = "name it (label_column=, on the command line --label-column)"
        raise DataError(f"{table.path}: no column is called {', '.join(LABEL_NAMES)}; {cure}")
    return found


def _feature(table: TableFile, name: str) -> Series:
    """Return a requested feature as numbers."""
    column = table.frame[name]
    numbers = as_number_column(column)
    if numbers is not None:
        return numbers
    row = strange_number(column)
    if row is None:
        row = first_true(column.is_not_null())
    rule = f"{table.path}: the feature {name!r} must contain numbers"
    raise DataError(f"{rule}, got {shorten(column[row])} in {table.place(row)}")


def _numbers(table: TableFile, names: Sequence[str], *, long: bool) -> tuple[dict[str, Series], list[str]]:
    """Return the numeric columns, and the names of the others."""
    import polars as pl

    chosen, left_out = {}, []
    for name in names:
        column = table.frame[name]
        if long and column.dtype == pl.Null:
            left_out.append(name)
            continue
        numbers = as_number_column(column)
        if numbers is not None:
            chosen[name] = numbers
        elif (row := strange_number(column)) is not None:
            rule = f"{table.path}: the column {name!r} must contain only numbers, as most of its values are"
            raise DataError(f"{rule}, got {shorten(column[row])} in {table.place(row)}; correct it, or {CURE}")
        else:
            left_out.append(name)
    return chosen, left_out


def _notes(
    table: TableFile,
    chosen: Sequence[str],
    left_out: Sequence[str],
    times: Sequence[str],
    id_column: str | None,
    *,
    long: bool,
) -> list[str]:
    notes = []
    if table.empty_rows:
        notes.append(f"{table.empty_rows:,} empty rows are ignored")
    if left_out:
        notes.append(f"columns that are not numeric are ignored: {', '.join(map(repr, left_out))}")
    if times and not long:
        rule = f"time columns are ignored: {', '.join(map(repr, times))}; each row is read as a series of"
        cure = "if each row is a step, name the column that identifies the series (id_column, --id-column)"
        notes.append(f"{rule} {len(chosen)} steps; {cure}")
    ids = [name for name in chosen if name.lower() in ID_NAMES]
    if ids and id_column is None:
        what = "feature" if long else "step"
        notes.append(
            f"the column {ids[0]!r} is used as a {what}; if it identifies series, pass it as id_column (--id-column)"
        )
    return notes
