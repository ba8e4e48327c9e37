"""Write the tables of docs/scale.md from `distributed.json` and from simulations: `python benchmarks/scale_page.py`.

    python benchmarks/scale_page.py [--price 0.05] [--seeds 10] [--no-simulation]

The tables stand between marks, `<!-- NAME: ... -->` and `<!-- end of NAME -->`. A table whose measurements are missing
stays as it is. The price of a core-hour is an example, without a currency. Simulations take a few minutes.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import transformer_filter
from cluster_simulation import Cluster, interval, shown, simulate
from cluster_simulation import table as simulated
from distributed import RESULTS
from distributed import table as speed_table
from distributed_memory import batch_table, worker_table
from distributed_run import table as run_table

PAGE = Path(__file__).parents[1] / "docs" / "scale.md"
MARKS = re.compile(r"(<!-- (?P<name>[a-z-]+): .*? -->\n).*?(\n<!-- end of (?P=name) -->)", re.S)
PRICE = 0.05
SHARD_MEGABYTES = 500.0
SIZES, CORES = (1.0, 10.0, 100.0), (16, 64, 256, 1024)
Found = dict[str, Any]


def core_speed(found: Found) -> float:
    """Return MB/s of a core: half of what two plain processes score with a bag of words."""
    row = found["speed"]["rows"]["plain processes | bag | 2"]
    return float(f"{row['speed'] / 2:.2g}")


def speed(found: Found) -> list[str]:
    part = found["speed"]
    few, rounds = part["megabytes"]["jsonl"] / 1e3, part["rounds"]
    facts = f"{part['gigabytes']:g} GB of text for malmoi, {few:.2g} GB for fastText; rounds: {rounds}"
    is_same = all(part["same_predictions"].values())
    same = f"With the same model, all systems of malmoi predict {'the same' if is_same else '**different**'} values"
    made = sorted({row["title"] for row in part["rows"].values() if row.get("title")})
    return [f"Machine: {part['machine']}; {', '.join(made)}. {facts}. {same}.", "", *speed_table(part)]


def runs(found: Found) -> list[str]:
    made = {engine: found[f"run-{engine}"] for engine in ("processes", "ray") if f"run-{engine}" in found}
    if not made:
        raise KeyError("run")
    return [f"Machine: {next(iter(made.values()))['machine']}.", "", *run_table(made)]


def driver(found: Found) -> list[str]:
    part = found["driver"]
    each, busy = 1e3 * part["seconds"], 1e3 * part["busy"]
    whole = f"{part['tasks']:,} tasks that do nothing, {part['workers']} workers, {part['title']}: {each:.2f} ms a task"
    return [f"{whole}, of which the process of the driver computes {busy:.2f} ms."]


def batches(found: Found) -> list[str]:
    return [f"Machine: {found['memory']['machine']}.", "", *batch_table(found["memory"])]


def workers(found: Found) -> list[str]:
    return worker_table(found["memory"])


def transformer(found: Found) -> list[str]:
    part = found["transformer"]
    return [f"Machine: {part['environment']}.", "", *transformer_filter.table(part["rows"])]


def cost(found: Found, price: float) -> list[str]:
    """Core-hours and their price for a terabyte of text, for all systems."""
    rows = [("malmoi, bag of words", core_speed(found))]
    part = found["speed"]["rows"]
    rows += [("malmoi, fastText model", part["plain processes | fastText | 2"]["speed"] / 2)]
    usual = [row for title, row in part.items() if "one text a call" in title and title.endswith("| 2")]
    rows += [(f"{row['title']}, one text a call", row["speed"] / 2) for row in usual]
    for row in found["transformer"]["rows"]:
        rows.append((f"{row['model']}, {row['type']}, {row['tokens']} tokens", row["megabytes_per_second"]))
    lines = [f"| filter | MB/s of a core | core-hours per TB | at {price:g} per core-hour | by malmoi's bag |"]
    lines.append("|---|---|---|---|---|")
    for name, each in rows:
        hours = 1e6 / each / 3600
        times = rows[0][1] / each
        factor = f"{times:,.0f}" if times >= 10 else f"{times:.1f}"
        lines.append(f"| {name} | {each:.2g} | {hours:,.0f} | {hours * price:,.2f} | {factor} |")
    return lines


def storage(found: Found) -> list[str]:
    """Cores that a storage of some bandwidth keeps busy."""
    each = core_speed(found) * Cluster().stored_share
    lines = ["| the storage sends, GB/s | cores that it keeps busy | hours for 100 TB, at best |", "|---|---|---|"]
    for bandwidth in (1, 5, 25, 100):
        hours = 100e6 * Cluster().stored_share / (bandwidth * 1e3) / 3600
        lines.append(f"| {bandwidth} | {bandwidth * 1e3 / each:,.0f} | {shown(hours)} |")
    return lines


def cluster_of(found: Found) -> Cluster:
    """Return the cluster of the page, with the measured speed of a core and of the driver."""
    return Cluster(
        core_speed=core_speed(found), driver_seconds=found["driver"]["seconds"], shard_megabytes=SHARD_MEGABYTES
    )


def simulation(found: Found, seeds: int) -> list[str]:
    base = cluster_of(found)
    return simulated([replace(base, terabytes=size, cores=cores) for size in SIZES for cores in CORES], seeds)


def failures(found: Found, seeds: int) -> list[str]:
    """Ten terabytes on 256 cores, with machines that fail more and more often."""
    lines = ["| a machine fails, on average, after | mean | 95 % range | failures | lost work | shards given up |"]
    lines.append("|---|---|---|---|---|---|")
    for hours, name in (
        (0.0, "never"),
        (720.0, "30 days"),
        (24.0, "1 day"),
        (4.0, "4 h"),
        (1.0, "1 h"),
        (0.25, "15 min"),
    ):
        outcomes = simulate(replace(cluster_of(found), cores=256, machine_hours=hours), range(seeds))
        times = [one.hours for one in outcomes]
        mean = [
            sum(one) / seeds for one in zip(*((o.failures, o.lost_share, o.given_up) for o in outcomes), strict=True)
        ]
        cells = [name, shown(sum(times) / seeds), interval(times), f"{mean[0]:.1f}"]
        lines.append(f"| {' | '.join([*cells, f'{100 * mean[1]:.2f} %', f'{mean[2]:g}'])} |")
    return lines


def stragglers(found: Found, seeds: int) -> list[str]:
    """Ten terabytes on 1,024 cores, by the size of shards, and with more slow machines."""
    lines = [
        "| shards of | shards per core | 2 % of the machines at half speed | 10 % at a quarter of the speed | ideal |"
    ]
    lines.append("|---|---|---|---|---|")
    for megabytes in (100.0, 500.0, 2_000.0, 8_000.0):
        base = replace(cluster_of(found), cores=1024, shard_megabytes=megabytes)
        cells = [f"{megabytes / 1e3:g} GB", f"{base.shards / base.cores:,.1f}"]
        for slow in ({}, {"slow_share": 0.1, "slow_factor": 0.25}):
            times = [one.hours for one in simulate(replace(base, **slow), range(seeds))]
            cells.append(shown(sum(times) / seeds))
        lines.append(f"| {' | '.join([*cells, shown(base.ideal_hours)])} |")
    return lines


MEASURED: dict[str, Callable[[Found], list[str]]] = {
    "speed": speed,
    "runs": runs,
    "driver": driver,
    "batches": batches,
    "workers": workers,
    "transformer": transformer,
    "storage": storage,
}
SIMULATED: dict[str, Callable[[Found, int], list[str]]] = {
    "simulation": simulation,
    "failures": failures,
    "stragglers": stragglers,
}


def with_tables(page: str, tables: dict[str, Callable[[], list[str]]]) -> str:
    """Return the page with new contents between the marks that are named.

    Raises:
        ValueError: a name has no marks in the page.
    """
    missing = set(tables) - {found["name"] for found in MARKS.finditer(page)}
    if missing:
        raise ValueError(f"the page must have marks for {', '.join(sorted(missing))}")

    def block(found: re.Match[str]) -> str:
        make = tables.get(found["name"])
        if make is None:
            return found.group()
        try:
            lines = make()
        except KeyError:  # not measured
            return found.group()
        return f"{found[1]}{chr(10).join(lines)}{found[3]}"

    return MARKS.sub(block, page)


def tables_of(found: Found, price: float, seeds: int) -> dict[str, Callable[[], list[str]]]:
    """Return what makes each table; without simulations if `seeds` is 0."""
    tables = {name: partial(make, found) for name, make in MEASURED.items()}
    tables["cost"] = partial(cost, found, price)
    if seeds:
        tables |= {name: partial(make, found, seeds) for name, make in SIMULATED.items()}
    return tables


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--price", type=float, default=PRICE)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--no-simulation", action="store_true", help="leave the tables of simulations as they are")
    given = parser.parse_args()
    found = json.loads(RESULTS.read_text(encoding="utf-8"))
    tables = tables_of(found, given.price, 0 if given.no_simulation else given.seeds)
    PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8"), tables), encoding="utf-8")


if __name__ == "__main__":
    main()
