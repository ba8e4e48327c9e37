"""Near duplicates in shards beside all texts in memory: seconds, peak memory of driver and workers, scratch on disk.

    python benchmarks/shard_duplicates.py [TEXTS] [SHARDS] [PROCESSES]

The texts are generated: 60 words of a skewed vocabulary each; one in ten is an edited earlier text, one in fifty equal
to one. Both results must be equal. Anonymous memory leaves out files that are mapped into memory, which the system can
drop.
"""

import json
import os
import random
import subprocess
import sys
import threading
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import polars as pl

WORDS, VOCABULARY = 60, 50_000


def write_texts(folder: Path, count: int, shards: int) -> list[Path]:
    """Write generated texts into Parquet files."""
    draw, numbers = random.Random(0), np.random.default_rng(0)
    vocabulary = [f"w{number:x}" for number in range(VOCABULARY)]
    shares = 1 / np.arange(1, VOCABULARY + 1)
    ends = np.cumsum(shares / shares.sum())
    texts: list[str] = []
    for _ in range(count):
        words = [vocabulary[place] for place in np.searchsorted(ends, numbers.random(WORDS))]
        kind = draw.random()
        if texts and kind < 0.1:
            words = draw.choice(texts).split()
            for place in draw.sample(range(WORDS), 4):
                words[place] = draw.choice(vocabulary)
        elif texts and kind < 0.12:
            words = draw.choice(texts).upper().split()
        texts.append(" ".join(words))
    paths = []
    for shard in range(shards):
        paths.append(folder / f"part-{shard:03d}.parquet")
        part = texts[shard * count // shards : (shard + 1) * count // shards]
        pl.DataFrame({"text": part}).write_parquet(paths[-1])
    return paths


def memory_mib(process: int) -> tuple[float, float]:
    """Return the peak of resident memory, and the anonymous memory now."""
    fields = dict(line.split(":", 1) for line in Path(f"/proc/{process}/status").read_text().splitlines())
    return tuple(int(fields[name].split()[0]) / 1024 for name in ("VmHWM", "RssAnon"))


def folder_mib(folder: Path) -> float:
    """Return the size of the files of a folder."""
    sizes = 0
    for path in folder.rglob("*"):
        try:
            sizes += path.stat().st_size
        except FileNotFoundError:
            continue
    return sizes / 2**20


class Watch(threading.Thread):
    """Keeps the largest anonymous memory of this process and of its largest child, and the largest scratch folder."""

    def __init__(self, scratch: Path) -> None:
        super().__init__(daemon=True)
        self.scratch = scratch
        self.driver = self.worker = self.worker_resident = self.disk = 0.0
        self.ended = threading.Event()

    def run(self) -> None:
        children = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children")
        while not self.ended.wait(0.2):
            self.driver = max(self.driver, memory_mib(os.getpid())[1])
            self.disk = max(self.disk, folder_mib(self.scratch))
            for child in children.read_text().split():
                try:
                    resident, anonymous = memory_mib(int(child))
                except (OSError, KeyError):
                    continue
                self.worker = max(self.worker, anonymous)
                self.worker_resident = max(self.worker_resident, resident)


def in_shards(folder: Path, processes: int) -> dict[str, object]:
    """Find near duplicates in shards, in processes."""
    import malmoi as mm
    from malmoi.foundation.engines import Processes

    scratch = folder / "scratch"
    scratch.mkdir(exist_ok=True)
    steps: dict[str, float] = {}
    start = time.perf_counter()

    def progress(step: str, done: int, total: int) -> None:
        steps[step] = round(time.perf_counter() - start, 1)

    watch = Watch(scratch)
    watch.start()
    found = mm.distributed.near_duplicates(
        f"{folder}/*.parquet", engine=Processes(processes), scratch=scratch, progress=progress
    )
    seconds = time.perf_counter() - start
    watch.ended.set()
    rows = found.select(
        pl.col("shard", "group_shard", "earlier_shard").str.slice(-11, 3).cast(pl.Int64),
        "row",
        "group_row",
        "earlier_row",
        "similarity",
        "equal",
    )
    rows.write_ipc(folder / "shards.arrow")
    return {
        "seconds": seconds,
        "driver anonymous MiB": watch.driver,
        "worker anonymous MiB": watch.worker,
        "worker resident MiB": watch.worker_resident,
        "scratch MiB": watch.disk,
        "rows": found.height,
        "seconds at the end of each step": steps,
    }


def in_memory(folder: Path, shards: int) -> dict[str, object]:
    """Find near duplicates in all texts in memory."""
    from malmoi.data.near_duplicates import similar_texts

    tables = [pl.read_parquet(folder / f"part-{shard:03d}.parquet") for shard in range(shards)]
    starts = np.cumsum([0, *(len(table) for table in tables)])
    texts = pl.concat(tables)["text"]
    start = time.perf_counter()
    found = similar_texts(texts)
    seconds = time.perf_counter() - start
    columns: dict[str, object] = {}
    for prefix, numbers in {"": found.texts, "group_": found.groups[found.texts], "earlier_": found.earlier}.items():
        owners = np.searchsorted(starts, numbers, side="right") - 1
        columns |= {f"{prefix}shard": owners, f"{prefix}row": numbers - starts[owners]}
    table = pl.DataFrame(columns | {"similarity": found.similarities, "equal": found.equal})
    same = table.select(pl.read_ipc(folder / "shards.arrow").columns).equals(pl.read_ipc(folder / "shards.arrow"))
    return {"seconds": seconds, "resident MiB": memory_mib(os.getpid())[0], "rows": table.height, "same": same}


def main() -> None:
    """Run both in processes of their own and print what they measured."""
    if sys.argv[1:2] == ["shards"]:
        print(json.dumps(in_shards(Path(sys.argv[2]), int(sys.argv[3]))))
        return
    if sys.argv[1:2] == ["memory"]:
        print(json.dumps(in_memory(Path(sys.argv[2]), int(sys.argv[3]))))
        return
    count, shards, processes = (int(one) for one in [*sys.argv[1:], *["1000000", "16", "2"][len(sys.argv) - 1 :]])
    with TemporaryDirectory() as folder:
        write_texts(Path(folder), count, shards)
        print(
            f"{count:,} texts, {folder_mib(Path(folder)):,.0f} MiB of Parquet, {shards} shards, {processes} processes"
        )
        for words in (["shards", folder, str(processes)], ["memory", folder, str(shards)]):
            done = subprocess.run([sys.executable, __file__, *words], check=True, capture_output=True, text=True)
            for name, value in json.loads(done.stdout).items():
                print(
                    f"  {words[0]}: {name}: {value:,.1f}"
                    if isinstance(value, float)
                    else f"  {words[0]}: {name}: {value}"
                )


if __name__ == "__main__":
    main()
