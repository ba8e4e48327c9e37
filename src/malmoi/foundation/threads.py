"""Number of threads to use."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import numpy as np

__all__ = ["at_most_threads", "core_count", "thread_count"]


MOST_THREADS = 1024
_most: ContextVar[int] = ContextVar("most threads", default=MOST_THREADS)


@contextmanager
def at_most_threads(threads: int) -> Iterator[None]:
    """Limit `thread_count` within a `with` block of this thread, also where a model names a number of threads."""
    token = _most.set(min(threads, _most.get()))
    try:
        yield
    finally:
        _most.reset(token)


def thread_count(n_jobs: int | None = None) -> int:
    """Return the number of threads to use, 1 or more; no result depends on it.

    Args:
        n_jobs: number of threads, as in scikit-learn; -1 or `None`: the environment variable `MALMOI_THREADS`, or all
            cores available to this process if it is not set. At most as many as `at_most_threads` allows.

    Raises:
        TypeError: `n_jobs` is not an int.
        ValueError: a number is out of range.
    """
    if n_jobs is not None and (not isinstance(n_jobs, int | np.integer) or isinstance(n_jobs, bool)):
        raise TypeError(f"n_jobs must be None or a whole number, got {n_jobs!r}")
    if n_jobs is not None and n_jobs != -1:
        if not 1 <= n_jobs <= MOST_THREADS:
            raise ValueError(f"n_jobs must be from 1 to {MOST_THREADS}, or -1 for all cores, got {n_jobs}")
        return min(int(n_jobs), _most.get())
    wanted = os.environ.get("MALMOI_THREADS", "")
    if wanted:
        if not wanted.isascii() or not wanted.isdigit() or not 1 <= int(wanted) <= MOST_THREADS:
            raise ValueError(f"MALMOI_THREADS must be a number from 1 to {MOST_THREADS}, got {wanted!r}")
        return min(int(wanted), _most.get())
    return min(core_count(), _most.get())


def core_count() -> int:
    """Return the number of cores available to this process, 1 or more."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
