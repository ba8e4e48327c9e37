"""A simulation of scoring many shards on a cluster: slow machines, failures, the driver, the bandwidth of the storage.

    python benchmarks/cluster_simulation.py --terabytes 1 10 100 --cores 16 64 256 1024 [--machine-hours 720]

Prints a table in Markdown. A core takes one shard after the other. A machine fails after an exponentially distributed
time; the shards that its cores were scoring are lost and scored again, and another machine replaces it. Machines differ
in speed (log-normal), and a share of them is slow. The driver gives out one shard after the other. If all cores
together would read more than the storage sends, each core is slowed by the same factor. Shards are not scored twice to
overtake slow machines (Ray and Spark do not do so by default).
"""

from __future__ import annotations

import argparse
import dataclasses
import heapq
import math
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np

HOUR = 3_600.0


@dataclass(frozen=True)
class Cluster:
    """A run and the machines that it has.

    Args:
        terabytes: text to score, 1e12 bytes each.
        shard_megabytes: text of a shard, 1e6 bytes each.
        core_speed: MB of text that a core reads, scores and writes in a second, on a machine of average speed.
        cores: number of cores, one worker each.
        machine_cores: cores of a machine; the last machine may have fewer.
        machine_hours: mean hours until a machine fails; 0: never.
        detection_seconds: from a failure until its shards are given out again.
        replacement_seconds: from a failure until another machine is there.
        retries: how often a shard is tried again; after that it is given up, and named in the manifest.
        speed_spread: standard deviation of the logarithm of the speed of machines.
        slow_share: share of the machines that are slow.
        slow_factor: speed of a slow machine, by that of others.
        shard_spread: standard deviation of the logarithm of the size of shards.
        start_seconds: from the start of a machine until its workers have opened the model.
        driver_seconds: of the driver for a shard.
        storage_speed: MB a second that the storage sends to all cores together; 0: no limit.
        stored_share: bytes read for a byte of text, as shards are compressed.
    """

    terabytes: float = 10.0
    shard_megabytes: float = 125.0
    core_speed: float = 50.0
    cores: int = 64
    machine_cores: int = 16
    machine_hours: float = 720.0
    detection_seconds: float = 60.0
    replacement_seconds: float = 300.0
    retries: int = 3
    speed_spread: float = 0.05
    slow_share: float = 0.02
    slow_factor: float = 0.5
    shard_spread: float = 0.1
    start_seconds: float = 30.0
    driver_seconds: float = 0.001
    storage_speed: float = 0.0
    stored_share: float = 0.5

    def __post_init__(self) -> None:
        above = ("terabytes", "shard_megabytes", "core_speed", "slow_factor", "stored_share", "cores", "machine_cores")
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if not math.isfinite(value) or value < 0 or (field.name in above and value == 0):
                raise ValueError(
                    f"{field.name} must be {'above 0' if field.name in above else '0 or more'}, got {value}"
                )
        if self.slow_share > 1:
            raise ValueError(f"slow_share must be 1 or less, got {self.slow_share}")

    @property
    def shards(self) -> int:
        return math.ceil(round(self.terabytes * 1e6 / self.shard_megabytes, 6))

    @property
    def ideal_hours(self) -> float:
        """Hours of cores that neither wait nor fail, all of average speed."""
        return self.terabytes * 1e6 / self.core_speed / self.cores / HOUR


@dataclass(frozen=True)
class Outcome:
    """What a simulated run took.

    Args:
        hours: until the last shard is done.
        tail_hours: from when 99 % of the shards are done.
        lost_share: time of cores spent on shards that were lost, by all time spent on shards.
        failures: of machines, while the run lasted.
        given_up: shards that were tried too often.
    """

    hours: float
    tail_hours: float
    lost_share: float
    failures: int
    given_up: int


class Kind(IntEnum):
    """What happens; at the same moment in this order."""

    DONE = 0
    FAILED = 1
    FREED = 2
    STARTED = 3
    READY = 4


class Machine:
    """A machine of a run; `life` tells it from the one that it replaced."""

    def __init__(self, cores: int) -> None:
        self.cores = cores
        self.life = 0
        self.speed = 0.0
        self.running: dict[int, tuple[int, float]] = {}
        self.is_there = False


class Run:
    """One simulated run.

    Args:
        cluster: what it has.
        seed: random seed.
    """

    def __init__(self, cluster: Cluster, seed: int) -> None:
        self.cluster = cluster
        self.random = np.random.default_rng(seed)
        self.megabytes = self._shard_sizes()
        self.tries = [0] * cluster.shards
        self.waiting = deque(range(cluster.shards))
        self.idle: deque[tuple[int, int, int]] = deque()
        self.events: list[tuple[float, Kind, int, int, int]] = []
        self.demand = 0.0
        self.driver_free = 0.0
        self.spent = self.lost = 0.0
        self.failures = self.given_up = 0
        self.ends: list[float] = []
        whole, rest = divmod(cluster.cores, cluster.machine_cores)
        self.machines = [Machine(cluster.machine_cores) for _ in range(whole)] + [Machine(rest)] * bool(rest)
        for place in range(len(self.machines)):
            self._start(place, 0.0)

    def _shard_sizes(self) -> list[float]:
        """Sizes of all shards, which add up to the text."""
        spread = self.cluster.shard_spread
        sizes = np.exp(self.random.normal(0, spread, self.cluster.shards)) if spread else np.ones(self.cluster.shards)
        sizes *= self.cluster.terabytes * 1e6 / sizes.sum()
        return [float(size) for size in sizes]

    def _start(self, place: int, time: float) -> None:
        """Order a machine: its speed, when its workers are ready, when it will fail."""
        cluster, machine = self.cluster, self.machines[place]
        spread = cluster.speed_spread
        factor = math.exp(self.random.normal(-spread * spread / 2, spread)) if spread else 1.0
        if self.random.random() < cluster.slow_share:
            factor *= cluster.slow_factor
        machine.life, machine.speed = machine.life + 1, cluster.core_speed * factor
        self._add(time + cluster.start_seconds, Kind.STARTED, place, machine.life)
        if cluster.machine_hours:
            self._add(time + self.random.exponential(cluster.machine_hours * HOUR), Kind.FAILED, place, machine.life)

    def _add(self, time: float, kind: Kind, place: int, life: int, core: int = 0) -> None:
        heapq.heappush(self.events, (time, kind, place, life, core))

    def outcome(self) -> Outcome:
        """Simulate until every shard is done or given up."""
        handlers = {Kind.DONE: self._done, Kind.FAILED: self._failed, Kind.FREED: self._freed}
        handlers |= {Kind.STARTED: self._started, Kind.READY: self._ready}
        while len(self.ends) + self.given_up < self.cluster.shards:
            time, kind, place, life, core = heapq.heappop(self.events)
            if kind is Kind.FREED or self.machines[place].life == life:
                handlers[kind](time, place, core)
        end = max(self.ends, default=0.0)
        most = self.ends[math.ceil(0.99 * len(self.ends)) - 1] if self.ends else 0.0
        share = self.lost / self.spent if self.spent else 0.0
        return Outcome(end / HOUR, (end - most) / HOUR, share, self.failures, self.given_up)

    def _started(self, time: float, place: int, _: int) -> None:
        machine = self.machines[place]
        machine.is_there = True
        self.demand += machine.cores * machine.speed
        self._add(time, Kind.READY, place, machine.life)  # after all machines that start now are counted

    def _ready(self, time: float, place: int, _: int) -> None:
        for core in range(self.machines[place].cores):
            self._give(time, place, core)

    def _give(self, time: float, place: int, core: int) -> None:
        """Give a core the next shard, or let it wait for one."""
        machine, cluster = self.machines[place], self.cluster
        if not self.waiting:
            self.idle.append((place, machine.life, core))
            return
        shard = self.waiting.popleft()
        self.driver_free = max(self.driver_free, time) + cluster.driver_seconds
        read = self.demand * cluster.stored_share
        slowed = max(1.0, read / cluster.storage_speed) if cluster.storage_speed else 1.0
        machine.running[core] = (shard, self.driver_free)
        end = self.driver_free + self.megabytes[shard] * slowed / machine.speed
        self._add(end, Kind.DONE, place, machine.life, core)

    def _done(self, time: float, place: int, core: int) -> None:
        _, start = self.machines[place].running.pop(core)
        self.spent += time - start
        self.ends.append(time)
        self._give(time, place, core)

    def _failed(self, time: float, place: int, _: int) -> None:
        machine = self.machines[place]
        self.failures += 1
        for shard, start in machine.running.values():
            self.spent += max(0.0, time - start)
            self.lost += max(0.0, time - start)
            self._add(time + self.cluster.detection_seconds, Kind.FREED, place, machine.life, shard)
        if machine.is_there:
            self.demand -= machine.cores * machine.speed
        machine.running, machine.is_there = {}, False
        self._start(place, time + self.cluster.replacement_seconds)

    def _freed(self, time: float, _: int, shard: int) -> None:
        """Put a lost shard into the queue again."""
        self.tries[shard] += 1
        if self.tries[shard] > self.cluster.retries:
            self.given_up += 1
            return
        self.waiting.appendleft(shard)
        while self.idle:
            place, life, core = self.idle.popleft()
            if self.machines[place].life == life:
                self._give(time, place, core)
                return


def simulate(cluster: Cluster, seeds: Iterable[int]) -> list[Outcome]:
    """Return the outcome for each seed."""
    return [Run(cluster, seed).outcome() for seed in seeds]


def table(clusters: Sequence[Cluster], seeds: int) -> list[str]:
    """Return the lines of a table in Markdown, one row a cluster."""
    heads = [
        "text, TB",
        "cores",
        "ideal",
        "mean",
        "95 % range",
        "last 1 % of shards",
        "lost work",
        "core-hours",
        "given up",
    ]
    lines = [f"| {' | '.join(heads)} |", "|" + "---|" * len(heads)]
    for cluster in clusters:
        found = simulate(cluster, range(seeds))
        hours = [one.hours for one in found]
        mean = float(np.mean(hours))
        cells = [
            f"{cluster.terabytes:g}",
            f"{cluster.cores:,}",
            shown(cluster.ideal_hours),
            shown(mean),
            interval(hours),
            shown(float(np.mean([one.tail_hours for one in found]))),
            f"{100 * np.mean([one.lost_share for one in found]):.2f} %",
            f"{mean * cluster.cores:,.0f}",
            f"{np.mean([one.given_up for one in found]):g}",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def interval(hours: Sequence[float]) -> str:
    """Return the range of 95 % of the values."""
    low, high = np.percentile(hours, [2.5, 97.5])
    return f"{shown(float(low))} to {shown(float(high))}"


def shown(hours: float) -> str:
    """Return hours, or minutes below one hour, with two digits or more."""
    if hours < 1:
        minutes = 60 * hours
        return f"{minutes:.0f} min" if minutes >= 10 else f"{minutes:.1f} min"
    return f"{hours:,.0f} h" if hours >= 10 else f"{hours:.1f} h"


def parser() -> argparse.ArgumentParser:
    """Return a parser with an option for every field of `Cluster`."""
    made = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    several = ("terabytes", "cores")
    for field in dataclasses.fields(Cluster):
        kind = type(field.default)
        option = f"--{field.name.replace('_', '-')}"
        if field.name in several:
            made.add_argument(option, type=kind, nargs="+", default=[field.default])
        else:
            made.add_argument(option, type=kind, default=field.default, help="default: %(default)s")
    made.add_argument("--seeds", type=int, default=10)
    return made


def main() -> None:
    """Print the table of the clusters named on the command line."""
    given = vars(parser().parse_args())
    seeds, sizes, cores = given.pop("seeds"), given.pop("terabytes"), given.pop("cores")
    clusters = [Cluster(terabytes=size, cores=count, **given) for size in sizes for count in cores]
    print("\n".join(table(clusters, seeds)))


if __name__ == "__main__":
    main()
