"""Training of `BagClassifier` on files that need not fit into memory, beside training in memory.

    python benchmarks/shards.py ../shared/data [--copies 10] [--shards 10] [--runs 1] [--settings '{"min_texts": 5}']

The texts are those of the IMDB training set, so many times; in each copy but the first one of eight words has a suffix,
so that n-grams are new and no text is repeated. Each work is a process of its own, which reads JSON lines and trains;
the peaks are those of its anonymous memory (RssAnon: what it cannot give back without swapping), of its whole resident
memory (with mapped files), and the sum of the anonymous memory of it and its workers, read every 20 ms. The model files
of all works must be equal.
"""

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import polars

import malmoi as mm
from malmoi.foundation.engines import Processes

WORKS = ("in memory", "on shards", "on shards, 2 processes")
CHANGED = 8
"""One of so many words is changed in each copy."""


def write_shards(data: Path, folder: Path, copies: int, shards: int) -> int:
    """Write the texts; return the number of bytes."""
    table = polars.read_parquet(data / "imdb-train.parquet")
    texts, labels = table["text"].to_list(), table["label"].to_list()
    random = np.random.default_rng(0)
    order, size = random.permutation(len(texts)), 0
    files = [(folder / f"{number:03}.jsonl").open("w", encoding="utf-8") for number in range(shards)]
    for copy in range(copies):
        for place, text in enumerate(order.tolist()):
            words = texts[text].split(" ")
            for at in np.flatnonzero(random.random(len(words)) < 1 / CHANGED).tolist() if copy else ():
                words[at] += f"x{copy}"
            line = json.dumps({"text": " ".join(words), "label": labels[text]}) + "\n"
            files[(copy * len(texts) + place) * shards // (copies * len(texts))].write(line)
            size += len(line)
    for file in files:
        file.close()
    return size


def memory_of(process: int, name: str) -> int:
    """Return a value of /proc/PID/status in kibibytes; 0 if the process has ended."""
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith(f"{name}:")), 0)


class Peaks(threading.Thread):
    """Reads the memory of this process and its children until it is stopped."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.anonymous = self.resident = self.together = 0
        self.over = threading.Event()

    def run(self) -> None:
        own = os.getpid()
        while not self.over.wait(0.02):
            anonymous = memory_of(own, "RssAnon")
            self.anonymous = max(self.anonymous, anonymous)
            self.resident = max(self.resident, memory_of(own, "VmRSS"))
            children = Path(f"/proc/{own}/task/{own}/children").read_text().split()
            self.together = max(self.together, anonymous + sum(memory_of(int(one), "RssAnon") for one in children))


def work(name: str, folder: Path, settings: dict[str, Any]) -> dict[str, Any]:
    """Train and return seconds, peaks in MiB, and the checksum of the model file."""
    peaks, model, start = Peaks(), mm.BagClassifier(**settings), time.perf_counter()
    peaks.start()
    steps: dict[str, float] = {}

    def progress(step: str, done: int, total: int) -> None:
        steps[step] = round(time.perf_counter() - start, 1)

    if name == WORKS[0]:
        corpus = mm.read_corpus(f"{folder}/*.jsonl")
        model.fit(corpus.texts, corpus.labels, progress=progress)
    else:
        engine = Processes(2) if name == WORKS[2] else None
        model.fit_files(f"{folder}/*.jsonl", engine=engine, scratch=folder, progress=progress)
    seconds = time.perf_counter() - start
    peaks.over.set()
    path = folder / "model.malmoi"
    model.save(path, overwrite=True)
    found = {"seconds": seconds, "features": len(model.fitted.scorer.columns), "entries": model.facts_.entries}
    found |= {name: getattr(peaks, name) / 1024 for name in ("anonymous", "resident", "together")}
    return {**found, "digest": hashlib.sha256(path.read_bytes()).hexdigest()[:16], "steps": steps}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--copies", type=int, default=10)
    parser.add_argument("--shards", type=int, default=10)
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--settings", type=json.loads, default={}, help="JSON object of arguments of BagClassifier")
    parser.add_argument("--scratch", type=Path, help="folder for the texts and the temporary files")
    parser.add_argument("--work", choices=WORKS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        sys.stdout.write(json.dumps(work(options.work, options.data, options.settings)) + "\n")
        return
    with tempfile.TemporaryDirectory(dir=options.scratch) as name:
        size = write_shards(options.data, Path(name), options.copies, options.shards)
        sys.stdout.write(f"{size / 1e6:,.0f} MB in {options.shards} files\n\n")
        sys.stdout.write("| work | seconds | RssAnon MiB | RSS MiB | RssAnon with workers MiB | features | entries |\n")
        sys.stdout.write("|---|---|---|---|---|---|---|\n")
        digests = set()
        for one in WORKS * options.runs:
            command = [sys.executable, __file__, name, "--work", one, "--settings", json.dumps(options.settings)]
            found = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
            digests.add(found["digest"])
            memory = " | ".join(f"{found[key]:,.0f}" for key in ("anonymous", "resident", "together"))
            sys.stdout.write(
                f"| {one} | {found['seconds']:.1f} | {memory} | {found['features']:,} | {found['entries']:,} |\n"
            )
            sys.stdout.write(f"<!-- {found['steps']} -->\n")
            sys.stdout.flush()
        sys.stdout.write(f"\nequal model files: {len(digests) == 1}\n")


if __name__ == "__main__":
    main()
