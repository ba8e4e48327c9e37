"""Arrow tables: Feather and other files of the IPC format, and its streams, which Hugging Face caches are."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from malmoi.data.readers.base import Chunk, Source
from malmoi.data.readers.class_names import class_names, with_class_names
from malmoi.data.readers.columns import Wanted
from malmoi.data.readers.tables import ROWS_TOGETHER, frame_chunk, frame_parts, lazy_columns
from malmoi.errors import FormatError

__all__ = ["ArrowReader"]

METADATA_BYTES = 1 << 20
MARK = b'{"info": {"features"'


@dataclass(frozen=True)
class ArrowReader:
    """Reads Arrow tables.

    Args:
        form: name of the format, for people.
        is_stream: whether it is a stream, which is read whole, else a file.
    """

    form: str
    is_stream: bool

    def chunks(self, source: Source) -> Iterator[tuple[Wanted, Chunk]]:
        """Yield the rows of a table, in order."""
        import polars

        try:
            yield from self._chunks(source)
        except (polars.exceptions.PolarsError, polars.exceptions.PanicException, OSError) as error:
            if isinstance(error, FileNotFoundError | PermissionError):
                raise
            reason = " ".join(str(error).split())[:200]
            raise FormatError(f"{source.path}: the Arrow file is damaged, or is none ({reason})") from None

    def _chunks(self, source: Source) -> Iterator[tuple[Wanted, Chunk]]:
        import polars

        path = source.path
        if self.is_stream:
            lazy = polars.read_ipc_stream(path).lazy()
        else:
            lazy = polars.scan_ipc(path, glob=False, hive_partitioning=False)
        wanted = source.choose(list(lazy.collect_schema()), self.form)
        lazy, names = lazy_columns(path, lazy, wanted), class_names(_metadata(path))
        total, size, start = lazy.select(polars.len()).collect().item(), path.stat().st_size, 0
        while start < total:
            table: Any = lazy.slice(start, ROWS_TOGETHER).collect()
            for part in frame_parts(table, source.bytes.budget):
                values = with_class_names({name: part[name].to_list() for name in wanted.names}, wanted, names)
                yield wanted, frame_chunk(path, values, start)
                start += part.height
                source.progress("reading", size * start // total, size)


def _metadata(path: Path) -> str:
    """What Hugging Face's library writes into the schema, which stands at the beginning, as text."""
    with path.open("rb") as file:
        head = file.read(METADATA_BYTES)
    place = head.find(MARK)
    if place < 0:
        return ""
    try:
        found, _ = json.JSONDecoder().raw_decode(head[place:].decode("utf-8", "ignore"))
    except (ValueError, RecursionError):
        return ""
    return json.dumps(found)
