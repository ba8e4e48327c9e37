"""Dialects of delimited text: delimiter, quoting and header, given or detected from the first rows."""

from __future__ import annotations

import csv
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from malmoi.data.columns import LABEL_COLUMNS, TEXT_COLUMNS, usual_columns
from malmoi.data.readers.columns import Wanted
from malmoi.data.readers.settings import ReadSettings

__all__ = ["Dialect", "guessed_dialect", "looks_like_a_table"]

DELIMITERS = (",", "\t", ";", "|")
NAMES = {",": "comma", "\t": "tab", ";": "semicolon", "|": "pipe", " ": "space"}
SAMPLE_ROWS, QUOTING_ROWS = 300, 20_000
SAMPLE_CHARACTERS = 200_000
FEWEST_EVEN = 0.9
"""A delimiter is plausible if at least this share of the first rows has as many fields as the first."""
LONGEST_FIELD = 2**31 - 1
SUSPICIOUS_LINES_OF_TABS, SUSPICIOUS_LINES = 2, 5
"""Lines like rows in a quoted field, from which on quoting is rejected; tabs are rarer in text than commas."""
_field_limit = threading.RLock()

Rows = list[list[str]]


@dataclass(frozen=True)
class Dialect:
    """Dialect of a delimited text table.

    Args:
        delimiter: character between fields.
        quotes: whether fields may be enclosed in double quotes.
        names: column names; "1", "2" and so on without a header.
        has_header: whether the first row holds the column names.
        skipped: text before the header, such as the line `sep=;`.
        guessed: text and label columns guessed for a table without a header.
        suspicious_lines: a quoted field with at least this many lines that look like rows is refused; 0: never.
    """

    delimiter: str
    quotes: bool
    names: tuple[str, ...]
    has_header: bool
    skipped: str = ""
    guessed: Wanted | None = None
    suspicious_lines: int = 0

    def __str__(self) -> str:
        """Return the dialect in words."""
        quotes = "double quotes" if self.quotes else "no quoting"
        header = "header" if self.has_header else "no header (columns are numbered)"
        return f"{NAMES.get(self.delimiter, repr(self.delimiter))} delimited, {header}, {quotes}"


def guessed_dialect(text: str, settings: ReadSettings, usual: str, *, is_whole: bool) -> Dialect | None:
    """Return the dialect of a table; `None` if the table is empty.

    Args:
        text: beginning of the table.
        settings: read settings, which may fix delimiter, quoting and header.
        usual: delimiter to prefer, according to the file's suffix.
        is_whole: whether `text` is the whole table; otherwise its last line may be incomplete.
    """
    text, declared, skipped = _without_declaration(text)
    delimiter = settings.delimiter or declared or _delimiter(text, usual, is_whole=is_whole)
    quotes = settings.quoting == "double" or (
        settings.are_guessed_quotes and _has_quotes(text, delimiter, is_whole=is_whole)
    )
    rows = _first_rows(text, delimiter, quotes=quotes, is_whole=is_whole).rows
    if not rows:
        return None
    has_header = settings.header if settings.header is not None else _has_header(rows, settings)
    names = tuple(rows[0]) if has_header else tuple(str(place) for place in range(1, len(rows[0]) + 1))
    suspicious = _suspicious_lines(delimiter) if settings.are_guessed_quotes else 0
    guessed = None if has_header else _guessed_columns(rows, names)
    return Dialect(delimiter, quotes, names, has_header, skipped, guessed, suspicious)


def looks_like_a_table(text: str) -> bool:
    """Return whether the first line of a text has tabs and the usual name of a text column."""
    line = text.partition("\n")[0].rstrip("\r")
    return "\t" in line and bool(usual_columns(line.split("\t"), TEXT_COLUMNS))


def _without_declaration(text: str) -> tuple[str, str | None, str]:
    """Split off a first line such as Excel's `sep=;`; return the rest, the delimiter, and the line with its end."""
    line, newline, rest = text.partition("\n")
    declared = line.rstrip("\r").strip('"')
    if declared.lower().startswith("sep=") and len(declared) == len("sep=;"):
        return rest, declared[-1], line + newline
    return text, None, ""


@dataclass(frozen=True)
class FirstRows:
    """The first rows of a table.

    Args:
        rows: rows without blank lines and without an incomplete last row.
        longest: lines of the longest row, including a row with an unclosed quote.
        is_wrong: whether reading ended at a row with invalid quoting.
    """

    rows: Rows
    longest: int
    is_wrong: bool

    @property
    def evenness(self) -> float:
        """Share of rows that have as many fields as the first row; 0 if the first row has fewer than two."""
        if not self.rows or len(self.rows[0]) < 2:
            return 0.0
        return sum(len(row) == len(self.rows[0]) for row in self.rows) / len(self.rows)


def _first_rows(
    text: str, delimiter: str, *, quotes: bool, is_whole: bool, characters: int = SAMPLE_CHARACTERS
) -> FirstRows:
    text, is_whole = text[:characters], is_whole and len(text) <= characters
    most = SAMPLE_ROWS if characters == SAMPLE_CHARACTERS else QUOTING_ROWS
    # Lines end with "\n" only; str.splitlines would split at other characters too.
    lines = [line + "\n" for line in text.split("\n")]
    lines = lines if is_whole or len(lines) == 1 else lines[:-1]
    quoting: Literal[0, 3] = csv.QUOTE_MINIMAL if quotes else csv.QUOTE_NONE
    rows: Rows = []
    longest, start, is_wrong = 0, 0, False
    with _long_fields():
        reader = csv.reader(lines, delimiter=delimiter, quoting=quoting, strict=True)
        try:
            for row in reader:
                longest, start = max(longest, reader.line_num - start), reader.line_num
                rows += [row] if row else []
                if len(rows) == most:
                    break
        except csv.Error as error:
            longest = max(longest, reader.line_num - start)
            is_wrong = is_whole or "end of data" not in str(error)
    return FirstRows(rows, longest, is_wrong)


@contextmanager
def _long_fields() -> Iterator[None]:
    """Raise the csv module's process-wide field size limit temporarily, in one thread at a time."""
    with _field_limit:
        limit = csv.field_size_limit(LONGEST_FIELD)
        try:
            yield
        finally:
            csv.field_size_limit(limit)


def _delimiter(text: str, usual: str, *, is_whole: bool) -> str:
    """Return the delimiter with which most rows have as many fields as the first; on a tie, the usual one."""
    scores = {}
    for delimiter in (usual, *(one for one in DELIMITERS if one != usual)):
        both = [_first_rows(text, delimiter, quotes=quotes, is_whole=is_whole) for quotes in (True, False)]
        best = max(both, key=lambda found: found.evenness)
        names = best.rows[0] if best.rows else []
        has_text_column = len(names) > 1 and bool(usual_columns(names, TEXT_COLUMNS))
        scores[delimiter] = (has_text_column, best.evenness >= FEWEST_EVEN, best.evenness)
    return max(scores, key=scores.__getitem__)


def _has_quotes(text: str, delimiter: str, *, is_whole: bool) -> bool:
    """Return whether fields are quoted, and not only begin with ordinary quote characters."""
    if '"' not in text:
        return True
    plain = _first_rows(text, delimiter, quotes=False, is_whole=is_whole, characters=len(text))
    if plain.evenness < 1 or plain.is_wrong:  # such as a carriage return inside a field
        return True
    if delimiter == "\t" and any('"' in field and not field.startswith('"') for row in plain.rows for field in row):
        return False  # a writer that quotes would have quoted fields that contain a quote
    quoted = _first_rows(text, delimiter, quotes=True, is_whole=is_whole, characters=len(text))
    return not quoted.is_wrong and quoted.longest < _suspicious_lines(delimiter)


def _suspicious_lines(delimiter: str) -> int:
    return SUSPICIOUS_LINES_OF_TABS if delimiter == "\t" else SUSPICIOUS_LINES


def _has_header(rows: Rows, settings: ReadSettings) -> bool:
    """Return whether the first row holds column names: usual or given names, or values unlike those of its columns."""
    first = rows[0]
    given = {*settings.text_column, *settings.label_column, *settings.keep, settings.id_column} - {None, "all"}
    named = {
        str(name) for name in given if not str(name).isdecimal()
    }  # numbers are the column names of a table without a header
    if named:
        return True
    if any(usual_columns(first, usual) for usual in (TEXT_COLUMNS, LABEL_COLUMNS)):
        return True
    if given and not given <= set(first):
        return False
    rest = [row for row in rows[1:] if len(row) == len(first)]
    columns = list(zip(*rest, strict=True))
    repeated = [name in column for name, column in zip(first, columns, strict=False)]
    numbers = [_is_number(name) and all(map(_is_number, column)) for name, column in zip(first, columns, strict=False)]
    return not (any(repeated) or any(numbers))


def _is_number(field: str) -> bool:
    return field.replace(".", "", 1).removeprefix("-").isdecimal()


def _guessed_columns(rows: Rows, names: Sequence[str]) -> Wanted | None:
    """Guess the columns of a table without a header: texts are the longest fields, labels have few distinct values."""
    width = Counter(len(row) for row in rows).most_common(1)[0][0]
    columns = list(zip(*(row for row in rows if len(row) == width), strict=True))
    if len(columns) != len(names):
        return None
    text = max(range(width), key=lambda column: sum(map(len, columns[column])))
    others = [column for column in range(width) if column != text]
    if not others:
        return Wanted((names[text],))
    label = min(others, key=lambda column: len(set(columns[column])))
    if len(columns[label]) > 3 and len(set(columns[label])) > max(2, len(columns[label]) // 2):
        return Wanted((names[text],))
    return Wanted((names[text],), (names[label],))
