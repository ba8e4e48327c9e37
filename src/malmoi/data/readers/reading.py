"""Texts of any input, a batch at a time: what is read never has to fit into memory."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from malmoi.data.readers.base import Batch, Columns, Source
from malmoi.data.readers.kinds import reader_of
from malmoi.data.readers.lines import checked_encoding
from malmoi.errors import DataError
from malmoi.foundation.progress import Progress, silent

__all__ = ["read_batches", "reading_errors", "text_batches"]


def text_batches(
    path: str | os.PathLike[str],
    *,
    text_column: str | None = None,
    encoding: str = "utf-8",
    progress: Progress = silent,
) -> Iterator[list[str]]:
    """Yield the texts of a folder or a file in batches, in order; labels are not read.

    Args:
        path: whatever `read_corpus` takes.
        text_column: name of the table's column with the texts; `None` looks for "text", "review" and the like.
        encoding: how bytes become characters.
        progress: progress callback.

    Raises:
        ValueError: there is no such encoding.
        DataError: the path cannot be read, or a text cannot be used.
        FormatError: a compressed file or a Parquet file is damaged.
    """
    columns = Columns(text_column, labelled=False)
    for batch in read_batches(path, columns, encoding=encoding, progress=progress):
        yield batch.texts


def read_batches(
    path: str | os.PathLike[str], columns: Columns, *, encoding: str = "utf-8", progress: Progress = silent
) -> Iterator[Batch]:
    """Yield texts, labels and ids of a folder or a file in batches, in order; `text_batches` says the rest."""
    place, encoding = Path(path), checked_encoding(encoding)
    with reading_errors(place):
        place.stat()  # raises where it cannot be reached; `is_dir` would not
        if place.is_dir():
            for name, wanted in (("text_column", columns.text), ("id_column", columns.id)):
                if wanted is not None:
                    raise DataError(f"{place}: {name} must be None for a folder, got {wanted!r}")
        yield from reader_of(place).batches(Source(place, columns, encoding, progress))


@contextmanager
def reading_errors(place: Path) -> Iterator[None]:
    """Around reading: what the system refuses is said in one line, with the path.

    Raises:
        DataError: the path cannot be read.
    """
    try:
        yield
    except (FileNotFoundError, NotADirectoryError) as error:
        raise DataError(f"no such file or folder: {error.filename or place}") from None
    except OSError as error:
        raise DataError(f"{error.filename or place} cannot be read: {error.strerror or error}") from None
