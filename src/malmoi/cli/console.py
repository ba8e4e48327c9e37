"""What the command line shows: answers on standard output, progress, findings and errors on standard error."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from malmoi.checks import Finding
from malmoi.cli import interrupted
from malmoi.errors import MalmoiError

__all__ = [
    "ProgressBars",
    "UsageError",
    "answers",
    "messages",
    "print_findings",
    "print_table",
    "refused_options",
]

answers = Console(highlight=False, soft_wrap=True)
messages = Console(stderr=True, highlight=False, soft_wrap=True)


class UsageError(MalmoiError):
    """A wrong option, said in one line."""


@contextmanager
def refused_options() -> Iterator[None]:
    """Around the checks of what the user asked for: a refused value is the user's mistake, not a bug."""
    try:
        yield
    except (TypeError, ValueError) as error:
        raise UsageError(str(error)) from error


class ProgressBars:
    """One bar a step, on standard error; nothing where that is no terminal."""

    def __init__(self) -> None:
        columns = (
            TextColumn("{task.description:16}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        self._progress = Progress(*columns, console=messages, disable=not messages.is_terminal)
        self._steps: dict[str, object] = {}

    def __enter__(self) -> Self:
        """Start drawing."""
        self._progress.start()
        return self

    def __exit__(self, *error: object) -> None:
        """Leave the bars as they stand."""
        self._progress.stop()

    def __call__(self, step: str, done: int, total: int) -> None:
        """Move a step's bar, and notice an interrupt that Python lost."""
        if interrupted.is_set():
            raise KeyboardInterrupt
        if step not in self._steps:
            self._steps[step] = self._progress.add_task(step, total=total)
        self._progress.update(self._steps[step], completed=done, total=total)  # type: ignore[arg-type]


def print_table(title: str, rows: Iterable[tuple[str, object]]) -> None:
    """Print names and values below each other."""
    table = Table(title=title, title_justify="left", show_header=False, box=None, pad_edge=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for name, value in rows:
        table.add_row(name, str(value))
    answers.print(table, markup=False)


def print_findings(findings: Iterable[Finding]) -> None:
    """Print what a person should know, warnings marked."""
    for finding in findings:
        messages.print(str(finding), style="yellow" if finding.warning else "dim", markup=False)
