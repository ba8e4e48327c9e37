"""Rows of a file become batches of texts, labels and carried columns; those that cannot be used are refused."""

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
"""A batch has no more."""
Value = TypeVar("Value")
ONES, ZEROS = {"1", "1.0", "true"}, {"0", "0.0", "false"}


def batches_of(source: Source, wanted: Wanted, chunk: Chunk) -> Iterator[Batch]:
    """Yield the rows of a chunk as batches of bounded size.

    Raises:
        DataError: a row cannot be used, and rows are not skipped.
    """
    faults: dict[int, str] = {}
    texts = _texts(wanted, chunk, faults)
    labels = _labels(source, wanted, chunk, faults)
    id_column = source.settings.id_column
    kept = {name: _kept(chunk.values[name], faults, name if name == id_column else None) for name in wanted.kept}
    places = [place for place in range(len(texts)) if place not in faults] if faults else None
    for place in sorted(faults):
        source.refuse(BadRow(chunk.place(chunk.numbers[place]), faults[place], chunk.raw(place)))

    def some(values: list[Value]) -> list[Value]:
        return values if places is None else [values[place] for place in places]

    whole = Batch(
        chunk.place,
        some(texts),
        some(labels) if labels else [],
        {name: some(column) for name, column in kept.items()},
        chunk.numbers if places is None else [chunk.numbers[place] for place in places],
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


def _texts(wanted: Wanted, chunk: Chunk, faults: dict[int, str]) -> list[str]:
    """The texts of the rows; "" where a row has a fault."""
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
    """Find values of a text column that are no texts."""
    for place, value in enumerate(column):
        if isinstance(value, str) or place in faults:
            continue
        if value is MISSING and not may_be_empty:
            faults[place] = f"every object must have {name!r}, got none; leave the row out"
        elif value not in (None, MISSING) or not may_be_empty:
            got = "null" if value is None else shorten(value)
            faults[place] = f"{name!r} must be a text, got {got}; leave the row out"


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
    """Convert values; an error of one is the fault of its row."""
    found: list[object] = []
    for place, value in enumerate(column):
        try:
            found.append(convert(value))
        except ValueError as error:
            found.append(None)
            faults.setdefault(place, str(error))
    return found


def _present(name: str, value: object) -> object:
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


def _separated(name: str, value: object, separator: str) -> list[str]:
    if value is None or value is MISSING:
        return []
    if not isinstance(value, str):
        raise ValueError(f"{name!r} must be a text of labels with {separator!r} between them, got {shorten(value)}")
    return [label for part in value.split(separator) if (label := part.strip())]


def _indicated(names: tuple[str, ...], columns: list[Sequence[object]], faults: dict[int, str]) -> list[list[str]]:
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


def _kept(column: Sequence[object], faults: dict[int, str], needed: str | None) -> list[object]:
    if needed is not None and MISSING in column:
        for place, value in enumerate(column):
            if value is MISSING:
                faults.setdefault(place, f"every object must have {needed!r}, got none; leave the row out")
    return [None if value is MISSING else value for value in column] if MISSING in column else list(column)
