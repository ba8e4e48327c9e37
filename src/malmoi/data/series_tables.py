"""Tables of numbers in time: files to series and labels."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from malmoi.errors import DataError
from malmoi.foundation.validation import shorten

__all__ = ["SeriesTable", "read_series"]

LABEL_NAMES = ("label", "class", "target", "y")
TIME_NAMES = ("time", "timestamp", "date", "datetime", "시간", "시각", "날짜", "일시")
TIME_FORMATS = tuple(
    f"{date}{clock}{zone}"
    for date in ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%d.%m.%Y", "%m/%d/%Y")
    for clock in ("", " %H:%M", " %H:%M:%S", " %H:%M:%S%.f", "T%H:%M", "T%H:%M:%S", "T%H:%M:%S%.f")
    for zone in (("",) if not clock else ("", "Z"))
)


@dataclass(frozen=True)
class SeriesTable:
    """What a table of numbers in time holds.

    Args:
        series: float32 (time, 1) each, where a row is a series; or Polars tables of float32, with a column a feature.
        labels: a label or a number each; `None` where there are none.
        ids: what tells the series apart, in order of first appearance; `None` where a row is a series.
        time_columns: columns of points in time, which are no features; the first one orders the steps of a series.
    """

    series: list[Any]
    labels: list[Any] | None = None
    ids: list[Any] | None = None
    time_columns: tuple[str, ...] = ()


def read_series(
    path: str | os.PathLike[str],
    *,
    label_column: str | None = None,
    id_column: str | None = None,
    features: Sequence[str] | None = None,
    labelled: bool = True,
) -> SeriesTable:
    """Read series from a table: CSV, TSV or Parquet, the first two also `.gz` or `.zst`.

    Without `id_column` a row is a series of one feature, and its columns are the steps in their order; empty cells at
    its end make it shorter. With `id_column` a row is a step: rows of the same id are a series, in their order in the
    file, and the columns are features. An empty cell elsewhere is a missing number, NaN. Columns of dates or times, and
    columns of numbers called "time", "timestamp" and the like, are no features: rows of an id are sorted by the first.

    Args:
        path: the table, with a row of names.
        label_column: the column of the labels; "label", "class", "target" or "y" if not given.
        id_column: the column that says to which series a row belongs.
        features: the columns that are features, in this order; all but label and id if not given.
        labelled: off: there need be no labels.

    Raises:
        FileNotFoundError: there is no such file.
        DataError: a column is missing, is not of numbers, or a series has several labels.
    """
    table = _read(Path(path))
    if id_column is not None:
        _refuse_missing(table, [id_column], path)
    label = _label_column(table, label_column, id_column, path, labelled=labelled)
    others = [name for name in table.columns if name not in (label, id_column, *(features or ()))]
    times = [name for name in others if _is_time(table[name], may_be_numbers=id_column is not None)]
    if features is None:
        features = [name for name in others if name not in times]
    _refuse_missing(table, features, path)
    rows = _numbers(table, features, path)
    labels = None if label is None else table[label].to_list()
    if id_column is None:
        series = [_without_tail(row)[:, None] for row in rows]
        empty = next((number for number, one in enumerate(series, 2) if not len(one)), None)
        if empty is not None:
            raise DataError(f"{path}:{empty}: the series has no number")
        return SeriesTable(series, labels, time_columns=tuple(times))
    groups = _groups(table, id_column, times, path)
    return replace(_by_id(groups, rows, features, labels, path), time_columns=tuple(times))


def _read(path: Path) -> Any:
    import polars as pl

    if not path.exists():
        raise FileNotFoundError(2, "no such file", str(path))
    suffixes = [suffix.lower() for suffix in path.suffixes if suffix.lower() not in (".gz", ".zst")]
    kind = suffixes[-1] if suffixes else ""
    try:
        if kind == ".parquet":
            return pl.read_parquet(path)
        if kind in (".csv", ".tsv"):
            return pl.read_csv(path, separator="\t" if kind == ".tsv" else ",", infer_schema_length=None)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise DataError(f"{path} cannot be read: {shorten(str(error))}") from error
    raise DataError(f"{path} must be a .csv, .tsv or .parquet file of numbers")


def _refuse_missing(table: Any, names: Sequence[str], path: object) -> None:
    for name in names:
        if name not in table.columns:
            raise DataError(f"{path}: no column is called {name!r}; it has {shorten(table.columns)}")


def _label_column(table: Any, wanted: str | None, others: str | None, path: object, *, labelled: bool) -> str | None:
    if wanted is not None:
        if labelled:
            _refuse_missing(table, [wanted], path)
        return wanted if wanted in table.columns else None
    found = next((name for name in table.columns if name.lower() in LABEL_NAMES and name != others), None)
    if found is None and labelled:
        cure = "name it (label_column=, on the command line --label-column)"
        raise DataError(f"{path}: no column is called {', '.join(LABEL_NAMES)}; {cure}")
    return found


def _numbers(table: Any, features: Sequence[str], path: object) -> npt.NDArray[np.float32]:
    if not features:
        raise DataError(f"{path}: there is no column of numbers beside label and id")
    for name in features:
        kind = table[name].dtype
        if not kind.is_numeric() and str(kind) not in ("Boolean", "Null"):
            strange = next((value for value in table[name].to_list() if isinstance(value, str)), None)
            raise DataError(f"{path}: the column {name!r} must hold numbers, got {shorten(strange)}")
    columns = [table[name].cast(float).to_numpy().astype(np.float32) for name in features]
    return np.stack(columns, axis=1)


def _without_tail(row: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    there = np.flatnonzero(~np.isnan(row))
    return row[: there[-1] + 1 if there.size else 0]


def _is_time(column: Any, *, may_be_numbers: bool) -> bool:
    """Whether a column holds points in time: by its type, its texts, or its name where it holds numbers."""
    import polars as pl

    if column.dtype.is_temporal():
        return True
    if column.dtype == pl.String:
        return bool(len(column) > column.null_count() and _as_times(column).null_count() == column.null_count())
    return may_be_numbers and column.dtype.is_numeric() and column.name.strip().casefold() in TIME_NAMES


def _as_times(column: Any) -> Any:
    """Texts as points in time, null where they are none."""
    import polars as pl

    for form in TIME_FORMATS:
        found = column.str.strptime(pl.Datetime, form, strict=False)
        if found.null_count() == column.null_count():
            return found
    return pl.Series(column.name, [None] * len(column), dtype=pl.Datetime)


def _groups(table: Any, id_column: str, times: Sequence[str], path: object) -> dict[Any, list[int]]:
    """The rows of every series, by id in order of first appearance, sorted by time where there is one."""
    import polars as pl

    places: dict[Any, list[int]] = {}
    for row, number in enumerate(table[id_column].to_list()):
        places.setdefault(number, []).append(row)
    if not times:
        return places
    column = table[times[0]]
    moments = (_as_times(column) if column.dtype == pl.String else column).to_list()
    if None in moments:
        rule = f"the time column {times[0]!r} must have a value in every row"
        raise DataError(f"{path}:{moments.index(None) + 2}: {rule}, got an empty cell; fill it, or leave the row out")
    return {number: sorted(found, key=moments.__getitem__) for number, found in places.items()}


def _by_id(
    places: dict[Any, list[int]],
    rows: npt.NDArray[np.float32],
    features: Sequence[str],
    labels: list[Any] | None,
    path: object,
) -> SeriesTable:
    import polars as pl

    series = [pl.DataFrame(rows[found], schema=list(features)) for found in places.values()]
    if labels is None:
        return SeriesTable(series, ids=list(places))
    found_labels = []
    for number, found in places.items():
        several = {labels[row] for row in found}
        if len(several) > 1:
            named = shorten(sorted(map(str, several)))
            raise DataError(f"{path}: the series {shorten(number)} has several labels, {named}")
        found_labels.append(labels[found[0]])
    return SeriesTable(series, found_labels, list(places))
