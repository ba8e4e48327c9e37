"""Word vectors from a 400,000 x 100 text file: malmoi beside what people use, each in a process of its own, in turns.

    python benchmarks/vectors.py ../shared/data [--runs 5] [--gensim PYTHON]

The file has the form of `glove.6B.100d.txt`; its first rows are the real ones. `--gensim` is the interpreter of an
environment that has gensim, which is no dependency. A process imports what it needs first; only the work is timed; its
peak memory is the whole process'.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

WORDS = 10_000


def notes_matrix(path: Path, words: list[str]) -> object:
    """The loop of the notes."""
    import numpy as np

    index = {}
    with open(path, encoding="utf8") as file:
        for line in file:
            values = line.split()
            index[values[0]] = np.asarray(values[1:], dtype="float32")
    matrix = np.zeros((len(words) + 2, 100), dtype="float32")
    for row, word in enumerate(words, 2):
        if word in index:
            matrix[row] = index[word]
    return matrix


def gensim_matrix(path: Path, words: list[str]) -> object:
    import numpy as np
    from gensim.models import KeyedVectors

    vectors = KeyedVectors.load_word2vec_format(str(path), no_header=True)
    matrix = np.zeros((len(words) + 2, 100), dtype="float32")
    for row, word in enumerate(words, 2):
        if word in vectors:
            matrix[row] = vectors[word]
    return matrix


def our_matrix(path: Path, words: list[str]) -> object:
    from malmoi import Vocabulary, WordVectors

    return WordVectors.open(path).matrix_for(Vocabulary(words, [1] * len(words)))


def polars_read(path: Path, words: list[str]) -> object:
    """What the fastest reader of tables takes to read the numbers, and nothing else."""
    import polars as pl

    return pl.read_csv(path, separator=" ", has_header=False, quote_char=None)


def our_convert(path: Path, words: list[str]) -> object:
    from malmoi import WordVectors

    return WordVectors.open(path).convert(path.with_suffix(".own"), overwrite=True)


def our_reopen(path: Path, words: list[str]) -> object:
    """Opening what was converted, and one word's vector."""
    from malmoi import WordVectors

    return WordVectors.open(path.with_suffix(".own")).vector("the")


def our_nearest(path: Path, words: list[str]) -> object:
    """The tenth question to one file, so that it is warm."""
    from malmoi import WordVectors

    vectors = WordVectors.open(path.with_suffix(".own"))
    for word in words[:9]:
        vectors.nearest(word)
    start = time.perf_counter()
    vectors.nearest(words[9])
    return time.perf_counter() - start


# Ours, and its peers with the floor that each has; the last two have limits in seconds.
TASKS: dict[str, tuple[Callable[[Path, list[str]], object], dict[Callable[[Path, list[str]], object], float]]] = {
    f"matrix for {WORDS:,} words": (our_matrix, {notes_matrix: 40, gensim_matrix: 150}),
    "whole file to our own format": (our_convert, {polars_read: 2}),
    "opening it again (less than 0.005 s)": (our_reopen, {}),
    "nearest 10 of 400,000, warm (less than 0.05 s)": (our_nearest, {}),
}
WORKS = {work.__name__: work for ours, peers in TASKS.values() for work in [ours, *peers]}
IMPORTS = {"our": "malmoi.wordvectors", "notes": "numpy", "gensim": "gensim.models", "polars": "polars"}


def peak_mebibytes() -> float:
    """Of this process alone; what `getrusage` says begins with the peak of the one that started it."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1024


def child(path: Path, name: str) -> None:
    words = json.loads(path.with_suffix(".words").read_text())
    __import__(IMPORTS[name.partition("_")[0]])
    start = time.perf_counter()
    answer = WORKS[name](path, words)
    seconds = answer if isinstance(answer, float) else time.perf_counter() - start
    print(json.dumps({"seconds": seconds, "peak": peak_mebibytes()}))


def measure(path: Path, name: str, interpreter: str) -> dict[str, float]:
    command = [interpreter, __file__, str(path), "--child", name]
    process = subprocess.run(command, capture_output=True, text=True, check=False)
    if process.returncode:
        raise SystemExit(f"{name} failed:\n{process.stderr}")
    return json.loads(process.stdout.splitlines()[-1])


def lay_out(data: Path, path: Path) -> None:
    """The vectors file and the most frequent words of the reviews."""
    import polars as pl
    from main_job import WORD, lay_out_vectors

    counts: Counter[str] = Counter()
    for text in pl.read_parquet(data / "imdb-train.parquet", columns=["text"])["text"]:
        counts.update(WORD.findall(text.lower()))
    lay_out_vectors(data, path, counts)
    path.with_suffix(".words").write_text(json.dumps([word for word, _ in counts.most_common(WORDS)]))


def compare(path: Path, title: str, runs: int, gensim: str | None) -> None:
    ours, peers = TASKS[title]
    works = [ours, *(peer for peer in peers if gensim or peer is not gensim_matrix)]
    found: dict[str, list[dict[str, float]]] = {work.__name__: [] for work in works}
    for _ in range(runs):
        for name, measured in found.items():
            measured.append(measure(path, name, gensim if name == "gensim_matrix" and gensim else sys.executable))
    print(
        f"\n### {title}\n\n| | seconds | range | times slower than ours | floor | peak MiB |\n|---|---|---|---|---|---|"
    )
    mine = [run["seconds"] for run in found[ours.__name__]]
    floors = {work.__name__: f"{floor:g}" for work, floor in peers.items()}
    for name, measured in found.items():
        seconds = [run["seconds"] for run in measured]
        ratios = sorted(theirs / own for theirs, own in zip(seconds, mine, strict=True))
        ratio = f"{statistics.median(ratios):.1f} ({ratios[0]:.1f}-{ratios[-1]:.1f})"
        peak = statistics.median(run["peak"] for run in measured)
        spread = f"{min(seconds):.4f}-{max(seconds):.4f}"
        row = [name, f"{statistics.median(seconds):.4f}", spread, ratio, floors.get(name, ""), f"{peak:.0f}"]
        print(f"| {' | '.join(row)} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--gensim", help="an interpreter that has gensim")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        child(options.data, options.child)
        return
    if not (options.data / "imdb-train.parquet").exists():
        print(f"skipped: {options.data / 'imdb-train.parquet'} is not there")
        return
    print(f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}")
    if not options.gensim:
        print("left out: gensim (give --gensim an interpreter that has it)")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "glove.txt"
        lay_out(options.data, path)
        for title in TASKS:
            compare(path, title, options.runs, options.gensim)


if __name__ == "__main__":
    main()
