"""What the command line shows: answers on standard output, progress, findings and errors on standard error."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TextIO

from rich.console import Console
from rich.table import Table

from malmoi.cli.interrupts import interrupted
from malmoi.evaluation.findings import Finding, Language
from malmoi.foundation.progress_bars import TerminalBars

__all__ = [
    "ProgressBars",
    "answers",
    "messages",
    "print_findings",
    "print_table",
    "printed_warnings",
]

WORDS = {"en": {"note": "note", "warning": "warning"}, "ko": {"note": "참고", "warning": "경고"}}

answers = Console(highlight=False, soft_wrap=True)
messages = Console(stderr=True, highlight=False, soft_wrap=True)


class ProgressBars(TerminalBars):
    """One bar a step, on standard error; nothing where that is no terminal."""

    def __init__(self) -> None:
        super().__init__(messages)

    def __call__(self, step: str, done: int, total: int) -> None:
        """Move a step's bar, and notice an interrupt that Python lost."""
        if interrupted.is_set():
            raise KeyboardInterrupt
        super().__call__(step, done, total)


def print_table(title: str, rows: Iterable[tuple[str, object]]) -> None:
    """Print names and values below each other."""
    table = Table(title=title, title_justify="left", show_header=False, box=None, pad_edge=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for name, value in rows:
        table.add_row(name, str(value))
    answers.print(table, markup=False)


def print_findings(findings: Iterable[Finding], language: Language = "en") -> None:
    """Print what a person should know, warnings marked."""
    for finding in findings:
        said = ("; " if language == "en" else ". ").join(
            filter(None, (finding.sentence(language), finding.cure(language)))
        )
        line = f"{WORDS[language][finding.severity]}: {said} [{finding.code}]"
        messages.print(line, style="yellow" if finding.is_warning else "dim", markup=False)


@contextmanager
def printed_warnings() -> Iterator[None]:
    """Within, warnings for users are printed as one line each, and once."""
    seen: set[str] = set()
    with warnings.catch_warnings():
        usual = warnings.showwarning

        def show(
            message: Warning | str,
            category: type[Warning],
            filename: str,
            lineno: int,
            file: TextIO | None = None,
            line: str | None = None,
        ) -> None:
            if category is not UserWarning:
                usual(message, category, filename, lineno, file, line)
            elif str(message) not in seen:
                seen.add(str(message))
                messages.print(f"warning: {' '.join(str(message).split())}", style="yellow", markup=False)

        warnings.simplefilter("always", UserWarning)
        warnings.showwarning = show
        yield
