"""One long run of `malmoi predict --engine` over generated reviews: throughput, memory and disk.

    PYTHON benchmarks/generated_reviews.py SHARDS --gigabytes 20 --shards 160
    PYTHON benchmarks/distributed_run.py MODEL SHARDS OUTPUT --gigabytes 20 [--engine ray] [--workers 2]

The memory of the command and of all processes that it started, the cluster of Ray on this machine included, is sampled
once a second (Linux): resident memory of each process, and the sum of the proportional memory (Pss) of all. Disk is the
size of OUTPUT at the end, and the most that the disk of OUTPUT held above the start, which contains temporary files.
The measurements go to `distributed.json`.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from distributed import environment, keep, machine
from process_memory import descendants, is_worker, memory

Run = dict[str, Any]


def measured(command: list[str], output: Path) -> Run:
    """Run the command, and return its seconds and the most memory and disk that it had."""
    free = shutil.disk_usage(output.parent).free
    start = time.perf_counter()
    process = subprocess.Popen(command, env=environment(), stdout=subprocess.DEVNULL)
    found: Run = {"worker": 0.0, "all": 0.0, "disk": 0.0}
    while process.poll() is None:
        sizes = {one: memory(one) for one in descendants(process.pid)}
        found["worker"] = max(
            [found["worker"], *(size[0] for one, size in sizes.items() if is_worker(one, process.pid))]
        )
        found["all"] = max(found["all"], sum(size[1] for size in sizes.values()))
        found["disk"] = max(found["disk"], (free - shutil.disk_usage(output.parent).free) / 1e9)
        time.sleep(1)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    return {"seconds": time.perf_counter() - start, **found}


def size_of(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e9


def table(runs: dict[str, Run]) -> list[str]:
    """Return the lines of the table of runs, in Markdown."""
    heads = ["engine", "workers", "shards", "text, GB", "files, GB", "texts", "minutes", "MB/s", "texts/s"]
    heads += ["a worker, MB", "all processes, MB", "output, GB"]
    lines = [f"| {' | '.join(heads)} |", "|" + "---|" * len(heads)]
    for engine, run in runs.items():
        cells = [engine, str(run["workers"]), f"{run['shards']:,}", f"{run['gigabytes']:g}", f"{run['files']:.2f}"]
        cells += [f"{run['texts']:,}", f"{run['seconds'] / 60:.1f}", f"{1e3 * run['gigabytes'] / run['seconds']:.1f}"]
        cells += [f"{run['texts'] / run['seconds']:,.0f}", f"{run['worker']:,.0f}", f"{run['all']:,.0f}"]
        cells.append(f"{run['output']:.3f}")
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("shards", type=Path, help="folder")
    parser.add_argument("output", type=Path, help="new folder")
    parser.add_argument("--gigabytes", type=float, required=True, help="of text in the shards, 1e9 bytes each")
    parser.add_argument("--engine", choices=["processes", "ray"], default="ray")
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    parser.add_argument("--dry", action="store_true", help="do not write distributed.json")
    given = parser.parse_args()
    words = ["predict", str(given.model), str(given.shards), "-o", str(given.output), "--id-column", "id"]
    words += ["--engine", given.engine, "--workers", str(given.workers)]
    found = measured([sys.executable, "-m", "malmoi", *words], given.output.resolve())
    lines = (given.output / "manifest.jsonl").read_text(encoding="utf-8").splitlines()
    end = json.loads(lines[-1])["end"]
    facts = {"workers": given.workers, "gigabytes": given.gigabytes, "shards": end["shards"], "texts": end["rows"]}
    found |= facts | {"files": size_of(given.shards), "output": size_of(given.output)}
    print("\n".join(table({given.engine: found})))
    if not given.dry:
        keep(f"run-{given.engine}", {"machine": machine(), **found})


if __name__ == "__main__":
    main()
