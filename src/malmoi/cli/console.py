"""What the command line shows: answers on standard output, progress, findings and errors on standard error."""

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
    "coverage": "포함 비율",
    "found": "원문",
    "group": "그룹",
    "label": "라벨",
    "language": "언어",
    "ngram": "n-그램",
    "other": "다른 텍스트",
    "other_label": "다른 라벨",
    "predicted": "예측",
    "probability": "확률",
    "reason": "이유",
    "repaired": "복구",
    "similarity": "유사도",
    "texts": "텍스트 수",
}
"""Names of the values of examples."""

answers = SafeConsole()
messages = SafeConsole(stderr=True)


class ProgressBars(TerminalBars):
    """One bar a step, on standard error; nothing where that is no terminal.

    Args:
        timed: steps whose unit is the second, and which show the time that is left.
    """

    def __init__(self, timed: Collection[str] = ()) -> None:
        super().__init__(messages, timed=timed)

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
    answers.print(table)


def print_findings(
    findings: Iterable[Finding],
    language: Language = "en",
    *,
    console: SafeConsole = messages,
    all_examples: bool = False,
) -> None:
    """Print findings: what was found, its examples, what to do.

    Args:
        findings: in order.
        language: of the sentences.
        console: where they are printed.
        all_examples: print the examples of notes too, not only those of warnings.
    """
    for finding in findings:
        line = f"{WORDS[language][finding.severity]}: {finding.sentence(language)} [{finding.code}]"
        console.print(line, style="yellow" if finding.is_warning else None)
        for example in finding.examples if finding.is_warning or all_examples else ():
            console.print(f"    {_example(example, language)}", style="dim")
        if cure := finding.cure(language):
            console.print(f"  > {cure}")


def _example(example: Example, language: Language) -> str:
    names = KOREAN_NAMES if language == "ko" else {}
    values = {names.get(name, name.replace("_", " ")): value for name, value in example.values.items()}
    return str(Example(example.text, example.place, values))


@contextmanager
def logged_once() -> Iterator[None]:
    """Within, what the library logs several times in the same words is shown once."""
    seen: set[str] = set()

    def is_new(record: logging.LogRecord) -> bool:
        words = record.getMessage()
        if words in seen:
            return False
        seen.add(words)
        return True

    logger.addFilter(is_new)
    try:
        yield
    finally:
        logger.removeFilter(is_new)


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
                messages.print(f"warning: {' '.join(str(message).split())}", style="yellow")

        warnings.simplefilter("always", UserWarning)
        warnings.showwarning = show
        yield
