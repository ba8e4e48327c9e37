"""Check that every file states the same version: `python tools/versions.py [TAG]`, with a tag such as v1.2.3."""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
PLACES = {
    "pyproject.toml": r'^version = "([^"]+)"',
    "src/malmoi/__init__.py": r'^__version__ = "([^"]+)"',
    "core/Cargo.toml": r'^version = "([^"]+)"',
    "CITATION.cff": r'^version: "?([^"\n]+)"?',
}
"""Files, and the pattern of their first line with the version."""


def stated_versions() -> dict[str, str | None]:
    """Return the version that each file states; `None` if it states none."""
    contents = {name: (ROOT / name).read_text(encoding="utf-8") for name in PLACES}
    found = {name: re.search(pattern, contents[name], re.MULTILINE) for name, pattern in PLACES.items()}
    return {name: match[1] if match else None for name, match in found.items()}


def main(arguments: list[str]) -> str | None:
    """Return a message if the versions, or the tag, differ."""
    versions = stated_versions()
    expected = {f"v{version}" for version in versions.values()} | set(arguments)
    if len(expected) != 1:
        return f"the versions differ: {versions}, tag {arguments or 'none'}"
    return None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
