"""Transactions on `runs.db` for concurrent processes, and handling of damaged files."""

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
"""The `application_id` in SQLite's header that identifies malmoi's files."""
FORMAT = 1
"""The `user_version` in SQLite's header."""
MAGIC, APPLICATION_PLACE = b"SQLite format 3\0", slice(68, 72)
SUFFIXES = (".db", ".sqlite", ".sqlite3")
"""Suffixes of files that are renamed if they are not SQLite files."""
COMPANIONS = ("-journal", "-wal", "-shm", "")
"""Suffixes of the files of a database; the database is last, so that no process applies an old journal to a new one."""
LARGEST_CHECKED = 2**24
"""Maximum size in bytes for a full check when a file is opened, about 20 ms."""
BUSY, READ_ONLY, INTERRUPTED, IO_ERROR, CORRUPT, FULL, CANNOT_OPEN, NO_DATABASE = 5, 8, 9, 10, 11, 13, 14, 26
"""Error codes of SQLite."""
TRIED_EVERY_SECONDS = 0.1
STATEMENT_SECONDS = 60.0
"""Timeout of a statement; reading a damaged tree of pages can take very long."""
STEPS_BETWEEN_SIGNALS = 100_000
"""Steps of SQLite's virtual machine (some milliseconds) between calls that let Python handle signals."""
BESIDE_PAGES = 2**16
"""Allowance in bytes for rows that are not in pages of the file, such as those of a PRAGMA."""
OF_SQLITE = ("sqlite_sequence", "sqlite_stat1", "sqlite_stat4")
"""Tables that SQLite creates itself."""
ANOTHER = "use another file with --runs"


class DamagedRunsError(FormatError):
    """A file that SQLite cannot read."""


class UnreadableError(Exception):
    """An unreadable file; the message does not have its name yet."""


class Statements:
    """Execution of statements on a connection, with interruptible waiting for locks.

    Args:
        connection: connection without automatic transactions.
        end: deadline for locks, as `time.monotonic`.
    """

    def __init__(self, connection: sqlite3.Connection, end: float) -> None:
        self.connection = connection
        self.end = end
        self.is_new = False
        """Whether the file has no table yet."""
        self.largest = BESIDE_PAGES
        """Maximum size in bytes of the rows of a statement, by the size of the file."""
        self.statement_end = math.inf
        connection.set_progress_handler(self._is_overdue, STEPS_BETWEEN_SIGNALS)

    def _is_overdue(self) -> bool:
        """Return whether a statement has timed out; Python handles signals during this call."""
        return time.monotonic() >= self.statement_end

    def __call__(self, statement: str, values: Sequence[SqlValue] = ()) -> list[tuple[Any, ...]]:
        """Run a statement and return its rows.

        Raises:
            UnreadableError: the statement timed out, or its rows are larger than the file.
            KeyboardInterrupt: a signal interrupted the statement.
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
                    raise KeyboardInterrupt from None  # sqlite3 drops an exception raised in a callback
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
        """Set the maximum size of rows from the size of the file, within a transaction."""
        ((pages,),), ((page_size,),) = self("PRAGMA page_count"), self("PRAGMA page_size")
        self.largest = pages * page_size + BESIDE_PAGES


@dataclass(frozen=True)
class Storage:
    """A file of runs, opened for each transaction, which is safe for threads, forks and moved files.

    Args:
        path: the file.
        wait_seconds: timeout for locks of other processes.
    """

    path: Path
    wait_seconds: float

    @property
    def real(self) -> Path:
        """The target of a link; journals are beside it."""
        return self.path.resolve()

    def check_place(self) -> None:
        """Check that the path can be a file.

        Raises:
            DataError: the path is a folder or a device, or its folder does not exist.
        """
        if self.path.is_dir():
            raise DataError(f"the file of runs must be a file, got the folder {self.path}; {ANOTHER}")
        if self.path.exists() and not self.path.is_file():
            raise DataError(f"the file of runs must be a regular file, got {self.path}; use --runs none for no file")
        if not self.real.parent.is_dir():
            raise DataError(f"no such folder: {self.path.parent}; create it first, or {ANOTHER}")

    @contextmanager
    def transaction(self, *, writing: bool, create: bool | None = None) -> Iterator[Statements]:
        """Run statements in a transaction.

        Args:
            writing: whether statements change the file.
            create: whether to create a missing file; `None`: if `writing`.

        Raises:
            DataError: the file is locked, of another application, or cannot be read or written.
            FormatError: the file was written by a later version.
            DamagedRunsError: the file is damaged.
        """
        sqlite3 = _import_sqlite3()
        try:
            mode = "rwc" if (writing if create is None else create) else "rw"
            uri = f"{self.real.as_uri()}?mode={mode}"
            connection = sqlite3.connect(uri, TRIED_EVERY_SECONDS, isolation_level=None, uri=True)
            try:
                run = Statements(connection, time.monotonic() + self.wait_seconds)
                # SQLite's default rollback journal: writes are few and small, and the database is one file that can be
                # copied and can be on a network drive, unlike with a write-ahead log.
                run("PRAGMA trusted_schema = OFF")  # triggers of untrusted files run nothing harmful
                run("PRAGMA cell_size_check = ON")
                run("PRAGMA synchronous = EXTRA")  # added rows survive a power failure
                run("BEGIN IMMEDIATE" if writing else "BEGIN")
                run.measure()
                self._check_mark(run, writing)
                yield run
                run("COMMIT")
            finally:
                with suppress(sqlite3.Error):
                    connection.rollback()  # no effect after a commit
                connection.close()
        except sqlite3.Error as error:
            self._raise(error)
        except UnreadableError as error:
            raise DamagedRunsError(f"{self.path} {error}; {ANOTHER}") from None

    def _check_mark(self, run: Statements, writing: bool) -> None:
        """Create the table in an empty file; refuse files of other applications and of later versions."""
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
        """Refuse views, triggers and other tables, which could run statements of an untrusted file."""
        for kind, name, statement in run("SELECT type, name, sql FROM sqlite_master"):
            if statement not in SCHEMA and not (kind == "table" and name in OF_SQLITE):
                rule = f"{self.path} must only have malmoi's table of runs, found the {kind} {shorten(name)}"
                raise FormatError(f"{rule}; {ANOTHER}")

    def _raise(self, error: sqlite3.Error) -> NoReturn:
        """Raise a readable error for an error of SQLite."""
        code = _code(error)
        if not code and "decode to UTF-8" in str(error):
            rule = f"{self.path}: texts of runs must be UTF-8, found another encoding"
            raise FormatError(f"{rule}; repair the rows, or {ANOTHER}") from error
        if not code:
            raise error  # raised by Python's sqlite3 for a wrong call
        if code in (CORRUPT, NO_DATABASE):
            raise DamagedRunsError(f"{self.path} is damaged, or not a file of runs: {error}; {ANOTHER}") from error
        message = {
            BUSY: f"has been locked by another process for {self.wait_seconds:g} seconds; wait until it ends, or",
            READ_ONLY: "cannot be written: the file or its folder is read-only; change the permissions, or",
            IO_ERROR: f"cannot be read or written: {error};",
            FULL: "cannot be written: the disk is full; free some space, or",
            CANNOT_OPEN: "cannot be opened: no permission for the file or its folder; change the permissions, or",
        }.get(code, f"cannot be used: {error};")
        raise DataError(f"{self.path} {message} {ANOTHER}") from error

    def check_damage(self, *, create: bool) -> None:
        """Check the file for damage; all of it, unless it is large.

        Args:
            create: create an empty file if there is none, since another process may have moved a damaged one.

        Raises:
            DamagedRunsError: the file is damaged.
            DataError: the file is locked, of another application, or cannot be read.
            FormatError: the file was written by a later version.
        """
        with self.transaction(writing=False, create=create) as run:
            if not run.is_new and run.largest <= LARGEST_CHECKED + BESIDE_PAGES:
                ((found,),) = run("PRAGMA quick_check(1)")
                if found != "ok":
                    raise DamagedRunsError(f"{self.path} is damaged (SQLite's quick_check fails); {ANOTHER}")

    def set_aside(self) -> Path | None:
        """Rename a damaged file and its journals.

        Returns:
            The new name, such as runs.db.damaged-1; `None` if another process was first, or the file is not damaged.

        Raises:
            DataError: the file may be of another application, is locked, or cannot be renamed.
        """
        end = time.monotonic() + self.wait_seconds
        while True:
            try:
                with locked(self.real.parent):  # so that two processes do not also rename the new file
                    return self._moved()
            except BlockingIOError:
                if time.monotonic() >= end:
                    raise DataError(f"the folder of {self.path} is locked by another process; {ANOTHER}") from None
                time.sleep(TRIED_EVERY_SECONDS)
            except OSError as error:
                raise DataError(f"{self.path} is damaged and cannot be renamed: {error.strerror}; {ANOTHER}") from error

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
                raise DataError(f"{self.path} is a damaged database of another application; {ANOTHER}")
        elif real.suffix.lower() not in SUFFIXES:
            names = ", ".join(SUFFIXES)
            raise DataError(
                f"{self.path} is not a file of runs; use another file with --runs, a new one or one of {names}"
            )


def _import_sqlite3() -> Any:
    try:
        import sqlite3
    except ModuleNotFoundError as error:
        raise MissingExtraError("this Python was built without sqlite3; use --runs none") from error
    return sqlite3


def _code(error: sqlite3.Error) -> int:
    """Return SQLite's primary error code; 0 if Python raised the error."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF
