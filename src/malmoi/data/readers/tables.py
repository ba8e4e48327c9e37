"""Conversion of columns and data frames to chunks of rows."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from malmoi.data.readers.base import Chunk
from malmoi.data.readers.columns import Wanted
from malmoi.data.readers.containers import Budget
from malmoi.errors import DataError

if TYPE_CHECKING:
    from polars import DataFrame, LazyFrame

__all__ = ["frame_chunk", "frame_parts", "lazy_columns", "row_place", "table_chunks"]

ROWS_TOGETHER, BYTES_TOGETHER = 20_000, 8 << 20


def row_place(path: Path) -> Callable[[int], str]:
    """Return a function that formats the location of a row."""
    return lambda row: f"{path}: row {row}"


def table_chunks(path: Path, wanted: Wanted, values: Mapping[str, Sequence[object]]) -> Iterator[tuple[Wanted, Chunk]]:
    """Yield the rows of columns of equal length in chunks."""
    size = len(next(iter(values.values()), []))
    for start in range(0, size, ROWS_TOGETHER):
        part = {name: column[start : start + ROWS_TOGETHER] for name, column in values.items()}
        yield wanted, frame_chunk(path, part, start)


def frame_chunk(path: Path, values: Mapping[str, Sequence[object]], start: int) -> Chunk:
    """Return consecutive rows as a chunk.

    Args:
        path: path of the table.
        values: the selected columns, by name.
        start: number of rows before them.
    """

    def raw(position: int) -> str:
        row = {name: column[position] for name, column in values.items()}
        return json.dumps(row, ensure_ascii=False, default=str)

    size = len(next(iter(values.values()), []))
    return Chunk(values, range(start + 1, start + size + 1), row_place(path), are_text=False, raw=raw)


def lazy_columns(path: Path, lazy: LazyFrame, wanted: Wanted) -> LazyFrame:
    """Select columns of a lazy Polars frame, and convert categorical text columns to strings.

    Raises:
        DataError: a text column does not hold text.
    """
    import polars

    schema, expressions = lazy.collect_schema(), []
    for name in wanted.names:
        kind = schema[name]
        if name in wanted.texts and isinstance(kind, polars.Categorical | polars.Enum):
            expressions.append(polars.col(name).cast(polars.String))
            continue
        if name in wanted.texts and kind not in (polars.String, polars.Null):
            rule = f"{name!r} must contain text, got {kind}"
            raise DataError(f"{path}: {rule}; name another with text_column (on the command line --text-column)")
        expressions.append(polars.col(name))
    return lazy.select(*expressions)


def frame_parts(table: DataFrame, budget: Budget) -> Iterator[DataFrame]:
    """Yield a Polars frame in parts of bounded size, measured by its values and not by their storage.

    Raises:
        DataError: it is larger than the rest of the budget.
    """
    for start in range(0, table.height, ROWS_TOGETHER):
        part = table.slice(start, ROWS_TOGETHER)
        size = _bytes_of(part)
        budget.spend(size)
        rows = max(1, part.height * BYTES_TOGETHER // max(size, BYTES_TOGETHER))
        for first in range(0, part.height, rows):
            yield part.slice(first, rows)


def _bytes_of(table: DataFrame) -> int:
    """Return the bytes of all values; values that are stored once for several rows count for each row."""
    import polars

    texts = [column.str.len_bytes().sum() for column in table if column.dtype == polars.String]
    return int(sum(texts)) + int(table.select(polars.exclude(polars.String)).estimated_size())
