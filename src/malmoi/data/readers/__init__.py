"""Readers of data files, one module per format; files are read in batches."""

from malmoi.data.readers.base import LABEL, TEXT, Batch, Chunk, Reader, Source
from malmoi.data.readers.columns import Wanted
from malmoi.data.readers.kinds import FILE_SUFFIXES, FORMATS, Format, check_input_format, reader_of
from malmoi.data.readers.reading import (
    DataPath,
    data_paths,
    read_batches,
    reading_errors,
    shard_batches,
    text_batches,
)
from malmoi.data.readers.report import BadRow, ReadFrom, ReadReport, RowError
from malmoi.data.readers.settings import AUTO, EVERY_COLUMN, ReadSettings, checked_encoding, column_names

__all__ = [
    "AUTO",
    "EVERY_COLUMN",
    "FILE_SUFFIXES",
    "FORMATS",
    "LABEL",
    "TEXT",
    "BadRow",
    "Batch",
    "Chunk",
    "DataPath",
    "Format",
    "ReadFrom",
    "ReadReport",
    "ReadSettings",
    "Reader",
    "RowError",
    "Source",
    "Wanted",
    "check_input_format",
    "checked_encoding",
    "column_names",
    "data_paths",
    "read_batches",
    "reader_of",
    "reading_errors",
    "shard_batches",
    "text_batches",
]
