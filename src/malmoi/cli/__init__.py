"""The command line: parses, calls the public functions, prints. Exit status: 0 done, 2 the user's mistake, 1 a bug."""

from __future__ import annotations

import io
import os
import signal
import sys
from collections.abc import Sequence

from malmoi.cli.interrupts import interrupted
from malmoi.cli.supervision import supervised

__all__ = ["interrupted", "main"]


def _interrupt(number: int, frame: object) -> None:
    interrupted.set()
    raise KeyboardInterrupt


def _lost(what: sys.UnraisableHookArgs) -> None:
    """Say nothing of an interrupt that fell where Python cannot raise it: `interrupted` has kept it."""
    if not (interrupted.is_set() and isinstance(what.exc_value, KeyboardInterrupt)):
        sys.__unraisablehook__(what)


def _flushed(status: int) -> int:
    """The exit status once all answers are out; what cannot be written is dropped, or leaving would try once more."""
    if sys.stdout.closed:
        return status
    try:
        sys.stdout.flush()
    except OSError as error:
        if status == 0 and not isinstance(error, BrokenPipeError):
            sys.stderr.write(f"malmoi: standard output: {error.strerror}\n")
            status = 2
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return status


def _show_what_the_locale_lacks() -> None:
    """Let characters that the encoding of a stream lacks be shown escaped, as in the locale C."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and leave with its exit status."""
    signal.signal(signal.SIGINT, _interrupt)
    _show_what_the_locale_lacks()
    sys.unraisablehook = _lost
    try:
        status = supervised()
        if status is None:
            from malmoi.cli.commands import run

            status = run(sys.argv[1:] if arguments is None else arguments)
    except (Exception, KeyboardInterrupt):
        if not interrupted.is_set():
            raise
        # It fell into the imports, where libraries in C turn it into errors of all kinds.
        sys.stderr.write("malmoi: interrupted; nothing was written\n")
        status = 2
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # leaving takes a moment, in which there is nothing to interrupt
    status = _flushed(status)
    if interrupted.is_set():
        # Not by `sys.exit`: what an interrupt cut short would be taken down too, which ended with status 130 at times.
        sys.stderr.flush()
        os._exit(status)
    sys.exit(status)
