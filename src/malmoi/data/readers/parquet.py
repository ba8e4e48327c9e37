"""Parquet tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from malmoi.data.readers.base import Chunk, Source
from malmoi.data.readers.class_names import class_names, with_class_names
from malmoi.data.readers.columns import Wanted
from malmoi.data.readers.parquet_footer import ParquetFooter, read_footer
from malmoi.data.readers.tables import frame_chunk, frame_parts, lazy_columns
from malmoi.errors import FormatError

if TYPE_CHECKING:
    from polars import DataFrame, LazyFrame

__all__ = ["ParquetReader"]

SLICE_BYTES = 72 << 20
"""Size of a slice of a row group; Polars needs about three times as much memory for it."""


@dataclass(frozen=True)
class ParquetReader:
    """Reader of Parquet tables, 72 MiB of a row group at a time."""

    form: str = "Parquet"

    def chunks(self, source: Source) -> Iterator[tuple[Wanted, Chunk]]:
        """Yield the rows of a table, in order."""
        import polars

        footer = read_footer(source.path)
        try:
            yield from _chunks(source, footer)
        except (polars.exceptions.PolarsError, polars.exceptions.PanicException) as error:
            source.bytes.check_unchanged()
            reason = " ".join(str(error).split())[:200]
            raise FormatError(f"{source.path}: the file is damaged, or not a Parquet file ({reason})") from None


def _chunks(source: Source, footer: ParquetFooter) -> Iterator[tuple[Wanted, Chunk]]:
    import polars

    path = source.path
    lazy = polars.scan_parquet(path, glob=False, hive_partitioning=False)
    wanted = source.choose(list(lazy.collect_schema()), "Parquet")
    lazy = lazy_columns(path, lazy, wanted)
    names = class_names(footer.metadata.get("huggingface", ""))
    total, size, done = sum(footer.rows), path.stat().st_size, 0
    for start, rows in _slices(footer):
        source.bytes.check_unchanged()
        for part in _parts(source, lazy, start, rows):
            values = with_class_names({name: part[name].to_list() for name in wanted.names}, wanted, names)
            yield wanted, frame_chunk(path, values, done)
            done += part.height
            del part, values  # they would keep the whole row group in memory while the next one is decoded
            source.progress("reading", size * done // total, size)


def _parts(source: Source, lazy: LazyFrame, start: int, rows: int) -> Iterator[DataFrame]:
    """Decode some rows of a row group, and yield them in parts without keeping them."""
    table = lazy.slice(start, rows).collect()
    if table.height != rows:
        got = f"expected {rows} rows, found {table.height}"
        raise FormatError(f"{source.path}: the Parquet file is damaged: {got}")
    yield from frame_parts(table, source.bytes.budget)


def _slices(footer: ParquetFooter) -> Iterator[tuple[int, int]]:
    """Yield start and length of the row ranges to decode at once: a row group, or equal parts of a large one.

    Each part is decoded from the start of its group, so parts are as large as memory allows.
    """
    start = 0
    for rows, size in zip(footer.rows, footer.sizes, strict=True):
        parts = max(1, min(rows, -(-size // SLICE_BYTES)))
        length = -(-rows // parts)
        for first in range(0, rows, length or 1):
            yield start + first, min(length, rows - first)
        start += rows
