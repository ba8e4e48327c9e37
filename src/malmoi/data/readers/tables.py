"""Whole columns turned into chunks of rows."""

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
    """Return what says where the row of a number stands."""
    return lambda row: f"{path}: row {row}"


def table_chunks(path: Path, wanted: Wanted, values: Mapping[str, Sequence[object]]) -> Iterator[tuple[Wanted, Chunk]]:
    """Yield the rows of whole columns of equal length."""
    size = len(next(iter(values.values()), []))
    for start in range(0, size, ROWS_TOGETHER):
        part = {name: column[start : start + ROWS_TOGETHER] for name, column in values.items()}
        yield wanted, frame_chunk(path, part, start)


def frame_chunk(path: Path, values: Mapping[str, Sequence[object]], start: int) -> Chunk:
    """Return rows that stand together.

    Args:
        path: of the table.
        values: the wanted columns, by name.
        start: rows before them.
    """

    def raw(position: int) -> str:
        row = {name: column[position] for name, column in values.items()}
        return json.dumps(row, ensure_ascii=False, default=str)

    size = len(next(iter(values.values()), []))
    return Chunk(values, range(start + 1, start + size + 1), row_place(path), are_text=False, raw=raw)


def lazy_columns(path: Path, lazy: LazyFrame, wanted: Wanted) -> LazyFrame:
    """Return the wanted columns of a lazy frame of Polars, with texts as strings.

    Raises:
        DataError: a column of texts holds none.
    """
    import polars

    schema, expressions = lazy.collect_schema(), []
    for name in wanted.names:
        kind = schema[name]
        if name in wanted.texts and isinstance(kind, polars.Categorical | polars.Enum):
            expressions.append(polars.col(name).cast(polars.String))
            continue
        if name in wanted.texts and kind not in (polars.String, polars.Null):
            rule = f"{name!r} must hold texts, got {kind}"
            raise DataError(f"{path}: {rule}; name another with text_column (on the command line --text-column)")
        expressions.append(polars.col(name))
    return lazy.select(*expressions)


def frame_parts(table: DataFrame, budget: Budget) -> Iterator[DataFrame]:
    """Yield a frame of Polars in parts of bounded size, counted as its values are, not as they are stored.

    Raises:
        DataError: it holds more than the budget has left.
    """
    for start in range(0, table.height, ROWS_TOGETHER):
        part = table.slice(start, ROWS_TOGETHER)
        size = _bytes_of(part)
        budget.spend(size)
        rows = max(1, part.height * BYTES_TOGETHER // max(size, BYTES_TOGETHER))
        for first in range(0, part.height, rows):
            yield part.slice(first, rows)


def _bytes_of(table: DataFrame) -> int:
    """Bytes of all values; those that a column holds once for many rows count for each."""
    import polars

    texts = [column.str.len_bytes().sum() for column in table if column.dtype == polars.String]
    return int(sum(texts)) + int(table.select(polars.exclude(polars.String)).estimated_size())
