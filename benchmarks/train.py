"""Seconds an epoch beside Keras' own `fit` on JAX and beside PyTorch: same network, batch size, data and machine.

    python benchmarks/train.py ../shared/data [--torch PYTHON] [--runs 3] [--only gru] [--samples 20000]

`--torch` is the Python of an environment in which PyTorch is installed; without it that column is left out. Every
number is from a process of its own, in turns; it trains four epochs and gives the time until the first one is finished,
building and compiling included, nothing cached, and the median of the other three.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
WORDS, LENGTH, EPOCHS = 20_000, 200, 4
# Name: rows of the embedding, dimension, length.
SHAPES = {
    "flatten 1": (10_000, 8, 20),
    "flatten 2": (10_000, 100, 100),
    "average": (WORDS, 100, LENGTH),
    "conv": (WORDS, 100, LENGTH),
    "lstm": (WORDS, 64, LENGTH),
    "gru": (WORDS, 64, LENGTH),
}
SOFTWARE = ("malmoi", "keras", "torch")


def lay_out(data: Path, folder: Path, samples: int) -> None:
    import numpy as np

    import malmoi as mm

    reviews = mm.read_corpus(data / "imdb-train.parquet")
    chosen, _ = reviews.split(samples, seed=0) if samples < len(reviews) else (reviews, None)
    targets = (np.asarray(chosen.labels) == "pos").astype(np.int32)
    for rows, _, length in set(SHAPES.values()):
        ids = mm.SequenceVectorizer(mm.Words(), rows, length).fit_transform(chosen.texts)
        np.savez(folder / f"{rows}-{length}.npz", ids=ids, targets=targets)


def measure(software: str, python: str, folder: Path, name: str, batch: int) -> dict[str, float]:
    rows, dimension, length = SHAPES[name]
    script = HERE / f"train_{software}.py"
    arguments = [name, str(folder / f"{rows}-{length}.npz"), str(rows), str(dimension), str(batch), str(EPOCHS)]
    environment = {**os.environ, "JAX_COMPILATION_CACHE_DIR": "", "KERAS_BACKEND": "jax"}
    command = [python, str(script), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if done.returncode:
        raise SystemExit(f"{script.name} {name} failed:\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def span(values: list[float]) -> str:
    return f"{statistics.median(values):.3g} ({min(values):.3g}-{max(values):.3g})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--torch")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--samples", type=int, default=5_000)
    parser.add_argument("--only")
    options = parser.parse_args()
    if not (options.data / "imdb-train.parquet").exists():
        print(f"skipped: {options.data / 'imdb-train.parquet'} is not there")
        return
    pythons = {"malmoi": sys.executable, "keras": sys.executable, "torch": options.torch}
    peers = [software for software in SOFTWARE if pythons[software]]
    print(f"{options.samples:,} reviews, medians of {options.runs} processes (range), rmsprop, seconds\n")
    print(f"| network, batch | {' | '.join(f'{peer}: epoch | first' for peer in peers)} | the faster peer / ours |")
    print("|---" * (2 * len(peers) + 2) + "|")
    with tempfile.TemporaryDirectory(prefix="malmoi-train-") as folder:
        lay_out(options.data, Path(folder), options.samples)
        ratios = [
            line(Path(folder), name, batch, options.runs, {peer: pythons[peer] for peer in peers})
            for name in SHAPES
            if options.only in (None, name)
            for batch in (32, 128)
        ]
    print(f"\ngeometric mean: {statistics.geometric_mean(ratios):.2f} times faster than the faster peer")


def line(folder: Path, name: str, batch: int, runs: int, pythons: dict[str, str]) -> float:
    seen = {software: [] for software in pythons}
    for _ in range(runs):
        for software, python in pythons.items():
            seen[software].append(measure(software, python, folder, name, batch))
    epochs = {software: [run["epoch"] for run in found] for software, found in seen.items()}
    firsts = {software: [run["first"] for run in found] for software, found in seen.items()}
    others = [
        min(others) / ours
        for ours, *others in zip(epochs["malmoi"], *(epochs[peer] for peer in list(pythons)[1:]), strict=True)
    ]
    cells = " | ".join(f"{span(epochs[software])} | {span(firsts[software])}" for software in pythons)
    print(f"| {name}, {batch} | {cells} | {span(others)} |", flush=True)
    return statistics.median(others)


if __name__ == "__main__":
    main()
