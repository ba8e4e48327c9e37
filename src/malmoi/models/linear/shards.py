"""Shards: files of labelled texts that are read one by one, also by several processes or machines."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO, TypeVar

import numpy as np
import numpy.typing as npt

from malmoi.data.readers import Batch, DataPath, ReadReport, ReadSettings, data_paths, read_batches
from malmoi.errors import DataError, FormatError
from malmoi.foundation.log import logger

__all__ = ["Scratch", "Shard", "ShardReader", "listed_shards", "named_errors", "scratch_in"]

Number = TypeVar("Number", bound=np.generic)
CHARACTERS_TOGETHER, TEXTS_TOGETHER = 16_000_000, 200_000
"""Texts of a shard that are in memory at once: one of both is reached, and at most a batch of the reader more."""


@dataclass(frozen=True)
class Shard:
    """A file of labelled texts, or a folder of text files.

    Args:
        number: its index among all shards.
        path: its path.
        texts: number of texts; -1 before they are counted.
        characters: number of characters of all texts; -1 before they are counted.
    """

    number: int
    path: str
    texts: int = -1
    characters: int = -1

    def __str__(self) -> str:
        """Return the path, as in error messages."""
        return self.path


def listed_shards(data: DataPath, *, absolute: bool = False) -> list[Shard]:
    """Return the shards of paths and globs.

    Args:
        data: paths and globs.
        absolute: whether their paths are made absolute, for processes with another working directory.

    Raises:
        DataError: a path does not exist, or two of them are the same file.
    """
    shards: dict[object, Shard] = {}
    for number, path in enumerate(data_paths(data)):
        found = path.stat()
        key = (found.st_dev, found.st_ino) if found.st_ino else os.path.realpath(path)
        first = shards.setdefault(key, Shard(number, os.path.abspath(path) if absolute else str(path)))
        if first.number != number:
            raise DataError(f"{path}: each file must be given once, got it also as {first.path}; leave one out")
    return list(shards.values())


@contextmanager
def named_errors(shard: Shard) -> Iterator[None]:
    """Add the path of a shard to errors within a `with` block that do not name it."""
    try:
        yield
    except (DataError, FormatError, MemoryError) as error:
        if shard.path in str(error):
            raise
        raise type(error)(f"{shard.path}: {error or 'the memory is full'}") from error


@dataclass(frozen=True)
class ShardReader:
    """Reader of the texts of a shard.

    Args:
        settings: read settings.
    """

    settings: ReadSettings

    def batches(self, shard: Shard, report: ReadReport) -> Iterator[Batch]:
        """Yield the batches of a shard; none for an empty file.

        Raises:
            DataError: the shard cannot be read, or a row is invalid.
            FormatError: the shard is damaged.
        """
        try:
            yield from read_batches(shard.path, self.settings, report=report)
        except DataError:
            path = Path(shard.path)
            if not path.is_file() or path.stat().st_size:
                raise

    def texts(self, shard: Shard) -> Iterator[list[str]]:
        """Yield the texts of a shard in parts of bounded size.

        Raises:
            DataError: the file has changed since its texts were counted.
        """
        texts, characters, total_texts, total_characters = list[str](), 0, 0, 0
        for batch in self.batches(shard, ReadReport()):
            texts += batch.texts
            size = sum(map(len, batch.texts))
            characters, total_characters = characters + size, total_characters + size
            total_texts += len(batch.texts)
            if characters >= CHARACTERS_TOGETHER or len(texts) >= TEXTS_TOGETHER:
                yield texts
                texts, characters = [], 0
        if texts:
            yield texts
        if (total_texts, total_characters) != (shard.texts, shard.characters):
            rule = "the file must not change during training"
            raise DataError(f"{shard.path}: {rule}, got {total_texts:,} texts after {shard.texts:,}")


@dataclass(frozen=True)
class Scratch:
    """A folder of files that workers write and the training process reads.

    Args:
        folder: its path, the same on all machines.
    """

    folder: str

    def path(self, shard: Shard | None, name: str) -> Path:
        """Return the path of a file of a shard, or of all shards."""
        return Path(self.folder) / (name if shard is None else f"{shard.number:06}.{name}")

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Convert system errors within a `with` block that writes files.

        Raises:
            DataError: a file cannot be written.
        """
        try:
            yield
        except OSError as error:
            cause, cure = error.strerror or error, "choose a folder with enough room"
            if isinstance(error, FileNotFoundError):
                cause, cure = "it does not exist on this machine", "choose one on a disk that all machines share"
            raise DataError(f"the scratch folder {self.folder} cannot be written: {cause}; {cure}") from error

    @contextmanager
    def written(self, shard: Shard, name: str) -> Iterator[BinaryIO]:
        """Yield a file of a shard to write, which appears when it is complete.

        The same work may run twice, if an engine takes a slow machine for a lost one; both write the same bytes.

        Raises:
            DataError: it cannot be written.
        """
        path = self.path(shard, name)
        partial = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
        with self.errors():
            with partial.open("wb") as file:
                yield file
            partial.replace(path)

    def save(self, shard: Shard, name: str, array: npt.NDArray[np.generic]) -> None:
        """Write an array.

        Raises:
            DataError: it cannot be written.
        """
        with self.written(shard, name) as file:
            np.lib.format.write_array(file, array, allow_pickle=False)

    def load(self, shard: Shard, name: str, kind: type[Number]) -> npt.NDArray[Number]:
        """Return an array of a type that a worker has written, mapped into memory.

        Raises:
            DataError: the file does not exist here.
        """
        path = self.path(shard, name)
        try:
            array: npt.NDArray[Number] = np.load(path, mmap_mode="r", allow_pickle=False)
        except FileNotFoundError:
            rule = f"{shard.path}: the scratch folder {self.folder} must be on a disk that all machines share"
            raise DataError(f"{rule}, got one that only the worker sees; choose another") from None
        return array


@contextmanager
def scratch_in(folder: str | os.PathLike[str] | None) -> Iterator[Scratch]:
    """Yield a new folder for files that are needed only within the `with` block.

    Args:
        folder: existing folder in which it is created; `None`: that of the system for temporary files.

    Raises:
        DataError: it cannot be created.
    """
    try:
        # A task of a cluster that is being cancelled may still write into it.
        created = TemporaryDirectory(prefix="malmoi-", dir=folder, ignore_cleanup_errors=True)
    except OSError as error:
        rule = "scratch must be an existing folder that can be written"
        raise DataError(f"{rule}, got {folder}: {error.strerror or error}") from error
    with created as name:
        yield Scratch(os.path.abspath(name))
    if os.path.exists(name):
        logger.warning("the scratch folder %s could not be removed", name)
