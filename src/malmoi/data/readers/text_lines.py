"""Text files with a text a line, and no labels."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

from malmoi.data.readers.base import Batch, Row, Source, batched
from malmoi.data.readers.lines import file_lines
from malmoi.errors import DataError
from malmoi.foundation.validation import shorten

__all__ = ["TextLinesReader"]


@dataclass(frozen=True)
class TextLinesReader:
    """Reads files with a text a line."""

    suffixes: tuple[str, ...] = (".txt",)
    is_packable: bool = True
    labels_are_text: bool = False

    def batches(self, source: Source) -> Iterator[Batch]:
        """Yield the lines of a file, in order."""
        path, columns = source.path, source.columns
        with closing(file_lines(path, source.encoding, "\n", source.progress)) as lines:
            if columns.labelled:
                layout = "a table, or a folder with one folder per class"
                raise DataError(f"{path}: labels must come from {layout}, got lines of text without labels")
            for name, wanted in (("text_column", columns.text), ("id_column", columns.id)):
                if wanted is not None:
                    raise DataError(f"{path}: {name} must be None for lines of text, got {shorten(wanted)}")
            rows = (
                Row(line.removesuffix("\n").removesuffix("\r"), None, None, number)
                for number, line in enumerate(lines, 1)
            )
            yield from batched(rows, lambda line: f"{path}:{line}", columns)
