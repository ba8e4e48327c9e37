"""Where pieces of work run: in this process, in other processes, or, with `malmoi.distributed`, on a cluster."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Protocol, TypeVar

from malmoi.foundation.threads import core_count
from malmoi.foundation.validation import check_number, shorten
from malmoi.foundation.workers import WorkerDiedError, in_processes

__all__ = ["Engine", "Processes", "ThisProcess", "check_engine", "in_item_order"]

Item = TypeVar("Item")
Result = TypeVar("Result")


class Engine(Protocol):
    """Runs a function on items, in any order and in any number of processes.

    `run` yields items with their results in order of completion. The function, its items and its results must be
    picklable; items must be distinct and hashable. An exception of the function ends the iteration. If a worker dies,
    the result of its item is a `WorkerDiedError`.
    """

    def run(
        self, work: Callable[[Item], Result], items: Sequence[Item], tick: Callable[[], None]
    ) -> Generator[tuple[Item, Result | WorkerDiedError]]:
        """Yield items with their results; `tick` is called about once a second, or between items."""


@dataclass(frozen=True)
class ThisProcess:
    """Runs one item after the other, in this process."""

    def run(
        self, work: Callable[[Item], Result], items: Sequence[Item], tick: Callable[[], None]
    ) -> Generator[tuple[Item, Result | WorkerDiedError]]:
        """Yield items with their results, in their order."""
        for item in items:
            tick()
            yield item, work(item)


@dataclass(frozen=True)
class Processes:
    """Runs items in processes of this machine, each with its share of the threads.

    Args:
        processes: number of processes; `None`: one per core. They are started with `spawn`, so a script needs
            `if __name__ == "__main__":` around the call.

    Raises:
        ValueError: the number is below 1.

    Example:
        >>> from operator import neg
        >>> import malmoi as mm
        >>> dict(mm.distributed.Processes(2).run(neg, [1, 2], lambda: None)) == {1: -1, 2: -2}
        True
    """

    processes: int | None = None

    def __post_init__(self) -> None:
        if self.processes is not None:
            check_number("processes", self.processes, 1)

    def run(
        self, work: Callable[[Item], Result], items: Sequence[Item], tick: Callable[[], None]
    ) -> Generator[tuple[Item, Result | WorkerDiedError]]:
        """Yield items with their results, in order of completion.

        Args:
            work: function called with an item.
            items: the items.
            tick: function called about once a second.
        """
        return in_processes(work, items, self.processes or core_count(), tick)


def check_engine(engine: Engine | None) -> None:
    """Check the argument `engine` of a function.

    Raises:
        TypeError: it is not an engine, such as the name of one.
    """
    if not (engine is None or callable(getattr(engine, "run", None))):
        cure = "pass malmoi.distributed.Processes(), malmoi.distributed.ray.RayEngine() or None"
        raise TypeError(f"engine must be an engine, got {shorten(engine)}; {cure}")


def in_item_order(
    engine: Engine, work: Callable[[Item], Result], items: Sequence[Item], tick: Callable[[], None] = lambda: None
) -> Generator[tuple[Item, Result]]:
    """Yield items with their results in the order of the items; results that are too early wait in memory.

    Raises:
        WorkerDiedError: a worker died.
    """
    waiting: dict[Item, Result] = {}
    place = 0
    with closing(engine.run(work, items, tick)) as results:
        for item, result in results:
            if isinstance(result, WorkerDiedError):
                raise result
            waiting[item] = result
            while place < len(items) and items[place] in waiting:
                yield items[place], waiting.pop(items[place])
                place += 1
