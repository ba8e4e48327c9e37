"""Findings of lines of notebooks that are not Python: old releases that are installed, and old code that is written."""

from __future__ import annotations

import re
from collections.abc import Iterator

from malmoi.keras.migration.results import Finding

__all__ = ["magic_findings"]

INSTALLED = re.compile(
    r"\s*[!%]\s*(?:\w+\s+-m\s+)?(?:pip3?|conda|mamba)\s+install\b.*?"
    r"(?<![\w-])((?:keras|tensorflow)(?:-gpu|-cpu)?)\s*[\"']?\s*(={1,3}|~=|<=?)\s*[\"']?(\d+)(?:\.(\d+))?"
)
VERSION = re.compile(r"\s*%tensorflow_version\b")
BACKEND = re.compile(r"\s*%(?:set_)?env\s+KERAS_BACKEND\s*=?\s*(tensorflow|theano|cntk)\b")
WRITTEN = re.compile(r"\s*%%(?:writefile|file)\b")
OLD_IMPORT = re.compile(r"\s*(?:import|from)\s+(?:keras|tensorflow\.keras|tensorflow\.python\.keras|tensorflow)\b")
MALMOI = re.compile(r"\s*(?:import|from)\s+malmoi\b")
FIRST_RELEASES = {"keras": (3, 0), "tensorflow": (2, 16)}
"""Releases with Keras 3."""


def magic_findings(text: str, magics: frozenset[str], number: int) -> Iterator[Finding]:
    """Yield what magics and shell commands of a cell do that old Keras needed.

    Args:
        text: the cell.
        magics: its lines that are not Python, without white space around them.
        number: its number.
    """
    lines = text.split("\n")
    if WRITTEN.match(text) and not any(MALMOI.match(line) for line in lines):
        place = next((place for place, line in enumerate(lines, 1) if OLD_IMPORT.match(line)), None)
        if place is not None:
            cure = "migrate the file that it writes, or write the new code in the cell"
            yield Finding(place, "magic", "the cell writes a file that imports Keras or TensorFlow", cure, number)
        return
    before = ""
    for place, line in enumerate(lines, 1):
        if line.strip() not in magics:
            before = ""
            continue
        whole = before + line
        before = whole.rstrip().removesuffix("\\") if whole.rstrip().endswith("\\") else ""
        if (found := INSTALLED.match(whole)) and _is_old(found):
            before = ""
            reason = f"the cell installs an old release of {found[1]}"
            yield Finding(place, "magic", reason, "remove it, or install keras>=3 and malmoi", number)
        elif VERSION.match(line):
            yield Finding(place, "magic", "the magic tensorflow_version does not exist any more", "remove it", number)
        elif found := BACKEND.match(line):
            reason = f"the backend {found[1]} is chosen"
            cure = 'remove it: malmoi chooses an installed backend; or write "jax"'
            yield Finding(place, "keras-backend", reason, cure, number)


def _is_old(found: re.Match[str]) -> bool:
    """Return whether an installed release is one without Keras 3; without a second number, any of the first one."""
    first = FIRST_RELEASES["keras" if found[1].startswith("keras") else "tensorflow"]
    given = int(found[3]), int(found[4] or 0)
    return given < first or (given == first and found[2] == "<")
