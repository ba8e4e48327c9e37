"""Write what the code of documentation pages prints today into the pages.

    python tools/refresh_pages.py docs/tutorials/korean.md

An output that still fits, with its `...`, stays as it is; in a new one, times and sizes become `...`.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from test_tutorials import BLOCK, WIDTH, plain, printed, same  # noqa: E402

VARYING = [
    (re.compile(r"^((?:seconds|training time|run) +).*$", re.M), r"\1..."),
    (re.compile(r"\([\d,]+ bytes\)"), "(... bytes)"),
    (re.compile(r"^( *[\d,]+(?: \(all\))?  .*\)  +<?\d\.\d{3})  +[\d.].*$", re.M), r"\1  ..."),
]


def masked(text: str) -> str:
    """Return the output with `...` for what differs between runs."""
    for pattern, replacement in VARYING:
        text = pattern.sub(replacement, text)
    return plain(text)


def refreshed(page: Path) -> str:
    """Run all blocks of a page in the current folder, and return its text with the outputs of today."""
    namespace: dict[str, object] = {"__name__": page.stem}

    def block(found: re.Match[str]) -> str:
        kind, body, expected = found.groups()
        if kind == "python":
            got = printed(kind, body, namespace, page)
            if not got.strip() or (expected and same(expected, got)):
                return found.group()
            return f"```python\n{body}```\n\n```text\n{masked(got)}```"
        parts: list[str] = []
        for part in re.split(r"^\$ ", body, flags=re.M)[1:]:
            command = re.match(r"(?:[^\n]*\\\n)*[^\n]*", part)
            shown = command.group() if command else ""
            got = printed(kind, shown.replace("\\\n", " "), namespace, page)
            before = part[len(shown) + 1 :]
            parts.append(
                f"$ {shown}\n{before if same(before, got) and got.strip() else masked(got) if got.strip() else ''}"
            )
        return f"```console\n{''.join(parts)}```"

    return BLOCK.sub(block, page.read_text(encoding="utf-8"))


def main() -> None:
    """Refresh the named pages."""
    os.environ.pop("MALMOI_RUNS", None)
    os.environ["COLUMNS"] = str(WIDTH)
    for name in sys.argv[1:]:
        page = Path(name).resolve()
        with tempfile.TemporaryDirectory() as folder:
            os.chdir(folder)
            text = refreshed(page)
            os.chdir(ROOT)
        page.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
