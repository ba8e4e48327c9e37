"""Reading of texts from any supported input in batches, so that the data need not fit into memory."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from malmoi.data.readers.assembly import batches_of
from malmoi.data.readers.base import Batch, Source
from malmoi.data.readers.kinds import FOLDERS, check_input_format, reader_of
from malmoi.data.readers.report import ReadReport
from malmoi.data.readers.settings import ReadSettings
from malmoi.data.readers.streams import ByteStream
from malmoi.errors import DataError
from malmoi.foundation.progress import Progress, silent
from malmoi.foundation.validation import shorten

__all__ = ["DataPath", "data_paths", "read_batches", "reading_errors", "shard_batches", "text_batches"]

DataPath = str | os.PathLike[str] | Sequence[str | os.PathLike[str]]
"""A file, a folder, a glob such as `part-*.parquet`, or a list of files and globs."""
GLOB_CHARACTERS = "*?["


def text_batches(
    data: DataPath, settings: ReadSettings, *, report: ReadReport | None = None, progress: Progress = silent
) -> Iterator[list[str]]:
    """Yield the texts of files in batches, in order; see `read_batches` for the arguments."""
    for batch in read_batches(data, settings, report=report, progress=progress):
        yield batch.texts


def read_batches(
    data: DataPath, settings: ReadSettings, *, report: ReadReport | None = None, progress: Progress = silent
) -> Iterator[Batch]:
    """Yield texts, labels and kept columns of files or a folder in batches, in order.

    Args:
        data: a file, a folder, a glob such as `part-*.parquet`, or a list of files and globs.
        settings: read settings.
        report: filled with how the files were parsed and which rows were skipped.
        progress: progress callback; called with the step's name, the number done and the total.

    Raises:
        ValueError: the input format is unknown.
        DataError: a path cannot be read, or a text or a label is invalid.
        FormatError: a file is damaged.
        MissingExtraError: a library that a format needs is not installed.
    """
    filled = ReadReport() if report is None else report
    check_input_format(settings)
    for path in data_paths(data):
        with reading_errors(path):
            if path.is_dir():
                source = Source(path, settings, filled, progress)
                for wanted, chunk in FOLDERS.chunks(source):
                    yield from batches_of(source, wanted, chunk)
                continue
            with ByteStream(path, settings, progress) as stream:
                source = Source(path, settings, filled, progress, stream)
                for wanted, chunk in reader_of(stream, settings).chunks(source):
                    yield from batches_of(source, wanted, chunk)


def shard_batches(path: str, settings: ReadSettings, report: ReadReport) -> Iterator[Batch]:
    """Yield the batches of one of several files, in order; none for a file of 0 bytes that needs column names.

    Args:
        path: a file, or a folder of text files.
        settings: read settings.
        report: filled with how the file was parsed and which rows were skipped.

    Raises:
        DataError: the path cannot be read, or a text or a label is invalid.
        FormatError: the file is damaged.
    """
    try:
        yield from read_batches(path, settings, report=report)
    except DataError:
        if not os.path.isfile(path) or os.path.getsize(path):
            raise


def data_paths(data: DataPath) -> list[Path]:
    """Return the files and folders of paths and globs; the files of a glob are sorted by name.

    Raises:
        TypeError: an item is not a path.
        DataError: a path does not exist, or a glob matches no file.
    """
    given = [data] if isinstance(data, str | os.PathLike) else data
    if not isinstance(given, Sequence):
        raise TypeError(f"data must be a path, a glob or a list of them, got {shorten(data)}")
    paths = [path for one in given for path in _expanded(os.fspath(one))]
    if not paths:
        raise DataError("data must be one file or more, got an empty list")
    return paths


def _expanded(name: str) -> list[Path]:
    path = Path(name)
    try:
        path.stat()  # raises if the path is not accessible; `exists` would not
    except (FileNotFoundError, NotADirectoryError):
        if not any(character in name for character in GLOB_CHARACTERS):
            raise DataError(f"no such file or folder: {path}") from None
        found = [Path(one) for one in sorted(glob.glob(name, recursive=True)) if Path(one).is_file()]
        if not found:
            raise DataError(f"no file matches {name!r}; a glob must match one file or more") from None
        return found
    except (OSError, ValueError) as error:
        raise DataError(f"{shorten(name)} cannot be read: {getattr(error, 'strerror', None) or error}") from None
    return [path]


@contextmanager
def reading_errors(place: Path) -> Iterator[None]:
    """Convert system errors within a `with` block to one-line errors with the path.

    Raises:
        DataError: the path cannot be read.
    """
    try:
        yield
    except (FileNotFoundError, NotADirectoryError) as error:
        raise DataError(f"no such file or folder: {error.filename or place}") from None
    except OSError as error:
        raise DataError(f"{error.filename or place} cannot be read: {error.strerror or error}") from None
