"""Links between documents: files exist, and anchors are headings. Links to other sites are not fetched."""

import re
import unicodedata
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "benchmarks").glob("*.md"), *(ROOT / "docs").rglob("*.md")],
    key=lambda path: path.as_posix(),
)
FENCE = re.compile(r"^(```+|~~~+).*?^\1\s*$", re.S | re.M)
LINK = re.compile(r"\]\(([^)\s]+)\)")


def prose(path):
    """Return the text of a document without its code."""
    return re.sub(
        r"`[^`\n]*`", lambda found: found.group().replace("](", "] ("), FENCE.sub("", path.read_text(encoding="utf-8"))
    )


def slug(heading):
    """Return the anchor of a heading, as code hosts and MyST make it."""
    plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
    kept = [
        one
        for one in plain
        if one in " -_" or unicodedata.category(one)[0] in "LN" or unicodedata.category(one) == "Mn"
    ]
    return "".join(kept).replace(" ", "-")


def anchors(path):
    return {
        slug(line.lstrip("#"))
        for line in FENCE.sub("", path.read_text(encoding="utf-8")).splitlines()
        if re.match(r"#+ ", line)
    }


@pytest.mark.parametrize("page", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_to_files_and_headings_lead_somewhere(page):
    for link in LINK.findall(prose(page)):
        if re.match(r"[a-z]+:", link):
            continue
        target, _, anchor = link.partition("#")
        file = page if not target else (ROOT / "docs" / target[1:] if target.startswith("/") else page.parent / target)
        assert file.exists(), f"{page.name}: {link}"
        if anchor:
            assert anchor in anchors(file.resolve()), f"{page.name}: {link}"


def test_anchors_are_those_of_code_hosts():
    assert slug(" What it *says*: `N1`, [here](there.md)") == "what-it-says-n1-here"
    assert slug(" 종료 코드") == "종료-코드"
