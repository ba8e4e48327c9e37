"""Writes Unicode's test cases of word boundaries to `tests/data/`, in a form that is a fifth as long.

    python tools/word_break_data.py WordBreakTest.txt

The file is part of the Unicode Character Database (folder `auxiliary`); Debian has it in the package `unicode-data`.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

USAGE = "usage: python tools/word_break_data.py WordBreakTest.txt"
DATA = Path(__file__).parents[1] / "tests" / "data"


def cases(text: str) -> list[str]:
    """One line a case: `÷ 0061 × 0308 ÷ 0021 ÷  # ...` becomes `0061 0308 | 0021`."""
    found = []
    for line in text.splitlines():
        case = line.partition("#")[0].strip()
        if case:
            segments = case.strip("÷ ").split(" ÷ ")
            found.append(" | ".join(segment.replace(" × ", " ") for segment in segments))
    return found


def main(arguments: list[str]) -> None:
    """Read the file that is named, and write the cases."""
    if len(arguments) != 1:
        sys.exit(USAGE)
    text = Path(arguments[0]).read_text(encoding="utf-8")
    version = re.match(r"# WordBreakTest-(\d+\.\d+)\.\d+\.txt", text)
    owner = re.search(r"# © .*Unicode.*", text)
    if version is None or owner is None:
        sys.exit(f"{arguments[0]}:1: expected '# WordBreakTest-<version>.txt', found {text[:40]!r}")
    lines = [
        f"# Word boundaries of Unicode {version[1]}, from its WordBreakTest.txt: code points, | between segments.",
        "# The cases are as they were, their form is not: no comments, no dividers inside a segment.",
        f"{owner[0]} Terms of use: https://www.unicode.org/terms_of_use.html",
        "# Made by: python tools/word_break_data.py WordBreakTest.txt",
        *cases(text),
    ]
    written = DATA / f"word-break-{version[1]}.txt"
    written.write_text("\n".join(lines) + "\n", encoding="utf-8")
    sys.stdout.write(f"{written}: {len(cases(text)):,} cases\n")


if __name__ == "__main__":
    main(sys.argv[1:])
