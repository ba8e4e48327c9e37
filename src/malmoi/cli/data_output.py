"""Data on standard output: exact bytes to a file or a pipe, printable text to a terminal."""

from __future__ import annotations

import io
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from malmoi.cli.usage import UsageError
from malmoi.foundation.printable import printable_json

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

__all__ = ["for_terminal", "is_terminal", "refuse_binary", "write_data", "write_json"]


class _ForTerminal(io.RawIOBase):
    """A binary stream to a terminal that escapes hidden characters as in JSON.

    Args:
        file: the terminal.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def write(self, piece: ReadableBuffer) -> int:
        """Write whole lines."""
        text = bytes(piece).decode("utf-8", "backslashreplace").replace("\r\n", "\n")
        self._file.write(printable_json(text).encode("utf-8", "backslashreplace"))
        return memoryview(piece).nbytes

    def flush(self) -> None:
        """Flush the terminal."""
        self._file.flush()


def is_terminal(output: Path | None = None) -> bool:
    """Return whether an output is a terminal.

    Args:
        output: a path; `None`: standard output.
    """
    if output is None:
        return sys.stdout is not None and not sys.stdout.closed and sys.stdout.isatty()
    if not output.is_char_device():
        return False
    file = os.open(output, os.O_WRONLY | getattr(os, "O_NOCTTY", 0))
    try:
        return os.isatty(file)
    finally:
        os.close(file)


def refuse_binary(output: Path | None, kind: str) -> None:
    """Refuse to write Parquet to a terminal.

    Raises:
        UsageError: the output is a terminal.
    """
    if kind == "parquet" and is_terminal(output):
        raise UsageError("--format parquet must go to a file or a pipe, got a terminal; pass --output FILE")


def for_terminal(file: BinaryIO) -> BinaryIO:
    """Return a stream to a file, which escapes hidden characters if the file is a terminal."""
    return cast(BinaryIO, _ForTerminal(file)) if file.isatty() else file


def write_data(text: str) -> None:
    """Write text to standard output as UTF-8."""
    sys.stdout.flush()
    file = for_terminal(sys.stdout.buffer)
    file.write(text.encode("utf-8", "backslashreplace"))
    file.flush()


def write_json(content: object) -> None:
    """Write a value to standard output as JSON, with hidden characters escaped."""
    write_data(printable_json(json.dumps(content, ensure_ascii=False, indent=2)) + "\n")
