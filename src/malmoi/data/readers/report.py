"""What a reading says of itself: how a file was understood, which columns were read, which rows were skipped."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from malmoi.data.readers.columns import Wanted
from malmoi.errors import DataError

__all__ = ["BadRow", "ReadFrom", "ReadReport", "RowError"]

SHOWN_ROWS = 10


class RowError(DataError):
    """A row of a file that cannot be used, and that `on_error="skip"` would leave out."""


@dataclass(frozen=True)
class BadRow:
    """A row that cannot be used.

    Args:
        place: where it stands, such as "train.csv:381".
        reason: rule, value and cure.
        raw: the row as the file has it.
    """

    place: str
    reason: str
    raw: str = ""

    def __str__(self) -> str:
        """Return place and reason, as errors have them."""
        return f"{self.place}: {self.reason}"


@dataclass(frozen=True)
class ReadFrom:
    """How a file was understood.

    Args:
        path: the file or folder.
        form: format, delimiter, header, quoting, encoding, for people.
        columns: that were read; no names where the file has none.
        left_out: what of it was not read, for people; "" for nothing.
    """

    path: Path
    form: str
    columns: Wanted
    left_out: str = ""

    @property
    def text_columns(self) -> tuple[str, ...]:
        """Names of the columns of the texts."""
        return self.columns.texts

    @property
    def label_columns(self) -> tuple[str, ...]:
        """Names of the columns of the labels."""
        return self.columns.labels

    def __str__(self) -> str:
        """Return one line for people."""
        parts = [
            f"{kind}: {' + '.join(names)}"
            for kind, names in (("text", self.columns.texts), ("labels", self.columns.labels))
            if names
        ]
        kept = [name for name in self.columns.kept if name]
        parts += [f"kept: {', '.join(kept)}"] if kept else []
        line = f"{self.path.name or self.path}: {self.form}"
        line += f"; {'; '.join(parts)}" if parts else ""
        return line + (f"; left out: {self.left_out}" if self.left_out else "")


@dataclass
class ReadReport:
    """Collects what a reading says of itself.

    Args:
        on_read: called with every file that was understood in a way of its own; `None`: nobody is told.
        on_skipped: called with every row that is skipped.
    """

    on_read: Callable[[ReadFrom], None] | None = None
    on_skipped: Callable[[BadRow], None] | None = None
    sources: list[ReadFrom] = field(default_factory=list)
    skipped: int = 0
    first_skipped: list[BadRow] = field(default_factory=list)

    def read(self, source: ReadFrom) -> None:
        """Take note of how a file was understood."""
        is_new = all((one.form, one.columns) != (source.form, source.columns) for one in self.sources)
        self.sources.append(source)
        if self.on_read is not None and (is_new or source.left_out):
            self.on_read(source)

    def skip(self, row: BadRow) -> None:
        """Take note of a row that is skipped."""
        self.skipped += 1
        if len(self.first_skipped) < SHOWN_ROWS:
            self.first_skipped.append(row)
        if self.on_skipped is not None:
            self.on_skipped(row)

    @property
    def text_columns(self) -> tuple[str, ...]:
        """The columns of the texts of the first file; nothing where it has no names."""
        return self.sources[0].text_columns if self.sources else ()
