"""Tables and lines of text, plain or compressed, become texts and labels; every error names file and line."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import json
import re
import threading
import zlib
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

from malmoi.arrays import Labels
from malmoi.errors import DataError, FormatError, shorten
from malmoi.labels import surrogate_at, tidy_labels
from malmoi.progress import Progress

__all__ = [
    "Columns",
    "checked_encoding",
    "checked_width",
    "csv_rows",
    "file_kind",
    "file_lines",
    "json_object",
    "json_text",
    "long_fields",
    "read_file",
    "read_table",
    "text_expression",
]

TEXT_COLUMNS = ("text", "review", "document", "sentence", "comment", "content", "message", "title")
LABEL_COLUMNS = ("label", "class", "category", "sentiment", "target", "y")
KINDS = (".csv", ".tsv", ".jsonl", ".ndjson", ".json", ".parquet", ".txt")
COMPRESSED = (".gz", ".zst")

INFLATED_BYTES, INFLATED_TIMES = 1 << 30, 200  # whichever is more: text shrinks 3 to 20 times, a hostile file more
ZSTANDARD_BLOCK = 1024  # compressed bytes at once: hostile ones inflate to 32 MiB before the limit is looked at
LONGEST_FIELD = 2**31 - 1

ENCODING_CURE = "give the file's encoding (encoding=..., on the command line --encoding)"
WHOLE_NUMBER = re.compile(r"0|-?[1-9][0-9]{0,17}")
_field_limit = threading.RLock()


@dataclass(frozen=True, slots=True)
class Columns:
    """Which columns of a table are wanted.

    Args:
        text: name of the column with the texts; `None` looks for a usual name.
        label: name of the column with the labels; `None` looks for a usual name.
        labelled: whether labels are read at all.
    """

    text: str | None = None
    label: str | None = None
    labelled: bool = True

    def find(self, path: Path, names: Sequence[str]) -> tuple[str, str | None]:
        """Return the names of the text column and of the label column, as the table writes them."""
        text = _column(path, names, self.text, [name for name in names if name != self.label], "text")
        if not self.labelled:
            return text, None
        return text, _column(path, names, self.label, [name for name in names if name != text], "label")


def _column(path: Path, names: Sequence[str], wanted: str | None, free: Sequence[str], kind: str) -> str:
    """Return the wanted name, else the first usual one among the free names."""
    shown = f"got the columns {', '.join(map(shorten, names[:20]))}{', ...' if len(names) > 20 else ''}"
    cure = f"name it with {kind}_column (on the command line --{kind}-column)"
    if wanted is None:
        usual = TEXT_COLUMNS if kind == "text" else LABEL_COLUMNS
        spelt = {name.strip().casefold(): name for name in reversed(free)}
        wanted = next((spelt[name] for name in usual if name in spelt), None)
        if wanted is None:
            raise DataError(f"{path}: the {kind} column must be called {' or '.join(usual)}, {shown}; {cure}")
    if wanted not in names:
        raise DataError(f"{path}: {kind}_column must be one of the file's, not {shorten(wanted)}, {shown}; {cure}")
    if list(names).count(wanted) > 1:
        raise DataError(f"{path}: a column's name must stand there once, got {shorten(wanted)} twice; rename one")
    return wanted


def read_table(path: Path, columns: Columns, encoding: str, progress: Progress) -> tuple[list[str], Labels | None]:
    """Read the texts and the labels of a file; its suffix says how.

    Args:
        path: `.csv`, `.tsv`, `.jsonl`, `.ndjson`, `.json` (an object a line) or `.txt` (a text a line, no labels),
            all also with `.gz` or `.zst` after it; or `.parquet`.
        columns: what to read.
        encoding: how the file's bytes become characters; Parquet is always UTF-8.
        progress: told the bytes of the file that are read; for Parquet once, at the end.

    Raises:
        DataError: the suffix is unknown, or the content cannot be used.
        FormatError: compressed data or a Parquet file are damaged.
    """
    kind = file_kind(path)
    if kind == ".parquet":
        return _read_parquet(path, columns, progress)
    with closing(file_lines(path, encoding, "" if kind in (".csv", ".tsv") else "\n", progress)) as lines:
        if kind in (".csv", ".tsv"):
            return _read_csv(path, lines, "," if kind == ".csv" else "\t", columns)
        if kind != ".txt":
            return _read_json_lines(path, lines, columns)
        if columns.labelled:
            layout = "a table, or a folder with one folder per class"
            raise DataError(f"{path}: labels must come from {layout}, got lines of text without labels")
        if columns.text is not None:
            raise DataError(f"{path}: text_column must be None for lines of text, got {shorten(columns.text)}")
        return [line.removesuffix("\n").removesuffix("\r") for line in lines], None


def file_kind(path: Path) -> str:
    """Return the suffix that says what a file holds, without that of its compression."""
    name = path.name.lower()
    packed = name.endswith(COMPRESSED)
    kind = Path(name.rpartition(".")[0] if packed else name).suffix
    if kind not in KINDS or (packed and kind == ".parquet"):
        known = f"{', '.join(KINDS)} (all but .parquet also with {' or '.join(COMPRESSED)} after it)"
        raise DataError(f"{path}: the file's suffix must be one of {known}, got {shorten(path.name)}; rename it")
    return kind


class _Stream(io.BufferedIOBase):
    """The inflated bytes of a file, counted and limited."""

    def __init__(self, path: Path, file: BinaryIO, progress: Progress) -> None:
        self.path, self.file, self.progress = path, file, progress
        self.position = 0
        self.size = path.stat().st_size
        self.inflate = _inflater(path, file)
        self.limit = max(INFLATED_BYTES, INFLATED_TIMES * self.size)

    def readable(self) -> bool:
        return True

    def read1(self, size: int = -1, /) -> bytes:
        try:
            block = self.inflate(max(size, 1 << 16))
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise FormatError(f"{self.path}: compressed data are damaged or cut short ({error})") from None
        self.position += len(block)
        if self.path.suffix.lower() in COMPRESSED and self.position > self.limit:
            rule = f"compressed data must inflate to {self.limit} bytes at most (1 GiB, or {INFLATED_TIMES} times"
            raise DataError(f"{self.path}: {rule} the file's size), got more; inflate it first if you trust it")
        if block:
            self.progress("reading", min(self.file.tell(), self.size), self.size)
        return block


def _inflater(path: Path, file: BinaryIO) -> Callable[[int], bytes]:
    suffix = path.suffix.lower()
    if suffix == ".gz":
        return gzip.GzipFile(fileobj=file).read1
    if suffix == ".zst":
        pieces = _zstandard_pieces(path, file)
        return lambda _: next(pieces, b"")
    return file.read


def _zstandard_pieces(path: Path, file: BinaryIO) -> Iterator[bytes]:
    """Inflate one frame after the other; unlike `stream_reader`, notice that the last one is cut short."""
    import zstandard

    inflater, inside = zstandard.ZstdDecompressor().decompressobj(), False
    while block := file.read(ZSTANDARD_BLOCK):
        while block:
            try:
                piece = inflater.decompress(block)
            except zstandard.ZstdError as error:
                raise FormatError(f"{path}: compressed data are damaged ({error})") from None
            if piece:
                yield piece
            block, inside = b"", True
            if inflater.eof:
                block, inside = inflater.unused_data, False
                inflater = zstandard.ZstdDecompressor().decompressobj()
    if inside:
        raise EOFError("the last frame has no end")


def file_lines(path: Path, encoding: str, newline: str, progress: Progress) -> Generator[str]:
    """Yield a file's lines with their ends, without a byte-order mark."""
    with path.open("rb") as file:
        stream = _Stream(path, file, progress)
        lines = io.TextIOWrapper(cast(BinaryIO, stream), encoding, newline=newline)
        with lines, _named_bytes(path, encoding, lambda tried: stream.position - tried):
            for number, line in enumerate(lines, 1):
                if "\0" in line:
                    rule = "a line must hold no NUL character, got one; the file may be damaged, or UTF-16"
                    raise DataError(f"{path}:{number}: {rule}: {ENCODING_CURE}")
                yield line.removeprefix("\ufeff") if number == 1 else line


def checked_encoding(encoding: str) -> str:
    """Return Python's name of an encoding; with or without a byte-order mark, UTF-8 is "utf-8".

    Raises:
        ValueError: Python knows no such encoding of text.
    """
    try:
        "".encode(encoding)
        name = codecs.lookup(encoding).name
    except (LookupError, ValueError, TypeError):
        known = 'encoding must be one that Python knows, such as "utf-8", "cp949" or "latin-1"'
        raise ValueError(f"{known}, got {shorten(encoding)}") from None
    return "utf-8" if name == "utf-8-sig" else name


def read_file(path: Path, encoding: str) -> str:
    """Return the text of a whole file, without a byte-order mark.

    Raises:
        DataError: a byte does not fit the encoding.
    """
    with _named_bytes(path, encoding, lambda _: 0):
        return path.read_bytes().decode(encoding).removeprefix("\ufeff")


@contextmanager
def _named_bytes(path: Path, encoding: str, start: Callable[[int], int]) -> Iterator[None]:
    """Name file and byte where bytes do not fit the encoding; `start` turns how many were tried into those before."""
    try:
        yield
    except UnicodeDecodeError as error:
        byte = f"byte {start(len(error.object)) + error.start} (0x{error.object[error.start]:02x})"
        name = "UTF-8" if encoding == "utf-8" else encoding
        raise DataError(f"{path}: {byte} is not {name}; {ENCODING_CURE}") from None
    except UnicodeError as error:
        raise DataError(f"{path}: {error}; {ENCODING_CURE}") from None


@contextmanager
def long_fields() -> Iterator[None]:
    """Let the csv module read long fields; its limit is the process's, so it is put back, one reader at a time."""
    with _field_limit:
        limit = csv.field_size_limit(LONGEST_FIELD)
        try:
            yield
        finally:
            csv.field_size_limit(limit)


def csv_rows(path: Path, lines: Iterable[str], delimiter: str) -> Iterator[tuple[int, list[str]]]:
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


def checked_width(path: Path, line: int, row: Sequence[str], width: int, delimiter: str) -> None:
    """Refuse a row that has not as many fields as the first line."""
    if len(row) != width:
        rule = f"a row must have {width} fields, as the first line has, got {len(row)}"
        raise DataError(f"{path}:{line}: {rule}; quote a text that holds {delimiter!r} or a quote")


def _read_csv(path: Path, lines: Iterable[str], delimiter: str, columns: Columns) -> tuple[list[str], Labels | None]:
    rows = csv_rows(path, lines, delimiter)
    texts, labels, places = [], [], []
    with long_fields():
        _, names = next(rows, (0, []))
        if not names:
            raise DataError(f"{path}: the first line must name the columns, got an empty file")
        text, label = columns.find(path, names)
        text_at, label_at = names.index(text), None if label is None else names.index(label)
        for line, row in rows:
            checked_width(path, line, row, len(names), delimiter)
            texts.append(row[text_at])
            if label_at is not None:
                if not row[label_at].strip():
                    raise DataError(f"{path}:{line}: label must not be empty, got {row[label_at]!r}; leave the row out")
                labels.append(row[label_at])
                places.append(line)
    if label_at is None:
        return texts, None
    values: list[object] = [*map(int, labels)] if all(map(WHOLE_NUMBER.fullmatch, labels)) else [*labels]
    return texts, tidy_labels(values, lambda position: f"{path}:{places[position]}: label")


def _read_json_lines(path: Path, lines: Iterable[str], columns: Columns) -> tuple[list[str], Labels | None]:
    texts: list[str] = []
    labels, places, text, label = [], [], "", None
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        row = json_object(f"{path}:{number}", line)
        if not texts:
            text, label = columns.find(path, list(row))
        if text not in row or (label is not None and label not in row):
            wanted = repr(text) if label is None else f"{text!r} and {label!r}"
            raise DataError(f"{path}:{number}: every object must have {wanted}, got {shorten(list(row))}")
        value = json_text(row[text], f"{path}:{number}: {text!r}")
        texts.append(value)
        places.append(number)
        if label is not None:
            labels.append(row[label])
    if label is None:
        return texts, None
    return texts, tidy_labels(labels, lambda position: f"{path}:{places[position]}: label")


def json_text(value: object, place: str) -> str:
    """Refuse a value that is no text."""
    if not isinstance(value, str):
        got = "null" if value is None else shorten(value)
        raise DataError(f"{place} must be a text, got {got}; leave the line out")
    if (position := surrogate_at(value)) is not None:
        rule = f"{place} holds a lone surrogate at character {position}, which no UTF-8 file can hold"
        raise DataError(f"{rule}; leave the line out")
    return value


def json_object(place: str, line: str) -> dict[str, object]:
    """Parse one line."""
    rule = f"{place}: every line must hold one JSON object of its own"
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        reason = f"{error.msg}, character {error.pos + 1}" if isinstance(error, json.JSONDecodeError) else "too large"
        raise DataError(f"{rule}, got {shorten(line)} ({reason})") from None
    if not isinstance(row, dict):
        raise DataError(f"{rule}, got {shorten(row)}; write a list as one object a line")
    return row


def text_expression(path: Path, text: str, kind: object) -> Any:
    """Return what makes texts of a Parquet column; refuse one that holds none."""
    import polars

    if isinstance(kind, polars.Categorical | polars.Enum):
        return polars.col(text).cast(polars.String)
    if kind not in (polars.String, polars.Null):
        rule = f"{text!r} must hold texts, got {kind}"
        raise DataError(f"{path}: {rule}; name another with text_column (on the command line --text-column)")
    return polars.col(text)


def _read_parquet(path: Path, columns: Columns, progress: Progress) -> tuple[list[str], Labels | None]:
    import polars

    try:
        with path.open("rb") as file:
            text, label = columns.find(path, list(polars.read_parquet_schema(file)))
        wanted = [text] if label is None else [text, label]
        table = polars.read_parquet(path, columns=wanted, glob=False, hive_partitioning=False)
        table = table.with_columns(text_expression(path, text, table.schema[text]))
        texts, labels = table[text].to_list(), None if label is None else table[label].to_list()
    except (polars.exceptions.PolarsError, polars.exceptions.PanicException) as error:
        reason = " ".join(str(error).split())[:200]
        raise FormatError(f"{path}: the Parquet file is damaged, or is none ({reason})") from None
    if None in texts:
        raise DataError(f"{path}: row {texts.index(None) + 1}: {text!r} must be a text, got null; leave it out")
    progress("reading", path.stat().st_size, path.stat().st_size)
    return texts, None if labels is None else tidy_labels(labels, lambda row: f"{path}: row {row + 1}: label")
