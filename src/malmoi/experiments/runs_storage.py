"""Transactions on `runs.db` for several processes at once, and what becomes of a damaged file."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from malmoi.errors import DataError, FormatError, MissingExtraError
from malmoi.experiments.runs_table import SCHEMA, SqlValue
from malmoi.foundation.files import locked
from malmoi.foundation.validation import shorten

if TYPE_CHECKING:
    import sqlite3

__all__ = ["APPLICATION", "FORMAT", "DamagedRunsError", "Statements", "Storage", "UnreadableError"]

APPLICATION = int.from_bytes(b"mlmo", "big")
"""The `application_id` of SQLite's header: the file is one of malmoi's."""
FORMAT = 1
"""The `user_version` of SQLite's header."""
MAGIC, APPLICATION_PLACE = b"SQLite format 3\0", slice(68, 72)
SUFFIXES = (".db", ".sqlite", ".sqlite3")
"""A file that is no SQLite file is moved aside only where its name says that it should be one."""
COMPANIONS = ("-journal", "-wal", "-shm", "")
"""Files of one database; its own last, or another process would apply an old journal to a new file."""
LARGEST_CHECKED = 2**24
"""Bytes of a file that is read whole to find damage when it is opened; some 20 ms."""
BUSY, READ_ONLY, INTERRUPTED, IO_ERROR, CORRUPT, FULL, CANNOT_OPEN, NO_DATABASE = 5, 8, 9, 10, 11, 13, 14, 26
"""Error codes of SQLite."""
TRIED_EVERY_SECONDS = 0.1
STATEMENT_SECONDS = 60.0
"""How long a statement may run; a damaged tree of pages can have far more paths than the file has pages."""
STEPS_BETWEEN_SIGNALS = 100_000
"""Of SQLite's virtual machine, some milliseconds: so often Python handles signals while a statement runs."""
BESIDE_PAGES = 2**16
"""Bytes of rows that stand in no page of the file, such as those of a PRAGMA."""
OF_SQLITE = ("sqlite_sequence", "sqlite_stat1", "sqlite_stat4")
"""Tables that SQLite makes by itself."""
ANOTHER = "give another file with --runs"


class DamagedRunsError(FormatError):
    """A file that SQLite cannot read."""


class UnreadableError(Exception):
    """What is wrong with a file whose name `Statements` do not know."""


class Statements:
    """Runs statements of one connection, and waits for locks of others, so that an interrupt is noticed.

    Args:
        connection: it begins no transaction by itself.
        end: `time.monotonic` until which locks are waited for.
    """

    def __init__(self, connection: sqlite3.Connection, end: float) -> None:
        self.connection = connection
        self.end = end
        self.is_new = False
        """Whether the file holds no table yet."""
        self.largest = BESIDE_PAGES
        """Bytes that the rows of a statement have at most: a file holds each cell once."""
        self.statement_end = math.inf
        connection.set_progress_handler(self._is_overdue, STEPS_BETWEEN_SIGNALS)

    def _is_overdue(self) -> bool:
        """Whether a statement runs for too long; Python handles signals when this is called."""
        return time.monotonic() >= self.statement_end

    def __call__(self, statement: str, values: Sequence[SqlValue] = ()) -> list[tuple[Any, ...]]:
        """Run a statement; returns its rows.

        Raises:
            UnreadableError: it takes too long, or its rows are larger than the file.
            KeyboardInterrupt: a signal ended it.
        """
        import sqlite3

        while True:
            try:
                self.statement_end = time.monotonic() + STATEMENT_SECONDS
                return self._fetched(self.connection.execute(statement, values))
            except sqlite3.OperationalError as error:
                if _code(error) == INTERRUPTED:
                    if self._is_overdue():
                        raise UnreadableError(f"cannot be read within {STATEMENT_SECONDS:g} seconds") from None
                    raise KeyboardInterrupt from None  # sqlite3 drops what a signal raises within a callback
                if _code(error) != BUSY or time.monotonic() >= self.end:
                    raise
                time.sleep(TRIED_EVERY_SECONDS / 10)

    def _fetched(self, cursor: sqlite3.Cursor) -> list[tuple[Any, ...]]:
        rows, size = [], 0
        for row in cursor:
            size += len(row) + sum(len(cell) for cell in row if isinstance(cell, str | bytes))
            if size > self.largest:
                raise UnreadableError("is damaged: its rows are larger than the file")
            rows.append(row)
        return rows

    def measure(self) -> None:
        """Take the size of the file, within a transaction."""
        ((pages,),), ((page_size,),) = self("PRAGMA page_count"), self("PRAGMA page_size")
        self.largest = pages * page_size + BESIDE_PAGES


@dataclass(frozen=True)
class Storage:
    """A file of runs; every transaction opens it anew, so that threads, forks and a moved file do no harm.

    Args:
        path: the file.
        wait_seconds: how long locks of other processes are waited for.
    """

    path: Path
    wait_seconds: float

    @property
    def real(self) -> Path:
        """The file that a link leads to: journals stand beside it."""
        return self.path.resolve()

    def check_place(self) -> None:
        """Refuse a place that can hold no file.

        Raises:
            DataError: it is a folder or a device, or its folder is missing.
        """
        if self.path.is_dir():
            raise DataError(f"the file of runs must be a file, but {self.path} is a folder; {ANOTHER}")
        if self.path.exists() and not self.path.is_file():
            raise DataError(f"the file of runs must be a regular file, got {self.path}; give --runs none for no file")
        if not self.real.parent.is_dir():
            raise DataError(f"no such folder: {self.path.parent}; make it first, or {ANOTHER}")

    @contextmanager
    def transaction(self, *, writing: bool, create: bool | None = None) -> Iterator[Statements]:
        """Within, all statements are done or none.

        Args:
            writing: statements change the file.
            create: a missing file is made; `None`: where statements change it.

        Raises:
            DataError: the file is locked, of another application, or cannot be read or written.
            FormatError: it is of a later version.
            DamagedRunsError: it is damaged.
        """
        sqlite3 = _import_sqlite3()
        try:
            mode = "rwc" if (writing if create is None else create) else "rw"
            uri = f"{self.real.as_uri()}?mode={mode}"
            connection = sqlite3.connect(uri, TRIED_EVERY_SECONDS, isolation_level=None, uri=True)
            try:
                run = Statements(connection, time.monotonic() + self.wait_seconds)
                # The rollback journal, SQLite's default: writes are few and small, and between them there is one file,
                # which may be copied, and may stand on a network drive; the write-ahead log allows neither.
                run("PRAGMA trusted_schema = OFF")  # triggers of a file from elsewhere run nothing harmful
                run("PRAGMA cell_size_check = ON")
                run("PRAGMA synchronous = EXTRA")  # a row that was added stays, even if the power fails at once
                run("BEGIN IMMEDIATE" if writing else "BEGIN")
                run.measure()
                self._check_mark(run, writing)
                yield run
                run("COMMIT")
            finally:
                with suppress(sqlite3.Error):
                    connection.rollback()  # nothing, after a commit
                connection.close()
        except sqlite3.Error as error:
            self._tell(error)
        except UnreadableError as error:
            raise DamagedRunsError(f"{self.path} {error}; {ANOTHER}") from None

    def _check_mark(self, run: Statements, writing: bool) -> None:
        """Make the table in an empty file; refuse files of others and of later versions."""
        ((application,),), ((version,),) = run("PRAGMA application_id"), run("PRAGMA user_version")
        if application == APPLICATION:
            if version > FORMAT:
                rule = f"{self.path} has format {version}, this version reads up to {FORMAT}"
                raise FormatError(f"{rule}; upgrade malmoi, or {ANOTHER}")
            self._check_schema(run)
            return
        if application or version or run("SELECT 1 FROM sqlite_master LIMIT 1"):
            raise DataError(f"{self.path} is a database of another application; {ANOTHER}")
        run.is_new = True
        if writing:
            marks = (f"PRAGMA application_id = {APPLICATION}", f"PRAGMA user_version = {FORMAT}")
            for statement in (*SCHEMA, *marks):
                run(statement)

    def _check_schema(self, run: Statements) -> None:
        """Refuse views, triggers and other tables, which would run statements of whoever wrote the file."""
        for kind, name, statement in run("SELECT type, name, sql FROM sqlite_master"):
            if statement not in SCHEMA and not (kind == "table" and name in OF_SQLITE):
                rule = f"{self.path} must hold malmoi's table of runs alone, found the {kind} {shorten(name)}"
                raise FormatError(f"{rule}; {ANOTHER}")

    def _tell(self, error: sqlite3.Error) -> NoReturn:
        """Raise the error that a person can read."""
        code = _code(error)
        if not code and "decode to UTF-8" in str(error):
            rule = f"{self.path}: texts of runs must be UTF-8, found others"
            raise FormatError(f"{rule}; repair the rows, or {ANOTHER}") from error
        if not code:
            raise error  # of Python's module, for a wrong call
        if code in (CORRUPT, NO_DATABASE):
            raise DamagedRunsError(f"{self.path} is damaged, or no file of runs: {error}; {ANOTHER}") from error
        said = {
            BUSY: f"has been locked by another process for {self.wait_seconds:g} seconds; wait until that one ends, or",
            READ_ONLY: "cannot be written: the file or its folder is read-only; change that, or",
            IO_ERROR: f"cannot be read or written: {error};",
            FULL: "cannot be written: the disk is full; make room, or",
            CANNOT_OPEN: "cannot be opened: the file or its folder may not be read or written; change that, or",
        }.get(code, f"cannot be used: {error};")
        raise DataError(f"{self.path} {said} {ANOTHER}") from error

    def check_damage(self, *, create: bool) -> None:
        """Read the file to find damage; whole, where it is not large.

        Args:
            create: an empty file is made where there is none; another process may have moved a damaged one just now.

        Raises:
            DamagedRunsError: there is some.
            DataError: the file is locked, of another application, or cannot be read.
            FormatError: it is of a later version.
        """
        with self.transaction(writing=False, create=create) as run:
            if not run.is_new and run.largest <= LARGEST_CHECKED + BESIDE_PAGES:
                ((found,),) = run("PRAGMA quick_check(1)")
                if found != "ok":
                    raise DamagedRunsError(f"{self.path} is damaged (SQLite's quick_check fails); {ANOTHER}")

    def set_aside(self) -> Path | None:
        """Give a damaged file another name, with its journals; returns that name.

        Returns:
            the new name, such as runs.db.damaged-1; `None`: another process was first, or the file is not damaged.

        Raises:
            DataError: the file may be of another application, is locked, or cannot be moved.
        """
        end = time.monotonic() + self.wait_seconds
        while True:
            try:
                with locked(self.real.parent):  # two that find the damage at once must not move the new file too
                    return self._moved()
            except BlockingIOError:
                if time.monotonic() >= end:
                    raise DataError(f"the folder of {self.path} is locked by another process; {ANOTHER}") from None
                time.sleep(TRIED_EVERY_SECONDS)
            except OSError as error:
                raise DataError(f"{self.path} is damaged and cannot be moved: {error.strerror}; {ANOTHER}") from error

    def _moved(self) -> Path | None:
        try:
            self.check_damage(create=True)
        except DamagedRunsError:
            pass
        else:
            return None
        real = self.real
        self._refuse_others(real)
        number = 1
        while any(os.path.lexists(f"{real}.damaged-{number}{end}") for end in COMPANIONS):
            number += 1
        for end in COMPANIONS:
            with suppress(FileNotFoundError):
                os.rename(f"{real}{end}", f"{real}.damaged-{number}{end}")
        return (real if self.path.is_symlink() else self.path).with_name(f"{real.name}.damaged-{number}")

    def _refuse_others(self, real: Path) -> None:
        with real.open("rb") as file:
            header = file.read(APPLICATION_PLACE.stop)
        if header.startswith(MAGIC):
            application = header[APPLICATION_PLACE]
            if len(application) == 4 and int.from_bytes(application, "big") != APPLICATION:
                raise DataError(f"{self.path} is a database of another application, and damaged; {ANOTHER}")
        elif real.suffix.lower() not in SUFFIXES:
            names = ", ".join(SUFFIXES)
            raise DataError(
                f"{self.path} is no file of runs; give another file with --runs, a new one or one of {names}"
            )


def _import_sqlite3() -> Any:
    try:
        import sqlite3
    except ModuleNotFoundError as error:
        raise MissingExtraError("this Python was built without sqlite3; give --runs none") from error
    return sqlite3


def _code(error: sqlite3.Error) -> int:
    """SQLite's error code without its details; 0 where Python raised the error itself."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF
