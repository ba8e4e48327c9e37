"""CSV and TSV tables."""

from __future__ import annotations

import csv
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from malmoi.data.readers.base import Batch, Row, Source, batched
from malmoi.data.readers.lines import file_lines
from malmoi.errors import DataError

__all__ = ["DelimitedReader"]

LONGEST_FIELD = 2**31 - 1
_field_limit = threading.RLock()


@dataclass(frozen=True)
class DelimitedReader:
    """Reads tables whose first line names the columns.

    Args:
        suffixes: names of files that it reads end so.
        delimiter: what stands between fields.
    """

    suffixes: tuple[str, ...]
    delimiter: str
    is_packable: bool = True
    labels_are_text: bool = True

    def batches(self, source: Source) -> Iterator[Batch]:
        """Yield the texts of a table, in order."""
        path = source.path
        with closing(file_lines(path, source.encoding, "", source.progress)) as lines, _long_fields():
            yield from batched(self._rows(source, lines), lambda line: f"{path}:{line}", source.columns)

    def _rows(self, source: Source, lines: Iterable[str]) -> Iterator[Row]:
        path, columns = source.path, source.columns
        rows = _csv_rows(path, lines, self.delimiter)
        _, names = next(rows, (0, []))
        if not names:
            raise DataError(f"{path}: the first line must name the columns, got an empty file")
        text, label = columns.find(path, names)
        text_at, label_at = names.index(text), None if label is None else names.index(label)
        id_at = None if columns.id is None else names.index(columns.id)
        for line, row in rows:
            _check_width(path, line, row, len(names), self.delimiter)
            if label_at is not None and not row[label_at].strip():
                raise DataError(f"{path}:{line}: label must not be empty, got {row[label_at]!r}; leave the row out")
            one_label = None if label_at is None else row[label_at]
            yield Row(row[text_at], one_label, None if id_at is None else row[id_at], line)


@contextmanager
def _long_fields() -> Iterator[None]:
    """Let the csv module read long fields; its limit is the process's, so it is put back, one reader at a time."""
    with _field_limit:
        limit = csv.field_size_limit(LONGEST_FIELD)
        try:
            yield
        finally:
            csv.field_size_limit(limit)


def _csv_rows(path: Path, lines: Iterable[str], delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield every row with the line it starts on; blank lines are no rows."""
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    start = 1
    try:
        for row in reader:
            if row:
                yield start, row
            start = reader.line_num + 1
    except csv.Error as error:
        place, rule = f"{path}:{reader.line_num}", "a closing quote must end its field, got more text after it"
        if "end of data" in str(error):
            place, rule = f"{path}:{start}", "every quote must be closed, got one in this row that never is"
        raise DataError(f'{place}: {rule}; double a quote that is part of a text ("")') from None


def _check_width(path: Path, line: int, row: Sequence[str], width: int, delimiter: str) -> None:
    """Refuse a row that has not as many fields as the first line."""
    if len(row) != width:
        rule = f"a row must have {width} fields, as the first line has, got {len(row)}"
        raise DataError(f"{path}:{line}: {rule}; quote a text that holds {delimiter!r} or a quote")
