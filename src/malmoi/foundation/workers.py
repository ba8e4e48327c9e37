"""Work in several processes: each item in turn to whichever is free; a process that dies takes one item with it."""

from __future__ import annotations

import os
import pickle
import signal
import threading
from collections import deque
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import connection, get_context
from multiprocessing.process import BaseProcess
from typing import Generic, TypeVar

from malmoi.foundation.threads import thread_count

__all__ = ["WorkerDiedError", "in_processes"]

THREAD_LIMITS = ("MALMOI_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")

Item = TypeVar("Item")
Result = TypeVar("Result")
Work = Callable[[Item], Result]


class WorkerDiedError(Exception):
    """A process ended before its work was done, such as one that the system killed for its memory."""


def in_processes(
    work: Work[Item, Result], items: Sequence[Item], processes: int, tick: Callable[[], None]
) -> Generator[tuple[Item, Result | WorkerDiedError]]:
    """Yield items with their results as they are done, in any order; `work` runs in other processes.

    Each process has its share of the threads, and ends with this one, even if this one is killed. Where a process dies,
    its item has a `WorkerDiedError` as its result, and another process goes on. Processes are started afresh
    (`spawn`), so a script needs `if __name__ == "__main__":` around the call.

    Args:
        work: called with an item; it and its results can be pickled. Its exceptions end the iteration.
        items: what is to be done.
        processes: how many at once; 1 or more.
        tick: called about once a second.
    """
    waiting, packed = deque(items), pickle.dumps(work)
    threads = max(1, thread_count() // processes)
    workers: list[_Worker[Item, Result]] = []
    try:
        for _ in range(min(processes, len(waiting))):
            with _blocked_signals():  # a process that is started is one that is ended
                workers.append(_Worker(packed, threads))
        for worker in workers:
            worker.give(waiting.popleft())
        while busy := [place for place, worker in enumerate(workers) if worker.is_busy]:
            tick()
            ready = connection.wait([workers[place].end_of_ours for place in busy], timeout=1.0)
            for place in busy:
                if workers[place].end_of_ours not in ready:
                    continue
                item, result = workers[place].take()
                if isinstance(result, WorkerDiedError):
                    workers[place] = _Worker(packed, threads)
                elif isinstance(result, BaseException):
                    raise result
                if waiting:
                    workers[place].give(waiting.popleft())
                yield item, result
    finally:
        for worker in workers:
            worker.end()


@dataclass(eq=False)
class _Worker(Generic[Item, Result]):
    """A process, and the item that it works on.

    Args:
        work: the pickled function.
        threads: that the process may use at once.
    """

    work: bytes
    threads: int

    def __post_init__(self) -> None:
        context = get_context("spawn")
        self.end_of_ours, theirs = context.Pipe()
        self._process: BaseProcess = context.Process(target=_serve, args=(self.work, theirs, self.threads), daemon=True)
        with _blocked_signals():
            self._process.start()
        theirs.close()
        self._items: list[Item] = []

    @property
    def is_busy(self) -> bool:
        """Whether it works on an item."""
        return bool(self._items)

    def give(self, item: Item) -> None:
        """Let it work on an item."""
        self._items = [item]
        with suppress(OSError):  # it died before; `take` tells
            self.end_of_ours.send(item)

    def take(self) -> tuple[Item, Result | BaseException]:
        """Return the item with its result, once there is one."""
        item = self._items.pop()
        try:
            return item, self.end_of_ours.recv()
        except (EOFError, OSError):
            self._process.join()
            return item, WorkerDiedError(_said(self._process.exitcode))

    def end(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.join()
        self.end_of_ours.close()


@contextmanager
def _blocked_signals() -> Generator[None]:
    """Keep Ctrl-C and the like for later; a process that is started within begins with them blocked."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _said(status: int | None) -> str:
    if status == -signal.SIGKILL:
        return "its process was killed (signal 9), perhaps because the memory was full"
    return f"its process ended with signal {-status}" if status and status < 0 else f"its process ended ({status})"


def _serve(work: bytes, ours: connection.Connection, threads: int) -> None:
    """Work until there is nothing more; in a process of its own."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first process is interrupted, and ends this one
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
    threading.Thread(target=_end_with_parent, daemon=True).start()
    os.environ.update(dict.fromkeys(THREAD_LIMITS, str(threads)))  # before libraries are imported that read them
    function: Work[object, object] = pickle.loads(work)
    while True:
        try:
            item = ours.recv()
        except (EOFError, OSError):
            return
        try:
            result = function(item)
        except Exception as error:
            result = error
        ours.send(result)


def _end_with_parent() -> None:
    from multiprocessing import parent_process

    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
