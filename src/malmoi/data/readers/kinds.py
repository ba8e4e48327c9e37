"""The table of readers, one a format; the suffix of a file's name says which."""

from __future__ import annotations

from pathlib import Path

from malmoi.data.readers.base import Reader
from malmoi.data.readers.delimited import DelimitedReader
from malmoi.data.readers.folders import FolderReader
from malmoi.data.readers.json_lines import JsonLinesReader
from malmoi.data.readers.lines import COMPRESSED, unpacked_suffix
from malmoi.data.readers.parquet import ParquetReader
from malmoi.data.readers.text_lines import TextLinesReader
from malmoi.errors import DataError
from malmoi.foundation.validation import shorten

__all__ = ["READERS", "reader_of"]

READERS: dict[str, Reader] = {
    "csv": DelimitedReader((".csv",), ","),
    "tsv": DelimitedReader((".tsv",), "\t"),
    "jsonl": JsonLinesReader(),
    "parquet": ParquetReader(),
    "lines": TextLinesReader(),
}
"""Every reader of files by the name of its format."""
FOLDERS = FolderReader()


def reader_of(path: Path) -> Reader:
    """Return what reads a folder, or a file of this name.

    Raises:
        DataError: no reader has the suffix.
    """
    if path.is_dir():
        return FOLDERS
    suffix, is_packed = unpacked_suffix(path)
    for reader in READERS.values():
        if suffix in reader.suffixes and (reader.is_packable or not is_packed):
            return reader
    suffixes = ", ".join(suffix for reader in READERS.values() for suffix in reader.suffixes)
    unpacked = ", ".join(s for reader in READERS.values() if not reader.is_packable for s in reader.suffixes)
    known = f"{suffixes} (all but {unpacked} also with {' or '.join(COMPRESSED)} after it)"
    raise DataError(f"{path}: the file's suffix must be one of {known}, got {shorten(path.name)}; rename it")
