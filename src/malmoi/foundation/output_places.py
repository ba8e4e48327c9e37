"""Output paths: regular files, possibly through symbolic links, and pipes and devices, which are written to."""

from __future__ import annotations

import os
import re
import stat
import sys
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

__all__ = ["existing_mode", "followed", "is_stream", "keep_rights", "open_stream", "refuse_replacing"]

DESCRIPTORS = re.compile(r"/dev/fd|/proc/(self|thread-self|[0-9]+)(/task/[0-9]+)?/fd")
"""Folders of the open file descriptors of a process."""
MOST_LINKS = 40
RIGHTS = 0o777
NO_TERMINAL = getattr(os, "O_NOCTTY", 0)
NOT_OF_THE_GROUP = 0o707


def is_stream(path: Path) -> bool:
    """Return whether a path is a pipe, a device or an open descriptor, such as `/dev/stdout`, which is never replaced.

    Raises:
        OSError: the path cannot be resolved, such as a link to itself.
    """
    if _descriptor(path) is not None:
        return True
    try:
        mode = os.stat(path).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return False
    if stat.S_ISBLK(mode) or stat.S_ISSOCK(mode):
        kind = "a socket" if stat.S_ISSOCK(mode) else "a disk"
        raise OSError(f"output must be a file, a pipe or a character device, but {path} is {kind}; use a file")
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def _descriptor(path: Path) -> Path | None:
    """Return the path of the open descriptor that a path leads to; `None` if there is none."""
    for _ in range(MOST_LINKS):
        parent = os.path.realpath(path.parent)
        if DESCRIPTORS.fullmatch(parent) and path.name.isdecimal():
            return Path(parent, path.name) if os.path.lexists(path) else None
        if not path.is_symlink():
            return None
        path = path.parent / os.readlink(path)
    return None


def open_stream(path: Path) -> BinaryIO:
    """Open a pipe or a device for writing; a descriptor of this process continues at its position.

    Raises:
        OSError: it cannot be opened.
    """
    descriptor = _descriptor(path)
    if descriptor is None:
        return os.fdopen(os.open(path, os.O_WRONLY | NO_TERMINAL), "wb")
    of_this_process = os.path.realpath("/proc/self/fd")
    if str(descriptor.parent) not in (of_this_process, "/dev/fd"):
        return os.fdopen(os.open(path, os.O_WRONLY | os.O_APPEND | NO_TERMINAL), "wb")
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()  # earlier output must come first
    return os.fdopen(os.dup(int(descriptor.name)), "wb")


def followed(path: Path) -> Path:
    """Return the file that a path leads to; for a symbolic link its target, which need not exist.

    Raises:
        OSError: the link leads to itself.
    """
    if not path.is_symlink():
        return path
    with suppress(FileNotFoundError):
        os.stat(path)  # raises if the link leads to itself
    return Path(os.path.realpath(path))


def existing_mode(path: Path) -> int | None:
    """Return the permissions of a file; `None` if it does not exist."""
    try:
        return stat.S_IMODE(os.stat(path).st_mode) & RIGHTS
    except FileNotFoundError:
        return None


def refuse_replacing(path: Path) -> None:
    """Check that a file is not write-protected, and that its folder does not restrict replacing it to its owner.

    Raises:
        PermissionError: it must not be replaced.
    """
    status = os.stat(path)
    if not status.st_mode & 0o222 or not os.access(path, os.W_OK):
        raise PermissionError(f"{path} is write-protected; change its mode (chmod u+w), or use another file")
    folder = os.stat(path.parent)
    user = os.geteuid() if hasattr(os, "geteuid") else 0
    if folder.st_mode & stat.S_ISVTX and user not in (0, status.st_uid, folder.st_uid):
        raise PermissionError(f"{path} belongs to another user, and only its owner may replace it; use another file")


def keep_rights(handle: int, path: Path) -> None:
    """Copy permissions, and owner if possible, from the file that an open file will replace."""
    try:
        old = os.stat(path)
    except FileNotFoundError:
        return
    if not hasattr(os, "fchown"):
        return
    mode = stat.S_IMODE(old.st_mode) & RIGHTS
    new = os.fstat(handle)
    if (new.st_uid, new.st_gid) != (old.st_uid, old.st_gid):
        with suppress(OSError):
            os.fchown(handle, -1, old.st_gid)
        with suppress(OSError):
            os.fchown(handle, old.st_uid, -1)
        if os.fstat(handle).st_gid != old.st_gid:
            mode &= NOT_OF_THE_GROUP  # another group must not get the permissions of the old group
    os.fchmod(handle, mode)
