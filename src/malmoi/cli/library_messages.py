"""Warnings and log messages of all libraries, printed without hidden characters."""

from __future__ import annotations

import logging
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from malmoi.foundation.printable import printable, printable_lines

__all__ = ["shown_library_messages"]


class _PrintableFormatter(logging.Formatter):
    """A formatter that prints the message as one line, followed by any traceback."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 (the name of the standard library)
        """Return the record as one line."""
        return printable(super().formatMessage(record))

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line, followed by its traceback."""
        return printable_lines(super().format(record))


@contextmanager
def shown_library_messages() -> Iterator[None]:
    """Within the context, escape hidden characters in warnings and log messages."""
    format_warning, last_resort = warnings.formatwarning, logging.lastResort

    def shown(
        message: Warning | str, category: type[Warning], filename: str, lineno: int, line: str | None = None
    ) -> str:
        return printable_lines(format_warning(printable(message), category, filename, lineno, line))

    handler = logging.StreamHandler(sys.stderr)
    handler.setLevel(logging.WARNING)
    handler.setFormatter(_PrintableFormatter())
    warnings.formatwarning, logging.lastResort = shown, handler
    try:
        yield
    finally:
        warnings.formatwarning, logging.lastResort = format_warning, last_resort
