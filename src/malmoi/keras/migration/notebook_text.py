"""The text of a notebook: where the sources of its cells are, and how to replace them and nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from malmoi.errors import FormatError

__all__ = ["Cell", "code_cells", "with_sources"]

SPACE = re.compile(r"[ \t\r\n]*")
DECODER = json.JSONDecoder()


class Cell(NamedTuple):
    """A code cell.

    Args:
        number: its number among all cells of the notebook; 1 or more.
        source: its source.
        start: offset of the source in the notebook's text.
        end: offset after it.
    """

    number: int
    source: str
    start: int
    end: int


def _after_space(text: str, place: int) -> int:
    found = SPACE.match(text, place)
    return place if found is None else found.end()


def _members(text: str, place: int) -> Iterator[tuple[str, int, int]]:
    """Yield the keys of an object of JSON with the offsets of their values; the text is known to be JSON."""
    place = _after_space(text, place + 1)
    while text[place] != "}":
        key, place = DECODER.raw_decode(text, place)
        start = _after_space(text, _after_space(text, place) + 1)
        end = DECODER.raw_decode(text, start)[1]
        yield key, start, end
        place = _after_space(text, end)
        place = _after_space(text, place + 1) if text[place] == "," else place


def _items(text: str, place: int) -> Iterator[tuple[int, int]]:
    """Yield the offsets of the elements of an array of JSON."""
    place = _after_space(text, place + 1)
    while text[place] != "]":
        end = DECODER.raw_decode(text, place)[1]
        yield place, end
        place = _after_space(text, end)
        place = _after_space(text, place + 1) if text[place] == "," else place


def code_cells(text: str, name: str) -> list[Cell]:
    """Return the code cells of a notebook.

    Args:
        text: the notebook.
        name: its name, for messages.

    Raises:
        FormatError: it is not a notebook of Python in format 4.
    """
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise FormatError(f"{name} is not a notebook: it is not JSON ({error}); save it again with Jupyter") from None
    if isinstance(content, dict) and "worksheets" in content:
        raise FormatError(f"{name} must have notebook format 4, got 3; run: jupyter nbconvert --to notebook {name}")
    if not isinstance(content, dict) or not isinstance(content.get("cells"), list):
        raise FormatError(f"{name} is not a notebook: it has no cells; pass a file that Jupyter has saved")
    language = _language(content)
    if language is not None and not language.lower().startswith("python"):
        raise FormatError(f"{name} must be a notebook of Python, got one of {language[:40]}")
    start = {key: start for key, start, _ in _members(text, _after_space(text, 0))}["cells"]
    cells = []
    for number, ((place, _), cell) in enumerate(zip(_items(text, start), content["cells"], strict=True), 1):
        if isinstance(cell, dict) and cell.get("cell_type") == "code":
            source = cell.get("source", "")
            is_list = isinstance(source, list) and all(isinstance(line, str) for line in source)
            if not isinstance(source, str) and not is_list:
                raise FormatError(f"{name}: the source of cell {number} must be a str or a list of str")
            spans = {key: (first, last) for key, first, last in _members(text, place)}
            if "source" in spans:
                cells.append(Cell(number, "".join(source), *spans["source"]))
    return cells


def _language(content: Mapping[str, object]) -> str | None:
    metadata = content.get("metadata")
    for part, key in (("language_info", "name"), ("kernelspec", "language")):
        inner = metadata.get(part) if isinstance(metadata, dict) else None
        value = inner.get(key) if isinstance(inner, dict) else None
        if isinstance(value, str):
            return value
    return None


def with_sources(text: str, sources: Mapping[int, str], cells: list[Cell]) -> str:
    """Return a notebook with new sources of some cells; everything else keeps its characters.

    Args:
        text: the notebook.
        sources: new sources by number of the cell.
        cells: the code cells of the notebook.
    """
    for cell in reversed(cells):
        if cell.number in sources:
            new = _written(text, cell, sources[cell.number], is_ascii=text.isascii())
            text = text[: cell.start] + new + text[cell.end :]
    return text


def _written(text: str, cell: Cell, source: str, *, is_ascii: bool) -> str:
    """Return a source as JSON, written as the old one: a string, or a list of lines with the same white space."""
    if text[cell.start] != "[":
        return json.dumps(source, ensure_ascii=is_ascii)
    spans = list(_items(text, cell.start))
    opening = text[cell.start + 1 : spans[0][0]]
    closing = text[spans[-1][1] : cell.end - 1]
    between = text[spans[0][1] : spans[1][0]] if len(spans) > 1 else f",{opening}" if opening else ", "
    known = {json.loads(text[start:end]): text[start:end] for start, end in spans}
    lines = [line for line in re.split(r"(?<=\n)", source) if line]
    written = [known.get(line) or json.dumps(line, ensure_ascii=is_ascii) for line in lines]
    return f"[{opening}{between.join(written)}{closing}]" if written else "[]"
