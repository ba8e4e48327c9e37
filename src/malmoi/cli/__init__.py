"""The command line: parses arguments, calls public functions, prints. Exit codes: 0 success, 2 user error, 1 bug."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from malmoi.cli.interrupts import caught, ending_status, ending_word, ignored, interrupted
from malmoi.cli.statuses import USERS_MISTAKE
from malmoi.cli.streams import flushed, prepare_streams
from malmoi.cli.supervision import supervised

__all__ = ["interrupted", "main"]


def _unraisable(arguments: sys.UnraisableHookArgs) -> None:
    """Ignore an interrupt that Python cannot raise; it is recorded in `interrupted`."""
    if not (interrupted.is_set() and isinstance(arguments.exc_value, KeyboardInterrupt)):
        sys.__unraisablehook__(arguments)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its exit code."""
    caught()
    sys.unraisablehook = _unraisable
    try:
        prepare_streams()
        status = supervised()
        if status is None:
            from malmoi.cli.commands import run

            status = run(sys.argv[1:] if arguments is None else arguments)
    except (Exception, KeyboardInterrupt):
        if not interrupted.is_set():
            raise
        # The interrupt came during an import, where C libraries turn it into other errors.
        sys.stderr.write(f"malmoi: {ending_word()}; nothing was written\n")
        status = USERS_MISTAKE
    ignored()  # nothing is left to interrupt during exit
    status = flushed(status)
    if interrupted.is_set():
        # Not `sys.exit`: clean-up of interrupted work ended with exit code 130 at times.
        sys.stderr.flush()
        os._exit(ending_status() if status == USERS_MISTAKE else status)
    sys.exit(status)
