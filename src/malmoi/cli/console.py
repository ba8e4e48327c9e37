"""Console output: results on standard output; progress, findings and errors on standard error."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from typing import TextIO

from rich.table import Table

from malmoi.cli.interrupts import interrupted
from malmoi.evaluation.findings import Example, Finding, Language
from malmoi.foundation.log import logger
from malmoi.foundation.progress_bars import TerminalBars
from malmoi.foundation.terminal import SafeConsole

__all__ = [
    "ProgressBars",
    "answers",
    "logged_once",
    "messages",
    "print_findings",
    "print_table",
    "printed_warnings",
]

WORDS = {"en": {"note": "note", "warning": "warning"}, "ko": {"note": "참고", "warning": "경고"}}
KOREAN_NAMES = {
    "characters": "글자 수",
    "coverage": "커버리지",
    "found": "원문",
    "group": "그룹",
    "label": "라벨",
    "language": "언어",
    "ngram": "n-gram",
    "other": "다른 텍스트",
    "other_label": "다른 라벨",
    "predicted": "예측",
    "probability": "확률",
    "reason": "이유",
    "repaired": "복구",
    "similarity": "유사도",
    "texts": "텍스트 수",
}
"""Korean names of the values of examples."""

answers = SafeConsole()
messages = SafeConsole(stderr=True)


class ProgressBars(TerminalBars):
    """Progress bars on standard error, one per step; nothing is shown if it is not a terminal.

    Args:
        timed: names of steps that count seconds; their bars show the remaining time.
    """

    def __init__(self, timed: Collection[str] = ()) -> None:
        super().__init__(messages, timed=timed)

    def __call__(self, step: str, done: int, total: int) -> None:
        """Update a step's bar; raise `KeyboardInterrupt` if an interrupt is pending."""
        if interrupted.is_set():
            raise KeyboardInterrupt
        super().__call__(step, done, total)


def print_table(title: str, rows: Iterable[tuple[str, object]]) -> None:
    """Print a table with one name and one value per row."""
    table = Table(title=title, title_justify="left", show_header=False, box=None, pad_edge=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for name, value in rows:
        table.add_row(name, str(value))
    answers.print(table)


def print_findings(
    findings: Iterable[Finding],
    language: Language = "en",
    *,
    console: SafeConsole = messages,
    all_examples: bool = False,
) -> None:
    """Print findings with their examples and cures.

    Args:
        findings: the findings, in order.
        language: language of the sentences.
        console: console to print to.
        all_examples: also print the examples of notes, not only of warnings.
    """
    for finding in findings:
        line = f"{WORDS[language][finding.severity]}: {finding.sentence(language)} [{finding.code}]"
        console.print(line, style="yellow" if finding.is_warning else None)
        for example in finding.examples if finding.is_warning or all_examples else ():
            console.print(f"    {_example(example, language)}", style="dim")
        if cure := finding.recommendation(language):
            console.print(f"  > {cure}")


def _example(example: Example, language: Language) -> str:
    names = KOREAN_NAMES if language == "ko" else {}
    values = {names.get(name, name.replace("_", " ")): value for name, value in example.values.items()}
    return str(Example(example.text, example.place, values))


@contextmanager
def logged_once() -> Iterator[None]:
    """Show log messages with the same text once within the context."""
    seen: set[str] = set()

    def is_new(record: logging.LogRecord) -> bool:
        message = record.getMessage()
        if message in seen:
            return False
        seen.add(message)
        return True

    logger.addFilter(is_new)
    try:
        yield
    finally:
        logger.removeFilter(is_new)


@contextmanager
def printed_warnings() -> Iterator[None]:
    """Print each distinct `UserWarning` once, as one line, within the context."""
    seen: set[str] = set()
    with warnings.catch_warnings():
        default = warnings.showwarning

        def show(
            message: Warning | str,
            category: type[Warning],
            filename: str,
            lineno: int,
            file: TextIO | None = None,
            line: str | None = None,
        ) -> None:
            if category is not UserWarning:
                default(message, category, filename, lineno, file, line)
            elif str(message) not in seen:
                seen.add(str(message))
                messages.print(f"warning: {' '.join(str(message).split())}", style="yellow")

        warnings.simplefilter("always", UserWarning)
        warnings.showwarning = show
        yield
