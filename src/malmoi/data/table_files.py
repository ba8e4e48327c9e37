"""Files of tables of numbers: CSV, TSV and Parquet, with where each row stands, and columns as numbers."""

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
"""What stands for a missing number in a column of numbers."""
REPEATED_NAME = re.compile(r"(.*)_duplicated_\d+")
SHOWN_NAMES = 5
NUMBERED = re.compile(r"\D*\d+")
"""Names of numbered columns, for which a near one is no suggestion."""
LOSES_DIGITS = r"^[+-]?0\d|^[+-]?\d{16,}$"
"""Texts that are read as numbers and are then written otherwise."""
NUMBERS_IN_NAMES = 0.5
"""A first line with more numbers than this share is no row of names, unless these count from 0 or 1."""


@dataclass(frozen=True, eq=False)
class TableFile:
    """A table, and the file that it is from.

    Args:
        path: the file.
        frame: a Polars data frame of all its columns; rows without any value are left out.
        rows: int64 (rows,), the place of each row in the file, from 0.
        delimiter: what parts the fields in a file of text; `None`: the columns have types of their own.
    """

    path: Path
    frame: DataFrame
    rows: npt.NDArray[np.int64]
    delimiter: str | None = None

    @property
    def columns(self) -> list[str]:
        """Names of the columns."""
        return self.frame.columns

    @property
    def empty_rows(self) -> int:
        """Rows without any value among those that are kept."""
        return int(self.rows[-1]) + 1 - len(self.rows) if len(self.rows) else 0

    def place(self, row: int) -> str:
        """Return where a row of the frame stands: "line 7", or "row 6" where lines are not known."""
        return place_in(self.path, int(self.rows[row]))

    def refuse_missing(self, names: Sequence[str]) -> None:
        """Refuse names that no column has.

        Raises:
            DataError: there is one; the nearest name is suggested.
        """
        missing = [name for name in names if name not in self.columns]
        if not missing:
            return
        near = [] if NUMBERED.fullmatch(missing[0]) else get_close_matches(missing[0], self.columns, n=1)
        suggestion = f"; did you mean {near[0]!r}?" if near else ""
        shown = " or ".join(map(repr, missing[:SHOWN_NAMES])) + (" or ..." if len(missing) > SHOWN_NAMES else "")
        raise DataError(f"{self.path}: no column is called {shown}; it has {shorten(self.columns)}{suggestion}")

    def as_written(self, names: Sequence[str], *, numbers: bool = False) -> TableFile:
        """Return the table with columns of names as the file writes them; numbers are left where they say the same.

        Args:
            names: of the columns.
            numbers: whether numbers count by their value: 0.50 is 0.5 then, but 007 is not 7.
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
        changed = [name for name in read if not _says_the_same(self.frame[name], texts[name], numbers=numbers)]
        return replace(self, frame=self.frame.with_columns(texts[name] for name in changed))


def _says_the_same(column: Series, texts: Series, *, numbers: bool) -> bool:
    """Whether values of types say what the texts say that they were read from."""
    import polars as pl

    if numbers and not column.dtype.is_integer():
        return not texts.str.contains(LOSES_DIGITS).any()
    return bool(column.cast(pl.String).eq_missing(texts).all())


def place_in(path: Path, row: int) -> str:
    """Return where a row of a file stands, from 0: its line in a plain file of text, else its number, from 1."""
    if path.suffix.lower() in (".parquet", *COMPRESSIONS) or _has_quoted_lines(path):
        return f"row {row + 1}"
    return f"line {row + 2}"


def _has_quoted_lines(path: Path) -> bool:
    """Whether a quote in the file may hold several lines."""
    try:
        with path.open("rb") as file:
            return any(line.count(b'"') % 2 for line in file)
    except OSError:
        return True


def read_table(path: str | os.PathLike[str]) -> TableFile:
    """Read a table with a row of names: CSV, TSV or Parquet, the first two also `.gz` or `.zst`.

    Raises:
        FileNotFoundError: there is no such file.
        DataError: it cannot be read, has no rows, or its first line holds no names.
    """
    path = Path(path)
    frame, delimiter = _frame(path)
    _refuse_names(frame.columns, path)
    if not frame.height:
        raise DataError(f"{path} must hold 1 row or more below the names of its columns, got 0")
    import polars as pl

    filled = frame.select(pl.any_horizontal(pl.all().is_not_null())).to_series().to_numpy()
    rows = np.flatnonzero(filled)
    if not len(rows):
        raise DataError(f"{path} must hold 1 row with a value or more, got {frame.height:,} empty ones")
    return TableFile(path, frame if len(rows) == frame.height else frame.filter(pl.Series(filled)), rows, delimiter)


def _frame(path: Path) -> tuple[DataFrame, str | None]:
    """The columns, and what parts the fields of a file of text."""
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
        names = pl.read_csv(path, glob=False, separator=usual, n_rows=0).columns
        delimiter = _delimiter(names, usual)
        # Where a semicolon parts the fields, a comma stands before the decimals.
        frame = pl.read_csv(
            path, glob=False, separator=delimiter, decimal_comma=delimiter == ";", infer_schema_length=None
        )
        return frame, delimiter
    except pl.exceptions.NoDataError:
        raise DataError(f"{path}: the first line must name the columns, got an empty file") from None
    except (pl.exceptions.PolarsError, OSError) as error:
        raise DataError(f"{path} cannot be read: {_reason(str(error))}") from error


def _reason(text: str) -> str:
    if "utf-8" in text:
        return "it is not UTF-8; save it as UTF-8"
    if "more fields" in text:
        return "a row has more fields than the first line; the first line must name every column"
    return shorten(text)


def _delimiter(names: Sequence[str], usual: str) -> str:
    """What parts the fields: another delimiter where the usual one finds one column alone."""
    most = max(DELIMITERS, key=names[0].count)
    return most if len(names) == 1 and most in names[0] else usual


def _refuse_names(names: Sequence[str], path: Path) -> None:
    for name in names:
        if (found := REPEATED_NAME.fullmatch(name)) and found[1] in names:
            raise DataError(f"{path}: columns must have different names, got {found[1]!r} twice; rename one")
    numbers = [name for name in names if _is_number(name)]
    counted = [str(int(float(name))) for name in numbers]
    if len(numbers) > NUMBERS_IN_NAMES * len(names) and not _counts(counted, numbers):
        rule = f"{path}: the first line must name the columns, got numbers, {shorten(names[:3])}"
        raise DataError(f"{rule}; put a line of names above it")


def _counts(whole: Sequence[str], names: Sequence[str]) -> bool:
    """Whether names are whole numbers that follow each other."""
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
    """Return a column as Polars numbers, missing where it has none; `None` where it holds something else.

    A column of text holds numbers where all of it are numbers, or words such as "NA", and half of it or more numbers.
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
    """Return the first row of a column of text that holds no number, where most of its values are numbers."""
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
    """Return the first row of a mask that is true; 0 where none is."""
    return mask.arg_max() or 0


def _parsed(column: Series) -> Series:
    """Texts as numbers, null where they are none."""
    import polars as pl

    return column.str.strip_chars().cast(pl.Float64, strict=False)


def number_rows(columns: Sequence[Series]) -> npt.NDArray[np.float32]:
    """Return columns of Polars numbers as float32 (rows, columns), NaN where one is missing."""
    rows = np.empty((len(columns[0]), len(columns)), dtype=np.float32)
    with np.errstate(over="ignore"):
        for place, column in enumerate(columns):
            rows[:, place] = column.to_numpy()
    return rows
