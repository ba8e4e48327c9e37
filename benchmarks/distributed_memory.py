"""Memory of workers that score batches: how it grows with the batch, and what two workers share of a model.

    PYTHON benchmarks/distributed_memory.py --folder FOLDER [--batches 8 16 32 64 128 256] [--rounds 3]

FOLDER is that of `distributed.py`, which makes the texts and models. Linux only. Every figure comes from a process of
its own. A worker first scores one text with small models, so that everything is imported; its resident memory then is
that of an idle worker. It opens a model and reads, scores and forgets some batches, each a record batch of Arrow with
so many megabytes. The growth is its peak above the idle worker, and is compared with the batch and the model file
together. What a reader of compressed files needs besides is not part of it.

Pss counts a page that several processes map by its share for each. For two workers that have opened the same model and
scored the same texts, the sum of their Pss above two idle ones tells what the second one costs.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from pathlib import Path
from typing import Any

from distributed import MODELS, Run, Worker, keep, machine

LIMIT = 1.3
TWICE = 3
"""Batches that a worker scores."""
SMALL = 1.0
"""Megabytes of the batch with which the shared memory is measured."""
COPY = "words.malmoi"
"""The model of fastText's kind as malmoi saves it."""


def growth(folder: Path, model: Path, megabytes: float) -> Run:
    """Return the peak of a worker above that of an idle one, in MB."""
    worker = Worker(sys.executable, "memory", arguments(folder, model, megabytes))
    worker.line()
    worker.go()
    found = worker.line()
    worker.process.communicate()
    return found


def arguments(folder: Path, model: Path, megabytes: float) -> Run:
    files = sorted(map(str, (folder / "parquet").iterdir()))
    return {"model": str(model), "files": files, "megabytes": megabytes, "batches": TWICE}


def shared(folder: Path, model: Path, workers: int) -> Run:
    """Return the memory of so many workers at the same time, in MB, the sum over all."""
    held = [Worker(sys.executable, "hold", arguments(folder, model, SMALL)) for _ in range(workers)]
    idle = [worker.line()["ready"] for worker in held]
    before = [sizes(worker.process.pid) for worker in held]
    for worker in held:
        worker.go()
        worker.line()
    after = [sizes(worker.process.pid) for worker in held]
    mapped = [mapping(worker.process.pid, model) for worker in held]
    for worker in held:
        worker.go()
        worker.process.communicate()
    assert len(idle) == workers
    total: Run = {name: sum(one[name] for one in after) - sum(one[name] for one in before) for name in ("Pss", "Rss")}
    return total | {"file_rss": sum(one["Rss"] for one in mapped), "file_pss": sum(one["Pss"] for one in mapped)}


def sizes(process: int) -> dict[str, float]:
    """Return the memory of a process, in MB."""
    lines = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="ascii").splitlines()[1:]
    return {name: int(value.split()[0]) * 1024 / 1e6 for name, value in (line.split(":") for line in lines)}


def mapping(process: int, model: Path) -> dict[str, float]:
    """Return the memory of the mapped model file in a process, in MB."""
    found, is_model = {"Rss": 0.0, "Pss": 0.0}, False
    for line in Path(f"/proc/{process}/smaps").read_text(encoding="utf-8").splitlines():
        name, _, rest = line.partition(":")
        if "-" in line.split(" ", 1)[0]:
            is_model = line.endswith(model.name)
        elif is_model and name in found:
            found[name] += int(rest.split()[0]) * 1024 / 1e6
    return found


def measured(folder: Path, batches: list[float], rounds: int) -> Run:
    files = {"bag": folder / MODELS["bag"], "fastText": folder / MODELS["fastText"], "fastText, saved": folder / COPY}
    if not files["fastText, saved"].exists():
        worker = Worker(sys.executable, "convert", {"model": str(files["fastText"]), "output": str(folder / COPY)})
        worker.line()
    rows, pairs = [], []
    for name, path in files.items():
        size = path.stat().st_size / 1e6
        for megabytes in batches:
            runs = [growth(folder, path, megabytes) for _ in range(rounds)]
            row: dict[str, Any] = {
                "model": name,
                "file": size,
                "batch": statistics.median(one["batch"] for one in runs),
            }
            row |= {kind: statistics.median(one[kind] for one in runs) for kind in ("idle", "opened", "peak")}
            rows.append(row | {"ratio": row["peak"] / (row["batch"] + size)})
            print(json.dumps(rows[-1]), file=sys.stderr, flush=True)
        one, two = shared(folder, path, 1), shared(folder, path, 2)
        pairs.append({"model": name, "file": size, "one": one, "two": two})
    return {"machine": machine(), "limit": LIMIT, "batches": rows, "workers": pairs}


def batch_table(found: Run) -> list[str]:
    heads = ["model", "model file, MB", "batch, MB", "idle worker, MB", "peak above it, MB", "by batch and model"]
    lines = [f"| {' | '.join(heads)} |", "|" + "---|" * len(heads)]
    for row in found["batches"]:
        cells = [row["model"], f"{row['file']:.1f}", f"{row['batch']:.0f}", f"{row['idle']:.0f}", f"{row['peak']:.0f}"]
        cells.append(f"{row['ratio']:.2f}")
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def worker_table(found: Run) -> list[str]:
    heads = ["model", "model file, MB", "one worker, MB", "two workers, MB", "the second, MB", "mapped file in two, MB"]
    lines = [f"| {' | '.join(heads)} |", "|" + "---|" * len(heads)]
    for pair in found["workers"]:
        one, two = pair["one"]["Pss"], pair["two"]["Pss"]
        cells = [pair["model"], f"{pair['file']:.1f}", f"{one:.0f}", f"{two:.0f}", f"{two - one:.0f}"]
        cells.append(f"{pair['two']['file_pss']:.0f} of {pair['two']['file_rss']:.0f}")
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--batches", type=float, nargs="+", default=[8, 16, 32, 64, 128, 256], help="in MB")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--dry", action="store_true", help="do not write distributed.json")
    given = parser.parse_args()
    found = measured(given.folder.resolve(), given.batches, given.rounds)
    print("\n".join([*batch_table(found), "", *worker_table(found)]))
    if not given.dry:
        keep("memory", found)


if __name__ == "__main__":
    main()
