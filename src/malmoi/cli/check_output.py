"""Findings as lines for people, and as JSON."""

from __future__ import annotations

import io
import json
from pathlib import Path

from rich.console import Console

from malmoi.cli.console import answers, print_findings
from malmoi.evaluation.checks.checking import CheckReport
from malmoi.evaluation.checks.table import CHECKS
from malmoi.evaluation.findings import Language
from malmoi.foundation.files import whole_file

__all__ = ["FORMATS", "print_list", "write_report"]

FORMATS = ("table", "json")
SKIPPED = {"en": "skipped", "ko": "건너뜀"}
IGNORED = {"en": "ignored, as asked", "ko": "요청에 따라 제외"}


def write_report(report: CheckReport, kind: str, output: Path | None, language: Language, *, overwrite: bool) -> None:
    """Write findings as asked.

    Args:
        report: what was found.
        kind: one of `FORMATS`.
        output: the file; standard output, if not given.
        language: of the sentences.
        overwrite: whether a file that exists may be replaced.
    """
    if kind == "json":
        text = json.dumps(report.to_json(language), ensure_ascii=False, indent=2) + "\n"
    elif output is None:
        _print(report, language, answers)
        return
    else:
        told = Console(file=io.StringIO(), highlight=False, soft_wrap=True)
        _print(report, language, told)
        text = told.file.getvalue()  # type: ignore[attr-defined]
    if output is None:
        answers.out(text, end="", highlight=False)
        return
    with whole_file(output, overwrite=overwrite) as file:
        file.write(text.encode())


def _print(report: CheckReport, language: Language, console: Console) -> None:
    """Print findings with their examples and with what to do."""
    print_findings(report, language, console=console, all_examples=True)
    console.print(report.total(language), markup=False, style="bold")
    for line in report.skipped_lines(language):
        console.print(f"{SKIPPED[language]}: {line}", markup=False, style="dim")
    if report.ignored:
        console.print(f"{IGNORED[language]}: {', '.join(report.ignored)}", markup=False, style="dim")


def print_list() -> None:
    """Print the checks with their thresholds."""
    for one in CHECKS:
        answers.print(", ".join(kind.code for kind in one.kinds), markup=False, style="bold")
        answers.print(f"  {one.what}; {one.threshold}", markup=False)
