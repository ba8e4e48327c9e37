"""Parquet tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from malmoi.data.readers.base import Batch, Source
from malmoi.errors import DataError, FormatError

__all__ = ["ParquetReader"]

ROWS_TOGETHER = 20_000


@dataclass(frozen=True)
class ParquetReader:
    """Reads Parquet tables; a file's row groups have to fit into memory one by one."""

    suffixes: tuple[str, ...] = (".parquet",)
    is_packable: bool = False
    labels_are_text: bool = False

    def batches(self, source: Source) -> Iterator[Batch]:
        """Yield the texts of a table, in order."""
        import polars

        try:
            yield from self._batches(source)
        except (polars.exceptions.PolarsError, polars.exceptions.PanicException) as error:
            reason = " ".join(str(error).split())[:200]
            raise FormatError(f"{source.path}: the Parquet file is damaged, or is none ({reason})") from None

    def _batches(self, source: Source) -> Iterator[Batch]:
        import polars

        path, columns = source.path, source.columns
        with path.open("rb") as file:
            schema = polars.read_parquet_schema(file)
        text, label = columns.find(path, list(schema))
        wanted = {text: _text_expression(path, text, schema[text])}
        wanted |= {name: polars.col(name) for name in (label, columns.id) if name is not None and name not in wanted}
        lazy = polars.scan_parquet(path, glob=False, hive_partitioning=False).select(*wanted.values())
        total, size = lazy.select(polars.len()).collect().item(), path.stat().st_size
        for start in range(0, total, ROWS_TOGETHER):
            table = lazy.slice(start, ROWS_TOGETHER).collect()
            texts = table[text].to_list()
            if None in texts:
                row = start + texts.index(None) + 1
                raise DataError(f"{path}: row {row}: {text!r} must be a text, got null; leave it out")
            yield Batch(
                lambda row: f"{path}: row {row}",
                texts,
                [] if label is None else table[label].to_list(),
                [] if columns.id is None else table[columns.id].to_list(),
                list(range(start + 1, start + len(texts) + 1)),
            )
            source.progress("reading", size * min(start + ROWS_TOGETHER, total) // total, size)


def _text_expression(path: Path, text: str, kind: object) -> Any:
    """Return what makes texts of a Parquet column; refuse one that holds none."""
    import polars

    if isinstance(kind, polars.Categorical | polars.Enum):
        return polars.col(text).cast(polars.String)
    if kind not in (polars.String, polars.Null):
        rule = f"{text!r} must hold texts, got {kind}"
        raise DataError(f"{path}: {rule}; name another with text_column (on the command line --text-column)")
    return polars.col(text)
