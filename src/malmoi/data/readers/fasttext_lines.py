"""fastText training files: lines of words, in which words that begin with `__label__` are labels."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from malmoi.data.readers.base import LABEL, TEXT, Chunk, Source, line_place
from malmoi.data.readers.columns import Wanted
from malmoi.data.readers.text_lines import numbered_lines

__all__ = ["MARK", "FastTextReader"]

MARK = "__label__"
LABELS = re.compile(rf"(?:^|(?<=\s))\s*{MARK}(\S+)")


@dataclass(frozen=True)
class FastTextReader:
    """Reader of fastText training files; blank lines are ignored. A line with several labels gives a list of labels."""

    form: str = "fastText lines"

    def chunks(self, source: Source) -> Iterator[tuple[Wanted, Chunk]]:
        """Yield the lines of a file, in order."""
        settings = source.settings
        wanted = source.without_columns(source.bytes.described(self.form, settings.encoding), has_labels=True)
        place = line_place(source.path)
        for texts, numbers in numbered_lines(source):
            lines = [(number, line) for number, line in zip(numbers, texts, strict=True) if line.strip()]
            parts = [_parts(line) for _, line in lines]
            values: dict[str, list[object]] = {TEXT: [text for text, _ in parts]}
            if settings.labelled:
                values[LABEL] = [label for _, label in parts]
            raw = [line for _, line in lines].__getitem__
            yield (
                wanted,
                Chunk(values, [number for number, _ in lines], place, are_text=False, raw=raw, is_untyped=True),
            )


def _parts(line: str) -> tuple[str, str | list[str] | None]:
    """Return the text of a line, and its label or labels."""
    if line.startswith(MARK) and line.find(MARK, 1) < 0:  # nearly all lines; the pattern takes ten times as long
        label, *text = line[len(MARK) :].split(maxsplit=1) or [""]
        if label and not line[len(MARK)].isspace():
            return (text[0].rstrip() if text else ""), label
    if MARK not in line:
        return line.strip(), None
    return LABELS.sub("", line).strip(), _label(LABELS.findall(line))


def _label(labels: list[str]) -> str | list[str] | None:
    """Return the only label of a line, a list of several, or `None` if there is none."""
    return (labels[0] if labels else None) if len(labels) < 2 else labels
