"""`malmoi check --fix`: write the data without duplicates, with review columns for suspected labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from malmoi.cli.cells import Cells
from malmoi.cli.prediction_tables import kept_series
from malmoi.data.corpus_files import ReadTexts, read_texts
from malmoi.data.readers import EVERY_COLUMN, ReadReport, ReadSettings
from malmoi.errors import DataError
from malmoi.evaluation.checks.checking import CheckReport
from malmoi.evaluation.fixing import FixedData, fixed_data
from malmoi.foundation.files import whole_file
from malmoi.foundation.printable import encodable

if TYPE_CHECKING:
    from polars import DataFrame, Series

__all__ = ["FIX_SUFFIXES", "write_fixed"]

FIX_SUFFIXES = (".csv", ".jsonl", ".parquet")


def write_fixed(
    report: CheckReport,
    path: Path,
    data: Sequence[str],
    settings: ReadSettings,
    cells: Cells,
    *,
    overwrite: bool,
) -> FixedData:
    """Write the checked data without duplicates, with its order and columns kept.

    Args:
        report: the findings.
        path: `.csv`, `.jsonl` or `.parquet`.
        data: the files, which are read again for their other columns.
        settings: reading settings.
        cells: conversion of texts into CSV cells.
        overwrite: whether an existing file may be overwritten.

    Returns:
        The rows that were left out and marked.

    Raises:
        DataError: the files changed in the meantime, or a column has the name of an added column.
    """
    import polars as pl

    fixed = fixed_data(report.subject, ignored=report.ignored)
    columns = _columns(report, data, settings)
    added = fixed.columns()
    taken = [name for name in added if name in columns]
    if taken:
        raise DataError(f"{data[0]}: a column must not be named {taken[0]!r}, which --fix adds; rename it")
    kept = fixed.kept.tolist()
    table = pl.DataFrame({name: _series(name, [column[row] for row in kept]) for name, column in columns.items()})
    table = table.with_columns([pl.Series(name, values) for name, values in added.items()])
    with whole_file(path, overwrite=overwrite) as file:
        suffix = path.suffix.lower()
        if suffix == ".csv":
            cells.table(_flat(table)).write_csv(file)
        elif suffix == ".jsonl":
            table.write_ndjson(file)
        else:
            table.write_parquet(file)
    return fixed


def _columns(report: CheckReport, data: Sequence[str], settings: ReadSettings) -> dict[str, list[object]]:
    """Return all columns of the files; for formats without column names, texts and labels."""
    corpus = report.subject.data
    if corpus.source is None or not corpus.source.text_columns:
        return _own_columns(report)
    read = read_texts(data, replace(settings, keep=(EVERY_COLUMN,)), report=ReadReport())
    if read.texts != corpus.texts:
        raise DataError(f"{data[0]}: the data changed while it was checked; check it again")
    return _joined(read)


def _own_columns(report: CheckReport) -> dict[str, list[object]]:
    corpus = report.subject.data
    columns: dict[str, list[object]] = {"text": [*corpus.texts]}
    if corpus.coded is not None:
        columns["label"] = [list(one) if isinstance(one, tuple) else one for one in corpus.coded.to_list()]
    if corpus.places is not None:
        columns["place"] = [encodable(corpus.places[row], "utf-8") for row in range(len(corpus))]
    return columns


def _joined(read: ReadTexts) -> dict[str, list[object]]:
    """Return the columns of all batches; values of columns that a file lacks are `None`."""
    names = dict.fromkeys(name for batch in read.batches for name in batch.kept)
    return {
        name: [value for batch in read.batches for value in batch.kept.get(name, [None] * len(batch.texts))]
        for name in names
    }


def _series(name: str, values: list[object]) -> Series:
    """Return a column as a Polars series; lists of labels stay lists."""
    import polars as pl

    if values and all(isinstance(value, list) and all(isinstance(one, str) for one in value) for value in values):
        return pl.Series(name, values, dtype=pl.List(pl.String))
    return kept_series(name, values)


def _flat(table: DataFrame) -> DataFrame:
    """Return a table for CSV, with the values of lists joined by |."""
    import polars as pl

    lists = [name for name, kind in table.schema.items() if isinstance(kind, pl.List)]
    return table.with_columns([pl.col(name).cast(pl.List(pl.String)).list.join("|") for name in lists])
