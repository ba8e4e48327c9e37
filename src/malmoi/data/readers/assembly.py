"""Conversion of file rows to batches of texts, labels and kept columns; invalid rows are refused or skipped."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import TypeGuard, TypeVar

from malmoi.data.columns import BETWEEN_TEXTS
from malmoi.data.readers.base import Batch, Chunk, Source
from malmoi.data.readers.columns import Wanted
from malmoi.data.readers.json_rows import MISSING
from malmoi.data.readers.report import BadRow
from malmoi.foundation.validation import shorten

__all__ = ["batches_of"]

TEXTS_TOGETHER = 20_000
"""Most texts of a batch."""
Value = TypeVar("Value")
ONES, ZEROS = {"1", "1.0", "true"}, {"0", "0.0", "false"}


def batches_of(source: Source, wanted: Wanted, chunk: Chunk) -> Iterator[Batch]:
    """Yield the rows of a chunk as batches of bounded size.

    Raises:
        DataError: a row is invalid, and invalid rows are not skipped.
    """
    faults: dict[int, str] = {}
    texts = _texts(wanted, chunk, faults)
    labels = _labels(source, wanted, chunk, faults)
    id_column = source.settings.id_column
    kept = {name: _kept(chunk.values[name], faults, name if name == id_column else None) for name in wanted.kept}
    places = [index for index in range(len(texts)) if index not in faults] if faults else None
    for index in sorted(faults):
        source.refuse(BadRow(chunk.place(chunk.numbers[index]), faults[index], chunk.raw(index)))

    def selected(values: list[Value]) -> list[Value]:
        return values if places is None else [values[index] for index in places]

    whole = Batch(
        chunk.place,
        selected(texts),
        selected(labels) if labels else [],
        {name: selected(column) for name, column in kept.items()},
        chunk.numbers if places is None else [chunk.numbers[index] for index in places],
        chunk.is_untyped and len(wanted.labels) < 2,
    )
    yield from _cut(whole)


def _cut(batch: Batch) -> Iterator[Batch]:
    """Split batches of many rows; their characters are bounded by the block size of the readers."""
    size = len(batch.texts)
    if 0 < size <= TEXTS_TOGETHER:
        yield batch
        return
    for start in range(0, size, TEXTS_TOGETHER):
        yield _part(batch, slice(start, start + TEXTS_TOGETHER))


def _part(batch: Batch, part: slice) -> Batch:
    kept = {name: column[part] for name, column in batch.kept.items()}
    return Batch(batch.place, batch.texts[part], batch.labels[part], kept, batch.numbers[part], batch.labels_are_text)


def _texts(wanted: Wanted, chunk: Chunk, faults: dict[int, str]) -> list[str]:
    """Return the texts of the rows; "" for a row with a fault."""
    columns: list[list[str]] = []
    for name in wanted.texts:
        column = chunk.values[name]
        if _are_texts(column, are_known=chunk.are_text):
            columns.append(column)
        else:
            _refuse_others(name, column, faults, may_be_empty=len(wanted.texts) > 1)
            columns.append([value if isinstance(value, str) else "" for value in column])
    return (
        columns[0]
        if len(columns) == 1
        else [BETWEEN_TEXTS.join(filter(None, row)) for row in zip(*columns, strict=True)]
    )


def _are_texts(column: Sequence[object], *, are_known: bool) -> TypeGuard[list[str]]:
    return are_known or not set(map(type, column)) - {str}


def _refuse_others(name: str, column: Sequence[object], faults: dict[int, str], *, may_be_empty: bool) -> None:
    """Record faults for values of a text column that are not text."""
    for index, value in enumerate(column):
        if isinstance(value, str) or index in faults:
            continue
        if value is MISSING and not may_be_empty:
            faults[index] = f"every object must have {name!r}, got none; remove the row"
        elif value not in (None, MISSING) or not may_be_empty:
            got = "null" if value is None else shorten(value)
            faults[index] = f"{name!r} must be text, got {got}; remove the row"


def _labels(source: Source, wanted: Wanted, chunk: Chunk, faults: dict[int, str]) -> list[object]:
    columns = [chunk.values[name] for name in wanted.labels]
    if not columns:
        return []
    if len(columns) > 1:
        return list(_indicated(wanted.labels, columns, faults))
    name, column = wanted.labels[0], columns[0]
    separator = source.settings.label_separator
    if separator is not None:
        return _each(column, faults, lambda value: _separated(name, value, separator))
    if chunk.are_text and _are_texts(column, are_known=True) and all(map(str.strip, set(column))):
        return list(column)
    if set(map(type, column)) <= {int, bool}:
        return list(column)
    return _each(column, faults, lambda value: _present(name, value))


def _each(column: Sequence[object], faults: dict[int, str], convert: Callable[[object], object]) -> list[object]:
    """Convert values; a ValueError is recorded as the fault of its row."""
    found: list[object] = []
    for index, value in enumerate(column):
        try:
            found.append(convert(value))
        except ValueError as error:
            found.append(None)
            faults.setdefault(index, str(error))
    return found


def _present(name: str, value: object) -> object:
    """Return a label, or raise if it is missing."""
    if value is MISSING:
        raise ValueError(f"every object must have {name!r}, got none; remove the row")
    if (
        value is None
        or (isinstance(value, float) and math.isnan(value))
        or (isinstance(value, str) and not value.strip())
    ):
        got = "null" if value is None else repr(value)
        raise ValueError(f"label must not be empty, got {got}; remove the row")
    return value


def _separated(name: str, value: object, separator: str) -> list[str]:
    if value is None or value is MISSING:
        return []
    if not isinstance(value, str):
        raise ValueError(f"{name!r} must be text with labels separated by {separator!r}, got {shorten(value)}")
    return [label for part in value.split(separator) if (label := part.strip())]


def _indicated(names: tuple[str, ...], columns: list[Sequence[object]], faults: dict[int, str]) -> list[list[str]]:
    """Return for each row the names of the columns that hold 1."""
    found = []
    for index, row in enumerate(zip(*columns, strict=True)):
        labels = []
        for name, value in zip(names, row, strict=True):
            word = str(value).strip().lower()
            if word in ONES:
                labels.append(name)
            elif word not in ZEROS:
                rule = f"{name!r} must be 0 or 1, since there are several label columns"
                faults.setdefault(index, f"{rule}, got {shorten(value)}; name one label column, or remove the row")
        found.append(labels)
    return found


def _kept(column: Sequence[object], faults: dict[int, str], needed: str | None) -> list[object]:
    if needed is not None and MISSING in column:
        for index, value in enumerate(column):
            if value is MISSING:
                faults.setdefault(index, f"every object must have {needed!r}, got none; remove the row")
    return [None if value is MISSING else value for value in column] if MISSING in column else list(column)
