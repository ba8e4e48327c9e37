"""Files that are written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

__all__ = ["refuse_existing", "whole_file"]


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
def whole_file(path: str | os.PathLike[str], *, overwrite: bool = False) -> Iterator[BinaryIO]:
    """Open a new file beside `path` that takes its place when all is written, and is removed otherwise.

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
            os.fsync(file.fileno())
        os.chmod(partial, 0o666 & ~_umask())
        os.replace(partial, path)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(partial)
        raise


def _partial_file(path: Path) -> tuple[int, str]:
    """A new, open file beside a path, and its name."""
    return tempfile.mkstemp(prefix=f".{path.name}.", suffix=".partial", dir=path.parent)


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
