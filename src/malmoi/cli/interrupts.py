"""Signals that end a command: Ctrl-C, SIGTERM and SIGHUP."""

from __future__ import annotations

import signal
import threading

from malmoi.cli.statuses import BY_SIGNAL, USERS_MISTAKE

__all__ = ["caught", "ending_status", "ending_word", "ignored", "interrupted"]

interrupted = threading.Event()
"""Set by a signal. Python loses an interrupt in some of its callbacks, so long steps check this event too."""

WORDS = {"SIGINT": "interrupted", "SIGTERM": "terminated", "SIGHUP": "hung up"}

_first: list[int] = []


def _interrupt(number: int, frame: object) -> None:
    if not _first:
        _first.append(number)
    interrupted.set()
    raise KeyboardInterrupt


def caught() -> None:
    """Make SIGINT, SIGTERM and SIGHUP raise `KeyboardInterrupt`.

    SIGHUP and SIGTERM stay ignored if they are ignored already, as under nohup.
    """
    signal.signal(signal.SIGINT, _interrupt)
    for name in ("SIGTERM", "SIGHUP"):
        if (number := getattr(signal, name, None)) is not None and signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, _interrupt)


def ignored() -> None:
    """Ignore the signals from now on."""
    for name in WORDS:
        if (number := getattr(signal, name, None)) is not None:
            signal.signal(number, signal.SIG_IGN)


def ending_word() -> str:
    """Return how the command ended, such as "interrupted"."""
    return WORDS[signal.Signals(_first[0]).name] if _first else WORDS["SIGINT"]


def ending_status() -> int:
    """Return the exit code of a command that a signal ended: 2 for Ctrl-C, else 128 plus the signal's number."""
    return BY_SIGNAL + _first[0] if _first and _first[0] != signal.SIGINT else USERS_MISTAKE
