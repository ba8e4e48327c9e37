"""A process pool that assigns items to idle processes; if a process dies, only its current item fails."""

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
KILLED = 9
"""Number of SIGKILL, which `signal` does not have on Windows."""

Item = TypeVar("Item")
Result = TypeVar("Result")
Work = Callable[[Item], Result]


class WorkerDiedError(Exception):
    """Error about a worker process that ended early, such as one killed because memory was full."""


def in_processes(
    work: Work[Item, Result], items: Sequence[Item], processes: int, tick: Callable[[], None]
) -> Generator[tuple[Item, Result | WorkerDiedError]]:
    """Yield items with their results in order of completion; `work` runs in other processes.

    Each process gets its share of the threads, and ends with this process, even if this one is killed. If a process
    dies, the result of its item is a `WorkerDiedError`, and a new process replaces it. Processes are started with
    `spawn`, so a script needs `if __name__ == "__main__":` around the call.

    Args:
        work: function called with an item; function and results must be picklable. Its exceptions end the iteration.
        items: the items to process.
        processes: number of processes; 1 or more.
        tick: function called about once a second.
    """
    waiting, packed = deque(items), pickle.dumps(work)
    threads = max(1, thread_count() // processes)
    workers: list[_Worker[Item, Result]] = []
    try:
        for _ in range(min(processes, len(waiting))):
            with _blocked_signals():  # so that every started process is in the list and is ended
                workers.append(_Worker(packed, threads))
        for worker in workers:
            worker.give(waiting.popleft())
        while busy := [index for index, worker in enumerate(workers) if worker.is_busy]:
            tick()
            ready = connection.wait([workers[index].connection for index in busy], timeout=1.0)
            for index in busy:
                if workers[index].connection not in ready:
                    continue
                item, result = workers[index].take()
                if isinstance(result, WorkerDiedError):
                    workers[index] = _Worker(packed, threads)
                elif isinstance(result, BaseException):
                    raise result
                if waiting:
                    workers[index].give(waiting.popleft())
                yield item, result
    finally:
        for worker in workers:
            worker.end()


@dataclass(eq=False)
class _Worker(Generic[Item, Result]):
    """A worker process with its current item.

    Args:
        work: the pickled function.
        threads: number of threads that the process may use.
    """

    work: bytes
    threads: int

    def __post_init__(self) -> None:
        context = get_context("spawn")
        self.connection, theirs = context.Pipe()
        self._process: BaseProcess = context.Process(target=_serve, args=(self.work, theirs, self.threads), daemon=True)
        with _blocked_signals():
            self._process.start()
        theirs.close()
        self._items: list[Item] = []

    @property
    def is_busy(self) -> bool:
        """Whether the process works on an item."""
        return bool(self._items)

    def give(self, item: Item) -> None:
        """Send an item to the process."""
        self._items = [item]
        with suppress(OSError):  # the process has died; `take` reports it
            self.connection.send(item)

    def take(self) -> tuple[Item, Result | BaseException]:
        """Wait for the result of the current item, and return both."""
        item = self._items.pop()
        try:
            return item, self.connection.recv()
        except (EOFError, OSError):
            self._process.join()
            return item, WorkerDiedError(_exit_reason(self._process.exitcode))

    def end(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.join()
        self.connection.close()


@contextmanager
def _blocked_signals() -> Generator[None]:
    """Block interrupting signals within a `with` block; a process started in it begins with them blocked."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _exit_reason(status: int | None) -> str:
    if status == -KILLED:
        return "its process was killed (signal 9), perhaps because the memory was full"
    return f"its process ended with signal {-status}" if status and status < 0 else f"its process ended ({status})"


def _serve(work: bytes, ours: connection.Connection, threads: int) -> None:
    """Process items until the connection is closed; runs in a worker process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the main process is interrupted, and ends this one
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
    threading.Thread(target=_end_with_parent, daemon=True).start()
    os.environ.update(dict.fromkeys(THREAD_LIMITS, str(threads)))  # before importing libraries that read them
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
