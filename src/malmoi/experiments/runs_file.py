"""`runs.db`: an SQLite file with one row per training."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, Self

from malmoi.errors import DataError, FormatError
from malmoi.experiments.run_record import RunRecord
from malmoi.experiments.runs_storage import DamagedRunsError, Statements, Storage
from malmoi.experiments.runs_table import COLUMNS, SqlValue, cells_of, record_of
from malmoi.foundation.validation import shorten

__all__ = ["ORDERS", "Order", "RunFilter", "RunsFile"]

Order = Literal["newest", "oldest", "best"]
ORDERS: dict[Order, str] = {
    "newest": "id DESC",
    "oldest": "id",
    "best": "score IS NULL, score_name, CASE score_name WHEN 'mean absolute error' THEN score ELSE -score END, id",
}
"""SQL of the orders. "best" sorts within each type of score, with runs without a score last."""
NAMES = ", ".join(COLUMNS)
OF_IDS = "id IN (SELECT value FROM json_each(?))"
"""Condition with one variable for all ids, because SQLite limits the number of variables."""


@dataclass(frozen=True)
class RunFilter:
    """A filter of runs; without arguments, it selects all runs.

    Args:
        command: only runs of this command: train, train --continue, series train, tune or compare.
        recipe: only runs of this recipe, by displayed name.
        data: only runs on files whose names contain this text.
        since: only runs started at this date or time (UTC) or later, such as 2026-11-01.
        failed: only failed runs, or only runs that did not fail.
        ids: only runs with these numbers.

    Raises:
        ValueError: `since` is not a date or time.
    """

    command: str | None = None
    recipe: str | None = None
    data: str | None = None
    since: str | None = None
    failed: bool | None = None
    ids: Sequence[int] | None = None

    def __post_init__(self) -> None:
        if self.since is not None:
            object.__setattr__(self, "since", _utc(self.since))

    def condition(self) -> tuple[str, list[SqlValue]]:
        """Return the condition in SQL and its values."""
        parts: list[tuple[str, list[SqlValue]]] = [
            ("command = ?", [] if self.command is None else [self.command]),
            ("name = ?", [] if self.recipe is None else [self.recipe]),
            ("instr(data, ?) > 0", [] if self.data is None else [self.data]),
            ("started >= ?", [] if self.since is None else [self.since]),
            ("(failure IS NOT NULL) = ?", [] if self.failed is None else [int(self.failed)]),
            (OF_IDS, [] if self.ids is None else [json.dumps(list(self.ids))]),
        ]
        used = [(words, values) for words, values in parts if values]
        return " AND ".join(words for words, _ in used) or "1", [value for _, values in used for value in values]


def _utc(words: str) -> str:
    """Return a date or time in the format of the rows."""
    try:
        time = datetime.fromisoformat(words)
        time = time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"since must be a date or a time such as 2026-11-01, got {shorten(words)}") from None
    return time.strftime("%Y-%m-%dT%H:%M:%SZ").rjust(20, "0")


class RunsFile:
    """A file of runs, which several processes and threads can use concurrently.

    Args:
        storage: the file, checked by `open`.
        kept_aside: new name of a damaged file that was replaced; `None` if there was none.

    Example:
        >>> import tempfile
        >>> record = RunRecord("train", "bag", "{}", "reviews.csv", 0, 80, 20, "accuracy", 0.9, 1.5,
        ...                    "2026-11-27T08:30:00Z", "0.1.0")
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     runs = RunsFile.open(f"{folder}/runs.db")
        ...     added = runs.add(record)
        ...     [(one.id, one.name, one.score) for one in runs.select(RunFilter(recipe="bag"))]
        [(1, 'bag', 0.9)]
    """

    def __init__(self, storage: Storage, kept_aside: Path | None = None) -> None:
        self.storage = storage
        self.kept_aside = kept_aside

    @property
    def path(self) -> Path:
        """The file."""
        return self.storage.path

    @classmethod
    def open(cls, path: str | os.PathLike[str], *, wait_seconds: float = 30.0, create: bool = True) -> Self:
        """Open a file of runs, or create it if it does not exist.

        A damaged file is renamed (`kept_aside`), and a new file is created.

        Args:
            path: the file.
            wait_seconds: timeout for locks of other processes.
            create: create a missing file and replace a damaged one; otherwise, both are errors.

        Raises:
            DataError: the file is locked, of another application, missing, or cannot be read or written.
            FormatError: the file was written by a later version or, without `create`, is damaged.
        """
        storage = Storage(Path(path), wait_seconds)
        storage.check_place()
        if not storage.path.exists():
            if not create:
                raise DataError(f"no such file: {path}; malmoi train creates it, or use another file with --runs")
            with storage.transaction(writing=True):
                return cls(storage)
        runs = cls(storage)
        try:
            storage.check_damage(create=create)
        except DamagedRunsError as error:
            if not create:
                cure = "the file was not changed"
                raise FormatError(f"{error}; {cure}") from error
            runs._replace_damaged()
        return runs

    def _replace_damaged(self) -> None:
        self.kept_aside = self.storage.set_aside() or self.kept_aside
        with self.storage.transaction(writing=True):
            pass

    def add(self, record: RunRecord) -> RunRecord:
        """Write a run durably.

        If there is a finished run with the same key, it is returned instead; a failed one is replaced. If the file was
        damaged after it was opened, it is renamed, and the run is written to a new file.

        Args:
            record: record without a number.

        Returns:
            The record with its number.

        Raises:
            DataError: the file is locked, of another application, or cannot be written.
            FormatError: the file was replaced by one of a later version.
        """
        try:
            return self._add(record)
        except DamagedRunsError:
            self._replace_damaged()
            return self._add(record)

    def _add(self, record: RunRecord) -> RunRecord:
        with self.storage.transaction(writing=True) as run:
            if record.key:
                same = run(f"SELECT {NAMES} FROM runs WHERE key = ? AND failure IS NULL", [record.key])
                if same:
                    return record_of(same[0], self.path)
                run("DELETE FROM runs WHERE key = ?", [record.key])
            cells = cells_of(replace(record, id=None))
            run(f"INSERT INTO runs ({NAMES}) VALUES ({', '.join('?' * len(cells))})", cells)
            ((number,),) = run("SELECT last_insert_rowid()")
        return replace(record, id=number)

    def finished(self, keys: Sequence[str]) -> dict[str, RunRecord]:
        """Return the finished runs with these keys, by key."""
        of_keys = "key <> '' AND failure IS NULL AND key IN (SELECT value FROM json_each(?))"
        return {one.key: one for one in self._selected(of_keys, [json.dumps(list(keys))], "id")}

    def select(
        self, which: RunFilter | None = None, *, limit: int | None = None, order: Order = "newest"
    ) -> list[RunRecord]:
        """Return runs.

        Args:
            which: filter; `None`: all runs.
            limit: maximum number of runs.
            order: newest first, oldest first, or best score first within each type of score.

        Raises:
            DataError: the file is locked, or cannot be read.
            FormatError: the file or a row is damaged.
        """
        condition, values = (which or RunFilter()).condition()
        return self._selected(condition, values, ORDERS[order], -1 if limit is None else limit)

    def _selected(self, condition: str, values: list[SqlValue], order: str, limit: int = -1) -> list[RunRecord]:
        with self.storage.transaction(writing=False) as run:
            rows = _rows(run, f"SELECT {NAMES} FROM runs WHERE {condition} ORDER BY {order} LIMIT ?", [*values, limit])
        return [record_of(row, self.path) for row in rows]

    def count(self, which: RunFilter | None = None) -> int:
        """Return the number of runs selected by a filter."""
        condition, values = (which or RunFilter()).condition()
        with self.storage.transaction(writing=False) as run:
            return sum(number for (number,) in _rows(run, f"SELECT count(*) FROM runs WHERE {condition}", values))

    def delete(self, ids: Sequence[int]) -> int:
        """Delete runs and return the number of deleted runs. Run numbers are not reused."""
        with self.storage.transaction(writing=True) as run:
            run(f"DELETE FROM runs WHERE {OF_IDS}", [json.dumps(list(ids))])
            ((deleted,),) = run("SELECT changes()")
        return int(deleted)


def _rows(run: Statements, statement: str, values: list[SqlValue]) -> list[tuple[Any, ...]]:
    """Return rows of the table; empty if the file has no table yet."""
    return [] if run.is_new else run(statement, values)
