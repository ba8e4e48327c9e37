"""Pieces of work as tasks of Ray."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import malmoi
from malmoi.distributed.optional import import_engine
from malmoi.errors import DataError
from malmoi.foundation.threads import at_most_threads
from malmoi.foundation.validation import check_number
from malmoi.foundation.workers import WorkerDiedError

__all__ = ["RayEngine", "started_ray"]

Item = TypeVar("Item")
Result = TypeVar("Result")
WAIT_SECONDS = 1.0
TASKS_PER_CPU = 2
"""Tasks that are given out at once, for each CPU of the cluster, so that no worker waits for the driver."""


def started_ray(address: str | None = None) -> Any:
    """Return the module `ray`, connected: to the cluster in use, that of `RAY_ADDRESS`, or a new one on this machine.

    Args:
        address: address of a cluster; `None`: as said.

    Raises:
        MissingExtraError: Ray is not installed.
    """
    ray = import_engine("ray", "the engine ray")
    if not ray.is_initialized():
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        local = {} if address or os.environ.get("RAY_ADDRESS") else {"include_dashboard": False}
        ray.init(address=address, logging_level="ERROR", log_to_driver=False, **local)
    return ray


@dataclass(frozen=True)
class RayEngine:
    """Runs items as tasks of Ray; an `Engine`.

    A task whose worker dies, because it was killed or its machine was lost, runs again elsewhere.

    Args:
        cpus: CPUs, and threads, of a task; above 0.
        retries: how often a task runs again if its worker dies; -1: without end.
        address: address of a cluster; `None`: the one in use, that of `RAY_ADDRESS`, or a new one on this machine.
        most: highest number of tasks at once; `None`: as many as the CPUs of the cluster allow.

    Raises:
        ValueError: the number of tasks is below 1.
    """

    cpus: float = 1
    retries: int = 3
    address: str | None = None
    most: int | None = None

    def __post_init__(self) -> None:
        if self.most is not None:
            check_number("most", self.most, 1)

    def run(
        self, work: Callable[[Item], Result], items: Sequence[Item], tick: Callable[[], None]
    ) -> Generator[tuple[Item, Result | WorkerDiedError]]:
        """Yield items with their results, in order of completion.

        Raises:
            MissingExtraError: Ray is not installed.
            DataError: a worker has another version of malmoi.
        """
        ray = started_ray(self.address)
        limits = {"num_cpus": self.cpus, "max_retries": self.retries, "retry_exceptions": False}
        task = ray.remote(**limits)(_done)
        shared = ray.put(work)
        threads = max(1, int(self.cpus))
        most = self.most or max(1, int(TASKS_PER_CPU * ray.cluster_resources().get("CPU", 1) / self.cpus))
        waiting = iter(items)
        running: dict[Any, Item] = {}
        try:
            while True:
                for item in waiting:
                    running[task.remote(shared, item, threads, malmoi.__version__)] = item
                    if len(running) >= most:
                        break
                if not running:
                    return
                done, _ = ray.wait(list(running), num_returns=1, timeout=WAIT_SECONDS)
                tick()
                for reference in done:
                    yield running.pop(reference), _result(ray, reference)
        finally:
            for reference in running:
                ray.cancel(reference, force=True)


def _done(work: Callable[[Item], Result], item: Item, threads: int, version: str) -> Result:
    """Run one item in a worker."""
    if malmoi.__version__ != version:
        rule = f"workers must have the version of malmoi of the driver, {version}, found {malmoi.__version__}"
        raise DataError(f"{rule}; install the same version on all machines")
    with at_most_threads(threads):
        return work(item)


def _result(ray: Any, reference: Any) -> Any:
    """Return the result of a task, or the error about its worker; raise the errors of the work itself."""
    try:
        return ray.get(reference)
    except ray.exceptions.RayTaskError as error:
        cause = getattr(error, "cause", None)
        raise (cause if isinstance(cause, Exception) else error) from None
    except ray.exceptions.RayError as error:
        reason = " ".join(str(error).split())[:300]
        return WorkerDiedError(f"its worker died: {reason}")
