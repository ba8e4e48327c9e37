"""fastText's training files: lines of words, those that begin with `__label__` are labels."""

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
    """Reads fastText's training files; blank lines are no texts. Where a line has several labels, all have lists."""

    form: str = "fastText lines"

    def chunks(self, source: Source) -> Iterator[tuple[Wanted, Chunk]]:
        """Yield the lines of a file, in order."""
        settings = source.settings
        wanted = source.without_columns(source.bytes.described(self.form, settings.encoding), has_labels=True)
        place = line_place(source.path)
        for texts, numbers in numbered_lines(source):
            lines = [(number, line) for number, line in zip(numbers, texts, strict=True) if line.strip()]
            values: dict[str, list[object]] = {TEXT: [LABELS.sub("", line).strip() for _, line in lines]}
            if settings.labelled:
                values[LABEL] = [_label(LABELS.findall(line)) for _, line in lines]
            raw = [line for _, line in lines].__getitem__
            yield (
                wanted,
                Chunk(values, [number for number, _ in lines], place, are_text=False, raw=raw, is_untyped=True),
            )


def _label(labels: list[str]) -> str | list[str] | None:
    """The only label of a line; all of several; `None` where there is none, which fastText cannot learn from."""
    return (labels[0] if labels else None) if len(labels) < 2 else labels
