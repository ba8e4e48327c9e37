"""The command line: parses, calls the public functions, prints. Exit status: 0 done, 2 the user's mistake, 1 a bug."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from malmoi.cli.interrupts import caught, ending_status, ending_word, ignored, interrupted
from malmoi.cli.statuses import USERS_MISTAKE
from malmoi.cli.streams import flushed, prepare_streams
from malmoi.cli.supervision import supervised

__all__ = ["interrupted", "main"]


def _lost(what: sys.UnraisableHookArgs) -> None:
    """Say nothing of an interrupt that fell where Python cannot raise it: `interrupted` has kept it."""
    if not (interrupted.is_set() and isinstance(what.exc_value, KeyboardInterrupt)):
        sys.__unraisablehook__(what)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and leave with its exit status."""
    caught()
    sys.unraisablehook = _lost
    try:
        prepare_streams()
        status = supervised()
        if status is None:
            from malmoi.cli.commands import run

            status = run(sys.argv[1:] if arguments is None else arguments)
    except (Exception, KeyboardInterrupt):
        if not interrupted.is_set():
            raise
        # It fell into the imports, where libraries in C turn it into errors of all kinds.
        sys.stderr.write(f"malmoi: {ending_word()}; nothing was written\n")
        status = USERS_MISTAKE
    ignored()  # leaving takes a moment, in which there is nothing to interrupt
    status = flushed(status)
    if interrupted.is_set():
        # Not by `sys.exit`: what an interrupt cut short would be taken down too, which ended with status 130 at times.
        sys.stderr.flush()
        os._exit(ending_status() if status == USERS_MISTAKE else status)
    sys.exit(status)
