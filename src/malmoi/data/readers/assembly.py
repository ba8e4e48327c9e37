"""Rows of a file become batches of texts, labels and carried columns; those that cannot be used are refused."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

from malmoi.data.columns import BETWEEN_TEXTS
from malmoi.data.readers.base import Batch, Chunk, Source
from malmoi.data.readers.columns import Wanted
from malmoi.data.readers.json_rows import MISSING
from malmoi.data.readers.report import BadRow
from malmoi.foundation.validation import shorten

__all__ = ["batches_of"]

TEXTS_TOGETHER = 20_000
"""A batch has no more."""
ONES, ZEROS = {"1", "1.0", "true"}, {"0", "0.0", "false"}


def batches_of(source: Source, wanted: Wanted, chunk: Chunk) -> Iterator[Batch]:
    """Yield the rows of a chunk as batches of bounded size.

    Raises:
        DataError: a row cannot be used, and rows are not skipped.
    """
    faults: dict[int, str] = {}
    texts = _texts(source, wanted, chunk, faults)
    labels = _labels(source, wanted, chunk, faults)
    kept = {name: chunk.values[name] for name in wanted.kept}
    id_column = source.settings.id_column
    kept = {name: _kept(column, faults, name if name == id_column else None) for name, column in kept.items()}
    places = [place for place in range(len(texts)) if place not in faults] if faults else None
    for place in sorted(faults):
        source.refuse(BadRow(chunk.place(chunk.numbers[place]), faults[place], chunk.raw(place)))

    def some(values: Any) -> Any:
        return values if places is None else [values[place] for place in places]

    whole = Batch(
        chunk.place,
        some(texts),
        some(labels) if labels else [],
        {name: some(column) for name, column in kept.items()},
        some(chunk.numbers),
        chunk.is_untyped and len(wanted.labels) < 2,
    )
    yield from _cut(whole)


def _cut(batch: Batch) -> Iterator[Batch]:
    """Cut batches of many rows; their characters are bounded by the blocks that readers read."""
    size = len(batch.texts)
    if 0 < size <= TEXTS_TOGETHER:
        yield batch
        return
    for start in range(0, size, TEXTS_TOGETHER):
        yield _part(batch, slice(start, start + TEXTS_TOGETHER))


def _part(batch: Batch, part: slice) -> Batch:
    kept = {name: column[part] for name, column in batch.kept.items()}
    return Batch(batch.place, batch.texts[part], batch.labels[part], kept, batch.numbers[part], batch.labels_are_text)


def _texts(source: Source, wanted: Wanted, chunk: Chunk, faults: dict[int, str]) -> list[Any]:
    columns = [chunk.values[name] for name in wanted.texts]
    if not chunk.are_text:
        for name, column in zip(wanted.texts, columns, strict=True):
            if set(map(type, column)) - {str}:
                _refuse_others(name, column, faults, may_be_empty=len(columns) > 1)
    if len(columns) == 1:
        return columns[0]
    return [BETWEEN_TEXTS.join(filter(None, row)) if place not in faults else "" for place, row in _rows(columns)]


def _rows(columns: list[list[Any]]) -> Iterator[tuple[int, tuple[Any, ...]]]:
    absent = (None, MISSING)
    for place, row in enumerate(zip(*columns, strict=True)):
        yield place, tuple("" if value in absent else value for value in row)


def _refuse_others(name: str, column: list[Any], faults: dict[int, str], *, may_be_empty: bool) -> None:
    """Find values of a text column that are no texts."""
    for place, value in enumerate(column):
        if isinstance(value, str) or place in faults:
            continue
        if value is MISSING and not may_be_empty:
            faults[place] = f"every object must have {name!r}, got none; leave the row out"
        elif value not in (None, MISSING) or not may_be_empty:
            got = "null" if value is None else shorten(value)
            faults[place] = f"{name!r} must be a text, got {got}; leave the row out"


def _labels(source: Source, wanted: Wanted, chunk: Chunk, faults: dict[int, str]) -> list[Any]:
    columns = [chunk.values[name] for name in wanted.labels]
    if not columns:
        return []
    if len(columns) > 1:
        return _indicated(wanted.labels, columns, faults)
    name, column = wanted.labels[0], columns[0]
    separator = source.settings.label_separator
    if separator is not None:
        return _each(column, faults, lambda value: _separated(name, value, separator))
    if chunk.are_text and all(map(str.strip, set(column))):
        return column
    if set(map(type, column)) <= {int, bool}:
        return column
    return _each(column, faults, lambda value: _present(name, value))


def _each(column: list[Any], faults: dict[int, str], convert: Callable[[Any], Any]) -> list[Any]:
    """Convert values; an error of one is the fault of its row."""
    found = []
    for place, value in enumerate(column):
        try:
            found.append(convert(value))
        except ValueError as error:
            found.append(None)
            faults.setdefault(place, str(error))
    return found


def _present(name: str, value: Any) -> Any:
    """Refuse what stands for no label."""
    if value is MISSING:
        raise ValueError(f"every object must have {name!r}, got none; leave the row out")
    if (
        value is None
        or (isinstance(value, float) and math.isnan(value))
        or (isinstance(value, str) and not value.strip())
    ):
        got = "null" if value is None else repr(value)
        raise ValueError(f"label must not be empty, got {got}; leave the row out")
    return value


def _separated(name: str, value: Any, separator: str) -> list[str]:
    if value is None or value is MISSING:
        return []
    if not isinstance(value, str):
        raise ValueError(f"{name!r} must be a text of labels with {separator!r} between them, got {shorten(value)}")
    return [label for part in value.split(separator) if (label := part.strip())]


def _indicated(names: tuple[str, ...], columns: list[list[Any]], faults: dict[int, str]) -> list[list[str]]:
    """The names of the columns that hold 1."""
    found = []
    for place, row in enumerate(zip(*columns, strict=True)):
        labels = []
        for name, value in zip(names, row, strict=True):
            word = str(value).strip().lower()
            if word in ONES:
                labels.append(name)
            elif word not in ZEROS:
                rule = f"{name!r} must be 0 or 1, since there are several label columns"
                faults.setdefault(place, f"{rule}, got {shorten(value)}; name one label column, or leave the row out")
        found.append(labels)
    return found


def _kept(column: list[Any], faults: dict[int, str], needed: str | None) -> list[Any]:
    if needed is not None and MISSING in column:
        for place, value in enumerate(column):
            if value is MISSING:
                faults.setdefault(place, f"every object must have {needed!r}, got none; leave the row out")
    return [None if value is MISSING else value for value in column] if MISSING in column else column
