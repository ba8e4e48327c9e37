"""Tables of time series from arrays, pandas and Polars, and forecasts as tables of the same type."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypeGuard, get_args

import numpy as np
import numpy.typing as npt

from malmoi.data.frame_columns import (
    Moments,
    TableColumn,
    TimeUnit,
    as_array,
    holds_dates,
    is_numeric,
    is_temporal,
    moments_of,
    unit_of,
)
from malmoi.data.time_grid import Grid
from malmoi.data.time_zones import Times, zone_of
from malmoi.errors import DataError
from malmoi.foundation.json_values import JsonObject
from malmoi.foundation.validation import shorten

if TYPE_CHECKING:
    from pandas import DataFrame as PandasFrame  # type: ignore[import-untyped]  # pandas has no types
    from pandas import Index as PandasIndex
    from polars import DataFrame as PolarsFrame
    from polars import Series as PolarsSeries

__all__ = [
    "Column",
    "Moments",
    "SeriesId",
    "TableForm",
    "TimeTable",
    "TimeUnit",
    "Values",
    "open_table",
    "written_table",
]

Values = npt.NDArray[np.float64]
Column = str | int
SeriesId: TypeAlias = str | int | None
"""Id of a series; `None` if there is only one series."""
Table: TypeAlias = "npt.NDArray[np.generic] | PandasFrame | PolarsFrame"
TableKind = Literal["array", "pandas", "polars"]


@dataclass(frozen=True)
class TableForm:
    """Format of a table.

    Args:
        kind: type of the table.
        time: time column; `None` if there is none.
        is_index: whether the times are the pandas index.
        id: column that identifies the series.
        unit: unit of the timestamps.
        is_date: whether the times are dates without a time of day.
        is_flat: whether the table is a one-dimensional array.
    """

    kind: TableKind
    time: str | None = None
    is_index: bool = False
    id: str | None = None
    unit: TimeUnit = "us"
    is_date: bool = False
    is_flat: bool = False

    def to_json(self) -> JsonObject:
        """Return the fields as a JSON object."""
        return asdict(self)

    def __post_init__(self) -> None:
        """Validate the fields, which may come from a file."""
        types = (str, str | None, bool, str | None, str, bool, bool)
        is_valid = all(isinstance(one, kind) for one, kind in zip(asdict(self).values(), types, strict=True))
        if not is_valid or self.kind not in get_args(TableKind) or self.unit not in get_args(TimeUnit):
            raise ValueError(f"table must have a known kind, columns and unit, found {shorten(asdict(self))}")


@dataclass(frozen=True)
class TimeTable:
    """An array or a data frame whose columns are accessed by name.

    Args:
        table: the array or the data frame.
        form: its format; time and id are set later.
        names: column names, in order.
    """

    table: Table
    form: TableForm
    names: tuple[Column, ...]

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(self.table)

    def numbers(self, name: Column, argument: str) -> Values:
        """Return a column as float64 (rows,); missing values are NaN.

        Raises:
            DataError: it is not numeric, or holds an infinity.
        """
        column = self._column(name)
        if not is_numeric(column):
            first = next((one for one in list(column[:100]) if one is not None), None)
            rule = f"{argument}: the column {name!r} must contain numbers, got {shorten(first)}"
            raise DataError(f"{rule}; drop the column, or name the targets")
        values = np.array(as_array(column), dtype=np.float64)
        if np.isinf(values).any():
            row = int(np.isinf(values).argmax())
            rule = f"{argument}: the column {name!r} must be finite, got {values[row]} in row {row}"
            raise DataError(f"{rule}; replace it by a finite number")
        return values

    def _column(self, name: Column) -> TableColumn:
        return self.table[:, int(name)] if isinstance(self.table, np.ndarray) else self.table[str(name)]

    @property
    def _index(self) -> PandasIndex | None:
        return self.table.index if _is_pandas(self.table) else None

    def ids(self, name: str, argument: str) -> list[str | int]:
        """Return the ids of a column.

        Raises:
            DataError: an id is missing, or is neither a str nor an int.
        """
        found: list[str | int] = []
        for row, value in enumerate(self._column(name)):
            one = value.item() if isinstance(value, np.generic) else value
            if not isinstance(one, str | int) or isinstance(one, bool):
                rule = f"{argument}: ids in {name!r} must be str or int"
                raise DataError(f"{rule}, got {shorten(one)} in row {row}")
            found.append(one)
        return found

    def with_time(
        self, name: str | None, argument: str, others: Collection[Column | None] = ()
    ) -> tuple[TableForm, Moments | None]:
        """Return the format with its time column, and the times: of a named column, the index, or the only time column.

        Args:
            name: time column; `None`: the index, or the only column of timestamps, or of dates as text.
            argument: name of the table, for errors.
            others: columns that have another role.

        Raises:
            DataError: the column does not hold times, or there are several time columns.
        """
        if isinstance(self.table, np.ndarray):
            if name is not None:
                raise DataError(f"time_column must be None for an array, got {name!r}; remove it, or pass a data frame")
            return self.form, None
        if name is None:
            found, index, name = self._of_index(), self._index, self._time_column(argument, others)
            if found is not None and index is not None and (name is None or not found.is_number):
                named = index.name if isinstance(index.name, str) else None
                return replace(self.form, time=named, is_index=True, unit=unit_of(index.dtype)), found
            if name is None:
                return self.form, None
        elif name not in self.names:
            raise DataError(f"{argument} must have the time column {name!r}, got {shorten(list(self.names))}")
        column = self.table[name]
        moments = moments_of(column, f"{argument}: the column {name!r}")
        is_date = str(column.dtype) in ("Date", "date32[day][pyarrow]")
        return replace(self.form, time=name, unit=unit_of(column.dtype), is_date=is_date), moments

    def _time_column(self, argument: str, others: Collection[Column | None]) -> str | None:
        """Return the only column of timestamps, or of dates as text; `None` if there is none or the index has times."""
        index, table = self._index, self.table
        if isinstance(table, np.ndarray) or (index is not None and (is_temporal(index) or holds_dates(index))):
            return None
        typed = [str(one) for one in self.names if is_temporal(table[str(one)])]
        if not typed:
            typed = [str(one) for one in self.names if one not in others and holds_dates(table[str(one)])]
        if len(typed) > 1:
            rule = f"{argument} must have one time column, got {shorten(typed)}"
            raise DataError(f"{rule}; name it: time_column={typed[0]!r}")
        return typed[0] if typed else None

    def _of_index(self) -> Moments | None:
        """Return the times of a pandas index: timestamps, also as text, or whole numbers."""
        index = self._index
        if index is None:
            return None
        if type(index).__name__ == "PeriodIndex":
            raise DataError("the index must contain timestamps, got periods; convert it: data.index.to_timestamp()")
        if is_temporal(index) or holds_dates(index):
            return moments_of(index, "the index")
        if getattr(index.dtype, "kind", "O") not in "iu" or len(index) < 2:
            return None
        return Moments(np.asarray(index, dtype=np.int64), is_number=True, is_index=True)


def open_table(data: Any, argument: str) -> TimeTable:
    """Wrap an array or a data frame of time series as a table.

    Args:
        data: an array (time,) or (time, columns); a DataFrame or a Series of pandas or Polars.
        argument: name of the argument, for errors.

    Raises:
        TypeError: the data has another type.
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
        rule = f"{argument} must be an array (time,) or (time, columns), or a pandas or Polars data frame"
        raise TypeError(f"{rule}, got {shorten(data)}")
    try:
        array = np.asarray(data)
    except ValueError as error:
        raise DataError(
            f"{argument} must be numbers (time,) or (time, columns), got rows of different lengths"
        ) from error
    if array.dtype.kind == "O" and all(isinstance(one, float | int) or one is None for one in array.flat):
        array = array.astype(np.float64)
    if array.ndim not in (1, 2) or array.dtype.kind not in "biuf":
        raise DataError(f"{argument} must be numbers (time,) or (time, columns), got {shorten(data)}")
    flat = array.ndim == 1
    array = array[:, None] if flat else array
    return TimeTable(array, TableForm("array", is_flat=flat), tuple(range(array.shape[1])))


def written_table(
    form: TableForm,
    grid: Grid,
    times: Sequence[Times],
    ids: Sequence[Hashable],
    columns: Mapping[str, npt.NDArray[np.generic]],
) -> PandasFrame | PolarsFrame:
    """Return a pandas or Polars data frame with times, ids and columns.

    Args:
        form: format of the table.
        grid: grid of the times.
        times: int64 (steps,) per series.
        ids: one id per series.
        columns: values by name, concatenated over the series.
    """
    moments = np.concatenate(times)
    of_rows = [one for one, steps in zip(ids, times, strict=True) for _ in range(len(steps))]
    named: dict[str, Sequence[Hashable] | npt.NDArray[np.generic]] = {} if form.id is None else {form.id: of_rows}
    named |= columns
    if form.kind == "polars":
        import polars as pl

        when = [] if form.time is None else [_polars_times(moments, form, grid).alias(form.time)]
        return pl.DataFrame([*when, *(pl.Series(name, values) for name, values in named.items())])
    import pandas as pd

    index = pd.Index(moments, name=form.time)
    if grid.unit != "number":
        index = pd.DatetimeIndex(moments.astype("datetime64[us]")).as_unit(form.unit)
        if grid.zone is not None:
            index = index.tz_localize("UTC").tz_convert(zone_of(grid.zone))
        index.name = form.time
    if form.is_index or form.time is None:
        return pd.DataFrame(named, index=index)
    return pd.DataFrame({form.time: index, **named})


def _polars_times(moments: Times, form: TableForm, grid: Grid) -> PolarsSeries:
    import polars as pl

    if grid.unit == "number":
        return pl.Series(moments)
    times = pl.Series(moments.astype("datetime64[us]"))
    if form.is_date:
        return times.cast(pl.Date)
    if form.unit in ("ms", "ns"):
        times = times.dt.cast_time_unit(form.unit)
    return times if grid.zone is None else times.dt.replace_time_zone("UTC").dt.convert_time_zone(grid.zone)


def _is_pandas(table: Table) -> TypeGuard[PandasFrame]:
    return type(table).__module__.partition(".")[0] == "pandas"
