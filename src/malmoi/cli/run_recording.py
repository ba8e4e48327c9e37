"""Recording of command-line trainings in a file of runs: `--runs`, `MALMOI_RUNS` or runs.db."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from malmoi.cli.console import messages
from malmoi.cli.interrupts import interrupted
from malmoi.cli.mistakes import reason
from malmoi.cli.reading import refuse_same_files
from malmoi.cli.usage import UsageError
from malmoi.errors import MalmoiError
from malmoi.experiments.recording import Training
from malmoi.experiments.run_record import RunRecord
from malmoi.experiments.runs_file import RunsFile

__all__ = ["RUNS_HELP", "RunRecorder", "RunsOption", "opened", "runs_path"]

DEFAULT_FILE, NO_FILE, VARIABLE = "runs.db", "none", "MALMOI_RUNS"
RUNS_HELP = "SQLite file that records runs (see malmoi runs), or none. Default: MALMOI_RUNS, or runs.db."
RunsOption = Annotated[Path | None, typer.Option("--runs", help=RUNS_HELP)]
WAIT_SECONDS, WAIT_AGAIN_SECONDS = 30.0, 1.0
"""Timeout for a locked file, and the timeout after a first timeout."""
RECORDING_WAIT_SECONDS = 10.0
"""Timeout for recording a finished training; one row takes about 0.01 s, so many processes can queue."""


def runs_path(given: Path | None, others: Sequence[str | Path | None] = ()) -> Path | None:
    """Return the file that records runs.

    Args:
        given: value of `--runs`; `None`: the file of MALMOI_RUNS, or runs.db in the current folder.
        others: other files that the command reads or writes.

    Returns:
        The file; `None` if runs are not recorded.

    Raises:
        UsageError: the given path is not a regular file in an existing folder, or the file is one of the others.
    """
    path = Path(os.environ.get(VARIABLE) or DEFAULT_FILE) if given is None else given
    if str(path) == NO_FILE:
        return None
    if given is not None:
        if path.is_dir():
            raise UsageError(f"--runs must be a file, got the folder {path}; pass a file, or none")
        if path.exists() and not path.is_file():
            raise UsageError(f"--runs must be a regular file, got {path}; pass a file, or none")
        if not path.parent.is_dir():
            raise UsageError(f"--runs must be in an existing folder, got {path}; create {path.parent} first")
    refuse_same_files("--runs", path, others)
    return path


def opened(path: Path, *, create: bool = True, wait_seconds: float = WAIT_SECONDS) -> RunsFile:
    """Open a file of runs; warn if a damaged file was moved aside. See `RunsFile.open`."""
    runs = RunsFile.open(path, wait_seconds=wait_seconds, create=create)
    _warn_of_damage(runs, None)
    return runs


def _warn_of_damage(runs: RunsFile, known: Path | None) -> None:
    if runs.kept_aside not in (None, known):
        _warn(f"{runs.path} is damaged: it was renamed to {runs.kept_aside}, and a new file was created")


def _warn(words: str) -> None:
    messages.print(f"warning: {words}", style="yellow")


class RunRecorder:
    """A recorder of trainings; if recording fails, it prints a warning and the training continues.

    Args:
        path: the file that `runs_path` returns.
        wait_seconds: timeout for a locked file.
    """

    def __init__(self, path: Path | None, wait_seconds: float = RECORDING_WAIT_SECONDS) -> None:
        self.path = path
        self.ids: list[int] = []
        self.lost = 0
        self.seconds = 0.0  # time spent on recording, with waiting for a locked file
        self._wait_seconds = wait_seconds
        self._said: set[str] = set()

    def record(self, record: RunRecord) -> RunRecord | None:
        """Write a record; return it with its number, or `None` if it was not written."""
        if self.path is None:
            return None
        start = time.perf_counter()
        try:
            return self._recorded(record, self.path)
        finally:
            self.seconds += time.perf_counter() - start

    def _recorded(self, record: RunRecord, path: Path) -> RunRecord | None:
        try:
            runs = opened(path, wait_seconds=self._wait_seconds)
            known = runs.kept_aside
            added = runs.add(record)
            _warn_of_damage(runs, known)
        except (MalmoiError, OSError) as error:
            self.lost += 1
            self._wait_seconds = min(self._wait_seconds, WAIT_AGAIN_SECONDS)
            words = reason(error) or str(error)
            if words not in self._said:
                self._said.add(words)
                _warn(f"the run was not recorded: {words}")
            return None
        self.ids.append(int(added.id or 0))
        return added

    @contextmanager
    def failures_of(self, training: Training) -> Iterator[None]:
        """Within the context, record a training that fails, unless it was interrupted or the error is a bug."""
        try:
            yield
        except Exception as error:
            words = reason(error)
            if words is not None and not interrupted.is_set():
                self.record(training.failed(words))
            raise

    def rows(self) -> list[tuple[str, object]]:
        """Return table rows with the numbers of the recorded runs, and of runs that were not recorded."""
        rows: list[tuple[str, object]] = []
        if len(self.ids) == 1:
            rows.append(("run", f"{self.ids[0]} in {self.path}"))
        elif self.ids:
            rows.append(("runs", f"{len(self.ids):,} in {self.path}, numbered {self.ids[0]} to {self.ids[-1]}"))
        return [*rows, *([("runs not recorded", f"{self.lost:,}")] if self.lost > 1 else [])]
