"""Read reports: how files were parsed, which columns were read, which rows were skipped."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from malmoi.data.readers.columns import Wanted
from malmoi.errors import DataError

__all__ = ["BadRow", "ReadFrom", "ReadReport", "RowError"]

SHOWN_ROWS = 10


class RowError(DataError):
    """Error about an invalid row of a file, which `on_error="skip"` would skip."""


@dataclass(frozen=True)
class BadRow:
    """An invalid row.

    Args:
        place: its location, such as "train.csv:381".
        reason: rule, value and cure.
        raw: the original row.

    Example:
        >>> print(BadRow("train.csv:381", "label must not be empty; remove the row", raw="so good,"))
        train.csv:381: label must not be empty; remove the row
    """

    place: str
    reason: str
    raw: str = ""

    def __str__(self) -> str:
        """Return location and reason, as in error messages."""
        return f"{self.place}: {self.reason}"


@dataclass(frozen=True)
class ReadFrom:
    """How a file was parsed.

    Args:
        path: the file or folder.
        form: description of format, delimiter, header, quoting and encoding.
        columns: columns that were read; no names if the file has none.
        left_out: description of ignored parts, such as further sheets; "" for nothing.

    Example:
        >>> from pathlib import Path
        >>> source = ReadFrom(Path("reviews.csv"), "CSV, comma delimited", Wanted(texts=("review",), labels=("label",)))
        >>> print(source)
        reviews.csv: CSV, comma delimited; text column: review; label column: label
        >>> source.text_columns, source.label_columns
        (('review',), ('label',))
    """

    path: Path
    form: str
    columns: Wanted
    left_out: str = ""

    @property
    def text_columns(self) -> tuple[str, ...]:
        """Names of the text columns; empty if the file has no column names."""
        return self.columns.texts

    @property
    def label_columns(self) -> tuple[str, ...]:
        """Names of the label columns; empty without labels."""
        return self.columns.labels

    def __str__(self) -> str:
        """Return a one-line description."""
        parts = [
            f"{kind} {'column' if len(names) == 1 else 'columns'}: {' + '.join(names)}"
            for kind, names in (("text", self.columns.texts), ("label", self.columns.labels))
            if names
        ]
        kept = [name for name in self.columns.kept if name]
        parts += [f"other columns: {', '.join(kept)}"] if kept else []
        line = f"{self.path.name or self.path}: {self.form}"
        line += f"; {'; '.join(parts)}" if parts else ""
        return line + (f"; ignored: {self.left_out}" if self.left_out else "")


@dataclass
class ReadReport:
    """Report on files that were read and rows that were skipped; reading functions fill it.

    Args:
        on_read: callback for every file that was parsed in another way than earlier files; `None` for none.
        on_skipped: callback for every skipped row; `None` for none.
        sources: how each file was parsed, in reading order.
        skipped: number of skipped rows.
        first_skipped: the first 10 skipped rows, each with its location, the reason and the original row.

    Example:
        >>> from pathlib import Path
        >>> from tempfile import TemporaryDirectory
        >>> from malmoi import read_corpus
        >>> report = ReadReport()
        >>> with TemporaryDirectory() as folder:
        ...     path = Path(folder, "reviews.jsonl")
        ...     rows = ['{"text": "so good", "label": "pos"}', '{"text": 7}', '{"text": "so bad", "label": "neg"}']
        ...     _ = path.write_text("\\n".join(rows))
        ...     corpus = read_corpus(path, on_error="skip", report=report)
        >>> report.skipped, report.text_columns
        (1, ('text',))
        >>> report.first_skipped[0].reason
        "'text' must be text, got 7; remove the row"
    """

    on_read: Callable[[ReadFrom], None] | None = None
    on_skipped: Callable[[BadRow], None] | None = None
    sources: list[ReadFrom] = field(default_factory=list)
    skipped: int = 0
    first_skipped: list[BadRow] = field(default_factory=list)

    def read(self, source: ReadFrom) -> None:
        """Add a file that was read.

        :meta private:
        """
        is_new = all((one.form, one.columns) != (source.form, source.columns) for one in self.sources)
        self.sources.append(source)
        if self.on_read is not None and (is_new or source.left_out):
            self.on_read(source)

    def skip(self, row: BadRow) -> None:
        """Add a skipped row.

        :meta private:
        """
        self.skipped += 1
        if len(self.first_skipped) < SHOWN_ROWS:
            self.first_skipped.append(row)
        if self.on_skipped is not None:
            self.on_skipped(row)

    @property
    def text_columns(self) -> tuple[str, ...]:
        """Text columns of the first file; empty if it has no column names."""
        return self.sources[0].text_columns if self.sources else ()
