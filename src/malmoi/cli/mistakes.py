"""One-line error messages. Imports nothing slow, so that an interrupt during an import is still reported."""

from __future__ import annotations

import errno
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from malmoi.cli.interrupts import ending_word, interrupted
from malmoi.errors import FormatError, MalmoiError
from malmoi.foundation.files import OVERWRITE
from malmoi.foundation.memory import address_space_left, address_space_limit
from malmoi.foundation.printable import printable

__all__ = ["StoppedError", "complain", "is_full", "one_line", "outputs_named_on_failure", "reason"]

OUT_OF_MEMORY = "out of memory; lower --length, --vocabulary, --dimension or --hidden, or give fewer texts"
LITTLE = 4
"""Address space is nearly exhausted below this fraction (one over the value) of the limit."""
LIMITED = "; the address space is limited (ulimit -v), which may be the cause; raise the limit"
OTHERS_OUT_OF_MEMORY = ("OutOfMemoryError", "ResourceExhaustedError")
"""Errors of PyTorch and TensorFlow; JAX has one error class, whose message begins with the type."""
NO_MEMORY = (
    "Cannot allocate memory",
    "can't start new thread",
    "cannot allocate memory",
    "failed to map segment",
    "failed to spawn thread",
)
"""Messages of the system when memory for a library or a thread cannot be allocated."""
FULL = {
    errno.ENOSPC: "the disk is full",
    getattr(errno, "EDQUOT", -1): "the disk quota is exceeded",
    errno.EFBIG: "a file exceeds the size limit (ulimit -f)",
}
"""Errors that mean that a file cannot grow."""
SYSTEM_ERROR = re.compile(r"\(os error (\d+)\)")

EXTRA, LONGEST = "Got unexpected extra argument", 200
"""How Typer's message about further arguments begins, and how many of its characters are shown."""


class StoppedError(MalmoiError):
    """A command that stopped early; the message says which outputs exist."""


def one_line(error: BaseException) -> str | None:
    """Return the one-line message of an error; `None` for a bug, which is shown with its traceback."""
    message = reason(error)
    if message is None and isinstance(error, Exception) and address_space_limit() is not None:
        # Libraries fail in many ways when they cannot allocate memory.
        message = f"{type(error).__name__}: {_joined(str(error))}{LIMITED}"
    if message is None or isinstance(error, StoppedError):
        return message
    if interrupted.is_set() or _is_interrupt(error) or is_full(error):
        return f"{message}; nothing was written"
    return message


def reason(error: BaseException) -> str | None:
    """Return why a command stopped; `None` for a bug."""
    if isinstance(error, StoppedError):
        return str(error)
    # C libraries turn an interrupt into other errors.
    if _is_interrupt(error) or (interrupted.is_set() and isinstance(error, Exception)):
        return ending_word()
    if _is_out_of_memory(error):
        return OUT_OF_MEMORY
    if (of_system := _system_error(error)) is not None:
        return _of_the_system(of_system)
    if isinstance(error, MalmoiError):
        return _joined(str(error)) + (LIMITED if isinstance(error, FormatError) and _is_little_left() else "")
    if type(error).__module__.partition(".")[0] in ("click", "typer"):
        return _of_arguments(_joined(error.format_message() if hasattr(error, "format_message") else str(error)))
    return None


def _of_arguments(message: str) -> str:
    """Return a message of Typer; that of several files, which a glob without quotes gives, with the cure."""
    if not message.startswith(EXTRA):
        return message
    shown = message if len(message) <= LONGEST else f"{message[:LONGEST]}..."
    return f"{shown}; put a glob into quotes, such as 'data/*.parquet', so that the shell does not expand it"


def _is_little_left() -> bool:
    """Return whether reading may have failed because the address space is nearly exhausted."""
    limit, left = address_space_limit(), address_space_left()
    return limit is not None and left is not None and left < limit // LITTLE


def _is_interrupt(error: BaseException) -> bool:
    return isinstance(error, KeyboardInterrupt) or type(error).__name__ == "Abort"


def is_full(error: BaseException) -> bool:
    """Return whether an error means that a file cannot grow, such as on a full disk."""
    of_system = _system_error(error)
    return of_system is not None and of_system.errno in FULL


def _system_error(error: BaseException) -> OSError | None:
    """Return the `OSError` behind an error; Polars has its number in the message only."""
    is_of_system = isinstance(error, OSError) and not isinstance(error, MalmoiError)
    if is_of_system or type(error).__module__.partition(".")[0] == "polars":
        found = SYSTEM_ERROR.search(str(error)) if getattr(error, "errno", None) is None else None
        if found:
            return OSError(int(found[1]), os.strerror(int(found[1])))
    return error if isinstance(error, OSError) and is_of_system else None


def _is_out_of_memory(error: BaseException) -> bool:
    if isinstance(error, MalmoiError) and error.__cause__ is not None:
        return _is_out_of_memory(error.__cause__)
    kind = type(error).__name__
    if kind in ("JaxRuntimeError", "XlaRuntimeError"):
        return str(error).startswith("RESOURCE_EXHAUSTED")
    if isinstance(error, MemoryError) or kind in OTHERS_OUT_OF_MEMORY:
        return True
    refused = isinstance(error, ImportError | RuntimeError) or kind == "PanicException"
    return refused and any(words in str(error) for words in NO_MEMORY)


def _of_the_system(error: OSError) -> str:
    if isinstance(error, FileNotFoundError) and error.filename is not None:
        return f"no such file or folder: {error.filename}"
    if is_full(error):
        return FULL[error.errno or 0]
    if error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return _joined(str(error).replace(OVERWRITE, "use --force"))


def _joined(text: str) -> str:
    return " ".join(text.split())


def complain(message: str) -> None:
    """Write one line to standard error, red on a terminal."""
    line = printable(f"malmoi: {message}")
    sys.stderr.write(f"\x1b[31m{line}\x1b[0m\n" if sys.stderr.isatty() else f"{line}\n")


@contextmanager
def outputs_named_on_failure(*outputs: Path) -> Iterator[None]:
    """Within the context, add to an error which outputs were already written.

    Args:
        outputs: output files; each is written completely or not at all.
    """
    before = [_identity(path) for path in outputs]
    try:
        yield
    except StoppedError:
        raise
    except BaseException as error:
        written = [str(path) for path, was in zip(outputs, before, strict=True) if _identity(path) not in (None, was)]
        message = reason(error)
        if not written or message is None:
            raise
        verb = "was" if len(written) == 1 else "were"
        raise StoppedError(f"{message}; {' and '.join(written)} {verb} written completely") from error


def _identity(path: Path) -> tuple[int, int] | None:
    """Return a value that changes when the file is replaced; `None` if there is no file."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns
