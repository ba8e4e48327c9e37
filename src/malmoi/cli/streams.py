"""Standard input, output and error of the process, which may be closed, full, or without a reader."""

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
"""Descriptors with the mode in which a closed one is opened, so that no file gets its number and its use fails."""


class _Printed(io.FileIO):
    """A raw stream for printed text; after a write error, further text is dropped and the command continues."""

    error: OSError | None = None

    def write(self, data: ReadableBuffer) -> int:
        """Write data; after an error, store it and drop the data."""
        while self.error is None:
            try:
                written = super().write(data)
            except OSError as error:
                self.error = error
                break
            if written is not None:
                return written
            select.select([], [self], [])  # the descriptor is non-blocking
        return memoryview(data).nbytes


class _Data(io.FileIO):
    """A raw stream for data, which writes everything or raises."""

    def write(self, data: ReadableBuffer) -> int:
        """Write all data."""
        view = memoryview(data).cast("B")
        done = 0
        while done < len(view):
            written = super().write(view[done:])
            if written is None:
                select.select([], [self], [])  # the descriptor is non-blocking
            else:
                done += written
        return done


class _Unreadable(io.FileIO):
    """A closed standard input."""

    def readinto(self, buffer: WriteableBuffer) -> int | None:
        """Raise an `OSError` that names standard input."""
        try:
            return super().readinto(buffer)
        except OSError as error:
            raise OSError(error.errno, error.strerror, "standard input") from None


def prepare_streams() -> None:
    """Open closed descriptors, and keep print from failing; `flushed` reports errors at the end."""
    if os.name != "posix":
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):  # its encoding may not have every character
                stream.reconfigure(errors="backslashreplace")
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
    """Return a stream for printed text on a descriptor, with the encoding of another stream."""
    # Also used on a descriptor that was closed: the write fails, and `flushed` reports it.
    raw = _Printed(number, "wb", closefd=False)
    encoding = "utf-8" if before is None else before.encoding
    is_direct = number != 1 or raw.isatty()
    return io.TextIOWrapper(io.BufferedWriter(raw), encoding, "backslashreplace", line_buffering=is_direct)


def raw_output() -> BinaryIO:
    """Return standard output for data, which raises if it cannot be written."""
    sys.stdout.flush()
    is_ours = isinstance(getattr(sys.stdout.buffer, "raw", None), _Printed)
    return cast(BinaryIO, _Data(1, "wb", closefd=False)) if is_ours else sys.stdout.buffer


def flushed(status: int) -> int:
    """Flush standard output and return the exit code; 2 if the output cannot be written.

    A reader that closes the pipe (`| head`) is not an error.
    """
    if sys.stdout is None or sys.stdout.closed:
        return status
    error = None
    try:
        sys.stdout.flush()
        error = getattr(getattr(sys.stdout.buffer, "raw", None), "error", None)
    except OSError as failed:
        error = failed
        os.dup2(
            os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno()
        )  # otherwise the interpreter would try again at exit
    if error is None or isinstance(error, BrokenPipeError) or status:
        return status
    sys.stderr.write(f"malmoi: standard output: {error.strerror}\n")
    return USERS_MISTAKE
