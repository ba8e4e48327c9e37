"""The table of `runs.db`: its columns, and conversion between rows and records."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import TypeAlias

from malmoi.errors import FormatError
from malmoi.experiments.run_record import RunRecord
from malmoi.foundation.validation import real_number, shorten, whole_number

__all__ = ["COLUMNS", "SCHEMA", "SqlValue", "cells_of", "record_of"]

SqlValue: TypeAlias = str | bytes | int | float | None
"""Type of a cell in SQLite."""


@dataclass(frozen=True)
class _Column:
    """A column of the table.

    Args:
        sql: type and constraints in SQL.
        kinds: Python types of its values.
        rule: description of its values in errors.
    """

    sql: str
    kinds: tuple[type, ...]
    rule: str

    def optional(self) -> _Column:
        """Return the column with NULL allowed."""
        return _Column(self.sql.replace(" NOT NULL", ""), (*self.kinds, type(None)), f"{self.rule}, or NULL")


TEXT = _Column("TEXT NOT NULL", (str,), "a text")
WHOLE = _Column("INTEGER NOT NULL", (int,), "a whole number")
NUMBER = _Column("REAL NOT NULL", (float,), "a number")
BYTES = _Column("BLOB NOT NULL", (bytes,), "bytes")

_TABLE = {
    "id": _Column("INTEGER PRIMARY KEY AUTOINCREMENT", (int,), "a whole number"),
    "command": TEXT,
    "name": TEXT,
    "recipe": TEXT,
    "data": TEXT,
    "checksum": TEXT,
    "seed": WHOLE,
    "draw": WHOLE.optional(),
    "training_samples": WHOLE,
    "validation_samples": WHOLE,
    "score_name": TEXT,
    "score": NUMBER.optional(),
    "low": NUMBER.optional(),
    "high": NUMBER.optional(),
    "baseline": NUMBER.optional(),
    "seconds": NUMBER,
    "prediction_seconds": NUMBER.optional(),
    "size_bytes": WHOLE.optional(),
    "failure": TEXT.optional(),
    "output": TEXT,
    "version": TEXT,
    "started": TEXT,
    "key": TEXT,
    "hits": BYTES.optional(),
    "history": TEXT.optional(),
}
COLUMNS = tuple(_TABLE)
"""Column names in order; the fields of a record."""
SCHEMA = (
    f"CREATE TABLE runs ({', '.join(f'{name} {column.sql}' for name, column in _TABLE.items())})",
    "CREATE UNIQUE INDEX runs_by_key ON runs (key) WHERE key <> ''",
)
"""Statements that create the table in an empty file."""


def cells_of(record: RunRecord) -> tuple[SqlValue, ...]:
    """Return the cells of a record in the order of the columns.

    File names that are invalid in the system's encoding are escaped.

    Raises:
        TypeError: a field has another type than its column.
    """
    return tuple(_stored(name, column, getattr(record, name)) for name, column in _TABLE.items())


def _stored(name: str, column: _Column, value: SqlValue) -> SqlValue:
    """Return a value in the type of its column, converted from numbers of other libraries."""
    if value is None and (name == "id" or type(None) in column.kinds):
        return None
    if int in column.kinds:
        return whole_number(name, value)
    if float in column.kinds:
        return real_number(name, value)
    if not isinstance(value, column.kinds):
        raise TypeError(f"{name} must be {column.rule}, got {shorten(value)}")
    return value.encode("utf-8", "backslashreplace").decode() if isinstance(value, str) else value


def record_of(cells: Sequence[object], path: object) -> RunRecord:
    """Return the record of a row.

    Args:
        cells: cells in the order of the columns.
        path: name of the file in errors.

    Raises:
        FormatError: a cell has another type than its column, because another program wrote it.
    """
    values = dict(zip(COLUMNS, cells, strict=True))
    for name, column in _TABLE.items():
        if type(values[name]) not in column.kinds:
            rule = f"{name} must be {column.rule}, found {shorten(values[name])}"
            raise FormatError(f"{path}: run {values['id']}: {rule}; repair the row, or delete it")
    try:
        return RunRecord(**{field.name: values[field.name] for field in fields(RunRecord)})  # type: ignore[arg-type]
    except ValueError as error:
        raise FormatError(f"{path}: run {values['id']}: {error}; repair the row, or delete it") from None
