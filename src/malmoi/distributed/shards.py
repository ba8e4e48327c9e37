"""The shards of a run: files of a folder, a glob or a URL, each with the name of its output."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from glob import glob, has_magic
from pathlib import Path, PurePath, PurePosixPath
from stat import S_ISDIR
from typing import Any

from malmoi.data.readers import FILE_SUFFIXES
from malmoi.errors import DataError, MissingExtraError
from malmoi.foundation.compression import COMPRESSED_SUFFIXES
from malmoi.foundation.files import scratch_folder
from malmoi.foundation.validation import shorten

__all__ = ["Shard", "is_below", "is_listed", "is_url", "listed_shards", "local_copy"]


@dataclass(frozen=True, order=True)
class Shard:
    """One file of the input.

    Args:
        name: its path below the folder that all shards share, with "/" between folders.
        path: its absolute path, or its URL.
        size_bytes: its size.
        modified: its time or version, as the file system has it; "" if it has none.
    """

    name: str
    path: str
    size_bytes: int
    modified: str

    def output_name(self, kind: str) -> str:
        """Return the name of the output: the shard's name with the suffix of another format."""
        name = self.name
        for suffixes in (COMPRESSED_SUFFIXES, FILE_SUFFIXES):
            found = next((suffix for suffix in suffixes if name.lower().endswith(suffix)), "")
            name = name[: len(name) - len(found)]
        return f"{name}.{kind}"


def is_url(data: str) -> bool:
    """Return whether data are named by a URL, such as s3://bucket/texts/*.parquet."""
    scheme, separator, _ = data.partition("://")
    return bool(separator) and scheme.isascii() and scheme.replace("+", "").isalnum()


def listed_shards(data: str) -> tuple[list[Shard], list[str]]:
    """Return the shards of a file, a folder, a glob or a URL, sorted by name, and the names of other files in a folder.

    In a folder, data files are found by their suffixes, at any depth. Names that begin with "." or "_" and links to
    folders are left out.

    Raises:
        DataError: there is none, one is there twice or has no name below the folder, or it cannot be accessed.
        MissingExtraError: a URL needs a library that is not installed.
    """
    found = _at_url(data) if is_url(data) else _local(data)
    shards = [shard for shard in found if _is_data(shard.name)] if _is_folder(data) else found
    for shard in shards:
        if not is_below(shard.name):
            rule = "shards must have names below the folder that they share, with one '/' between folders"
            raise DataError(f"{shorten(shard.path)}: {rule}, got {shorten(shard.name)}; rename it, or leave it out")
    left_out = sorted({shard.name for shard in found} - {shard.name for shard in shards})
    if not shards:
        unseen = ", or it cannot be reached" if is_url(data) else ""
        rule = f"no data file in {data!r}{unseen}; they are found by their suffixes, such as .parquet or .jsonl"
        raise DataError(rule if _is_folder(data) else f"no file matches {data!r}")
    return sorted(shards), left_out


def _is_folder(data: str) -> bool:
    return not has_magic(data) if is_url(data) else Path(data).is_dir()


def is_below(name: str) -> bool:
    """Return whether a name, with "/" between folders, is that of a file below any folder to which it is added."""
    try:
        is_name = b"\0" not in os.fsencode(name)
    except UnicodeEncodeError:  # no file has such a name
        return False
    path = PurePath(name)  # on Windows, it may name a drive or have "\\" between folders
    parts = [*name.split("/"), *path.parts]
    return is_name and not path.anchor and not {"", ".", ".."}.intersection(parts)


def _is_data(name: str) -> bool:
    plain = name.lower()
    for suffix in COMPRESSED_SUFFIXES:
        plain = plain.removesuffix(suffix)
    return is_listed(PurePosixPath(name)) and plain.endswith(FILE_SUFFIXES)


def is_listed(path: PurePath) -> bool:
    """Return whether a path below the folder of the shards is read: no part of it begins with "." or "_"."""
    return not any(part.startswith((".", "_")) for part in path.parts)


def _local(data: str) -> list[Shard]:
    place = Path(data)
    try:
        if place.is_dir():
            root = place
            paths = list(_below(place))
        else:
            paths = [place] if place.exists() else [Path(one) for one in glob(data, recursive=True)]
            paths = [path for path in paths if not path.is_dir()]
            root = Path(os.path.commonpath([path.parent for path in paths])) if paths else place
        shards, owners = [], dict[tuple[int, int], Path]()
        for path in sorted(paths):
            status = path.stat()
            other = owners.setdefault((status.st_dev, status.st_ino), path)
            if other != path and not S_ISDIR(status.st_mode):
                raise DataError(f"{path} is the same file as {other}; leave one of them out")
            name = path.relative_to(root).as_posix()
            shards.append(Shard(name, os.path.abspath(path), status.st_size, str(status.st_mtime_ns)))
    except (OSError, ValueError) as error:
        raise DataError(f"{shorten(data)} cannot be read: {getattr(error, 'strerror', None) or error}") from error
    return shards


def _below(folder: Path) -> Iterator[Path]:
    """Yield the files below a folder, and links to folders, which are not followed."""

    def stop(error: OSError) -> None:
        raise error

    for place, folders, names in os.walk(folder, onerror=stop):
        links = [name for name in folders if Path(place, name).is_symlink()]
        yield from (Path(place, name) for name in names + links)


def _at_url(url: str) -> list[Shard]:
    system, place = _file_system(url)
    try:
        found = system.glob(place, detail=True) if has_magic(url) else system.find(place, detail=True)
    except Exception as error:  # every kind of storage has its own
        raise DataError(f"{shorten(url)} cannot be read: {_said(error)}") from error
    entries = {path: facts for path, facts in found.items() if facts.get("type") != "directory"}
    shared = _shared_folder(list(entries))
    shards = []
    for path, facts in entries.items():
        version = next((facts[name] for name in ("ETag", "etag", "LastModified", "mtime") if facts.get(name)), "")
        size = int(facts.get("size") or 0)
        shards.append(Shard(path[len(shared) :], str(system.unstrip_protocol(path)), size, str(version)))
    return shards


def _shared_folder(paths: Sequence[str]) -> str:
    """Return the folder that all paths share, with its last "/"."""
    folders = [path.split("/")[:-1] for path in paths]
    shared = [parts[0] for parts in zip(*folders, strict=False)]
    for place, parts in enumerate(zip(*folders, strict=False)):
        if len(set(parts)) > 1:
            shared = shared[:place]
            break
    return "".join(f"{part}/" for part in shared)


def _file_system(url: str) -> tuple[Any, str]:
    try:
        from fsspec.core import url_to_fs
    except ImportError as error:
        raise MissingExtraError(f"{shorten(url)} needs fsspec; pip install 'malmoi[ray]'") from error
    try:
        system, place = url_to_fs(url)
    except ImportError as error:
        raise MissingExtraError(f"{shorten(url)}: {error}") from error
    except ValueError as error:
        raise DataError(f"{shorten(url)} cannot be read: {error}") from error
    return system, place


def _said(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__


@contextmanager
def local_copy(shard: Shard) -> Iterator[Path]:
    """Yield the path of a shard on this machine; one at a URL is downloaded, and removed at the end.

    Raises:
        DataError: it cannot be downloaded.
    """
    if not is_url(shard.path):
        yield Path(shard.path)
        return
    with scratch_folder() as folder:
        path = folder / shard.name.rpartition("/")[2]
        system, place = _file_system(shard.path)
        try:
            system.get_file(place, str(path))
        except Exception as error:  # every kind of storage has its own
            if isinstance(error, OSError) and error.errno == errno.ENOSPC:
                raise
            raise DataError(f"{shard.path} cannot be downloaded: {_said(error)}") from error
        yield path
