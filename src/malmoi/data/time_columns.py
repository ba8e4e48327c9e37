"""Time columns of tables: detection, parsing and validation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from malmoi.data.table_files import TableFile, first_true, strange_number
from malmoi.errors import DataError
from malmoi.foundation.validation import shorten

if TYPE_CHECKING:
    from polars import Series

__all__ = ["elapsed", "is_time", "moments_of", "refuse_strange_times", "time_form"]

TIME_NAMES = ("time", "timestamp", "date", "datetime", "시간", "시각", "날짜", "일시")
DATES = ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y")
MONTH_FIRST, DAY_FIRST = "%m/%d/%Y", "%d/%m/%Y"
CLOCKS = ("", " %H:%M", " %H:%M:%S", " %H:%M:%S%.f", "T%H:%M", "T%H:%M:%S", "T%H:%M:%S%.f")
TIME_FORMATS = tuple(f"{date}{clock}" for date in DATES for clock in CLOCKS)
MONTH = r"^(\d{4}[-/.]\d\d?)$"
WHOLE_MONTH = r"^(\d{4})[-/.](\d\d?)$"
ZONE = r"\d:\d\d(?::\d\d(?:\.\d+)?)?\s*(Z|[+-]\d\d:?\d\d)$"
LONGEST_MONTH = 7
SAMPLE = 100
"""Number of values that decide whether a column may hold times."""


def is_time(column: Series, *, may_be_numbers: bool) -> bool:
    """Return whether a column holds times: by its dtype, its texts, or its name if it is numeric."""
    import polars as pl

    if column.dtype.is_temporal():
        return True
    if column.dtype == pl.String:
        return column.null_count() < len(column) and _form(column) is not None
    return may_be_numbers and column.dtype.is_numeric() and column.name.strip().casefold() in TIME_NAMES


def refuse_strange_times(table: TableFile, names: Sequence[str]) -> None:
    """Refuse columns in which most values are times and some are not: they would not be detected as time columns.

    Raises:
        DataError: there is such a column.
    """
    for name in names:
        row = _strange_row(table.frame[name])
        if row is not None:
            value, place = table.frame[name][row], table.place(row)
            rule = f"{table.path}: the column {name!r} must contain only dates or times, as most of its values are"
            cure = "correct it, or name the time column, or none (time_column, --time-column)"
            raise DataError(f"{rule}, got {shorten(value)} in {place}; {cure}")


def _strange_row(column: Series) -> int | None:
    """Return the row of the first text that is not a time in a column where most are; `None` if there is none."""
    import polars as pl

    if column.dtype != pl.String:
        return None
    if column.name.strip().casefold() in TIME_NAMES and (row := strange_number(column)) is not None:
        return row
    months = column.str.strip_chars().str.replace(WHOLE_MONTH, "$1-$2-01")
    rows = (_strange_text(texts) for texts in (column, months))
    return next((row for row in rows if row is not None), None)


def _strange_text(column: Series) -> int | None:
    first = column.drop_nulls().head(SAMPLE)
    if 2 * min(_missing(_read_as(first, form)) for form in TIME_FORMATS) >= len(first):
        return None
    fewest = min((_read_as(column, form) for form in TIME_FORMATS), key=_missing)
    strange = fewest.is_null() & column.is_not_null()
    return first_true(strange) if 0 < 2 * strange.sum() < len(column) - column.null_count() else None


def moments_of(table: TableFile, name: str) -> Series:
    """Return a time column as Polars dates, times or numbers, one for every row.

    Raises:
        DataError: a value is missing or not a time, or the column mixes time zones.
    """
    import polars as pl

    column = table.frame[name]
    rule = f"the time column {name!r} must have a value in every row"
    if column.null_count():
        place = table.place(first_true(column.is_null()))
        raise DataError(f"{table.path}: {rule}, got an empty cell in {place}; fill it, or remove the row")
    if column.dtype.is_temporal():
        return column
    if column.dtype.is_numeric():
        if column.dtype.is_float() and not column.is_finite().all():
            row = first_true(~column.is_finite())
            raise DataError(f"{table.path}: {rule}, got {column[row]} in {table.place(row)}")
        return column
    form = _form(column) if column.dtype == pl.String else None
    if form is None:
        row, value = _strange_time(column)
        rule = f"{table.path}: the time column {name!r} must contain dates, times or numbers"
        raise DataError(f"{rule}, got {value!r} in {table.place(row)}; write them as 2026-01-31 13:00:00")
    _refuse_mixed_zones(table, column)
    moments = _read_as(column, form)
    if form.startswith(MONTH_FIRST):
        _refuse_day_or_month_first(table, column, moments, form)
    return moments


def _refuse_day_or_month_first(table: TableFile, column: Series, moments: Series, form: str) -> None:
    """Refuse dates that are ambiguous because day and month can be swapped in every row."""
    other = _read_as(column, form.replace(MONTH_FIRST, DAY_FIRST))
    differ = other != moments
    if other.null_count() or not differ.any():
        return
    row = first_true(differ)
    rule = f"{table.path}: the time column {column.name!r} must have an unambiguous order of day and month"
    read = f"which is {moments[row]:%Y-%m-%d} or {other[row]:%Y-%m-%d}"
    raise DataError(f"{rule}, got {column[row]!r} in {table.place(row)}, {read}; write dates as 2024-01-31")


def time_form(column: Series) -> str:
    """Return the time format of a text column in `strftime` notation, with the time zone of the first value."""
    form = _form(column) or TIME_FORMATS[0]
    first = str(column[0]).strip()
    if len(first) <= LONGEST_MONTH:
        return form[: -len("-%d")]
    zone = column.head(1).str.strip_chars().str.extract(ZONE, 1)[0]
    return form + (zone or "")


def _form(column: Series) -> str | None:
    """Return the format that all texts have, time zones ignored; `None` if there is none."""
    first = column.head(SAMPLE)
    for form in TIME_FORMATS:
        if _missing(_read_as(first, form)) == _missing(first) and _missing(_read_as(column, form)) == _missing(column):
            return form
    return None


def _read_as(column: Series, form: str) -> Series:
    """Parse texts as times in a format; others become null."""
    import polars as pl

    return _stripped(column).str.strptime(pl.Datetime, form, strict=False)


def _stripped(column: Series) -> Series:
    """Return texts stripped of white space and time zones; months become their first day."""
    text = column.str.strip_chars()
    if not (column.str.len_chars() > LONGEST_MONTH).any():
        text = text.str.replace(MONTH, "$1-01").str.replace_all("[/.]", "-")
    return text.str.replace(r"(\d:\d\d(?::\d\d(?:\.\d+)?)?)\s*(?:Z|[+-]\d\d:?\d\d)$", "$1")


def _strange_time(column: Series) -> tuple[int, object]:
    """Return row and value of the first text that does not have the format of most texts."""
    import polars as pl

    if column.dtype != pl.String:
        return 0, column[0]
    fewest = min((_read_as(column, form) for form in TIME_FORMATS), key=_missing)
    row = first_true(fewest.is_null())
    return row, column[row]


def _missing(column: Series) -> int:
    return int(column.null_count())


def _refuse_mixed_zones(table: TableFile, column: Series) -> None:
    zones = column.str.strip_chars().str.extract(ZONE, 1).fill_null("no zone")
    zones = zones.replace(["Z", "+0000"], ["+00:00", "+00:00"])
    if zones.n_unique() == 1:
        return
    other = first_true(zones != zones[0])
    rule = f"the time column {column.name!r} must have one time zone"
    these = f"{column[0]!r} in {table.place(0)} and {column[other]!r} in {table.place(other)}"
    raise DataError(f"{table.path}: {rule}, got {these}; write all times in one zone, such as UTC")


def elapsed(moments: Series) -> npt.NDArray[np.float64]:
    """Return times as numbers whose differences are elapsed times."""
    kind = moments.dtype
    numbers: npt.NDArray[np.float64] = (moments.to_physical() if kind.is_temporal() else moments).cast(float).to_numpy()
    return numbers
