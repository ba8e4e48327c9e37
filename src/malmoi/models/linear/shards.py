"""Shards: files of labelled texts that are read one by one, also by several processes or machines."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO, TypeVar
from zlib import crc32

import numpy as np
import numpy.typing as npt

from malmoi.data.readers import Batch, DataPath, ReadReport, ReadSettings, data_paths, shard_batches
from malmoi.errors import DataError, FormatError
from malmoi.foundation.log import logger

__all__ = ["Scratch", "Shard", "ShardReader", "checksum_of", "listed_shards", "named_errors", "scratch_in"]

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
        checksum: checksum of the texts in their order; -1 before they are counted.
    """

    number: int
    path: str
    texts: int = -1
    characters: int = -1
    checksum: int = -1

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


def checksum_of(texts: Sequence[str], before: int = 0) -> int:
    """Return a checksum of texts in their order, continued from that of the texts before."""
    ended = "\0".join([*texts, ""])
    return crc32(ended.encode("utf-8", "surrogatepass"), before)


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
        """Return an iterator of the batches of a shard; none for an empty file.

        Raises:
            DataError: the shard cannot be read, or a row is invalid.
            FormatError: the shard is damaged.
        """
        return shard_batches(shard.path, self.settings, report)

    def texts(self, shard: Shard) -> Iterator[list[str]]:
        """Yield the texts of a shard in parts of bounded size.

        Raises:
            DataError: the file has changed since its texts were counted.
        """
        texts, characters, total, checksum = list[str](), 0, 0, 0
        for batch in self.batches(shard, ReadReport()):
            texts += batch.texts
            characters += sum(map(len, batch.texts))
            total, checksum = total + len(batch.texts), checksum_of(batch.texts, checksum)
            if characters >= CHARACTERS_TOGETHER or len(texts) >= TEXTS_TOGETHER:
                yield texts
                texts, characters = [], 0
        if texts:
            yield texts
        if (total, checksum) != (shard.texts, shard.checksum):
            found = f"{total:,} texts after {shard.texts:,}" if total != shard.texts else "other texts"
            raise DataError(f"{shard.path}: the file must not change during training, got {found}")


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
