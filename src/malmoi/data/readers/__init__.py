"""Readers of files, one format a file, a batch at a time."""

from malmoi.data.readers.base import Batch, Columns, Reader, Row, Source, batched
from malmoi.data.readers.kinds import READERS, reader_of
from malmoi.data.readers.lines import checked_encoding
from malmoi.data.readers.reading import read_batches, reading_errors, text_batches

__all__ = [
    "READERS",
    "Batch",
    "Columns",
    "Reader",
    "Row",
    "Source",
    "batched",
    "checked_encoding",
    "read_batches",
    "reader_of",
    "reading_errors",
    "text_batches",
]
