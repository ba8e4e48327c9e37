"""Parquet tables of predictions: typed columns of the input, and merging of files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from malmoi.cli.prediction_columns import json_text
from malmoi.foundation.files import open_regular

if TYPE_CHECKING:
    from polars import DataType, Series

__all__ = ["kept_series", "merge_tables", "parquet_types"]


def kept_series(name: str, values: Sequence[object], known: DataType | None = None) -> Series:
    """Return a column of the input as a Polars series.

    Values of one type keep it; int and float together become float. Lists, objects and mixed types become text:
    strings unchanged, other values as JSON.

    Args:
        name: its name.
        values: its values.
        known: the type of the column in the input, used if all values have it.
    """
    import polars as pl

    inferred = _inferred_series(name, values)
    if known is None or known.is_nested() or inferred.dtype == known:
        return inferred
    try:
        return inferred.cast(known)
    except pl.exceptions.PolarsError:
        return inferred


def _inferred_series(name: str, values: Sequence[object]) -> Series:
    import polars as pl

    kinds = {type(value) for value in values} - {type(None)}
    try:
        if not kinds or kinds == {str}:
            return pl.Series(name, values, dtype=pl.String if kinds else pl.Null)
        if kinds == {int, float}:
            numbers = [None if value is None else float(value) for value in values]  # type: ignore[arg-type]
            return pl.Series(name, numbers, dtype=pl.Float64)
        if kinds == {int}:
            return pl.Series(name, values, dtype=pl.Int64)
        if len(kinds) == 1 and not kinds & {list, dict}:
            series = pl.Series(name, values)
            if series.dtype != pl.Object:
                return series
    except (OverflowError, pl.exceptions.PolarsError, TypeError):
        pass  # such as an int of more than 64 bits
    texts = [value if value is None or isinstance(value, str) else json_text(value) for value in values]
    return pl.Series(name, texts, dtype=pl.String)


def merge_tables(parts: Sequence[Path], output: Path, rows_together: int) -> None:
    """Merge Parquet files into one file, in order, with one row group per file.

    A column whose type differs between files becomes float if all its values are numbers, else text.

    Args:
        parts: the files, with the same column names; all but the last have the same number of rows.
        output: the new file.
        rows_together: rows per row group.
    """
    import polars as pl

    schemas = [pl.scan_parquet(part, glob=False).collect_schema() for part in parts]
    kinds = {name: _common_type([schema[name] for schema in schemas]) for name in schemas[0]}
    tables = [
        pl.scan_parquet(part, glob=False).with_columns(
            pl.col(name).cast(kind) for name, kind in kinds.items() if schema[name] != kind
        )
        for part, schema in zip(parts, schemas, strict=True)
    ]
    table = pl.concat(tables) if len(tables) > 1 else tables[0]
    table.sink_parquet(output, row_group_size=rows_together, maintain_order=True)


def _common_type(kinds: Sequence[DataType]) -> DataType:
    import polars as pl

    known = {kind for kind in kinds if kind != pl.Null}
    if len(known) == 1:
        return known.pop()
    return pl.Float64() if known and known <= {pl.Int64(), pl.Float64()} else pl.String()


def parquet_types(files: Sequence[Path]) -> dict[str, DataType]:
    """Return the types of the columns that have the same type in all files; empty if one is not a Parquet table."""
    import polars as pl

    found: dict[str, DataType] | None = None
    for file in files:
        with open_regular(file) as opened:
            if opened.read(4) != b"PAR1":
                return {}
        try:
            types = dict(pl.read_parquet_schema(file))
        except pl.exceptions.PolarsError:  # such as a damaged file, which the reader refuses
            return {}
        found = types if found is None else {name: kind for name, kind in found.items() if types.get(name) == kind}
    return found or {}
