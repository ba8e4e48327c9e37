"""Arrow tables: files in the IPC format, such as Feather, and IPC streams, such as Hugging Face caches."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from malmoi.data.readers.arrow_parts import open_arrow
from malmoi.data.readers.arrow_sizes import check_stream
from malmoi.data.readers.base import Chunk, Source
from malmoi.data.readers.class_names import class_names, with_class_names
from malmoi.data.readers.columns import Wanted
from malmoi.data.readers.tables import frame_chunk, frame_parts, lazy_columns
from malmoi.errors import FormatError

__all__ = ["ArrowReader"]

METADATA_BYTES = 1 << 20
MARK = b'{"info": {"features"'


@dataclass(frozen=True)
class ArrowReader:
    """Reader of Arrow tables.

    Args:
        form: name of the format in messages.
        is_stream: whether to read an IPC stream, which is loaded whole, instead of an IPC file.
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
            source.bytes.check_unchanged()
            reason = " ".join(str(error).split())[:200]
            raise FormatError(f"{source.path}: the file is damaged, or not an Arrow file ({reason})") from None

    def _chunks(self, source: Source) -> Iterator[tuple[Wanted, Chunk]]:
        import polars

        path = source.path
        if self.is_stream:
            check_stream(path, source.bytes.budget)
            whole = polars.read_ipc_stream(path)
            first, tables = whole.head(0), iter([(whole, path.stat().st_size)])
        else:
            file = open_arrow(path)
            first = polars.read_ipc(io.BytesIO(file.empty))
            tables = ((polars.read_ipc(io.BytesIO(part)), len(part)) for part in file.parts(source.bytes.budget))
        wanted = source.choose(first.columns, self.form)
        names = class_names(_metadata(path))
        size, read, start = path.stat().st_size, 0, 0
        for table, part_bytes in tables:
            chosen = lazy_columns(path, table.lazy(), wanted).collect()
            for part in frame_parts(chosen, source.bytes.budget):
                values = with_class_names({name: part[name].to_list() for name in wanted.names}, wanted, names)
                yield wanted, frame_chunk(path, values, start)
                start += part.height
            read += part_bytes
            source.progress("reading", min(read, size), size)


def _metadata(path: Path) -> str:
    """Return the JSON metadata that Hugging Face datasets writes into the schema at the start; "" if there is none."""
    with path.open("rb") as file:
        head = file.read(METADATA_BYTES)
    position = head.find(MARK)
    if position < 0:
        return ""
    try:
        found, _ = json.JSONDecoder().raw_decode(head[position:].decode("utf-8", "ignore"))
    except (ValueError, RecursionError):
        return ""
    return json.dumps(found)
