"""Functions shared by the commands that write a report."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

from malmoi.cli.usage import UsageError
from malmoi.errors import MissingExtraError
from malmoi.evaluation.findings import LANGUAGES, Language
from malmoi.foundation.files import whole_file
from malmoi.foundation.validation import shorten

if TYPE_CHECKING:
    from malmoi.report.facts import ReportFacts

__all__ = ["check_page_file", "spoken", "write_page"]


def spoken(language: str) -> Language:
    """Return the language given with `--language`.

    Raises:
        UsageError: the language is not supported.
    """
    for known in LANGUAGES:
        if language == known:
            return known
    raise UsageError(f"--language must be {' or '.join(LANGUAGES)}, got {language!r}")


def check_page_file(path: Path) -> None:
    """Check the suffix of a page, and that jinja2 is installed.

    Raises:
        UsageError: the file does not end in .html.
        MissingExtraError: jinja2 is not installed.
    """
    if path.suffix.lower() not in (".html", ".htm"):
        raise UsageError(f"--output must end in .html, got {shorten(path.name)}")
    if importlib.util.find_spec("jinja2") is None:
        raise MissingExtraError("the report needs jinja2; pip install 'malmoi[report]'")


def write_page(facts: ReportFacts, path: Path, language: Language, *, overwrite: bool) -> None:
    """Write the page of a report, completely or not at all."""
    from malmoi.report.page import page

    text = page(facts, language)
    with whole_file(path, overwrite=overwrite) as file:
        file.write(text.encode(errors="backslashreplace"))
