"""The main job of the notes: malmoi's Python face beside the script that people write, whole processes, one run.

Both read a folder of 25,000 files, make ids, read a 400,000 x 100 vectors file, train the notes' two networks for
10 epochs with 10,000 validation reviews and save weights. The data are laid out once, in a temporary folder.

    python benchmarks/main_job.py ../shared/data [--runs 5]
"""

import argparse
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).parent
ROWS, DIMENSION = 400_000, 100
WORD = re.compile(r"[a-z']+")


def lay_out_reviews(data: Path, folder: Path) -> Counter[str]:
    import polars as pl

    counts: Counter[str] = Counter()
    table = pl.read_parquet(data / "imdb-train.parquet")
    for text, name in zip(table["text"], table["id"], strict=True):
        path = folder / f"{name}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="")
        counts.update(WORD.findall(text.lower()))
    return counts


def lay_out_vectors(data: Path, path: Path, counts: Counter[str]) -> None:
    """The real file's first rows, then rows of its form for the reviews' words and for words that nobody wrote."""
    import numpy as np

    real = (data / "vectors" / "glove.6B.100d.first2717.txt").read_text(encoding="utf-8")
    known = {line.split(" ", 1)[0] for line in real.splitlines()}
    words = [word for word, _ in counts.most_common(70_000) if word not in known]
    words += [f"unwritten{number}" for number in range(ROWS - len(known) - len(words))]
    random = np.random.default_rng(0)
    with path.open("w", encoding="utf-8") as file:
        file.write(real if real.endswith("\n") else real + "\n")
        for start in range(0, len(words), 2_000):
            block = words[start : start + 2_000]
            rows = random.normal(0, 0.4, (len(block), DIMENSION))
            file.writelines(
                f"{word} {' '.join(f'{value:.5g}' for value in row)}\n" for word, row in zip(block, rows, strict=True)
            )


class Run:
    """One whole process: seconds, peak memory in MiB, and what it printed."""

    def __init__(self, script: str, arguments: list[str], environment: dict[str, str]) -> None:
        start = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, str(HERE / script), *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **environment},
        )
        output, errors = process.stdout.read(), process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        self.seconds = time.perf_counter() - start
        self.mebibytes = usage.ru_maxrss / 1024
        if status:
            raise SystemExit(f"{script} failed:\n{errors}")
        self.steps = {name: float(at) for name, at in re.findall(r"^step (\w+) ([\d.]+)$", output, re.M)}
        self.accuracies = re.findall(r"validation accuracy ([\d.]+)", output)


def describe(name: str, runs: list[Run]) -> None:
    seconds = [run.seconds for run in runs]
    memory = statistics.median(run.mebibytes for run in runs)
    spread = f"{min(seconds):.2f}-{max(seconds):.2f}"
    print(f"| {name} | {statistics.median(seconds):.2f} | {spread} | {memory:.0f} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    if not (options.data / "imdb-train.parquet").exists():
        print(f"skipped: {options.data / 'imdb-train.parquet'} is not there")
        return
    folder = Path(tempfile.mkdtemp(prefix="malmoi-main-job-"))
    try:
        counts = lay_out_reviews(options.data, folder)
        lay_out_vectors(options.data, folder / "glove.6B.100d.txt", counts)
        measure(folder, options.runs)
    finally:
        shutil.rmtree(folder)


def measure(folder: Path, runs: int) -> None:
    arguments = [str(folder / "train"), str(folder / "glove.6B.100d.txt"), str(folder)]
    cache = {"XDG_CACHE_HOME": str(folder / "cache")}
    first = Run("malmoi_script.py", arguments, cache)  # its compilation cache is empty
    Run("notes_script.py", arguments, {})  # brings the files into memory for both
    peers, ours = [], []
    for _ in range(runs):
        peers.append(Run("notes_script.py", arguments, {}))
        ours.append(Run("malmoi_script.py", arguments, cache))
    libraries = ", ".join(f"{name} {version(name)}" for name in ("keras", "jax", "numpy", "malmoi"))
    print(f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, {libraries}\n")
    print(f"| whole process, median of {runs} | seconds | range | peak MiB |\n|---|---|---|---|")
    describe("the notes' script", peers)
    describe("malmoi", ours)
    describe("malmoi, first run ever (nothing compiled yet)", [first])
    ratios = sorted(peer.seconds / our.seconds for peer, our in zip(peers, ours, strict=True))
    memory = statistics.median(our.mebibytes for our in ours) / statistics.median(peer.mebibytes for peer in peers)
    spread = f"{ratios[0]:.2f}-{ratios[-1]:.2f}"
    print(f"\nmalmoi is {statistics.median(ratios):.2f} times faster ({spread}), with {memory:.2f} of the memory.")
    for name, run in (("the notes' script", peers[-1]), ("malmoi", ours[-1])):
        print(f"{name}, seconds at the end of each step: {run.steps}; accuracies {run.accuracies}")


if __name__ == "__main__":
    main()
