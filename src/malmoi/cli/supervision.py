"""Supervision by a parent process if the address space is limited: it reports a crash of the child.

C++ and Rust libraries abort the process if they cannot allocate memory; the process cannot report that itself.
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

FORWARDED = frozenset({signal.SIGINT, signal.SIGTERM, *({signal.SIGHUP} if hasattr(signal, "SIGHUP") else ())})
SENT_BY_A_PROCESS = 0
"""The largest `si_code` of a signal sent by a process; a terminal signals the whole process group."""
CRASHES = ("SIGABRT", "SIGSEGV", "SIGBUS", "SIGILL", "SIGTRAP")
PR_SET_PDEATHSIG = 1
NO_THREAD_DATA = 127
"""Exit code of a process that glibc ends because it cannot allocate thread-local data."""
LONGEST_LIBRARY_OUTPUT = 1 << 16


def supervised() -> int | None:
    """Fork a child for the work if the address space is limited.

    Returns:
        `None` in the process that does the work; in the waiting parent, the exit code once the child has ended.
    """
    limit = address_space_limit()
    if limit is None or not sys.platform.startswith("linux"):
        return None
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {*FORWARDED, signal.SIGCHLD})
    parent, output = os.getpid(), tempfile.TemporaryFile()  # noqa: SIM115 -- both processes use it until they end
    child = os.fork()
    if child == 0:
        _end_with(parent)
        _redirect_library_output(output.fileno())
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        return None
    return _reported(_waited(child), limit, output)


def _redirect_library_output(handle: int) -> None:
    """Redirect what libraries write to descriptor 2, which is thousands of lines on a crash."""
    try:
        stderr = os.dup(2)
    except OSError:  # standard error is closed
        return
    os.dup2(handle, 2)
    sys.stderr = printed(stderr, sys.stderr)
    warnings.filterwarnings("ignore", "Polars binary is missing")


def _end_with(parent: int) -> None:
    """Make the system end this process when its parent is killed."""
    import ctypes

    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGTERM)


def _waited(child: int) -> int:
    """Wait for a child, forward signals to it, and return its wait status."""
    while True:
        found = signal.sigwaitinfo({*FORWARDED, signal.SIGCHLD})
        if found.si_signo != signal.SIGCHLD:
            if found.si_code <= SENT_BY_A_PROCESS:
                os.kill(child, found.si_signo)
            continue
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return status


def _remove_partial_files() -> None:
    """Remove partial files of the crashed process beside every path on the command line."""
    from malmoi.foundation.partial_files import remove_abandoned

    for word in sys.argv[1:]:
        with suppress(OSError, ValueError):
            remove_abandoned(Path(word.rpartition("=")[2]))


def _reported(status: int, limit: int, output: IO[bytes]) -> int:
    """Report a crash of the child in one line, or print what its libraries wrote; return the exit code."""
    from malmoi.cli.mistakes import complain

    code = os.waitstatus_to_exitcode(status)
    name = signal.Signals(-code).name if code < 0 else ""
    if name not in CRASHES and code != NO_THREAD_DATA:
        if code != USERS_MISTAKE:
            output.seek(0)
            lines = output.read(LONGEST_LIBRARY_OUTPUT).decode(errors="backslashreplace").splitlines()
            sys.stderr.write("".join(f"{printable(line)}\n" for line in lines))
        return code if code >= 0 else BY_SIGNAL - code
    _remove_partial_files()
    size = f"{limit // 1_000_000:,} MB of address space (ulimit -v)"
    how = f"ended by {name}" if name else "ended by the C library"
    complain(f"out of memory: a process limited to {size} was {how}; raise the limit, or use fewer texts")
    return USERS_MISTAKE
