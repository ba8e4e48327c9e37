"""Data on standard output: the exact bytes to a file or a pipe, and readable text to a terminal."""

from __future__ import annotations

import io
import json
import sys
from typing import Any, BinaryIO, cast

from malmoi.foundation.printable import printable_json

__all__ = ["data_output", "is_terminal", "write_data", "write_json"]


class _ForTerminal(io.RawIOBase):
    """Lines of UTF-8 on their way to a terminal: hidden characters are escaped as in JSON.

    Args:
        file: the terminal.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def write(self, piece: Any) -> int:
        """Write whole lines."""
        text = bytes(piece).decode("utf-8", "backslashreplace").replace("\r\n", "\n")
        self._file.write(printable_json(text).encode("utf-8", "backslashreplace"))
        return memoryview(piece).nbytes

    def flush(self) -> None:
        """Let all be seen."""
        self._file.flush()


def is_terminal() -> bool:
    """Whether standard output is a terminal."""
    return sys.stdout is not None and not sys.stdout.closed and sys.stdout.isatty()


def data_output() -> BinaryIO:
    """Return what takes bytes for standard output, whatever the locale: as they are, unless it is a terminal."""
    file = sys.stdout.buffer
    return cast(BinaryIO, _ForTerminal(file)) if is_terminal() else file


def write_data(text: str) -> None:
    """Write lines to standard output, as UTF-8."""
    sys.stdout.flush()
    file = data_output()
    file.write(text.encode("utf-8", "backslashreplace"))
    file.flush()


def write_json(content: object) -> None:
    """Write a value to standard output as JSON, hidden characters in it as escapes."""
    write_data(printable_json(json.dumps(content, ensure_ascii=False, indent=2)) + "\n")
