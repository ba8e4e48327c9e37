"""Files that are written whole or not at all; long work may go on in a part beside them."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from malmoi.errors import FormatError

__all__ = [
    "GrowingFile",
    "file_checksum",
    "locked",
    "open_regular",
    "put_in_place",
    "refuse_existing",
    "remove",
    "whole_file",
]


def open_regular(path: str | os.PathLike[str]) -> BinaryIO:
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
        PermissionError: its folder takes no new file, or none of this name.
    """
    path = Path(path)
    _refuse_place(path, overwrite)
    try:
        handle, partial = _partial_file(path)
    except OSError as error:
        raise PermissionError(f"{path} cannot be written: {error.strerror}; give another file") from error
    os.close(handle)
    os.unlink(partial)


def _refuse_place(path: Path, overwrite: bool) -> None:
    if path.is_dir():
        raise IsADirectoryError(f"output must be a file, but {path} is a folder")
    if path.exists() and not overwrite:
        raise FileExistsError(f"{path} exists and is kept; pass overwrite=True (on the command line --force)")
    if not path.parent.is_dir():
        raise FileNotFoundError(f"no such folder: {path.parent}; make it first")


@contextmanager
def whole_file(path: str | os.PathLike[str], *, overwrite: bool = False, durable: bool = True) -> Iterator[BinaryIO]:
    """Open a new file beside `path` that takes its place when all is written, and is removed otherwise.

    Args:
        path: the file.
        overwrite: whether a file that exists may be replaced.
        durable: wait until the disk has it; otherwise a crash of the machine, though not of the process, may lose it.

    Raises:
        FileExistsError: the file exists and `overwrite` is off.
        OSError: it cannot be written; the old file, if any, is untouched.
    """
    path = Path(path)
    _refuse_place(path, overwrite)
    handle, partial = _partial_file(path)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            if durable:
                os.fsync(file.fileno())
        os.chmod(partial, 0o666 & ~_umask())
        os.replace(partial, path)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(partial)
        raise


class GrowingFile:
    """A file that grows by whole pieces, from a size on; what a killed process left behind that size is cut off.

    Args:
        path: the file; made where there is none.
        size_bytes: what is kept of it.

    Raises:
        OSError: it cannot be written.
    """

    def __init__(self, path: Path, size_bytes: int) -> None:
        self._file = path.open("r+b" if path.exists() else "x+b")
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
        os.fsync(file.fileno())
    os.replace(part, path)


def remove(path: Path) -> None:
    """Remove a file or a folder, if there is one."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Keep other processes that ask for the same lock away, where the system can; a killed process gives it back.

    Args:
        path: a file or a folder that exists.

    Raises:
        BlockingIOError: another process has the lock.
    """
    try:
        from fcntl import LOCK_EX, LOCK_NB, flock
    except ImportError:  # Windows
        yield
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        try:
            flock(handle, LOCK_EX | LOCK_NB)
        except BlockingIOError:
            raise
        except OSError:  # a file system without locks
            pass
        yield
    finally:
        os.close(handle)


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
        with file.open("rb") as opened:
            hashlib.file_digest(opened, lambda: digest)
    return digest.hexdigest()


def _partial_file(path: Path) -> tuple[int, str]:
    """A new, open file beside a path, and its name."""
    return tempfile.mkstemp(prefix=f".{path.name}.", suffix=".partial", dir=path.parent)


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
