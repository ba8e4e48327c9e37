"""Table of file formats; a format is detected by the first bytes, and by the suffix if these are unclear."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from malmoi.data.readers.arrow import ArrowReader
from malmoi.data.readers.base import Reader
from malmoi.data.readers.delimited import DelimitedReader
from malmoi.data.readers.dialects import looks_like_a_table
from malmoi.data.readers.excel import ExcelReader
from malmoi.data.readers.fasttext_lines import MARK, FastTextReader
from malmoi.data.readers.folders import FolderReader
from malmoi.data.readers.json_documents import JsonDocumentReader, is_document
from malmoi.data.readers.json_rows import JsonRowsReader
from malmoi.data.readers.parquet import ParquetReader
from malmoi.data.readers.settings import AUTO, ReadSettings
from malmoi.data.readers.streams import ByteStream
from malmoi.data.readers.text_lines import TextLinesReader
from malmoi.errors import DataError
from malmoi.foundation.compression import COMPRESSED_SUFFIXES
from malmoi.foundation.validation import check_choice, shorten

__all__ = ["FILE_SUFFIXES", "FORMATS", "Format", "check_input_format", "reader_of"]


@dataclass(frozen=True)
class Format:
    """A file format.

    Args:
        reader: its reader.
        magics: first bytes that identify it.
        suffixes: file suffixes that identify it if the first bytes do not.
    """

    reader: Reader
    magics: tuple[bytes, ...] = ()
    suffixes: tuple[str, ...] = ()


FORMATS: dict[str, Format] = {
    "parquet": Format(ParquetReader(), (b"PAR1", b"PARE"), (".parquet",)),
    "arrow": Format(ArrowReader("Arrow", is_stream=False), (b"ARROW1",), (".arrow", ".feather")),
    "arrow-stream": Format(ArrowReader("an Arrow stream", is_stream=True), (b"\xff\xff\xff\xff",)),
    "fasttext": Format(FastTextReader(), (MARK.encode(),)),
    "csv": Format(DelimitedReader("CSV", ","), suffixes=(".csv",)),
    "tsv": Format(DelimitedReader("TSV", "\t"), suffixes=(".tsv", ".tab")),
    "jsonl": Format(JsonRowsReader("JSON lines", is_array=False), suffixes=(".jsonl", ".ndjson", ".json")),
    "json-array": Format(JsonRowsReader("a JSON array", is_array=True)),
    "json-document": Format(JsonDocumentReader()),
    "lines": Format(TextLinesReader(), suffixes=(".txt",)),
    "excel": Format(ExcelReader(), suffixes=(".xlsx",)),
}
"""All file formats, by name."""
FOLDERS = FolderReader()
OTHERS = {
    b"%PDF": "a PDF document",
    b"\xd0\xcf\x11\xe0": "an old Excel or Word file; save it as .xlsx or CSV",
    b"SQLite format 3": "an SQLite database",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
    b"\x89HDF": "an HDF5 file",
    b"7z\xbc\xaf": "a 7z archive; unpack it",
    b"Rar!": "a RAR archive; unpack it",
    b"\x04\x22\x4d\x18": "an LZ4 file; decompress it",
    b"FEA1": "a Feather file of version 1; write it with version 2",
    b"malmoi\r\n": "a malmoi model, not data",
    b"\x7fELF": "a program",
    b"\x93NUMPY": "a NumPy array",
}
"""Unsupported files, by their first bytes."""
PICKLES = tuple(bytes([0x80, version]) for version in (2, 3, 4, 5))
TAR_MAGIC, TAR_PLACE = b"ustar", 257
DELIMITED = ("csv", "tsv")
NEEDS_SEEKING = ("parquet", "arrow", "arrow-stream", "excel")
JSON_SUFFIXES = FORMATS["jsonl"].suffixes
JSON_BEGINNING = re.compile(r'\s*(?:\[\s*)?\{\s*"[^"\n]*"\s*:')
"""An object, or an array of objects."""


FILE_SUFFIXES = (*(suffix for one in FORMATS.values() for suffix in one.suffixes), *COMPRESSED_SUFFIXES)
"""Suffixes of the files that can be read."""


def check_input_format(settings: ReadSettings) -> None:
    """Check the name of the input format.

    Raises:
        ValueError: the format is unknown.
    """
    check_choice("input_format", settings.input_format, [AUTO, *FORMATS])


def reader_of(stream: ByteStream, settings: ReadSettings) -> Reader:
    """Return the reader of a file.

    Raises:
        DataError: its format is not supported or cannot be detected.
        FormatError: it has a supported suffix, but its bytes are not text.
    """
    name = format_name(stream, settings)
    _refuse_without_effect(stream, settings, name)
    if name in NEEDS_SEEKING and stream.container:
        raise DataError(f"{stream.path}: {FORMATS[name].reader.form} must not be compressed again; decompress it")
    return FORMATS[name].reader


def format_name(stream: ByteStream, settings: ReadSettings) -> str:
    """Return the name of the format of a file; raise the errors of `reader_of`."""
    if settings.input_format != AUTO:
        return settings.input_format
    if stream.is_workbook:
        return "excel"
    head = stream.sample[:512]
    _refuse_others(stream, head)
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n")
    for name, one in FORMATS.items():
        if start.startswith(one.magics or (b"\0\0\0\0\0",)):
            return name
    suffix = Path(stream.name).suffix.lower()
    found = _by_text(stream, settings, suffix)
    if found is not None:
        return found
    for name, one in FORMATS.items():
        if suffix in one.suffixes:
            return name
    rule = f"the file must have a recognised content, or a suffix of {', '.join(FILE_SUFFIXES)}"
    raise DataError(f"{stream.path}: {rule}, got {shorten(stream.name)}; rename it")


def _refuse_without_effect(stream: ByteStream, settings: ReadSettings, name: str) -> None:
    """Refuse settings that have no effect on the format."""
    of_tables: dict[str, object] = {"delimiter": settings.delimiter, "quoting": settings.quoting != AUTO or None}
    of_tables |= {} if name == "excel" else {"header": settings.header}
    given: dict[str, object] = {} if name in DELIMITED else of_tables
    if name in NEEDS_SEEKING and settings.encoding != AUTO:
        given = {**given, "encoding": settings.encoding}
    for option, value in given.items():
        if value is not None:
            raise DataError(f"{stream.path}: {option} has no effect on {FORMATS[name].reader.form}; remove it")


def _refuse_others(stream: ByteStream, head: bytes) -> None:
    kind = next((kind for magic, kind in OTHERS.items() if head.startswith(magic)), None)
    if head.startswith(PICKLES):
        kind = "a Python pickle, which could run programs; write it as CSV or Parquet"
    if head[TAR_PLACE:].startswith(TAR_MAGIC):
        kind = "a tar archive; unpack it"
    if head.lstrip()[:9].lower() in (b"<!doctype", b"<html><he") or head.lstrip()[:6].lower() == b"<html>":
        kind = "a web page; the download may have failed" if Path(stream.name).suffix.lower() != ".txt" else None
    if kind is not None:
        raise DataError(f"{stream.path}: data must be texts or a table, got {kind}")


def _by_text(stream: ByteStream, settings: ReadSettings, suffix: str) -> str | None:
    """Return the format detected from the beginning of the text, or `None` if it is unclear."""
    text = stream.sample_text(settings.encoding)
    begin = text.lstrip()[:1]
    is_json = suffix in JSON_SUFFIXES
    if begin in ("{", "[") and (is_json or JSON_BEGINNING.match(text)):
        if begin == "[":
            return "json-document" if is_document(text) else "json-array"
        return "json-document" if is_document(text) and (is_json or stream.is_whole) else "jsonl"
    if suffix in (".txt", "") and looks_like_a_table(text):
        return "tsv"
    return None
