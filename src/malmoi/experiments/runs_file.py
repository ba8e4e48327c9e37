"""`runs.db`: one SQLite file in which every training is a row."""

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
"""Orders of rows. The best are first for each kind of score, the unmeasured last."""
NAMES = ", ".join(COLUMNS)
OF_IDS = "id IN (SELECT value FROM json_each(?))"
"""One variable for any number of ids, of which SQLite takes a limited number."""


@dataclass(frozen=True)
class RunFilter:
    """Which runs are meant; all, where nothing is given.

    Args:
        command: runs of this command alone: train, train --continue, series train, tune or compare.
        recipe: runs of this recipe alone, by the name that the table shows.
        data: runs on files whose names hold this text.
        since: runs that were started at this date or time (UTC) or later, such as 2026-11-01.
        failed: runs that failed, or the others alone.
        ids: runs of these numbers alone.

    Raises:
        ValueError: `since` is no date or time.
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
    """A date or time as rows have it."""
    try:
        time = datetime.fromisoformat(words)
        time = time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"since must be a date or a time such as 2026-11-01, got {shorten(words)}") from None
    return time.strftime("%Y-%m-%dT%H:%M:%SZ").rjust(20, "0")


class RunsFile:
    """A file of runs, which several processes and threads may use at once.

    Args:
        storage: the file, as `open` has checked it.
        kept_aside: the new name of a damaged file that a new one has replaced; `None`: there was none.

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
        """Open a file of runs; a new one is made where there is none.

        A damaged file is given another name (`kept_aside`), and a new one is made.

        Args:
            path: the file.
            wait_seconds: how long locks of other processes are waited for.
            create: make what is missing, and replace what is damaged; without it, both are refused.

        Raises:
            DataError: the file is locked for longer, of another application, missing, or cannot be read or written.
            FormatError: it is of a later version; without `create` also where it is damaged.
        """
        storage = Storage(Path(path), wait_seconds)
        storage.check_place()
        if not storage.path.exists():
            if not create:
                raise DataError(f"no such file: {path}; malmoi train makes it, or give another file with --runs")
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
        """Write a run; it is on the disk when this returns.

        A run whose key has a finished run already is not written, and that one is returned; a failed one is replaced.
        Where the file was damaged since it was opened, it is kept aside, and the run is the first of a new one.

        Args:
            record: without a number.

        Returns:
            the record with its number.

        Raises:
            DataError: the file is locked for longer, of another application, or cannot be written.
            FormatError: it is of a later version by now.
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
        """Return the finished runs of these keys, by key."""
        of_keys = "key <> '' AND failure IS NULL AND key IN (SELECT value FROM json_each(?))"
        return {one.key: one for one in self._selected(of_keys, [json.dumps(list(keys))], "id")}

    def select(
        self, which: RunFilter | None = None, *, limit: int | None = None, order: Order = "newest"
    ) -> list[RunRecord]:
        """Return runs.

        Args:
            which: those that are meant; all, if not given.
            limit: how many at most.
            order: newest first, oldest first, or those with the best score first, each kind of score apart.

        Raises:
            DataError: the file is locked for longer, or cannot be read.
            FormatError: it is damaged, or a row is.
        """
        condition, values = (which or RunFilter()).condition()
        return self._selected(condition, values, ORDERS[order], -1 if limit is None else limit)

    def _selected(self, condition: str, values: list[SqlValue], order: str, limit: int = -1) -> list[RunRecord]:
        with self.storage.transaction(writing=False) as run:
            rows = _rows(run, f"SELECT {NAMES} FROM runs WHERE {condition} ORDER BY {order} LIMIT ?", [*values, limit])
        return [record_of(row, self.path) for row in rows]

    def count(self, which: RunFilter | None = None) -> int:
        """Return how many runs there are of those that are meant."""
        condition, values = (which or RunFilter()).condition()
        with self.storage.transaction(writing=False) as run:
            return sum(number for (number,) in _rows(run, f"SELECT count(*) FROM runs WHERE {condition}", values))

    def delete(self, ids: Sequence[int]) -> int:
        """Delete runs; returns how many were there. Their numbers are not given again."""
        with self.storage.transaction(writing=True) as run:
            run(f"DELETE FROM runs WHERE {OF_IDS}", [json.dumps(list(ids))])
            ((deleted,),) = run("SELECT changes()")
        return int(deleted)


def _rows(run: Statements, statement: str, values: list[SqlValue]) -> list[tuple[Any, ...]]:
    """Rows of the table; none of a file that has no table yet."""
    return [] if run.is_new else run(statement, values)
