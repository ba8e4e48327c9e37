"""Interface of the readers: input (source, settings) and output (chunks, batches)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from malmoi.data.readers.columns import Wanted, wanted_columns
from malmoi.data.readers.report import BadRow, ReadFrom, ReadReport, RowError
from malmoi.data.readers.settings import ReadSettings
from malmoi.data.readers.streams import ByteStream
from malmoi.errors import DataError
from malmoi.foundation.progress import Progress, silent
from malmoi.foundation.validation import shorten

__all__ = ["LABEL", "TEXT", "Batch", "Chunk", "Reader", "Source", "line_place"]

TEXT, LABEL = "text", "label"
"""Column names for formats without column names."""


@dataclass(frozen=True)
class LinePlace:
    """Formatter of line locations, such as "train.csv:381"; unlike a nested function it can be pickled."""

    path: Path

    def __call__(self, line: int) -> str:
        """Return the location of a line."""
        return f"{self.path}:{line}"


def line_place(path: Path) -> Callable[[int], str]:
    """Return a function that formats the location of a line, such as "train.csv:381"."""
    return LinePlace(path)


@dataclass
class Batch:
    """A batch of texts, with labels and kept columns.

    Args:
        place: formats the number of a text as its location, such as "train.csv:381".
        texts: texts in file order.
        labels: one per text as in the file, a list if a text has several; empty if labels are not read.
        kept: kept columns, by name.
        numbers: number of each text's line, row or file.
        labels_are_text: whether the file is untyped, so that numeric labels are recognised by their spelling.
    """

    place: Callable[[int], str]
    texts: list[str] = field(default_factory=list)
    labels: list[object] = field(default_factory=list)
    kept: dict[str, list[object]] = field(default_factory=dict)
    numbers: Sequence[int] = ()
    labels_are_text: bool = False


@dataclass(frozen=True)
class Chunk:
    """Raw rows of a file, as a reader returns them.

    Args:
        values: the selected columns, by name.
        numbers: number of each row.
        place: formats the number of a row as its location.
        are_text: whether all values are str.
        raw: returns the original row at an index, for skipped rows.
        is_untyped: whether the file is untyped, so that numeric labels are recognised by their spelling.
    """

    values: Mapping[str, Sequence[object]]
    numbers: Sequence[int]
    place: Callable[[int], str]
    are_text: bool
    raw: Callable[[int], str]
    is_untyped: bool = False


@dataclass(frozen=True)
class Source:
    """A file or a folder to read, with the settings.

    Args:
        path: its path.
        settings: read settings.
        report: filled with how files were parsed and which rows were skipped.
        progress: progress callback; called with the step's name, the number done and the total.
        stream: decompressed bytes of a file; `None` for a folder.
    """

    path: Path
    settings: ReadSettings
    report: ReadReport
    progress: Progress = silent
    stream: ByteStream | None = None

    @property
    def bytes(self) -> ByteStream:
        """The decompressed bytes of the file."""
        if self.stream is None:
            raise DataError(f"{self.path} must be a file, got a folder")
        return self.stream

    def choose(self, names: Sequence[str], form: str, *, guessed: Wanted | None = None, left_out: str = "") -> Wanted:
        """Return the columns to read from a table, and report how the file was parsed.

        Raises:
            DataError: a column is missing or occurs twice.
        """
        wanted = wanted_columns(self.path, names, self.settings, guessed)
        self.report.read(ReadFrom(self.path, form, wanted, left_out))
        return wanted

    def without_columns(self, form: str, *, has_labels: bool, left_out: str = "") -> Wanted:
        """Return the columns of a format without column names; refuse settings that name columns.

        Raises:
            DataError: a setting names a column, or labels are required and the format has none.
        """
        self.refuse_columns(form)
        are_read = self.settings.labelled and (has_labels or self.settings.labels_required)
        if are_read and not has_labels:
            layout = "a table, or a folder with one folder per class"
            raise DataError(f"{self.path}: labels must come from {layout}, got {form} without labels")
        self.report.read(ReadFrom(self.path, form, Wanted(()), left_out))
        return Wanted((TEXT,), (LABEL,) if are_read else ())

    def refuse_columns(self, form: str) -> None:
        """Check that no setting names a column, for a format without column names.

        Raises:
            DataError: a setting names a column.
        """
        settings = self.settings
        named = {
            "text_column": settings.text_column,
            "label_column": settings.label_column,
            "id_column": settings.id_column,
            "group_column": settings.group_column,
            "keep": settings.keep,
            "label_separator": settings.label_separator,
        }
        for option, value in named.items():
            if value:
                shown = shorten(value[0] if isinstance(value, tuple) else value)
                raise DataError(f"{self.path}: {option} must be None for {form}, got {shown}")

    def refuse(self, row: BadRow) -> None:
        """Raise an error about an invalid row, or skip it.

        Raises:
            RowError: `on_error` is "stop".
        """
        if self.settings.on_error == "stop":
            raise RowError(str(row))
        self.report.skip(row)


class Reader(Protocol):
    """A reader of one format, which yields chunks of rows."""

    @property
    def form(self) -> str:
        """Name of the format in messages."""

    def chunks(self, source: Source) -> Iterator[tuple[Wanted, Chunk]]:
        """Yield the selected columns and the rows of a file, in order.

        Raises:
            DataError: a column is missing, or a row is invalid.
            FormatError: the file is damaged.
        """
