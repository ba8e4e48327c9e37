"""Under a limit of the address space a second process waits for the work, and says what became of it.

Where memory is refused to them, libraries in C++ and Rust end the process; nothing in it can say so any more.
"""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import warnings
from contextlib import suppress
from pathlib import Path
from typing import IO

from malmoi.cli.statuses import BY_SIGNAL, USERS_MISTAKE
from malmoi.cli.streams import printed
from malmoi.foundation.memory import address_space_limit
from malmoi.foundation.printable import printable

__all__ = ["supervised"]

HEARD = frozenset({signal.SIGINT, signal.SIGTERM, *({signal.SIGHUP} if hasattr(signal, "SIGHUP") else ())})
SENT_BY_A_PROCESS = 0
"""The largest `si_code` of a signal that a process sent; those of a terminal reach every process of the group."""
CRASHES = ("SIGABRT", "SIGSEGV", "SIGBUS", "SIGILL", "SIGTRAP")
PR_SET_PDEATHSIG = 1
NO_THREAD_DATA = 127
"""Exit status with which glibc ends a process that it could not give thread-local data."""
MOST_HEARD = 1 << 16


def supervised() -> int | None:
    """Go on in a child where the address space is limited.

    Returns:
        `None` in the process that is to do the work; in the one that waits, the exit status once that has ended.
    """
    limit = address_space_limit()
    if limit is None or not sys.platform.startswith("linux"):
        return None
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {*HEARD, signal.SIGCHLD})
    waiting, heard = os.getpid(), tempfile.TemporaryFile()  # noqa: SIM115 -- both processes use it until they end
    child = os.fork()
    if child == 0:
        _end_with(waiting)
        _set_apart(heard.fileno())
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        return None
    return _said(_waited(child), limit, heard)


def _set_apart(handle: int) -> None:
    """Let what libraries write to standard error by themselves go elsewhere: on a crash that is thousands of lines."""
    try:
        own = os.dup(2)
    except OSError:  # it is closed
        return
    os.dup2(handle, 2)
    sys.stderr = printed(own, sys.stderr)
    warnings.filterwarnings("ignore", "Polars binary is missing")


def _end_with(waiting: int) -> None:
    """Ask the system to end this process when the one that waits for it is killed."""
    import ctypes

    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != waiting:
        os.kill(os.getpid(), signal.SIGTERM)


def _waited(child: int) -> int:
    """Wait for a child, hand it the signals that are sent here, and return its wait status."""
    while True:
        found = signal.sigwaitinfo({*HEARD, signal.SIGCHLD})
        if found.si_signo != signal.SIGCHLD:
            if found.si_code <= SENT_BY_A_PROCESS:
                os.kill(child, found.si_signo)
            continue
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return status


def _remove_partial_files() -> None:
    """Remove what the process that crashed had begun to write, beside every path that the command line names."""
    from malmoi.foundation.partial_files import remove_abandoned

    for word in sys.argv[1:]:
        with suppress(OSError, ValueError):
            remove_abandoned(Path(word.rpartition("=")[2]))


def _said(status: int, limit: int, heard: IO[bytes]) -> int:
    """Say in one line that the child crashed, or what its libraries wrote, and return the exit status to leave with."""
    from malmoi.cli.mistakes import complain

    code = os.waitstatus_to_exitcode(status)
    name = signal.Signals(-code).name if code < 0 else ""
    if name not in CRASHES and code != NO_THREAD_DATA:
        if code != USERS_MISTAKE:
            heard.seek(0)
            lines = heard.read(MOST_HEARD).decode(errors="backslashreplace").splitlines()
            sys.stderr.write("".join(f"{printable(line)}\n" for line in lines))
        return code if code >= 0 else BY_SIGNAL - code
    _remove_partial_files()
    size = f"{limit // 1_000_000:,} MB of address space (ulimit -v)"
    how = f"ended by {name}" if name else "ended by the C library"
    complain(f"out of memory: a process that may take {size} was {how}; raise the limit, or give fewer texts")
    return USERS_MISTAKE
