"""Findings as text and as JSON."""

from __future__ import annotations

import io
import json
from pathlib import Path

from malmoi.cli.console import answers, print_findings
from malmoi.cli.data_output import write_data
from malmoi.evaluation.checks.checking import CheckReport
from malmoi.evaluation.checks.table import CHECKS
from malmoi.evaluation.findings import Language
from malmoi.foundation.files import whole_file
from malmoi.foundation.printable import printable_json
from malmoi.foundation.terminal import SafeConsole

__all__ = ["FORMATS", "print_list", "write_report"]

FORMATS = ("table", "json")
SKIPPED = {"en": "skipped", "ko": "건너뜀"}
IGNORED = {"en": "ignored (--ignore)", "ko": "제외(--ignore)"}


def write_report(report: CheckReport, kind: str, output: Path | None, language: Language, *, overwrite: bool) -> None:
    """Write findings to a file or to standard output.

    Args:
        report: the findings.
        kind: one of `FORMATS`.
        output: output file; `None`: standard output.
        language: language of the sentences.
        overwrite: whether an existing file may be overwritten.
    """
    if kind == "json":
        text = printable_json(json.dumps(report.to_json(language), ensure_ascii=False, indent=2)) + "\n"
    elif output is None:
        _print(report, language, answers)
        return
    else:
        console = SafeConsole(file=io.StringIO())
        _print(report, language, console)
        text = console.file.getvalue()  # type: ignore[attr-defined]
    if output is None:
        write_data(text)
        return
    with whole_file(output, overwrite=overwrite) as file:
        file.write(text.encode(errors="backslashreplace"))


def _print(report: CheckReport, language: Language, console: SafeConsole) -> None:
    """Print findings with their examples and cures."""
    print_findings(report, language, console=console, all_examples=True)
    console.print(report.total(language), style="bold")
    for line in report.skipped_lines(language):
        console.print(f"{SKIPPED[language]}: {line}", style="dim")
    if report.ignored:
        console.print(f"{IGNORED[language]}: {', '.join(report.ignored)}", style="dim")


def print_list() -> None:
    """Print the checks with their thresholds."""
    for one in CHECKS:
        answers.print(", ".join(kind.code for kind in one.kinds), style="bold")
        answers.print(f"  {one.what}; {one.threshold}")
