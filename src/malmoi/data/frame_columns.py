"""Types and timestamps of columns of arrays, pandas and Polars."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from malmoi.data.time_zones import EPOCH, Times
from malmoi.errors import DataError
from malmoi.foundation.validation import shorten

if TYPE_CHECKING:
    from pandas import Index as PandasIndex  # type: ignore[import-untyped]  # pandas has no types
    from pandas import Series as PandasSeries
    from polars import Series as PolarsSeries
    from typing_extensions import TypeIs  # a part of every type checker; it is not needed when the code runs

__all__ = [
    "FrameColumn",
    "Moments",
    "TableColumn",
    "TimeUnit",
    "as_array",
    "holds_dates",
    "is_numeric",
    "is_polars",
    "is_temporal",
    "moments_of",
    "unit_of",
]

FrameColumn: TypeAlias = "PandasSeries | PandasIndex | PolarsSeries"
TableColumn: TypeAlias = "npt.NDArray[np.generic] | FrameColumn"
TimeUnit = Literal["s", "ms", "us", "ns"]
FINE_UNITS: tuple[TimeUnit, ...] = ("ns", "us", "ms")
DATE_TEXT = re.compile(r"\s*(\d{4}[-/.]\d\d?[-/.]\d\d?|\d\d?[-/.]\d\d?[-/.]\d{4})([T ].*)?|\s*\d{4}-\d\d\s*")
SAMPLE = 100
"""Number of values that decide whether a text column holds dates."""


@dataclass(frozen=True)
class Moments:
    """The times of a table.

    Args:
        times: int64 (rows,), microseconds UTC or whole numbers.
        zone: time zone of timestamps.
        is_number: whether the times are whole numbers.
        is_index: whether the times are an integer pandas index, which may not be meant as times.
    """

    times: Times
    zone: str | None = None
    is_number: bool = False
    is_index: bool = False


def is_polars(column: TableColumn) -> TypeIs[PolarsSeries]:
    """Return whether a column is a Polars series."""
    return type(column).__module__.partition(".")[0] == "polars"


def as_array(column: TableColumn) -> npt.NDArray[np.generic]:
    """Return a numeric column as an array, with NaN for missing values."""
    if isinstance(column, np.ndarray):
        return column
    if is_polars(column):
        return column.cast(float).to_numpy()
    numbers: npt.NDArray[np.float64] = column.to_numpy(dtype=np.float64, na_value=np.nan)
    return numbers


def is_numeric(column: TableColumn) -> bool:
    """Return whether the dtype of a column is numeric."""
    if is_polars(column):
        return bool(column.dtype.is_numeric() or str(column.dtype) in ("Boolean", "Null"))
    return getattr(column.dtype, "kind", "O") in "biuf"


def is_temporal(column: TableColumn) -> bool:
    """Return whether the dtype of a column is a date or a timestamp."""
    if is_polars(column):
        return str(column.dtype) == "Date" or str(column.dtype).startswith("Datetime")
    return getattr(column.dtype, "kind", "O") == "M"


def holds_dates(column: FrameColumn) -> bool:
    """Return whether the first rows of a column or an index hold dates as text or as Python objects."""
    if is_polars(column):
        first = column.head(SAMPLE).drop_nulls().to_list() if str(column.dtype) in ("String", "Object") else []
    else:
        is_object = getattr(column.dtype, "kind", "O") == "O" and type(column).__name__ != "MultiIndex"
        first = column[column.notna()].to_numpy()[:SAMPLE].tolist() if is_object else []
    return bool(first) and all(isinstance(one, date) or _is_date_text(one) for one in first)


def _is_date_text(value: object) -> bool:
    return isinstance(value, str) and DATE_TEXT.fullmatch(value) is not None


def unit_of(dtype: object) -> TimeUnit:
    """Return the unit of a timestamp dtype; "us" if it has none."""
    text = str(dtype)
    for unit in FINE_UNITS:
        if f"[{unit}" in text or f"'{unit}'" in text:
            return unit
    return "us"


def moments_of(column: FrameColumn, name: str) -> Moments:
    """Return the timestamps, or the whole numbers, of a column or an index.

    Args:
        column: column or index of pandas or Polars.
        name: its name in errors.

    Raises:
        DataError: it holds other values, a value is missing, or it mixes time zones.
    """
    if is_temporal(column):
        return _typed(column, name)
    if is_numeric(column):
        numbers = np.asarray(column, dtype=np.float64)
        if not (np.isfinite(numbers) & (numbers == np.floor(numbers)) & (np.abs(numbers) < 2**53)).all():
            raise DataError(f"{name} must contain timestamps or whole numbers, got other numbers; convert them")
        return Moments(numbers.astype(np.int64), is_number=True)
    return _parsed(list(column), name)


def _typed(column: FrameColumn, name: str) -> Moments:
    zone: str | None
    if is_polars(column):
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
        raise DataError(f"{name} must have a time in every row, got none in row {int(empty.argmax())}; remove the row")
    return Moments(values.astype(np.int64), zone)


def _zone_name(zone: tzinfo) -> str:
    """Return the name of a time zone of pandas, pytz or Python."""
    named = getattr(zone, "key", None) or getattr(zone, "zone", None)
    if named:
        return str(named)
    offset = zone.utcoffset(datetime(2000, 1, 1, tzinfo=None))
    minutes = 0 if offset is None else offset // timedelta(minutes=1)
    if minutes == 0:
        return "UTC"
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"


def _parsed(values: list[object], name: str) -> Moments:
    """Return the times of texts in ISO 8601, or of Python dates and datetimes."""
    found = [_moment(value, f"{name}", row) for row, value in enumerate(values)]
    zones = [None if one.tzinfo is None else _zone_name(one.tzinfo) for one in found]
    others = sorted({str(zone) for zone in zones})
    if len(others) > 1:
        rule = f"{name} must be of one time zone, got {others[0]} and {others[1]}"
        raise DataError(f"{rule}; convert them, in pandas: pd.to_datetime(column, utc=True)")
    microsecond = timedelta(microseconds=1)
    times = [((one if one.tzinfo else one.replace(tzinfo=UTC)) - EPOCH) // microsecond for one in found]
    return Moments(np.array(times, dtype=np.int64), zones[0] if zones else None)


def _moment(value: object, name: str, row: int) -> datetime:
    if isinstance(value, datetime) and str(value) != "NaT":
        return value
    if isinstance(value, date) and str(value) != "NaT":
        return datetime(value.year, value.month, value.day)
    if isinstance(value, str):
        with suppress(ValueError):
            return datetime.fromisoformat(value + "-01" if len(value) == 7 else value)
    rule = f"{name} must contain timestamps, such as 2024-01-31 or 2024-01-31 18:00"
    raise DataError(f"{rule}, got {shorten(value)} in row {row}; convert it first")
