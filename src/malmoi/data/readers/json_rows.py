"""JSON lines (one object per line) and JSON arrays of objects."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from malmoi import _core
from malmoi.data.readers.base import Chunk, Source, line_place
from malmoi.data.readers.columns import Wanted
from malmoi.data.readers.delimited import core_fault
from malmoi.data.readers.report import BadRow, ReadFrom
from malmoi.data.readers.row_blocks import Bad, ParsedBlock, parsed_blocks, place_numbers
from malmoi.errors import DataError
from malmoi.foundation.json_values import Json, JsonObject
from malmoi.foundation.threads import thread_count
from malmoi.foundation.validation import shorten, surrogate_at

__all__ = ["MISSING", "JsonRowsReader"]

SHOWN_BYTES = 1000
MISSING = object()
"""Placeholder for a key that an object does not have."""
SURROGATE_CURE = (
    'remove the row, or repair it in Python: value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")'
)


@dataclass(frozen=True)
class JsonRowsReader:
    """Reader of files of JSON objects.

    Args:
        form: name of the format in messages.
        is_array: whether the objects are items of an array; otherwise one per line.
    """

    form: str
    is_array: bool

    def chunks(self, source: Source) -> Iterator[tuple[Wanted, Chunk]]:
        """Yield the objects of a file, in order."""
        stream, settings = source.bytes, source.settings
        text = stream.sample_text(settings.encoding)
        first = _first_object(source, text, is_array=self.is_array)
        if first is None:
            source.report.read(ReadFrom(source.path, f"{self.form} without rows", Wanted(())))
            return
        wanted = source.choose(_names(first), stream.described(self.form, settings.encoding))
        paths = [path_of(name, first) for name in wanted.names]
        threads = max(1, thread_count() - 1)  # one thread creates Python strings meanwhile
        texts = [0] if len(wanted.texts) == 1 else []
        skipped = text[: text.index("[") + 1] if self.is_array else ""

        def parse(feed: _core.ByteFeed) -> Callable[[], _core.JsonBlock]:
            return _core.JsonRows(feed, self.is_array, paths, texts, threads).next_block

        for found in parsed_blocks(stream, settings.encoding, parse, skipped=skipped):
            rows = _Found(source, wanted, paths, found)
            yield wanted, rows.chunk()
            if found.rows.closed:
                _check_end(source, found)
                return


@dataclass(frozen=True)
class _Found:
    """The rows of a block: parsed by the core, or by Python where the core refused them."""

    source: Source
    wanted: Wanted
    paths: list[list[str]]
    found: ParsedBlock[_core.JsonBlock]

    def chunk(self) -> Chunk:
        """Return all rows, in order."""
        rows, names = self.found.rows, self.wanted.names
        values = dict(zip(names, rows.columns(_any_value, MISSING), strict=True))
        numbers: Sequence[int] = place_numbers(self.found)
        repaired = [(bad[0], *row) for bad in rows.bad if (row := self._repaired(bad)) is not None]
        if repaired:
            starts = [*rows.starts, *(start for start, _, _ in repaired)]
            order = sorted(range(len(starts)), key=starts.__getitem__)
            more = {name: [row[place] for _, _, row in repaired] for place, name in enumerate(names)}
            values = {name: [(values[name] + more[name])[at] for at in order] for name in names}
            numbers = [[*numbers, *(number for _, number, _ in repaired)][at] for at in order]
        place = line_place(self.source.path)
        return Chunk(values, numbers, place, are_text=False, raw=lambda at: _raw(values, at))

    def _repaired(self, bad: Bad) -> tuple[int, list[object]] | None:
        """Parse a row that the core refused in Python, which accepts NaN, or gives the reason for the refusal."""
        start, end, line, fault, number = bad
        line_number, raw = self.found.first_line + line + 1, self.found.raw(start, end)
        place = f"{self.source.path}:{line_number}"
        if fault != "not json":
            self.source.refuse(BadRow(place, core_fault(self.found, fault, number), raw))
            return None
        try:
            row = _parsed(raw)
        except ValueError as error:
            self.source.refuse(BadRow(place, str(error), raw))
            return None
        values = [_value(row, path) for path in self.paths]
        for name, value in zip(self.wanted.names, values, strict=True):
            if isinstance(value, str) and (position := surrogate_at(value)) is not None:
                rule = f"{name!r} contains a lone surrogate at character {position}, which UTF-8 cannot encode"
                self.source.refuse(BadRow(place, f"{rule}; {SURROGATE_CURE}", raw))
                return None
        return line_number, values


def _raw(values: Mapping[str, Sequence[object]], position: int) -> str:
    row = {name: column[position] for name, column in values.items() if column[position] is not MISSING}
    return json.dumps(row, ensure_ascii=False)


def _check_end(source: Source, found: ParsedBlock[_core.JsonBlock]) -> None:
    """Check that only white space follows the array."""
    rest = found.raw(found.rows.consumed, found.rows.consumed + SHOWN_BYTES).strip()
    if rest:
        raise DataError(f"{source.path}: nothing must follow the closing bracket, got {shorten(rest)}")


def _first_object(source: Source, text: str, *, is_array: bool) -> JsonObject | None:
    """Return the first object of a file; `None` if there is none.

    Raises:
        DataError: the file does not begin with an object.
    """
    begin = text.lstrip().removeprefix("[").lstrip() if is_array else text.lstrip()
    if not begin or begin.startswith("]"):
        return None
    if not is_array:
        for number, line in enumerate(text.split("\n"), 1):
            if line.strip():
                try:
                    return _parsed(line)
                except ValueError as error:
                    if source.settings.on_error == "stop":
                        raise DataError(f"{source.path}:{number}: {error}") from None
        return None
    try:
        found, _ = json.JSONDecoder().raw_decode(begin)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{source.path}: an array must contain objects, got {shorten(begin[:100])} ({error})") from None
    if not isinstance(found, dict):
        raise DataError(f"{source.path}: an array must contain objects, got {shorten(found)} as the first item")
    return found


def _parsed(line: str) -> JsonObject:
    """Parse one object; raise ValueError with the reason if that fails."""
    rule = "every line must have exactly one JSON object"
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        reason = f"{error.msg}, character {error.pos + 1}" if isinstance(error, json.JSONDecodeError) else "too large"
        raise ValueError(f"{rule}, got {shorten(line)} ({reason})") from None
    if not isinstance(row, dict):
        raise ValueError(f"{rule}, got {shorten(row)}; write a list as one object per line")
    return row


def _any_value(content: bytes) -> Json:
    """Parse a JSON value; return its text if it is too deep or too long for Python's parser."""
    try:
        value: Json = json.loads(content)
    except (ValueError, RecursionError):
        return content.decode()
    return value


def _names(first: JsonObject) -> list[str]:
    """Return the keys of an object, and dotted paths into nested objects."""
    names = list(first)
    for key, value in first.items():
        if isinstance(value, dict):
            names += [name for inner in _names(value) if (name := f"{key}.{inner}") not in names]
    return names


def path_of(name: str, first: JsonObject) -> list[str]:
    """Return the path of keys for a name: the name itself, or the keys between its dots."""
    if name in first:
        return [name]
    for place, character in enumerate(name):
        inner = first.get(name[:place]) if character == "." else None
        if isinstance(inner, dict) and name[place + 1 :] in _names(inner):
            return [name[:place], *path_of(name[place + 1 :], inner)]
    return [name]


def _value(row: Json, path: Sequence[str]) -> object:
    for key in path:
        if not isinstance(row, dict) or key not in row:
            return MISSING
        row = row[key]
    return row
