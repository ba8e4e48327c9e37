"""Writers of prediction blocks as CSV, JSON Lines or Parquet, after the copied columns of the input."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal, Protocol, get_args

from malmoi.cli.cells import Cells, quoted
from malmoi.cli.number_columns import NumberColumns
from malmoi.cli.prediction_columns import LabelColumns, PredictedColumns, json_text
from malmoi.cli.prediction_tables import kept_series
from malmoi.cli.usage import UsageError
from malmoi.errors import DataError
from malmoi.models.base import FittedModel
from malmoi.models.output_columns import Mask, Predicted
from malmoi.models.task import Classification

if TYPE_CHECKING:
    from polars import DataType

__all__ = ["FORMATS", "BlockWriter", "PredictionFormat", "block_writer"]

PredictionFormat = Literal["csv", "jsonl", "parquet"]
FORMATS: tuple[PredictionFormat, ...] = get_args(PredictionFormat)
Kept = Mapping[str, Sequence[object]]

BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class BlockWriter(Protocol):
    """A writer of an output format."""

    @property
    def changed(self) -> int:
        """Number of cells escaped so far, so that no spreadsheet runs them as formulas."""

    def start(self) -> bytes:
        """Return the bytes before the first block."""

    def block(self, kept: Kept, values: Predicted, empty: Mask) -> bytes:
        """Return one block of rows as bytes.

        Args:
            kept: columns of the input, by name.
            values: probabilities (samples, classes), or numbers (samples, targets).
            empty: (samples,), rows without a prediction.

        Raises:
            DataError: a value of the input has lone surrogates.
        """


class CsvWriter:
    """A writer of CSV in UTF-8.

    Args:
        columns: columns of the predictions.
        names: names of the input columns.
        cells: conversion of texts into cells.
        excel: write a byte order mark and CRLF line ends, for Excel.
    """

    def __init__(self, columns: PredictedColumns, names: Sequence[str], cells: Cells, *, excel: bool = False) -> None:
        self._columns = columns
        self._names = names
        self._is_excel = excel
        self._end = "\r\n" if excel else "\n"
        self._cells = cells

    @property
    def changed(self) -> int:
        """Number of cells escaped so far."""
        return self._cells.changed

    def start(self) -> bytes:
        """Return the header line."""
        names = self._cells.names([*self._names, *self._columns.names])
        line = ",".join(map(quoted, names.values())) + self._end
        return (BYTE_ORDER_MARK if self._is_excel else b"") + line.encode()

    def block(self, kept: Kept, values: Predicted, empty: Mask) -> bytes:
        """Return one line per row."""
        rows = self._columns.csv_rows(values, empty, self._cells.field)
        if kept:
            columns = [[self._kept_field(value) for value in column] for column in kept.values()]
            rows = list(map(",".join, zip(*columns, rows, strict=True)))
        # Readers skip an empty line, so an empty row is written as "".
        return _encoded([(row or '""') + self._end for row in rows])

    def _kept_field(self, value: object) -> str:
        if isinstance(value, str):
            return self._cells.field(value)
        if value is None:
            return ""
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, int | float):
            return repr(value)
        return self._cells.field(json_text(value) if isinstance(value, list | dict) else str(value))


class JsonLinesWriter:
    """A writer of JSON Lines in UTF-8.

    Args:
        columns: columns of the predictions.
    """

    changed = 0

    def __init__(self, columns: PredictedColumns) -> None:
        self._columns = columns

    def start(self) -> bytes:
        """Return no bytes: JSON Lines have no header."""
        return b""

    def block(self, kept: Kept, values: Predicted, empty: Mask) -> bytes:
        """Return one line per row."""
        starts = [f"{json_text(name)}: " for name in kept]
        members = [
            [start + json_text(value) for value in column] for start, column in zip(starts, kept.values(), strict=True)
        ]
        rows = zip(*members, self._columns.json_rows(values, empty), strict=True)
        return _encoded([f"{{{', '.join(row)}}}\n" for row in rows])


class ParquetWriter:
    """A writer of Parquet, with one file per block.

    Args:
        columns: columns of the predictions.
        types: known types of input columns; others are inferred for every block.
    """

    changed = 0

    def __init__(self, columns: PredictedColumns, types: Mapping[str, DataType] | None = None) -> None:
        self._columns = columns
        self._types = types or {}

    def start(self) -> bytes:
        """Return no bytes: every block is a complete file."""
        return b""

    def block(self, kept: Kept, values: Predicted, empty: Mask) -> bytes:
        """Return a Parquet file with one row group."""
        import polars as pl

        file = io.BytesIO()
        series = [kept_series(name, column, self._types.get(name)) for name, column in kept.items()]
        table = pl.DataFrame([*series, *self._columns.series(values, empty)])
        table.write_parquet(file, row_group_size=max(table.height, 1))
        return file.getvalue()


def _encoded(rows: list[str]) -> bytes:
    try:
        return "".join(rows).encode()
    except UnicodeEncodeError:
        invalid = next(row for row in rows if any("\ud800" <= character <= "\udfff" for character in row))
        rule = "columns of --keep and --id-column must not contain lone surrogates, which UTF-8 cannot encode"
        raise DataError(f"{rule}, got {invalid.strip()[:60]!a}; leave the column or the row out") from None


def block_writer(
    kind: PredictionFormat,
    model: FittedModel,
    names: Sequence[str],
    cells: Cells,
    *,
    reject_below: float | None = None,
    excel: bool = False,
    types: Mapping[str, DataType] | None = None,
) -> BlockWriter:
    """Return the writer of a format.

    Args:
        kind: the format.
        model: the model.
        names: names of the input columns to write before the predictions.
        cells: conversion of texts into CSV cells.
        reject_below: probability below which the label is left empty; `None`: that of the model.
        excel: write CSV for Excel.
        types: known types of input columns, which Parquet keeps.

    Raises:
        UsageError: a column of the input has the name of a prediction column, or labels are ambiguous in CSV.
    """
    columns: PredictedColumns
    if isinstance(model.task, Classification):
        columns = LabelColumns(model.task, model.reject_below if reject_below is None else reject_below)
        if kind == "csv":
            columns.check_csv()
    else:
        columns = NumberColumns(model.task.units)
    _refuse_taken_names(names, columns.taken)
    if kind == "csv":
        return CsvWriter(columns, names, cells, excel=excel)
    return JsonLinesWriter(columns) if kind == "jsonl" else ParquetWriter(columns, types)


def _refuse_taken_names(kept: Sequence[str], names: Sequence[str]) -> None:
    """Refuse input columns with the name of a prediction column or of another input column."""
    for name in kept:
        if name in names:
            rule = f"the predictions already have a column {name!r}"
            raise UsageError(f"{rule}; rename it in the input, or leave it out of --id-column and --keep")
        if list(kept).count(name) > 1:
            rule = f"columns of the predictions must have different names, got {name!r} twice"
            raise UsageError(f"{rule}; leave out --with-text or --on-empty mark, or rename it in the input")
