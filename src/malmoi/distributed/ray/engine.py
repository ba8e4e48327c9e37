"""Pieces of work in actors of Ray, which are replaced when they die."""

from __future__ import annotations

import os
import socket
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import malmoi
from malmoi.distributed.opened_models import check_version
from malmoi.distributed.optional import import_engine
from malmoi.errors import DataError
from malmoi.foundation.log import logger
from malmoi.foundation.threads import at_most_threads
from malmoi.foundation.validation import check_number, real_number
from malmoi.foundation.workers import WorkerDiedError

__all__ = ["RayEngine", "started_ray"]

Item = TypeVar("Item")
Result = TypeVar("Result")
WAIT_SECONDS = 1.0
CONNECT_SECONDS = 30.0


def started_ray(address: str | None = None) -> Any:
    """Return the module `ray`, connected: to the cluster in use, that of `RAY_ADDRESS`, or a new one on this machine.

    Args:
        address: address of a cluster; `None`: as said.

    Raises:
        MissingExtraError: Ray is not installed.
        DataError: the cluster cannot be reached.
    """
    ray = import_engine("ray", "the engine ray")
    if not ray.is_initialized():
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        named = address or os.environ.get("RAY_ADDRESS", "")
        _check_listening(ray, named)
        local = {} if named else {"include_dashboard": False}
        try:
            ray.init(address=address, logging_level="ERROR", log_to_driver=False, **local)
        except (ConnectionError, RuntimeError, ValueError) as error:
            place = named or "on this machine"
            raise DataError(f"the Ray cluster {place} cannot be used: {' '.join(str(error).split())[:200]}") from error
    return ray


def _check_listening(ray: Any, address: str) -> None:
    """Refuse an address HOST:PORT at which nothing listens; Ray itself tries for many minutes."""
    host, _, port = address.rpartition(":")
    if not host or "/" in host or not port.isdecimal():  # such as auto, or a URL
        return
    hosts = [host.strip("[]")]
    if host in ("localhost", "127.0.0.1"):  # Ray takes the address of the machine instead
        hosts.append(ray.util.get_node_ip_address())
    reason: OSError | None = None
    for one in hosts:
        try:
            socket.create_connection((one, int(port)), CONNECT_SECONDS).close()
        except OSError as error:
            reason = error
        else:
            return
    said = getattr(reason, "strerror", None) or reason
    raise DataError(f"the Ray cluster {address} cannot be reached: {said}; check the address (RAY_ADDRESS)") from reason


@dataclass(frozen=True)
class RayEngine:
    """Runs items in actors of Ray; an `Engine`.

    If an actor dies, because it was killed, its memory was full or its machine was lost, another one takes its place,
    and its item runs again.

    Args:
        workers: most actors at a time; `None`: as many as the cluster has CPUs for, also when it grows.
        cpus: CPUs, and threads, of an actor; above 0.
        retries: how often an item runs again after its worker died; 0 or more.
        address: address of a cluster; `None`: the one in use, that of `RAY_ADDRESS`, or a new one on this machine.

    Raises:
        TypeError: an argument has the wrong type.
        ValueError: an argument is out of range.

    Example:
        >>> RayEngine(workers=2, retries=1)
        RayEngine(workers=2, cpus=1, retries=1, address=None)
    """

    workers: int | None = None
    cpus: float = 1
    retries: int = 3
    address: str | None = None

    def __post_init__(self) -> None:
        if self.workers is not None:
            check_number("workers", self.workers, 1)
        check_number("retries", self.retries, 0)
        if not real_number("cpus", self.cpus) > 0:
            raise ValueError(f"cpus must be above 0, got {self.cpus}")

    def run(
        self, work: Callable[[Item], Result], items: Sequence[Item], tick: Callable[[], None]
    ) -> Generator[tuple[Item, Result | WorkerDiedError]]:
        """Yield items with their results, in order of completion.

        Raises:
            MissingExtraError: Ray is not installed.
            DataError: the cluster cannot be reached, or a worker has another version of malmoi.
        """
        ray = started_ray(self.address)
        most = max((node["Resources"].get("CPU", 0) for node in ray.nodes() if node["Alive"]), default=0)
        if items and most < self.cpus:
            logger.warning("no machine of the cluster has the %g CPUs of a worker; waiting for one", self.cpus)
        pool: _Pool[Item] = _Pool(ray, self, ray.put(work), deque(items))
        try:
            yield from pool.results(tick)
        finally:
            pool.end()


class _Worker:
    """An actor, which runs items one after the other."""

    def __init__(self, work: Callable[[Any], Any], threads: int, version: str) -> None:
        check_version(version)
        self._work = work
        self._threads = threads

    def run(self, item: Any) -> Any:
        """Run one item."""
        with at_most_threads(self._threads):
            return self._work(item)


@dataclass(eq=False)
class _Pool(Generic[Item]):
    """The actors of a run.

    Args:
        ray: the module.
        engine: the settings.
        work: reference of the function.
        waiting: items that no actor has.
        idle: actors without an item.
        running: the reference of the result, the actor and the item of each that runs.
        deaths: how often each item lost its worker.
    """

    ray: Any
    engine: RayEngine
    work: Any
    waiting: deque[Item]
    idle: list[Any] = field(default_factory=list)
    running: dict[Any, tuple[Any, Item]] = field(default_factory=dict)
    deaths: Counter[Item] = field(default_factory=Counter)

    def results(self, tick: Callable[[], None]) -> Iterator[tuple[Item, Any]]:
        """Yield items with their results, in order of completion."""
        while self.waiting or self.running:
            self._give_out()
            references = list(self.running)
            done, _ = self.ray.wait(references, timeout=WAIT_SECONDS)
            tick()
            if done:
                done, _ = self.ray.wait(references, num_returns=len(references), timeout=0)
            for reference in done:
                yield from self._finished(reference, *self.running.pop(reference))

    def end(self) -> None:
        """End all actors."""
        for actor in [*self.idle, *(actor for actor, _ in self.running.values())]:
            self.ray.kill(actor)

    def _give_out(self) -> None:
        """Start the actors that are wanted, and give an item to every idle one."""
        wanted = min(self._most(), len(self.waiting) + len(self.running))
        while len(self.idle) + len(self.running) < wanted:
            threads = max(1, int(self.engine.cpus))
            kind = self.ray.remote(num_cpus=self.engine.cpus, max_restarts=0)(_Worker)
            self.idle.append(kind.remote(self.work, threads, malmoi.__version__))
        while self.idle and self.waiting:
            actor, item = self.idle.pop(), self.waiting.popleft()
            self.running[actor.run.remote(item)] = (actor, item)

    def _most(self) -> int:
        cpus = self.ray.cluster_resources().get("CPU", 1)
        found = max(1, int(cpus / self.engine.cpus))
        return found if self.engine.workers is None else min(found, self.engine.workers)

    def _finished(self, reference: Any, actor: Any, item: Item) -> Iterator[tuple[Item, Any]]:
        """Yield the result of an item; if its actor has died, let it wait for another one."""
        try:
            result = self.ray.get(reference)
        except self.ray.exceptions.RayTaskError as error:
            raise _cause(error) from None
        except self.ray.exceptions.RayError as error:
            if _is_of_start(error):
                raise DataError(f"no worker can be started: {_last_line(error)}") from error
            self.deaths[item] += 1
            if self.deaths[item] > self.engine.retries:
                times = f" {self.deaths[item]} times" if self.engine.retries else ""
                yield item, WorkerDiedError(f"its worker died{times}: {_reason(error)}")
                return
            logger.warning("a worker died and is replaced: %s", _reason(error))
            self.waiting.appendleft(item)
        else:
            self.idle.append(actor)
            yield item, result


def _is_of_start(error: Exception) -> bool:
    return "died because of an error raised in its creation task" in str(error)


def _reason(error: Exception) -> str:
    """Return the reason of Ray in one line, without the identification of the actor."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip() and not line.startswith("\t")]
    return " ".join(lines)[:300]


def _last_line(error: Exception) -> str:
    return next(line.strip() for line in reversed(str(error).splitlines()) if line.strip())


def _cause(error: Exception) -> Exception:
    """Return the error that was raised in the worker."""
    cause = getattr(error, "cause", None)
    return cause if isinstance(cause, Exception) else error
