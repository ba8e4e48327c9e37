"""Temporary files and folders with locks that end with the process, so that those of dead processes can be removed.

On Windows and on file systems without locks, temporary files of killed processes stay.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from malmoi.errors import DataError

__all__ = [
    "claimed",
    "locked",
    "open_partial",
    "partial_name",
    "remove_abandoned",
    "remove_abandoned_below",
    "scratch_folder",
]

LONGEST_NAME_BYTES = 255
RANDOM = "[0-9a-f]{16}"
ANY = re.compile(rf"\..*\.{RANDOM}\.partial")
SCRATCH = re.compile(rf"\.malmoi-{RANDOM}\.partial")


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock within a `with` block, if the system supports it; it is released if the process is killed.

    Args:
        path: a file or a folder that exists.

    Raises:
        BlockingIOError: another process has the lock.
    """
    if os.name == "nt":  # no locks, and folders cannot be opened
        yield
        return
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    try:
        _lock(handle)
        yield
    finally:
        os.close(handle)


def _lock(handle: int) -> bool:
    """Lock an open file or folder; return whether the system supports it."""
    try:
        from fcntl import LOCK_EX, LOCK_NB, flock
    except ImportError:  # Windows
        return False
    try:
        flock(handle, LOCK_EX | LOCK_NB)
    except BlockingIOError:
        raise
    except OSError:  # a file system without locks
        return False
    return True


def partial_name(path: Path) -> Path:
    """Return a new name for a temporary file in the folder of its final path."""
    return path.with_name(f"{_beginning(path)}{secrets.token_hex(8)}.partial")


def open_partial(partial: Path, mode: int = 0o666) -> int:
    """Create a locked temporary file for reading and writing; closing it releases the lock.

    Args:
        partial: its name from `partial_name`; the caller removes it, also if this function is interrupted.
        mode: permissions of the file, before the process's umask.

    Raises:
        OSError: it cannot be created.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
    while True:
        handle = os.open(partial, flags, mode)
        if _is_held(handle, partial):
            return handle
        os.close(handle)


def _is_held(handle: int, name: Path) -> bool:
    """Lock a file just created; return `False` if another process removed it as abandoned before that."""
    try:
        _lock(handle)
    except BlockingIOError:
        return False
    return _is_same(handle, name)


def _beginning(path: Path) -> str:
    """Return the prefix of the names of a path's temporary files, shortened if the path's name is too long."""
    name = path.name
    while len(os.fsencode(name)) > LONGEST_NAME_BYTES - 26:
        name = name[:-1]
    return f".{name}."


def remove_abandoned(path: Path) -> None:
    """Remove temporary files of a path that dead processes left behind."""
    _remove_unlocked(path.parent, re.compile(rf"{re.escape(_beginning(path))}{RANDOM}\.partial"))


def remove_abandoned_below(folder: Path) -> None:
    """Remove the temporary files that dead processes left in a folder, at any depth."""
    for place, _, _ in os.walk(folder):
        _remove_unlocked(Path(place), ANY)


def _remove_unlocked(folder: Path, names: re.Pattern[str]) -> None:
    with suppress(OSError), os.scandir(folder) as listing:
        found = [Path(entry) for entry in listing if names.fullmatch(entry.name)]
        for path in found:
            with suppress(OSError):
                _remove_if_unlocked(path)


def _remove_if_unlocked(path: Path) -> None:
    """Remove a file or a folder of this user that no process has locked."""
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0))
    try:
        status = os.fstat(handle)
        is_ours = status.st_uid == os.geteuid() if hasattr(os, "geteuid") else False
        if not is_ours or not _lock(handle):
            return
        if stat.S_ISDIR(status.st_mode):
            shutil.rmtree(path)
        elif stat.S_ISREG(status.st_mode):
            os.unlink(path)
    finally:
        os.close(handle)


@contextmanager
def scratch_folder(folder: Path | None = None) -> Iterator[Path]:
    """Create a folder for temporary files within a `with` block; folders of dead processes are removed too.

    Args:
        folder: parent folder; the system's folder for temporary files if not given.
    """
    place = Path(tempfile.gettempdir()) if folder is None else folder
    _remove_unlocked(place, SCRATCH)
    handle = None
    while True:
        scratch = place / f".malmoi-{secrets.token_hex(8)}.partial"
        try:
            handle = _create_folder(scratch)
            if handle is None and os.name == "posix":
                continue
            yield scratch
        finally:
            with suppress(FileNotFoundError):
                shutil.rmtree(scratch, ignore_errors=os.name == "nt")  # Windows cannot remove open files
            if handle is not None:
                os.close(handle)
        return


def _create_folder(scratch: Path) -> int | None:
    """Create a locked folder and return its handle.

    Returns:
        `None` if the system cannot open folders, or if another process has removed the folder before it was locked.
    """
    scratch.mkdir(mode=0o700)
    if os.name != "posix":
        return None
    try:
        handle = os.open(scratch, os.O_RDONLY)
    except FileNotFoundError:
        return None
    if _is_held(handle, scratch):
        return handle
    os.close(handle)
    return None


@contextmanager
def claimed(path: Path) -> Iterator[None]:
    """Lock a file that is rewritten repeatedly, such as a checkpoint, within a `with` block.

    Raises:
        DataError: another process has locked it, or it is a pipe or a device.
        FileNotFoundError: its folder does not exist.
        OSError: no file can be created in its folder.
    """
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise DataError(f"{path} must be a regular file, got a pipe, a socket or a device; use another file")
    if not path.parent.is_dir():
        raise FileNotFoundError(f"no such folder: {path.parent}; create it first")
    path = Path(os.path.realpath(path))
    name = path.with_name(f"{_beginning(path)}lock")
    taken = DataError(f"{path} is used by another process; wait until it has finished, or use another file")
    while True:
        handle = os.open(name, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o666)
        try:
            is_locked = _lock(handle)
        except BlockingIOError:
            os.close(handle)
            raise taken from None
        if not is_locked or _is_same(handle, name):
            break
        os.close(handle)  # the previous owner has removed it meanwhile
    try:
        yield
    finally:
        if os.name == "nt":  # Windows cannot remove open files
            os.close(handle)
        with suppress(OSError):
            os.unlink(name)
        if os.name != "nt":
            os.close(handle)


def _is_same(handle: int, name: Path) -> bool:
    """Return whether a name still refers to an open file."""
    try:
        return os.path.samestat(os.stat(name), os.fstat(handle))
    except OSError as error:
        if error.errno != errno.ENOENT:
            raise
        return False
