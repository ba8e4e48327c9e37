"""JSON lines: one object a line."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass

from malmoi.data.readers.base import Batch, Row, Source, batched
from malmoi.data.readers.lines import file_lines
from malmoi.errors import DataError
from malmoi.foundation.validation import shorten, surrogate_at

__all__ = ["JsonLinesReader"]


@dataclass(frozen=True)
class JsonLinesReader:
    """Reads files with one JSON object a line."""

    suffixes: tuple[str, ...] = (".jsonl", ".ndjson", ".json")
    is_packable: bool = True
    labels_are_text: bool = False

    def batches(self, source: Source) -> Iterator[Batch]:
        """Yield the texts of a file, in order."""
        path = source.path
        with closing(file_lines(path, source.encoding, "\n", source.progress)) as lines:
            yield from batched(self._rows(source, lines), lambda line: f"{path}:{line}", source.columns)

    def _rows(self, source: Source, lines: Iterable[str]) -> Iterator[Row]:
        path, columns = source.path, source.columns
        text, label = "", None
        wanted: list[str] = []
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            row = _json_object(f"{path}:{number}", line)
            if not wanted:
                text, label = columns.find(path, list(row))
                wanted = [name for name in (text, label, columns.id) if name is not None]
            if not all(name in row for name in wanted):
                named = " and ".join(map(repr, wanted))
                raise DataError(f"{path}:{number}: every object must have {named}, got {shorten(list(row))}")
            value = _json_text(row[text], f"{path}:{number}: {text!r}")
            one_id = None if columns.id is None else row[columns.id]
            yield Row(value, None if label is None else row[label], one_id, number)


def _json_text(value: object, place: str) -> str:
    """Refuse a value that is no text."""
    if not isinstance(value, str):
        got = "null" if value is None else shorten(value)
        raise DataError(f"{place} must be a text, got {got}; leave the line out")
    if (position := surrogate_at(value)) is not None:
        rule = f"{place} holds a lone surrogate at character {position}, which no UTF-8 file can hold"
        raise DataError(f"{rule}; leave the line out")
    return value


def _json_object(place: str, line: str) -> dict[str, object]:
    """Parse one line."""
    rule = f"{place}: every line must hold one JSON object of its own"
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        reason = f"{error.msg}, character {error.pos + 1}" if isinstance(error, json.JSONDecodeError) else "too large"
        raise DataError(f"{rule}, got {shorten(line)} ({reason})") from None
    if not isinstance(row, dict):
        raise DataError(f"{rule}, got {shorten(row)}; write a list as one object a line")
    return row
