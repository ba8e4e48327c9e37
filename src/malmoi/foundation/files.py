"""Atomic writing of files, and partial files for resumable work."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, BinaryIO, cast

from malmoi.errors import FormatError
from malmoi.foundation.output_places import (
    existing_mode,
    followed,
    is_stream,
    keep_rights,
    open_stream,
    refuse_replacing,
)
from malmoi.foundation.partial_files import (
    claimed,
    locked,
    open_partial,
    partial_name,
    remove_abandoned,
    remove_abandoned_below,
    scratch_folder,
)

__all__ = [
    "OVERWRITE",
    "GrowingFile",
    "claimed",
    "file_checksum",
    "followed",
    "is_stream",
    "locked",
    "open_regular",
    "open_stream",
    "put_in_place",
    "refuse_existing",
    "remove",
    "remove_abandoned",
    "remove_abandoned_below",
    "scratch_folder",
    "spool_folder",
    "whole_file",
]

OVERWRITE = "pass overwrite=True"
"""Advice of the error about an existing output; the command line names its own option instead."""

PRIVATE = 0o600


def open_regular(path: str | os.PathLike[str]) -> io.BufferedReader:
    """Open a regular file for random access; pipes and devices are refused without blocking.

    Raises:
        FileNotFoundError: the file does not exist.
        IsADirectoryError: it is a folder.
        FormatError: it is a pipe, a socket or a device.
    """
    path = Path(path)
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    mode = os.fstat(handle).st_mode
    if stat.S_ISREG(mode):
        return os.fdopen(handle, "rb")
    os.close(handle)
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    raise FormatError(f"{path} must be a regular file, got a pipe, a socket or a device; write it to a file first")


def refuse_existing(path: str | os.PathLike[str], *, overwrite: bool) -> None:
    """Check that an output path can be written, before any work is done.

    Raises:
        FileExistsError: the file exists and `overwrite` is `False`.
        FileNotFoundError: its folder does not exist.
        IsADirectoryError: it is a folder.
        PermissionError: it is write-protected, or no file of this name can be created in its folder.
    """
    path = Path(path)
    if is_stream(path):
        if not os.access(path, os.W_OK):
            raise PermissionError(f"{path} cannot be written: {os.strerror(errno.EACCES)}; use another file")
        return
    place = _checked_place(path, overwrite=overwrite)
    partial = partial_name(place)
    try:
        os.close(open_partial(partial, PRIVATE))
    except OSError as error:
        raise PermissionError(f"{path} cannot be written: {error.strerror}; use another file") from error
    finally:
        with suppress(OSError):  # it may not have been created
            os.unlink(partial)


def _checked_place(path: Path, *, overwrite: bool) -> Path:
    """Return the file that a path leads to, after checking that it can be written."""
    place = followed(path)
    if place.is_dir():
        raise IsADirectoryError(f"output must be a file, got the folder {path}")
    if place.exists():
        if not overwrite:
            raise FileExistsError(f"{path} exists; {OVERWRITE} to replace it")
        refuse_replacing(place)
    if not place.parent.is_dir():
        raise FileNotFoundError(f"no such folder: {place.parent}; create it first")
    return place


@contextmanager
def whole_file(path: str | os.PathLike[str], *, overwrite: bool = False, durable: bool = True) -> Iterator[BinaryIO]:
    """Open a temporary file that replaces `path` when the block ends, and is removed if it fails.

    A symbolic link stays, and its target is replaced; an existing file keeps its permissions. Other hard links keep the
    old content. A pipe or a device is written to at the end of the block.

    Args:
        path: the file; a pipe or a device needs no `overwrite`.
        overwrite: whether an existing file may be replaced.
        durable: whether to wait until the data are on disk, and to remove temporary files of killed processes;
            otherwise a crash of the machine, but not of the process, may lose the file.

    Raises:
        FileExistsError: the file exists and `overwrite` is `False`.
        OSError: it cannot be written; an old file is unchanged.
    """
    path = Path(path)
    if is_stream(path):
        with tempfile.TemporaryFile() as spool:
            yield cast(BinaryIO, spool)
            _pour(spool, path)
        return
    place = _checked_place(path, overwrite=overwrite)
    if durable:
        remove_abandoned(place)
    partial = partial_name(place)
    try:
        with os.fdopen(open_partial(partial, 0o666 if existing_mode(place) is None else PRIVATE), "wb") as file:
            yield file
            file.flush()
            keep_rights(file.fileno(), place)
            if durable:
                os.fsync(file.fileno())
            if os.name == "nt":  # an open file cannot be renamed; elsewhere the lock is held until it is renamed
                file.close()
            _take_place(partial, place, overwrite=overwrite)
    except BaseException:
        with suppress(OSError):
            os.unlink(partial)
        raise


def _take_place(partial: Path, place: Path, *, overwrite: bool) -> None:
    """Rename a finished file; unless `overwrite` is set, a file created by another process meanwhile is kept."""
    if not overwrite:
        try:
            os.link(partial, place)
        except FileExistsError:
            raise FileExistsError(
                f"{place} was created by another process meanwhile and was not replaced; use another file"
            ) from None
        except OSError:
            pass  # a file system without hard links
        else:
            os.unlink(partial)
            return
    os.replace(partial, place)


def _pour(spool: IO[bytes], path: Path) -> None:
    """Copy a file into a pipe or a device; a reader that closes the pipe early is not an error."""
    spool.seek(0)
    with suppress(BrokenPipeError), open_stream(path) as stream:
        shutil.copyfileobj(spool, stream)


def spool_folder(path: Path) -> Path | None:
    """Return the folder for temporary files of an output: its own folder; `None` for a pipe or a device."""
    return None if is_stream(path) else followed(path).parent


class GrowingFile:
    """A file to which complete pieces are appended; it is truncated to a known size when it is opened.

    Args:
        path: the file, which is created if it does not exist.
        size_bytes: size to truncate it to, which removes incomplete pieces of a killed process.
        like: a file whose permissions a new file gets, if it exists.

    Raises:
        OSError: it cannot be written.
    """

    def __init__(self, path: Path, size_bytes: int, *, like: Path | None = None) -> None:
        mode = None if like is None else existing_mode(like)
        is_new = not path.exists()
        flags = os.O_RDWR | getattr(os, "O_BINARY", 0) | (os.O_CREAT | os.O_EXCL if is_new else 0)
        self._file = os.fdopen(os.open(path, flags, 0o666 if mode is None else PRIVATE), "r+b")
        self._file.truncate(size_bytes)
        self._file.seek(size_bytes)

    def append(self, piece: bytes) -> None:
        """Append a piece and flush it to the system, so that it survives if the process is killed."""
        self._file.write(piece)
        self._file.flush()

    def close(self) -> None:
        """Close the file."""
        with suppress(OSError):  # the disk was full when a piece was written
            self._file.close()


def put_in_place(part: Path, path: Path) -> None:
    """Replace a file by a finished one, after flushing that to disk.

    Raises:
        OSError: it cannot be replaced; both files are unchanged.
    """
    with part.open("r+b" if os.name == "nt" else "rb") as file:  # Windows flushes only files open for writing
        keep_rights(file.fileno(), path)
        os.fsync(file.fileno())
    os.replace(part, path)


def remove(path: Path) -> None:
    """Remove a file or a folder if it exists."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def file_checksum(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal; for a folder, of its files and their names, in order.

    Raises:
        OSError: it cannot be read.
    """
    digest = hashlib.sha256()
    files = sorted(one for one in path.rglob("*") if one.is_file()) if path.is_dir() else [path]
    for file in files:
        if path.is_dir():
            digest.update(os.fsencode(file.relative_to(path)) + b"\0")
        with open_regular(file) as opened:
            hashlib.file_digest(opened, lambda: digest)
    return digest.hexdigest()
