"""Reading of series and labels from tables."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import get_args

import numpy as np
import numpy.typing as npt

from malmoi.data.series import SeriesError, StackedSeries
from malmoi.data.series_columns import AUTO_TIME, Layout, SeriesColumns, choose_columns, is_long
from malmoi.data.series_steps import Steps, grouped_steps
from malmoi.data.table_files import TableFile, first_true, number_rows, place_in, read_table
from malmoi.errors import DataError
from malmoi.foundation.validation import check_choice, shorten

__all__ = ["SeriesTable", "read_series"]

FEW_REPEATED = 0.5
"""A note is given if a table guessed as long has more ids than this share of its rows."""
Places = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class FilePlaces:
    """Locations of series and their steps in a file.

    Args:
        path: the file.
        rows: int64, row of every step, one series after the other; in a wide table, row of every series.
        ends: int64 (series,), end of each series in `rows`; `None` for a wide table.
        columns: names of the features; in a wide table, of the steps.
    """

    path: Path
    rows: Places
    ends: Places | None
    columns: tuple[str, ...]

    def of_step(self, series: int, step: int, feature: int) -> str:
        """Return the location of a value, such as "step 17 (line 240), feature 'pressure'"; steps count from 1."""
        if self.ends is None:
            return f"step {step + 1}, column {self.columns[step]!r}"
        first = int(self.ends[series - 1]) if series else 0
        return (
            f"step {step + 1} ({place_in(self.path, int(self.rows[first + step]))}), feature {self.columns[feature]!r}"
        )

    def of_series(self, series: int) -> str:
        """Return the location of the start of a series, such as "line 7"."""
        first = series if self.ends is None else int(self.ends[series - 1]) if series else 0
        return place_in(self.path, int(self.rows[first]))

    def take(self, series: Places) -> FilePlaces:
        """Return the locations of some series."""
        if self.ends is None:
            return replace(self, rows=self.rows[series])
        lengths = np.diff(self.ends, prepend=0)[series]
        ends = np.cumsum(lengths)
        at = np.arange(int(lengths.sum())) + np.repeat(self.ends[series] - ends, lengths)
        return replace(self, rows=self.rows[at], ends=ends)


@dataclass(frozen=True, eq=False)
class SeriesTable:
    """Series read from a table, with labels, ids and further columns.

    Args:
        series: arrays float32 (time, features), with the feature names; (time, 1) from a wide table.
        labels: one label or number per series; `None` if unlabelled.
        ids: ids of the series, in order of first appearance; `None` if there is no id column.
        time_columns: time columns, which are not features; the steps of a series are sorted by the first one.
        columns: names of the features; in a wide table, of the steps.
        kept: further columns by name, one value per series.
        left_out: columns that are not numeric; if features are given, all other columns except label, id and times.
        notes: sentences about what was ignored, sorted or guessed.
        places: locations of the steps in the file; `None` if there is no file.
    """

    series: Sequence[npt.NDArray[np.float32]]
    labels: list[object] | None = None
    ids: list[object] | None = None
    time_columns: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    kept: Mapping[str, list[object]] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    places: FilePlaces | None = None

    def shown(self, place: int) -> str:
        """Return the id of a series, or its location, such as "line 7", if there are no ids."""
        if self.ids is not None:
            return str(self.ids[place])
        return str(place + 1) if self.places is None else self.places.of_series(place)

    def name(self, place: int) -> str:
        """Return the name of a series for messages: its id, or its location."""
        if self.ids is not None:
            return f"series {shorten(self.ids[place])}"
        return f"series {place + 1}" if self.places is None else f"the series in {self.places.of_series(place)}"

    def take(self, places: Places) -> SeriesTable:
        """Return the series at some indices, in the given order."""
        stacked = (
            self.series.take(places) if isinstance(self.series, StackedSeries) else [self.series[p] for p in places]
        )
        return replace(
            self,
            series=stacked,
            labels=None if self.labels is None else [self.labels[place] for place in places],
            ids=None if self.ids is None else [self.ids[place] for place in places],
            kept={name: [values[place] for place in places] for name, values in self.kept.items()},
            places=None if self.places is None else self.places.take(places),
        )

    @contextmanager
    def naming_series(self, argument: str = "X") -> Iterator[None]:
        """Name series in errors by id and line instead of index, within a `with` block.

        Args:
            argument: name of the argument that holds the series.

        Raises:
            DataError: a series is invalid.
        """
        try:
            yield
        except SeriesError as error:
            if error.argument != argument or self.places is None:
                raise
            at = ""
            if error.step is not None:
                at = f" at {self.places.of_step(error.place, error.step, error.feature or 0)}"
            cure = f"; {error.cure}" if error.cure else ""
            raise DataError(f"{self.places.path}: {self.name(error.place)} {error.rule}{at}{cure}") from error


def read_series(
    path: str | os.PathLike[str],
    *,
    label_column: str | None = None,
    id_column: str | None = None,
    time_column: str | None = AUTO_TIME,
    features: tuple[str, ...] = (),
    layout: Layout = "auto",
    labelled: bool = True,
    keep: tuple[str, ...] = (),
) -> SeriesTable:
    """Read series from a table: CSV, TSV or Parquet, the first two also `.gz` or `.zst`.

    Wide tables: each row is a series of one feature, and its columns are the steps in order; empty cells at the end of
    a row make the series shorter. Long tables: each row is a step, the rows with the same id form a series, and the
    columns are features; the steps are sorted by the time column, if there is one. Other empty cells are missing values
    (NaN). Text columns and columns of dates or times are not features, nor are numeric columns called "time",
    "timestamp" or similar.

    Args:
        path: the table, with a header.
        label_column: column of the labels, or of the numbers to predict; "label", "class", "target" or "y" if not
            given.
        id_column: column that identifies the series.
        time_column: column by which the steps of a long table are sorted; "auto": the first column of dates or times,
            if there is one; `None`: the order of the file.
        features: feature columns, in this order; all numeric columns except label, id and time if not given.
        layout: layout of the table: "wide" (a row is a series), "long" (a row is a step) or "auto" (long if ids
            repeat).
        labelled: whether labels are required.
        keep: further columns to return, which must have one value per series.

    Raises:
        FileNotFoundError: the file does not exist.
        DataError: a column is missing or not numeric, a series has several labels, or times are missing, repeated or
            of several time zones.
    """
    check_choice("layout", layout, get_args(Layout))
    table = read_table(path)
    table.refuse_missing([*([] if id_column is None else [id_column]), *keep])
    if time_column not in (None, AUTO_TIME):
        table.refuse_missing([time_column])
    table = table.as_written([*([] if id_column is None else [id_column]), *keep])
    long = is_long(table, id_column, layout)
    if long and id_column is None:
        raise DataError(
            f"{path}: long tables must have a column that identifies the series; name it (id_column, --id-column)"
        )
    if not long and time_column not in (None, AUTO_TIME):
        rule = f"{path}: a time column is only allowed if each row is a step, got {time_column!r}"
        raise DataError(f"{rule}; also name the column that identifies the series (id_column, --id-column)")
    guessed = _guessed_layout(table, id_column, long=long) if layout == "auto" and id_column is not None else ()
    columns = choose_columns(
        table,
        label_column=label_column,
        id_column=id_column,
        time_column=time_column,
        features=features,
        labelled=labelled,
        long=long,
        kept=keep,
    )
    if columns.label is not None:
        table = table.as_written([columns.label], numbers=True)
    found = (_long if long else _wide)(table, columns, id_column, keep)
    return replace(found, notes=(*guessed, *found.notes))


def _guessed_layout(table: TableFile, id_column: str, *, long: bool) -> tuple[str, ...]:
    """Return a note if the ids suggest the other layout."""
    ids = table.frame[id_column]
    if not long:
        rule = f"every {id_column!r} occurs in one row only: each row is read as a series, its columns as steps"
        return (f"{rule}; if each row is a step, set the layout to long (--layout long)",)
    if ids.n_unique() > FEW_REPEATED * len(ids):
        rule = f"most {id_column!r} occur in one row only, some in several: each row is read as a step of a series"
        return (f"{rule}; if each row is a series, set the layout to wide (--layout wide)",)
    return ()


def _wide(table: TableFile, columns: SeriesColumns, id_column: str | None, keep: Sequence[str]) -> SeriesTable:
    matrix = number_rows(list(columns.features.values()))
    lengths = matrix.shape[1] - np.isnan(matrix)[:, ::-1].argmin(axis=1)
    if (empty := np.flatnonzero(np.isnan(matrix).all(axis=1))).size:
        rule = f"{table.path}: a series must have a number, got none in {table.place(int(empty[0]))}"
        raise DataError(f"{rule}; fill it, or remove the row")
    rows = matrix[np.arange(matrix.shape[1]) < lengths[:, None]][:, None]
    names = tuple(columns.features)
    return SeriesTable(
        StackedSeries(rows, np.cumsum(lengths)),
        None if columns.label is None else table.frame[columns.label].to_list(),
        None if id_column is None else table.frame[id_column].to_list(),
        columns.times,
        names,
        {name: table.frame[name].to_list() for name in keep},
        columns.left_out,
        columns.notes,
        FilePlaces(table.path, table.rows, None, names),
    )


def _long(table: TableFile, columns: SeriesColumns, id_column: str | None, keep: Sequence[str]) -> SeriesTable:
    steps = grouped_steps(table, str(id_column), columns.time)
    names = tuple(columns.features)
    rows = number_rows(list(columns.features.values()))[steps.order]
    return SeriesTable(
        StackedSeries(rows, steps.ends, names),
        None if columns.label is None else _one_each(table, steps, columns.label, "label"),
        steps.ids,
        columns.times,
        names,
        {name: _one_each(table, steps, name, f"value of {name!r}") for name in keep},
        columns.left_out,
        (*columns.notes, *steps.notes),
        FilePlaces(table.path, table.rows[steps.order], steps.ends, names),
    )


def _one_each(table: TableFile, steps: Steps, name: str, what: str) -> list[object]:
    """Return the value of a column for each series, which must be the same in all its rows."""
    import polars as pl

    column = table.frame[name].gather(pl.Series(steps.order))
    firsts = column.gather(pl.Series(np.repeat(steps.starts, np.diff(steps.ends, prepend=0))))
    other = column.ne_missing(firsts)
    if other.any():
        at = first_true(other)
        place = int(np.searchsorted(steps.ends, at, side="right"))
        start = int(steps.starts[place])
        both = (f"{_cell(column[step])} in {table.place(int(steps.order[step]))}" for step in (start, at))
        rule = f"{table.path}: series {shorten(steps.ids[place])} must have one {what}"
        raise DataError(f"{rule}, got {' and '.join(both)}")
    return column.gather(pl.Series(steps.starts)).to_list()


def _cell(value: object) -> str:
    return "an empty cell" if value is None else shorten(value)
