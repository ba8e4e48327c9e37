"""Files that are written whole or not at all; long work may go on in a part beside them."""

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
    scratch_folder,
)

__all__ = [
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
    "scratch_folder",
    "spool_folder",
    "whole_file",
]

PRIVATE = 0o600


def open_regular(path: str | os.PathLike[str]) -> io.BufferedReader:
    """Open a file that has to be read at any place; a pipe or a device is refused at once, and never waited for.

    Raises:
        FileNotFoundError: there is no such file.
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
    """Refuse an output path before any work is done for it.

    Raises:
        FileExistsError: the file exists and `overwrite` is off.
        FileNotFoundError: its folder does not exist.
        IsADirectoryError: it is a folder.
        PermissionError: it is write-protected, or its folder takes no new file, or none of this name.
    """
    path = Path(path)
    if is_stream(path):
        if not os.access(path, os.W_OK):
            raise PermissionError(f"{path} cannot be written: {os.strerror(errno.EACCES)}; give another file")
        return
    place = _checked_place(path, overwrite=overwrite)
    partial = partial_name(place)
    try:
        os.close(open_partial(partial, PRIVATE))
    except OSError as error:
        raise PermissionError(f"{path} cannot be written: {error.strerror}; give another file") from error
    finally:
        with suppress(OSError):  # there is none where none could be made
            os.unlink(partial)


def _checked_place(path: Path, *, overwrite: bool) -> Path:
    """The file that a path leads to, unless it cannot be written."""
    place = followed(path)
    if place.is_dir():
        raise IsADirectoryError(f"output must be a file, but {path} is a folder")
    if place.exists():
        if not overwrite:
            raise FileExistsError(f"{path} exists and is kept; pass overwrite=True (on the command line --force)")
        refuse_replacing(place)
    if not place.parent.is_dir():
        raise FileNotFoundError(f"no such folder: {place.parent}; make it first")
    return place


@contextmanager
def whole_file(path: str | os.PathLike[str], *, overwrite: bool = False, durable: bool = True) -> Iterator[BinaryIO]:
    """Open a new file beside `path` that takes its place when all is written, and is removed otherwise.

    A link stays, and the file that it leads to is replaced; one that exists keeps its rights. Other hard links of it
    keep the old content. What is no regular file is written to instead, once all is there.

    Args:
        path: the file; a pipe or a device needs no `overwrite`.
        overwrite: whether a file that exists may be replaced.
        durable: wait until the disk has it, and remove what killed processes left; otherwise a crash of the machine,
            though not of the process, may lose it.

    Raises:
        FileExistsError: the file exists and `overwrite` is off.
        OSError: it cannot be written; the old file, if any, is untouched.
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
            if os.name == "nt":  # which renames no open file; elsewhere the lock is held until the name is right
                file.close()
            _take_place(partial, place, overwrite=overwrite)
    except BaseException:
        with suppress(OSError):
            os.unlink(partial)
        raise


def _take_place(partial: Path, place: Path, *, overwrite: bool) -> None:
    """Give a finished file its name; one that another process has made meanwhile is kept, unless it may be replaced."""
    if not overwrite:
        try:
            os.link(partial, place)
        except FileExistsError:
            raise FileExistsError(f"{place} was made by another process meanwhile, and is kept; give another") from None
        except OSError:
            pass  # a file system without hard links
        else:
            os.unlink(partial)
            return
    os.replace(partial, place)


def _pour(spool: IO[bytes], path: Path) -> None:
    """Copy all of a file into a pipe or a device; a reader that has seen enough is no mistake."""
    spool.seek(0)
    with suppress(BrokenPipeError), open_stream(path) as stream:
        shutil.copyfileobj(spool, stream)


def spool_folder(path: Path) -> Path | None:
    """Return where temporary files of an output belong: beside it, or, of a pipe or a device, nowhere in particular."""
    return None if is_stream(path) else followed(path).parent


class GrowingFile:
    """A file that grows by whole pieces, from a size on; what a killed process left behind that size is cut off.

    Args:
        path: the file; made where there is none.
        size_bytes: what is kept of it.
        like: a file whose rights a new one gets, where it exists.

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
        """Hand a piece to the system, which keeps it even if the process is killed."""
        self._file.write(piece)
        self._file.flush()

    def close(self) -> None:
        """Close it."""
        with suppress(OSError):  # of a piece that a full disk refused before
            self._file.close()


def put_in_place(part: Path, path: Path) -> None:
    """Let a finished file take the place of another, once the disk has all of it.

    Raises:
        OSError: it cannot; both are as before.
    """
    with part.open("rb") as file:
        keep_rights(file.fileno(), path)
        os.fsync(file.fileno())
    os.replace(part, path)


def remove(path: Path) -> None:
    """Remove a file or a folder, if there is one."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def file_checksum(path: Path) -> str:
    """Return the SHA-256 of a file, hexadecimal; of a folder that of its files, with their names, in order.

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
