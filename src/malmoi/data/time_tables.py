"""Tables of numbers in time as columns: arrays, pandas, Polars; and forecasts as tables of the same kind."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from malmoi.data.time_grid import Grid
from malmoi.data.time_zones import EPOCH, Times, zone_of
from malmoi.errors import DataError
from malmoi.foundation.validation import shorten

__all__ = ["Column", "Moments", "TableForm", "TimeTable", "Values", "open_table", "written_table"]

Values = npt.NDArray[np.float64]
Column = str | int
TableKind = Literal["array", "pandas", "polars"]
TimeUnit = Literal["s", "ms", "us", "ns"]
FINE_UNITS: tuple[TimeUnit, ...] = ("ns", "us", "ms")
DATE_TEXT = re.compile(r"\s*(\d{4}[-/.]\d\d?[-/.]\d\d?|\d\d?[-/.]\d\d?[-/.]\d{4})([T ].*)?|\s*\d{4}-\d\d\s*")
SAMPLE = 100
"""Values that tell whether a column of text may hold dates."""


@dataclass(frozen=True)
class TableForm:
    """How a table is written.

    Args:
        kind: of the table.
        time: the column of the times; `None`: there is none.
        is_index: whether the times are the index of pandas.
        id: the column that tells several series apart.
        unit: of points in time.
        is_date: whether they are dates without hours.
        is_flat: whether it is an array of one axis.
    """

    kind: TableKind
    time: str | None = None
    is_index: bool = False
    id: str | None = None
    unit: TimeUnit = "us"
    is_date: bool = False
    is_flat: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON holds it."""
        return asdict(self)

    def __post_init__(self) -> None:
        """Refuse what is no form, as a file may hold it."""
        kinds = (str, str | None, bool, str | None, str, bool, bool)
        is_whole = all(isinstance(one, kind) for one, kind in zip(asdict(self).values(), kinds, strict=True))
        if not is_whole or self.kind not in get_args(TableKind) or self.unit not in get_args(TimeUnit):
            raise ValueError(f"table must have a known kind, columns and unit, found {shorten(asdict(self))}")


@dataclass(frozen=True)
class Moments:
    """The times of a table.

    Args:
        times: int64 (rows,), microseconds UTC or whole numbers.
        zone: of points in time.
        is_number: whether they are whole numbers.
        is_index: whether they are whole numbers of the index of pandas, which may be no times.
    """

    times: Times
    zone: str | None = None
    is_number: bool = False
    is_index: bool = False


@dataclass(frozen=True)
class TimeTable:
    """A table whose columns are read by name.

    Args:
        table: the array, or the frame.
        form: how it is written; its time and id are found later.
        names: of the columns, in order.
    """

    table: Any
    form: TableForm
    names: tuple[Column, ...]

    @property
    def rows(self) -> int:
        """How many rows it has."""
        return len(self.table)

    def numbers(self, name: Column, argument: str) -> Values:
        """Return a column float64 (rows,); missing values are NaN.

        Raises:
            DataError: it holds no numbers, or an infinity.
        """
        column = self.table[:, name] if self.form.kind == "array" else self.table[name]
        if not _is_numeric(column, self.form.kind):
            first = next((one for one in list(column[:100]) if one is not None), None)
            rule = f"{argument}: the column {name!r} must hold numbers, got {shorten(first)}"
            raise DataError(f"{rule}; leave it out, or name the targets")
        if self.form.kind == "polars":
            values = column.cast(float).to_numpy()
        elif self.form.kind == "pandas":
            values = column.to_numpy(dtype=np.float64, na_value=np.nan)
        else:
            values = column
        values = np.array(values, dtype=np.float64)
        if np.isinf(values).any():
            row = int(np.isinf(values).argmax())
            rule = f"{argument}: the column {name!r} must be finite, got {values[row]} in row {row}"
            raise DataError(f"{rule}; replace it by a finite number")
        return values

    def ids(self, name: str, argument: str) -> list[Any]:
        """Return the ids of a column.

        Raises:
            DataError: one is missing, or is neither a text nor a whole number.
        """
        found = [one.item() if isinstance(one, np.generic) else one for one in list(self.table[name])]
        for row, one in enumerate(found):
            if not isinstance(one, str | int) or isinstance(one, bool):
                rule = f"{argument}: ids in {name!r} must be texts or whole numbers"
                raise DataError(f"{rule}, got {shorten(one)} in row {row}")
        return found

    def with_time(
        self, name: str | None, argument: str, others: Collection[Column | None] = ()
    ) -> tuple[TableForm, Moments | None]:
        """Return the form with its times, and these: of a named column, of the index, or of the only one of times.

        Args:
            name: of the column; `None`: the index, or the only column of points in time, else of texts that are dates.
            argument: name of the table, for errors.
            others: columns that have another role.

        Raises:
            DataError: the column holds no times, or several could be meant.
        """
        if self.form.kind == "array":
            if name is not None:
                raise DataError(
                    f"time goes with tables that have columns, got an array and {name!r}; leave time_column out"
                )
            return self.form, None
        if name is None:
            found, name = self._of_index(), self._time_column(argument, others)
            if found is not None and (name is None or not found.is_number):
                index = self.table.index
                named = index.name if isinstance(index.name, str) else None
                return replace(self.form, time=named, is_index=True, unit=_unit_of(index.dtype)), found
            if name is None:
                return self.form, None
        elif name not in self.names:
            raise DataError(f"{argument} must have the time column {name!r}, got {shorten(list(self.names))}")
        column = self.table[name]
        moments = _moments(column, self.form.kind, f"{argument}: the column {name!r}")
        is_date = str(column.dtype) in ("Date", "date32[day][pyarrow]")
        return replace(self.form, time=name, unit=_unit_of(column.dtype), is_date=is_date), moments

    def _time_column(self, argument: str, others: Collection[Column | None]) -> str | None:
        """The only column of points in time, or of dates as text, where there is one and the index holds none."""
        if self.form.kind == "pandas" and (_is_temporal(self.table.index, "pandas") or _holds_dates(self.table.index)):
            return None
        typed = [str(one) for one in self.names if _is_temporal(self.table[one], self.form.kind)]
        if not typed:
            typed = [str(one) for one in self.names if one not in others and _holds_dates(self.table[one])]
        if len(typed) > 1:
            rule = f"{argument} must have one column of points in time, got {shorten(typed)}"
            raise DataError(f"{rule}; name it: time_column={typed[0]!r}")
        return typed[0] if typed else None

    def _of_index(self) -> Moments | None:
        """The times of the index of pandas: points in time, also as text, or whole numbers."""
        if self.form.kind != "pandas":
            return None
        index = self.table.index
        if type(index).__name__ == "PeriodIndex":
            raise DataError("the index must be points in time, got periods; convert it: data.index.to_timestamp()")
        if _is_temporal(index, "pandas") or _holds_dates(index):
            return _moments(index, "pandas", "the index")
        if getattr(index.dtype, "kind", "O") not in "iu" or len(index) < 2:
            return None
        return Moments(np.asarray(index, dtype=np.int64), is_number=True, is_index=True)


def open_table(data: Any, argument: str) -> TimeTable:
    """Return numbers in time as a table.

    Args:
        data: an array (time,) or (time, columns); a DataFrame or a Series of pandas or of Polars.
        argument: its name, for errors.

    Raises:
        TypeError: it is something else.
        DataError: two columns have the same name.
    """
    kind = type(data).__module__.partition(".")[0]
    if kind in ("pandas", "polars"):
        if type(data).__name__ == "LazyFrame":
            raise TypeError(f"{argument} must be in memory, got a LazyFrame; collect it: frame.collect()")
        if not hasattr(data, "columns"):  # a Series
            data = data.to_frame() if isinstance(data.name, str) and data.name else data.to_frame("value")
        names = list(data.columns)
        if not all(isinstance(one, str) for one in names) or len(set(names)) < len(names):
            raise DataError(f"{argument} must have columns with different names, each a str, got {shorten(names)}")
        return TimeTable(data, TableForm("pandas" if kind == "pandas" else "polars"), tuple(names))
    if isinstance(data, str | bytes) or not (hasattr(data, "__array__") or isinstance(data, Sequence)):
        rule = f"{argument} must be an array (time,) or (time, columns), or a table of pandas or Polars"
        raise TypeError(f"{rule}, got {shorten(data)}")
    try:
        array = np.asarray(data)
    except ValueError as error:
        raise DataError(f"{argument} must be numbers (time,) or (time, columns), got rows of other lengths") from error
    if array.dtype.kind == "O" and all(isinstance(one, float | int) or one is None for one in array.flat):
        array = array.astype(np.float64)
    if array.ndim not in (1, 2) or array.dtype.kind not in "biuf":
        raise DataError(f"{argument} must be numbers (time,) or (time, columns), got {shorten(data)}")
    flat = array.ndim == 1
    array = array[:, None] if flat else array
    return TimeTable(array, TableForm("array", is_flat=flat), tuple(range(array.shape[1])))


def written_table(
    form: TableForm, grid: Grid, times: Sequence[Times], ids: Sequence[Any], columns: Mapping[str, Any]
) -> Any:
    """Return a table of pandas or Polars with times, ids and columns.

    Args:
        form: how it is written.
        grid: of the times.
        times: int64 (steps,) of each series.
        ids: of each series.
        columns: values (series and steps,) by name.
    """
    moments = np.concatenate(times)
    of_rows = [one for one, steps in zip(ids, times, strict=True) for _ in range(len(steps))]
    named = {} if form.id is None else {form.id: of_rows}
    if form.kind == "polars":
        import polars as pl

        when = {} if form.time is None else {form.time: _polars_times(moments, form, grid)}
        return pl.DataFrame({**when, **named, **columns})
    import pandas as pd  # type: ignore[import-untyped]

    index: Any = pd.Index(moments, name=form.time)
    if grid.unit != "number":
        index = pd.DatetimeIndex(moments.astype("datetime64[us]")).as_unit(form.unit)
        if grid.zone is not None:
            index = index.tz_localize("UTC").tz_convert(zone_of(grid.zone))
        index.name = form.time
    if form.is_index or form.time is None:
        return pd.DataFrame({**named, **columns}, index=index)
    return pd.DataFrame({form.time: index, **named, **columns})


def _polars_times(moments: Times, form: TableForm, grid: Grid) -> Any:
    import polars as pl

    if grid.unit == "number":
        return pl.Series(moments)
    times = pl.Series(moments.astype("datetime64[us]"))
    if form.is_date:
        return times.cast(pl.Date)
    if form.unit in ("ms", "ns"):
        times = times.dt.cast_time_unit(form.unit)
    return times if grid.zone is None else times.dt.replace_time_zone("UTC").dt.convert_time_zone(grid.zone)


def _is_numeric(column: Any, kind: TableKind) -> bool:
    if kind == "polars":
        return bool(column.dtype.is_numeric() or str(column.dtype) in ("Boolean", "Null"))
    return getattr(column.dtype, "kind", "O") in "biuf"


def _is_temporal(column: Any, kind: TableKind) -> bool:
    if kind == "polars":
        return str(column.dtype) == "Date" or str(column.dtype).startswith("Datetime")
    return getattr(column.dtype, "kind", "O") == "M"


def _holds_dates(column: Any) -> bool:
    """Whether a column or an index holds dates as text, or dates of Python, in its first rows."""
    if type(column).__module__.partition(".")[0] == "polars":
        first = column.head(SAMPLE).drop_nulls().to_list() if str(column.dtype) in ("String", "Object") else []
    else:
        is_object = getattr(column.dtype, "kind", "O") == "O" and type(column).__name__ != "MultiIndex"
        first = column[column.notna()].to_numpy()[:SAMPLE].tolist() if is_object else []
    return bool(first) and all(isinstance(one, date) or _is_date_text(one) for one in first)


def _is_date_text(value: Any) -> bool:
    return isinstance(value, str) and DATE_TEXT.fullmatch(value) is not None


def _unit_of(dtype: Any) -> TimeUnit:
    text = str(dtype)
    for unit in FINE_UNITS:
        if f"[{unit}" in text or f"'{unit}'" in text:
            return unit
    return "us"


def _moments(column: Any, kind: TableKind, name: str) -> Moments:
    if _is_temporal(column, kind):
        return _typed(column, kind, name)
    if _is_numeric(column, kind):
        numbers = np.asarray(column, dtype=np.float64)
        if not (np.isfinite(numbers) & (numbers == np.floor(numbers)) & (np.abs(numbers) < 2**53)).all():
            raise DataError(f"{name} must hold points in time or whole numbers, got other numbers; convert them")
        return Moments(numbers.astype(np.int64), is_number=True)
    return _parsed(list(column), name)


def _typed(column: Any, kind: TableKind, name: str) -> Moments:
    if kind == "polars":
        zone = getattr(column.dtype, "time_zone", None)
        column = column if zone is None else column.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
        values, empty = column.to_numpy().astype("datetime64[us]"), column.is_null().to_numpy()
    else:
        held = getattr(column, "dt", column)
        zone = None if held.tz is None else _zone_name(held.tz)
        column = column if zone is None else held.tz_convert("UTC")
        column = column if zone is None else getattr(column, "dt", column).tz_localize(None)
        values, empty = column.to_numpy().astype("datetime64[us]"), np.asarray(column.isna())
    if empty.any():
        raise DataError(f"{name} must have a time in every row, got none in row {int(empty.argmax())}; leave it out")
    return Moments(values.astype(np.int64), zone)


def _zone_name(zone: Any) -> str:
    """The name of a time zone of pandas, pytz or Python."""
    named = getattr(zone, "key", None) or getattr(zone, "zone", None)
    if named:
        return str(named)
    offset = zone.utcoffset(datetime(2000, 1, 1, tzinfo=None))
    minutes = 0 if offset is None else offset // timedelta(minutes=1)
    if minutes == 0:
        return "UTC"
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"


def _parsed(values: list[Any], name: str) -> Moments:
    """Texts in ISO's form, or Python's dates and times."""
    found = [_moment(value, f"{name}", row) for row, value in enumerate(values)]
    zones = [None if one.tzinfo is None else _zone_name(one.tzinfo) for one in found]
    others = sorted({str(zone) for zone in zones})
    if len(others) > 1:
        rule = f"{name} must be of one time zone, got {others[0]} and {others[1]}"
        raise DataError(f"{rule}; convert them, in pandas: pd.to_datetime(column, utc=True)")
    microsecond = timedelta(microseconds=1)
    times = [((one if one.tzinfo else one.replace(tzinfo=UTC)) - EPOCH) // microsecond for one in found]
    return Moments(np.array(times, dtype=np.int64), zones[0] if zones else None)


def _moment(value: Any, name: str, row: int) -> datetime:
    if isinstance(value, datetime) and str(value) != "NaT":
        return value
    if isinstance(value, date) and str(value) != "NaT":
        return datetime(value.year, value.month, value.day)
    try:
        return datetime.fromisoformat(value + "-01" if isinstance(value, str) and len(value) == 7 else value)
    except (TypeError, ValueError):
        rule = f"{name} must hold points in time, such as 2024-01-31 or 2024-01-31 18:00"
        raise DataError(f"{rule}, got {shorten(value)} in row {row}; convert it first") from None
