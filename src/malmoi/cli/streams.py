"""Standard input, output and error of the process: any of them may be closed, full, or read by nobody."""

from __future__ import annotations

import io
import os
import select
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, BinaryIO, TextIO, cast

from malmoi.cli.statuses import USERS_MISTAKE

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

__all__ = ["flushed", "prepare_streams", "printed", "raw_output"]

CLOSED = ((0, os.O_WRONLY), (1, os.O_RDONLY), (2, os.O_WRONLY))
"""How a closed descriptor is filled, so that no file gets its number: reading the first, writing the second fails."""


class _Printed(io.FileIO):
    """What takes printed text; once it can take no more, the rest is dropped, and the work goes on."""

    error: OSError | None = None

    def write(self, data: ReadableBuffer) -> int:
        """Write, or drop what cannot be written, and keep the reason."""
        while self.error is None:
            try:
                written = super().write(data)
            except OSError as error:
                self.error = error
                break
            if written is not None:
                return written
            select.select([], [self], [])  # somebody has made it non-blocking
        return memoryview(data).nbytes


class _Data(io.FileIO):
    """What takes data: all of them, or the error is raised."""

    def write(self, data: ReadableBuffer) -> int:
        """Write all."""
        view = memoryview(data).cast("B")
        done = 0
        while done < len(view):
            written = super().write(view[done:])
            if written is None:
                select.select([], [self], [])  # somebody has made it non-blocking
            else:
                done += written
        return done


class _Unreadable(io.FileIO):
    """Standard input that was closed."""

    def readinto(self, buffer: WriteableBuffer) -> int | None:
        """Fail, and say of what."""
        try:
            return super().readinto(buffer)
        except OSError as error:
            raise OSError(error.errno, error.strerror, "standard input") from None


def prepare_streams() -> None:
    """Fill closed descriptors, and let no print fail: of what, `flushed` tells in the end."""
    if os.name != "posix":
        return
    for number, flags in CLOSED:
        with suppress(OSError):
            _fill(number, flags)
    if sys.stdin is None:
        sys.stdin = io.TextIOWrapper(io.BufferedReader(_Unreadable(0, "rb", closefd=False)), encoding="utf-8")
    if sys.stdout is sys.__stdout__:
        sys.stdout = printed(1, sys.stdout)
    if sys.stderr is sys.__stderr__:
        sys.stderr = printed(2, sys.stderr)


def _fill(number: int, flags: int) -> None:
    try:
        os.fstat(number)
    except OSError:
        handle = os.open(os.devnull, flags)
        if handle == number:
            os.set_inheritable(number, True)
        else:
            os.dup2(handle, number)
            os.close(handle)


def printed(number: int, before: TextIO | None) -> TextIO:
    """Return a stream of printed text on a descriptor, with the encoding of another one."""
    # Opened for reading too where it is closed, and written all the same: the system refuses, and that is told.
    raw = _Printed(number, "wb", closefd=False)
    encoding = "utf-8" if before is None else before.encoding
    is_direct = number != 1 or raw.isatty()
    return io.TextIOWrapper(io.BufferedWriter(raw), encoding, "backslashreplace", line_buffering=is_direct)


def raw_output() -> BinaryIO:
    """Return standard output for data: other than printed text, it raises where it cannot be written."""
    sys.stdout.flush()
    is_ours = isinstance(getattr(sys.stdout.buffer, "raw", None), _Printed)
    return cast(BinaryIO, _Data(1, "wb", closefd=False)) if is_ours else sys.stdout.buffer


def flushed(status: int) -> int:
    """Return the exit status once all answers are out; 2 where they cannot be written.

    A reader that has seen enough (`| head`) is no mistake.
    """
    if sys.stdout is None or sys.stdout.closed:
        return status
    error = None
    try:
        sys.stdout.flush()
        error = getattr(getattr(sys.stdout.buffer, "raw", None), "error", None)
    except OSError as failed:
        error = failed
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or leaving would try once more
    if error is None or isinstance(error, BrokenPipeError) or status:
        return status
    sys.stderr.write(f"malmoi: standard output: {error.strerror}\n")
    return USERS_MISTAKE
