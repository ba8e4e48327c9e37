"""Tables of numbers from CSV, TSV and Parquet files, with the location of each row."""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from malmoi.errors import DataError
from malmoi.foundation.validation import shorten

if TYPE_CHECKING:
    from polars import DataFrame, Series

__all__ = ["TableFile", "as_number_column", "first_true", "number_rows", "place_in", "read_table", "strange_number"]

COMPRESSIONS = (".gz", ".zst")
DELIMITERS = (",", ";", "\t", "|")
MISSING_WORDS = ("", "na", "n/a", "nan", "null", "none", "?")
"""Spellings of a missing value in a numeric column, in lower case."""
REPEATED_NAME = re.compile(r"(.*)_duplicated_\d+")
SHOWN_NAMES = 5
NUMBERED = re.compile(r"\D*\d+")
"""Names of numbered columns, for which no similar name is suggested."""
LOSES_DIGITS = r"^[+-]?0\d|^[+-]?\d{16,}$"
"""Texts that change if they are parsed as numbers and formatted again."""
NUMBERS_IN_NAMES = 0.5
"""A first line with a larger share of numbers is not a header, unless the numbers are consecutive."""


@dataclass(frozen=True, eq=False)
class TableFile:
    """A table read from a file.

    Args:
        path: the file.
        frame: a Polars data frame of all columns, without empty rows.
        rows: int64 (rows,), row number of each row in the file, from 0.
        delimiter: delimiter of a text file; `None` for a typed format.
    """

    path: Path
    frame: DataFrame
    rows: npt.NDArray[np.int64]
    delimiter: str | None = None

    @property
    def columns(self) -> list[str]:
        """Column names."""
        return self.frame.columns

    @property
    def empty_rows(self) -> int:
        """Number of empty rows that were removed before the last row with a value."""
        return int(self.rows[-1]) + 1 - len(self.rows) if len(self.rows) else 0

    def place(self, row: int) -> str:
        """Return the location of a row of the frame: "line 7", or "row 6" if the line is unknown."""
        return place_in(self.path, int(self.rows[row]))

    def refuse_missing(self, names: Sequence[str]) -> None:
        """Check that columns exist.

        Raises:
            DataError: one does not exist; the most similar name is suggested.
        """
        missing = [name for name in names if name not in self.columns]
        if not missing:
            return
        near = [] if NUMBERED.fullmatch(missing[0]) else get_close_matches(missing[0], self.columns, n=1)
        suggestion = f"; did you mean {near[0]!r}?" if near else ""
        shown = " or ".join(map(repr, missing[:SHOWN_NAMES])) + (" or ..." if len(missing) > SHOWN_NAMES else "")
        raise DataError(
            f"{self.path}: no column is called {shown}; the columns are {shorten(self.columns)}{suggestion}"
        )

    def as_written(self, names: Sequence[str], *, numbers: bool = False) -> TableFile:
        """Return the table with some columns as text, as the file has it, where parsing as a type changed it.

        Args:
            names: the columns.
            numbers: whether numbers may be formatted differently: 0.50 and 0.5 are then the same, but 007 and 7 are
                not.
        """
        import polars as pl

        if self.delimiter is None:
            return self
        read = [name for name in dict.fromkeys(names) if self.frame.schema[name] not in (pl.String, pl.Null)]
        if not read:
            return self
        texts = pl.read_csv(self.path, glob=False, separator=self.delimiter, columns=read, infer_schema=False)[
            self.rows
        ]
        changed = [name for name in read if not _is_unchanged(self.frame[name], texts[name], numbers=numbers)]
        return replace(self, frame=self.frame.with_columns(texts[name] for name in changed))


def _is_unchanged(column: Series, texts: Series, *, numbers: bool) -> bool:
    """Return whether typed values still represent the texts that they were parsed from."""
    import polars as pl

    if numbers and not column.dtype.is_integer():
        return not texts.str.contains(LOSES_DIGITS).any()
    return bool(column.cast(pl.String).eq_missing(texts).all())


def place_in(path: Path, row: int) -> str:
    """Return the location of a row (from 0) of a file: its line in an uncompressed text file, otherwise its number."""
    if path.suffix.lower() in (".parquet", *COMPRESSIONS) or _has_quoted_lines(path):
        return f"row {row + 1}"
    return f"line {row + 2}"


def _has_quoted_lines(path: Path) -> bool:
    """Return whether a quoted field of the file may span several lines."""
    try:
        with path.open("rb") as file:
            return any(line.count(b'"') % 2 for line in file)
    except OSError:
        return True


def read_table(path: str | os.PathLike[str]) -> TableFile:
    """Read a table with a header: CSV, TSV or Parquet, the first two also `.gz` or `.zst`.

    Raises:
        FileNotFoundError: the file does not exist.
        DataError: it cannot be read, has no rows, or its first line is not a header.
    """
    path = Path(path)
    frame, delimiter = _frame(path)
    _refuse_names(frame.columns, path)
    if not frame.height:
        raise DataError(f"{path} must have 1 row or more below the header, got 0")
    import polars as pl

    filled = frame.select(pl.any_horizontal(pl.all().is_not_null())).to_series().to_numpy()
    rows = np.flatnonzero(filled)
    if not len(rows):
        raise DataError(f"{path} must have 1 row with a value or more, got {frame.height:,} empty rows")
    return TableFile(path, frame if len(rows) == frame.height else frame.filter(pl.Series(filled)), rows, delimiter)


def _frame(path: Path) -> tuple[DataFrame, str | None]:
    """Return the columns, and the delimiter of a text file."""
    import polars as pl

    if not path.exists():
        raise FileNotFoundError(2, "no such file", str(path))
    if not (path.is_file() or path.is_dir()):
        raise DataError(f"{path} must be a regular file, got a pipe or a device; write its content to a file")
    suffixes = [suffix.lower() for suffix in path.suffixes if suffix.lower() not in COMPRESSIONS]
    kind = suffixes[-1] if suffixes else ""
    if kind not in (".csv", ".tsv", ".parquet"):
        raise DataError(f"{path} must be a .csv, .tsv or .parquet file of numbers")
    try:
        if kind == ".parquet":
            return pl.read_parquet(path, glob=False), None
        usual = "\t" if kind == ".tsv" else ","
        names = pl.read_csv(path, glob=False, separator=usual, n_rows=0, truncate_ragged_lines=True).columns
        delimiter = _delimiter(names, usual)
        # With semicolons as delimiters, the decimal separator is a comma.
        frame = pl.read_csv(
            path, glob=False, separator=delimiter, decimal_comma=delimiter == ";", infer_schema_length=None
        )
        return frame, delimiter
    except pl.exceptions.NoDataError:
        raise DataError(f"{path}: the first line must contain the column names, got an empty file") from None
    except (pl.exceptions.PolarsError, OSError) as error:
        raise DataError(f"{path} cannot be read: {_reason(str(error))}") from error


def _reason(text: str) -> str:
    if "utf-8" in text:
        return "it is not UTF-8; save it as UTF-8"
    if "more fields" in text:
        return "a row has more fields than the first line; the first line must name every column"
    return shorten(text)


def _delimiter(names: Sequence[str], usual: str) -> str:
    """Return the delimiter: the usual one, or another if it would give a single column."""
    most = max(DELIMITERS, key=names[0].count)
    return most if len(names) == 1 and most in names[0] else usual


def _refuse_names(names: Sequence[str], path: Path) -> None:
    for name in names:
        if (found := REPEATED_NAME.fullmatch(name)) and found[1] in names:
            raise DataError(f"{path}: columns must have different names, got {found[1]!r} twice; rename one")
    numbers = [name for name in names if _is_number(name)]
    counted = [str(int(float(name))) for name in numbers]
    if len(numbers) > NUMBERS_IN_NAMES * len(names) and not _counts(counted, numbers):
        rule = f"{path}: the first line must contain the column names, got numbers, {shorten(names[:3])}"
        raise DataError(f"{rule}; add a header line")


def _counts(whole: Sequence[str], names: Sequence[str]) -> bool:
    """Return whether names are evenly spaced whole numbers."""
    if list(whole) != list(names):
        return False
    steps = {int(b) - int(a) for a, b in itertools.pairwise(whole)}
    return len(steps) <= 1


def _is_number(name: str) -> bool:
    try:
        return bool(np.isfinite(float(name)))
    except ValueError:
        return False


def as_number_column(column: Series) -> Series | None:
    """Return a column as Polars numbers with nulls for missing values; `None` if it is not numeric.

    A text column is numeric if it holds only numbers and spellings of missing values such as "NA", and at least one
    number.
    """
    import polars as pl

    kind = column.dtype
    if kind.is_numeric() or kind in (pl.Boolean, pl.Null):
        return column.cast(pl.Float64)
    if kind != pl.String:
        return None
    numbers = _parsed(column)
    words = column.str.strip_chars().str.to_lowercase().is_in(list(MISSING_WORDS))
    is_number = numbers.is_not_null()
    strange = column.is_not_null() & ~is_number & ~words
    return numbers if is_number.any() and not strange.any() else None


def strange_number(column: Series) -> int | None:
    """Return the first non-numeric row of a text column in which most values are numbers; `None` if there is none."""
    import polars as pl

    if column.dtype != pl.String:
        return None
    numbers = _parsed(column)
    is_number, has_value = numbers.is_not_null(), column.is_not_null()
    if 2 * is_number.sum() <= has_value.sum():
        return None
    words = column.str.strip_chars().str.to_lowercase().is_in(list(MISSING_WORDS))
    strange = has_value & ~is_number & ~words
    return first_true(strange) if strange.any() else None


def first_true(mask: Series) -> int:
    """Return the index of the first true value of a mask; 0 if there is none."""
    return mask.arg_max() or 0


def _parsed(column: Series) -> Series:
    """Parse texts as numbers; others become null."""
    import polars as pl

    return column.str.strip_chars().cast(pl.Float64, strict=False)


def number_rows(columns: Sequence[Series]) -> npt.NDArray[np.float32]:
    """Return numeric Polars columns as float32 (rows, columns), with NaN for missing values."""
    rows = np.empty((len(columns[0]), len(columns)), dtype=np.float32)
    with np.errstate(over="ignore"):
        for index, column in enumerate(columns):
            rows[:, index] = column.to_numpy()
    return rows
