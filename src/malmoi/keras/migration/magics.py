"""Lines of notebooks that are not Python: magics, shell commands and questions for help."""

from __future__ import annotations

import re
from typing import NamedTuple

from malmoi.keras.migration.syntax_errors import syntax_error

__all__ = ["Hidden", "hidden_magics"]

PYTHON_CELLS = ("capture", "memit", "prun", "time", "timeit")
"""Magics of whole cells whose other lines are Python."""
LINE = re.compile(r"\s*(?:[%!?]|.*[\w.\])]\?{1,2}\s*$)")
ASSIGNED = re.compile(r"(\s*[\w.,\s\[\]\"'*]+=\s*)([%!](?!=).*)$")
PIECES = re.compile(r"#.*|[rbfuRBFU]{0,2}(\"\"\"|'''|\"|')|[(\[{]|[)\]}]|\\\n")


class Hidden(NamedTuple):
    """A cell as Python, and the lines that it had instead of placeholders.

    Args:
        text: the cell, with as many lines as before.
        magics: what was hidden, by placeholder.
    """

    text: str
    magics: dict[str, str]

    def restored(self, text: str) -> str:
        """Return a rewritten cell with its magics."""
        for placeholder, magic in self.magics.items():
            text = text.replace(placeholder, magic)
        return text


def hidden_magics(text: str, word: str) -> Hidden | None:
    """Hide the magics of a cell from the parser; None if the whole cell is not Python.

    Args:
        text: the cell.
        word: a word that is nowhere in the notebook.
    """
    if syntax_error(text) is None:
        return Hidden(text, {})
    if text.lstrip().startswith("%%"):
        name = re.match(r"\s*%%(\w*)", text)
        if name is None or name[1] not in PYTHON_CELLS:
            return None
    magics: dict[str, str] = {}
    lines: list[str] = []
    depth, quote, is_continued, is_magic = 0, "", False, False
    for line in text.split("\n"):
        is_start = depth == 0 and not quote and not is_continued
        if is_magic or (is_start and LINE.match(line) and not line.lstrip().startswith("#")):
            body = "" if is_magic or line.lstrip().startswith("%%") else "0"
            indentation = line[: len(line) - len(line.lstrip())]
            lines.append(_replaced(line[len(indentation) :], indentation, body, word, magics))
            is_magic = line.rstrip().endswith("\\")
            continue
        assigned = ASSIGNED.match(line) if is_start else None
        if assigned:
            lines.append(_replaced(assigned[2], assigned[1], "0", word, magics))
            continue
        depth, quote, is_continued = _state(line, depth, quote)
        lines.append(line)
    return Hidden("\n".join(lines), magics)


def _replaced(magic: str, before: str, body: str, word: str, magics: dict[str, str]) -> str:
    placeholder = f"{body}#{word}{len(magics)}#"
    magics[placeholder] = magic
    return before + placeholder


def _state(line: str, depth: int, quote: str) -> tuple[int, str, bool]:
    """Return the open brackets, the open triple quote, and whether the line goes on, after a line."""
    place = 0
    while place < len(line):
        if quote:
            end = _end_of_string(line, place, quote)
            if end is None:
                return depth, quote if len(quote) == 3 else "", line.endswith("\\")
            place, quote = end, ""
            continue
        found = PIECES.search(line, place)
        if found is None:
            break
        if found[0].startswith("#"):
            return depth, "", False
        place = found.end()
        if found[1]:
            quote = found[1]
        else:
            depth = max(0, depth + (1 if found[0] in "([{" else -1))
    return depth, quote if len(quote) == 3 else "", line.endswith("\\")


def _end_of_string(line: str, place: int, quote: str) -> int | None:
    """Return the place after a string; None if it is not closed in this line."""
    while place < len(line):
        if line[place] == "\\":
            place += 2
        elif line.startswith(quote, place):
            return place + len(quote)
        else:
            place += 1
    return None
