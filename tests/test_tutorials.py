"""Tutorials and concepts of the documentation: their code and commands are run; a page shows what they print.

A `python` block is run in the namespace of the page; a `text` block right after it is its output. In a `console`
block a line `$ malmoi ...` is run, and the lines below it are its output; `sh` blocks are not run. `...` stands for
any output.
"""

import contextlib
import doctest
import io
import re
import shlex
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest

from malmoi.cli.commands import run
from malmoi.cli.console import answers, messages

DOCS = Path(__file__).parents[1] / "docs"
PAGES = [
    *sorted(DOCS.glob("tutorials/*.md")),
    *sorted(DOCS.glob("concepts/*.md")),
    *(DOCS / name for name in ("index.md", "ko/first-classifier.md", "old-keras.md", "reference/estimators.md")),
]
BLOCK = re.compile(r"^```(python|console)\n(.*?)^```$(?:\s*^```text\n(.*?)^```$)?", re.S | re.M)
NEEDS = {
    "keras": "keras",
    "korean": "kiwipiepy",
    "Korean": "kiwipiepy",
    "pandas": "pandas",
    "matplotlib": "matplotlib",
    "plot": "matplotlib",
}
"""Words of a page, and the library that it needs."""
SHOWING = ("jax", "keras", "kiwipiepy", "numpy", "polars", "rich", "scikit-learn", "scipy")
"""Libraries whose release may change a printed figure or the form of a table."""


def unlocked() -> list[str]:
    """Libraries whose installed release is not that of requirements.lock, with which the outputs were made."""
    lines = (DOCS.parent / "requirements.lock").read_text().splitlines()
    locked = dict(line.split("==") for line in lines if "==" in line)
    found = []
    for name in SHOWING:
        with contextlib.suppress(PackageNotFoundError):
            if (installed := version(name)) != locked[name]:
                found.append(f"{name} {installed} instead of {locked[name]}")
    return found


UNLOCKED = unlocked()


def steps(page: Path):
    """Return (code or command, expected output or None) of every block, in the order of the page."""
    found = []
    for kind, body, expected in BLOCK.findall(page.read_text(encoding="utf-8")):
        if kind == "python":
            found.append((kind, body, expected))
        else:
            assert body.startswith("$ malmoi "), (
                f"{page.name}: a console block begins with $ malmoi, other commands stand in sh blocks"
            )
            for part in re.split(r"^\$ ", body, flags=re.M)[1:]:
                command, _, output = part.replace("\\\n", " ").partition("\n")
                found.append((kind, command, output))
    return found


def printed(kind, source, namespace, page):
    """Run a block and return what it printed, on both streams."""
    stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
    with contextlib.redirect_stdout(stream), contextlib.redirect_stderr(stream):
        if kind == "python":
            exec(compile(source, page.name, "exec"), namespace)
        else:
            namespace["status"] = run(shlex.split(source)[1:])
    return stream.buffer.getvalue().decode()


WIDTH = 92
"""Columns of the printed tables: a page of the site has place for so many."""


def plain(text):
    """Return the text without spaces at the ends of lines, and without empty lines around it."""
    return "\n".join(line.rstrip() for line in text.splitlines()).strip("\n") + "\n"


def same(expected, got):
    return doctest.OutputChecker().check_output(plain(expected), plain(got), doctest.ELLIPSIS)


@pytest.mark.parametrize("page", PAGES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_page_shows_what_its_code_prints(page, tmp_path, monkeypatch):
    if UNLOCKED:
        pytest.skip(f"pages show the output of the locked releases; installed: {', '.join(UNLOCKED)}")
    text = page.read_text(encoding="utf-8")
    for word, library in NEEDS.items():
        if word in text:
            pytest.importorskip(library)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MALMOI_RUNS")
    for console in (answers, messages):  # another test may have made them
        monkeypatch.setattr(console, "width", WIDTH)
    namespace = {"__name__": page.stem}
    sys.modules.pop("malmoi.keras.install", None)  # its import installs the hook, as in a new process
    for kind, source, expected in steps(page):
        got = printed(kind, source, namespace, page)
        if kind == "console":
            assert namespace["status"] == 0, f"{page.name}: {source}\n{got}"
        if kind == "console" or expected:
            assert same(expected, got), f"{page.name}:\n{source}\nshows\n{plain(expected)}\nprints\n{plain(got)}"
    assert steps(page) or page.parent.name == "concepts"


def test_outputs_are_compared_line_by_line():
    assert same("3 runs\n", "3 runs  \n\n")
    assert same("accuracy ... %\n", "accuracy 12 %\n")
    assert not same("3 runs\n", "4 runs\n")
    assert not same("a\n\nb\n", "a\nb\n")
    page = "```python\nprint(1)\n```\n\n```text\n1\n```\n\n```console\n$ malmoi info x\n2\n$ malmoi info y\n```\n"
    assert [tuple(map(str.strip, found)) for found in BLOCK.findall(page)] == [
        ("python", "print(1)", "1"),
        ("console", "$ malmoi info x\n2\n$ malmoi info y", ""),
    ]
