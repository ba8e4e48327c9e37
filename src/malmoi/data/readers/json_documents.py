"""JSON documents that hold a whole table, such as the output of pandas' `to_json` in its various orientations."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeGuard

from malmoi.data.columns import TEXT_COLUMNS, usual_columns
from malmoi.data.readers.base import TEXT, Chunk, Source
from malmoi.data.readers.columns import Wanted
from malmoi.data.readers.encodings import decoded
from malmoi.data.readers.json_rows import MISSING
from malmoi.data.readers.tables import table_chunks
from malmoi.errors import DataError
from malmoi.foundation.json_values import Json, JsonObject
from malmoi.foundation.validation import shorten

__all__ = ["JsonDocumentReader", "is_document"]

LARGEST_BYTES = 4 << 30
OF_DOCUMENTS = ("title", "제목", "description")
"""Usual text names that also occur as keys of the document itself."""
Columns = Mapping[str, Sequence[object]]


@dataclass(frozen=True)
class JsonDocumentReader:
    """Reader of JSON documents, which must fit into memory."""

    form: str = "a JSON document"

    def chunks(self, source: Source) -> Iterator[tuple[Wanted, Chunk]]:
        """Yield the rows of a document, in order."""
        stream, path = source.bytes, source.path
        content = bytearray()
        for block in stream.raw_blocks():
            content += block
            if len(content) > LARGEST_BYTES:
                rule = f"a JSON document must have at most {LARGEST_BYTES} bytes, since it is read whole"
                raise DataError(f"{path}: {rule}; write it as JSON lines")
        text = decoded(path, bytes(content), source.settings.encoding)
        try:
            document = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise DataError(
                f"{path}: the file must contain one JSON document, got {shorten(text[:100])} ({error})"
            ) from None
        form, columns = _table(path, document, source.settings.text_column)
        shown = stream.described(form, source.settings.encoding)
        wanted = source.choose(list(columns), shown)
        yield from table_chunks(path, wanted, {name: columns[name] for name in wanted.names})


def is_document(text: str) -> bool:
    """Return whether a text begins with a JSON document that holds a table, and not with one of many JSON objects."""
    begin = text.lstrip()
    if begin.startswith("["):
        return begin[1:].lstrip()[:1] not in ("{", "", "]")
    line, _, rest = begin.partition("\n")
    try:
        first = json.loads(line)
    except ValueError:
        return True  # an object over several lines, or a line longer than the sample
    except RecursionError:
        return False
    return isinstance(first, dict) and not rest.strip() and _is_table(first)


def _is_table(document: JsonObject) -> bool:
    values = list(document.values())
    return bool(values) and (
        all(isinstance(value, dict) for value in values)
        or all(isinstance(value, list) for value in values)
        or {"data", "columns"} <= set(document)
        or ((found := _list_of_objects(document)) is not None and not _is_row(document, found[1]))
    )


def _is_row(document: JsonObject, rows: Sequence[JsonObject]) -> bool:
    """Return whether a document with a list of objects is one row: it has a text, and the objects have no text column.

    A title or a description does not count as a text, because documents have them too.
    """
    names = [name for name in TEXT_COLUMNS if name not in OF_DOCUMENTS]
    if usual_columns(list(_records(rows)), TEXT_COLUMNS):
        return False
    return any(isinstance(document[name], str) for name in usual_columns(list(document), names))


def _list_of_objects(document: JsonObject) -> tuple[str, list[JsonObject]] | None:
    """Return the only key whose value is a list of objects, and the list."""
    found = [
        (key, value) for key, value in document.items() if isinstance(value, list) and value and _are_objects(value)
    ]
    return found[0] if len(found) == 1 else None


def _are_objects(values: Iterable[Json]) -> TypeGuard[list[JsonObject]]:
    return all(isinstance(value, dict) for value in values)


def _hold_objects(document: JsonObject) -> TypeGuard[dict[str, JsonObject]]:
    return all(isinstance(value, dict) for value in document.values())


def _hold_lists(document: JsonObject) -> TypeGuard[dict[str, list[Json]]]:
    return all(isinstance(value, list) for value in document.values())


def _table(path: Path, document: Json, named: tuple[str, ...]) -> tuple[str, Columns]:
    """Return a description of a document, and its columns."""
    if isinstance(document, list):
        if all(isinstance(item, str) for item in document):
            return "a JSON array of texts", {TEXT: document}
        if all(isinstance(item, list) for item in document):
            return "a JSON array of arrays (columns are numbered)", _numbered(path, document)
    elif isinstance(document, dict) and document:
        rows, names = document.get("data"), document.get("columns")
        if isinstance(rows, list) and isinstance(names, list):
            return 'a JSON document (orientation "split")', _numbered(path, rows, [str(name) for name in names])
        if (found := _list_of_objects(document)) is not None:
            return f"a JSON document with the rows in {found[0]!r}", _records(found[1])
        if _hold_lists(document):
            return "a JSON document of columns", _equally_long(path, document)
        if _hold_objects(document):
            return _of_dicts(path, document, named)
    rule = "a JSON document must contain a table: an array of objects, or the output of pandas' to_json"
    raise DataError(f"{path}: {rule}, got {shorten(document)}; write it as JSON lines")


def _of_dicts(path: Path, document: dict[str, JsonObject], named: tuple[str, ...]) -> tuple[str, Columns]:
    """Return the columns of nested objects, by column or by row: outer keys are columns if one is a text column."""
    if usual_columns(list(document), [*TEXT_COLUMNS, *named]) or set(named) & set(document):
        rows = list(dict.fromkeys(row for column in document.values() for row in column))
        columns = {name: [column.get(row, MISSING) for row in rows] for name, column in document.items()}
        return 'a JSON document (orientation "columns")', columns
    return 'a JSON document (orientation "index")', _records(list(document.values()))


def _records(rows: Sequence[JsonObject]) -> Columns:
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: [row.get(name, MISSING) for row in rows] for name in names}


def _numbered(path: Path, rows: list[Json], names: list[str] | None = None) -> Columns:
    first = rows[0] if rows else []
    width = len(names) if names is not None else len(first) if isinstance(first, list) else 0
    whole: list[list[Json]] = []
    for number, row in enumerate(rows, 1):
        if not isinstance(row, list) or len(row) != width:
            raise DataError(f"{path}: row {number} must have {width} values, got {shorten(row)}")
        whole.append(row)
    names = names or [str(place) for place in range(1, width + 1)]
    return {name: [row[place] for row in whole] for place, name in enumerate(names)}


def _equally_long(path: Path, document: Columns) -> Columns:
    sizes = {name: len(column) for name, column in document.items()}
    if len(set(sizes.values())) > 1:
        raise DataError(f"{path}: columns must have equal lengths, got {shorten(sizes)}")
    return document
