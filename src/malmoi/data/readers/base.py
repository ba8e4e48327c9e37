"""What readers of files share: what they are given, and what they give."""

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
"""Names of the columns of formats that have no names."""


@dataclass(frozen=True)
class LinePlace:
    """Says where a line stands, such as "train.csv:381"; unlike a function inside a function it can be pickled."""

    path: Path

    def __call__(self, line: int) -> str:
        """Return the place of a line."""
        return f"{self.path}:{line}"


def line_place(path: Path) -> Callable[[int], str]:
    """Return what says where a line stands, such as "train.csv:381"."""
    return LinePlace(path)


@dataclass
class Batch:
    """Texts that were read together.

    Args:
        place: says where the text of a number stands, such as "train.csv:381".
        texts: in the order of the file.
        labels: as many, as the file has them, a list where a text has several; none where none are read.
        kept: the columns that are carried along, by name.
        numbers: of each text's line, row or file.
        labels_are_text: whether labels have no type in the file: numbers are told by their form.
    """

    place: Callable[[int], str]
    texts: list[str] = field(default_factory=list)
    labels: list[object] = field(default_factory=list)
    kept: dict[str, list[object]] = field(default_factory=dict)
    numbers: Sequence[int] = ()
    labels_are_text: bool = False


@dataclass(frozen=True)
class Chunk:
    """Rows of a file as a reader finds them.

    Args:
        values: the wanted columns, by name.
        numbers: of each row.
        place: says where the row of a number stands.
        are_text: whether all values are str.
        raw: the row of a position as the file has it, for those that are skipped.
        is_untyped: whether the file has no types: labels that are numbers are told by their form.
    """

    values: Mapping[str, Sequence[object]]
    numbers: Sequence[int]
    place: Callable[[int], str]
    are_text: bool
    raw: Callable[[int], str]
    is_untyped: bool = False


@dataclass(frozen=True)
class Source:
    """A file or a folder, and what is wanted of it.

    Args:
        path: where it is.
        settings: how it is read.
        report: told what was understood and skipped.
        progress: progress callback.
        stream: the bytes of a file, inflated; `None` for a folder.
    """

    path: Path
    settings: ReadSettings
    report: ReadReport
    progress: Progress = silent
    stream: ByteStream | None = None

    @property
    def bytes(self) -> ByteStream:
        """The bytes of a file."""
        if self.stream is None:
            raise DataError(f"{self.path}: a file is needed, got a folder")
        return self.stream

    def choose(self, names: Sequence[str], form: str, *, guessed: Wanted | None = None, left_out: str = "") -> Wanted:
        """Return the columns that are read, once the form of a table is known.

        Raises:
            DataError: a column is missing, or stands there twice.
        """
        wanted = wanted_columns(self.path, names, self.settings, guessed)
        self.report.read(ReadFrom(self.path, form, wanted, left_out))
        return wanted

    def without_columns(self, form: str, *, has_labels: bool, left_out: str = "") -> Wanted:
        """Return the columns of a format that has no names; refuse names.

        Raises:
            DataError: a column is named, or labels are read where there are none.
        """
        self.refuse_columns(form)
        are_read = self.settings.labelled and (has_labels or self.settings.labels_required)
        if are_read and not has_labels:
            layout = "a table, or a folder with one folder per class"
            raise DataError(f"{self.path}: labels must come from {layout}, got {form} without labels")
        self.report.read(ReadFrom(self.path, form, Wanted(()), left_out))
        return Wanted((TEXT,), (LABEL,) if are_read else ())

    def refuse_columns(self, form: str) -> None:
        """Refuse names of columns for a format that has none.

        Raises:
            DataError: a column is named.
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
        """Stop at a row that cannot be used, or skip it.

        Raises:
            RowError: `on_error` is "stop".
        """
        if self.settings.on_error == "stop":
            raise RowError(str(row))
        self.report.skip(row)


class Reader(Protocol):
    """What reads one format, a chunk at a time."""

    @property
    def form(self) -> str:
        """Its name, for people."""

    def chunks(self, source: Source) -> Iterator[tuple[Wanted, Chunk]]:
        """Yield the rows of a file, in order, with the columns that were chosen.

        Raises:
            DataError: a column is missing, or a row cannot be used.
            FormatError: the file is damaged.
        """
