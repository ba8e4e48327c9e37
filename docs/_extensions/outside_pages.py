"""Links from pages to files outside the site: benchmark results, recipe files and reports have their places in it."""

from __future__ import annotations

import re
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.util.fileutil import copy_asset

PLACES = {
    "../benchmarks/RESULTS.md": "/results.md",
    "../../benchmarks/FASTTEXT.md": "/fasttext-results.md",
    "../CHANGELOG.md": "/changelog.md",
    "recipes": "/recipe-files.md",
}
"""Target of a link as the page has it on a code host, and its place in the site."""
LINK = re.compile(r"\]\(([^)\s#]+)(#[^)\s]*)?\)")
REPORT = re.compile(r"\[([^\]]+)\]\((reports/[^)]+\.html)\)")


def moved_links(app: Sphinx, name: str, source: list[str]) -> None:
    """Point links at the places of the site."""
    up = "../" * name.count("/")
    source[0] = REPORT.sub(lambda found: f'<a href="{up}{found.group(2)}">{found.group(1)}</a>', source[0])
    source[0] = LINK.sub(
        lambda found: f"]({PLACES.get(found.group(1), found.group(1))}{found.group(2) or ''})", source[0]
    )


def copied_reports(app: Sphinx) -> list[object]:
    """Copy the reports to the site."""
    copy_asset(Path(app.srcdir) / "reports", Path(app.outdir) / "reports", lambda path: path.endswith((".sh", ".py")))
    return []


def setup(app: Sphinx) -> dict[str, bool]:
    """Connect both."""
    app.connect("source-read", moved_links)
    app.connect("html-collect-pages", copied_reports)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
