"""Texts of any input, a batch at a time: what is read never has to fit into memory."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

from malmoi.errors import DataError, FormatError
from malmoi.folders import folder_texts
from malmoi.progress import Progress, silent
from malmoi.tables import (
    Columns,
    checked_encoding,
    checked_width,
    csv_rows,
    file_kind,
    file_lines,
    json_object,
    json_text,
    long_fields,
    text_expression,
)

__all__ = ["text_batches"]

TEXTS_TOGETHER = 20_000
CHARACTERS_TOGETHER = 16_000_000
ROWS_TOGETHER = 20_000


def text_batches(
    path: str | os.PathLike[str],
    *,
    text_column: str | None = None,
    encoding: str = "utf-8",
    progress: Progress = silent,
) -> Iterator[list[str]]:
    """Yield the texts of a folder or a file in batches, in order; labels are not looked at.

    Args:
        path: whatever `read_corpus` takes.
        text_column: name of the table's column with the texts; `None` looks for "text", "review" and the like.
        encoding: how bytes become characters.
        progress: told what is read.

    Raises:
        ValueError: there is no such encoding.
        DataError: the path cannot be read, or a text cannot be used.
        FormatError: a compressed file or a Parquet file is damaged.
    """
    place, encoding = Path(path), checked_encoding(encoding)
    try:
        if place.is_dir():
            if text_column is not None:
                raise DataError(f"{place}: text_column must be None for a folder, got {text_column!r}")
            yield from folder_texts(place, encoding, progress)
        else:
            place.stat()
            yield from _batched(_texts(place, Columns(text_column, labelled=False), encoding, progress))
    except (FileNotFoundError, NotADirectoryError) as error:
        raise DataError(f"no such file or folder: {error.filename or place}") from None
    except OSError as error:
        raise DataError(f"{error.filename or place} cannot be read: {error.strerror or error}") from None


def _batched(texts: Iterable[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    characters = 0
    for text in texts:
        batch.append(text)
        characters += len(text)
        if len(batch) >= TEXTS_TOGETHER or characters >= CHARACTERS_TOGETHER:
            yield batch
            batch, characters = [], 0
    if batch:
        yield batch


def _texts(path: Path, columns: Columns, encoding: str, progress: Progress) -> Iterator[str]:
    kind = file_kind(path)
    if kind == ".parquet":
        yield from _parquet_texts(path, columns, progress)
        return
    with closing(file_lines(path, encoding, "" if kind in (".csv", ".tsv") else "\n", progress)) as lines:
        if kind in (".csv", ".tsv"):
            yield from _csv_texts(path, lines, "," if kind == ".csv" else "\t", columns)
        elif kind == ".txt":
            if columns.text is not None:
                raise DataError(f"{path}: text_column must be None for lines of text, got {columns.text!r}")
            yield from (line.removesuffix("\n").removesuffix("\r") for line in lines)
        else:
            yield from _json_texts(path, lines, columns)


def _csv_texts(path: Path, lines: Iterable[str], delimiter: str, columns: Columns) -> Iterator[str]:
    with long_fields():
        rows = csv_rows(path, lines, delimiter)
        _, names = next(rows, (0, []))
        if not names:
            raise DataError(f"{path}: the first line must name the columns, got an empty file")
        place = names.index(columns.find(path, names)[0])
        for line, row in rows:
            checked_width(path, line, row, len(names), delimiter)
            yield row[place]


def _json_texts(path: Path, lines: Iterable[str], columns: Columns) -> Iterator[str]:
    name: str | None = None
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        row = json_object(f"{path}:{number}", line)
        if name is None:
            name, _ = columns.find(path, list(row))
        if name not in row:
            raise DataError(f"{path}:{number}: every object must have {name!r}, got {list(row)[:4]}")
        yield json_text(row[name], f"{path}:{number}: {name!r}")


def _parquet_texts(path: Path, columns: Columns, progress: Progress) -> Iterator[str]:
    """Rows by the slice; a file's row groups have to fit into memory one by one."""
    import polars

    try:
        with path.open("rb") as file:
            schema = polars.read_parquet_schema(file)
        text, _ = columns.find(path, list(schema))
        lazy = polars.scan_parquet(path, glob=False, hive_partitioning=False)
        lazy = lazy.select(text_expression(path, text, schema[text]))
        total = lazy.select(polars.len()).collect().item()
        for start in range(0, total, ROWS_TOGETHER):
            texts = lazy.slice(start, ROWS_TOGETHER).collect()[text].to_list()
            if None in texts:
                row = start + texts.index(None) + 1
                raise DataError(f"{path}: row {row}: {text!r} must be a text, got null; leave it out")
            yield from texts
            progress("reading", min(start + ROWS_TOGETHER, total), total)
    except (polars.exceptions.PolarsError, polars.exceptions.PanicException) as error:
        reason = " ".join(str(error).split())[:200]
        raise FormatError(f"{path}: the Parquet file is damaged, or is none ({reason})") from None
