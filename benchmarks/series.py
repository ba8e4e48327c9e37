"""MiniRocket beside aeon's, in one run: accuracy, warm and cold seconds, memory, growth: docs/series.md.

    python benchmarks/series.py --aeon PYTHON [--seeds 3] [--sizes 100x500,1000x500,2000x1000,10000x1000] [--repeats 3]

`--aeon` is the Python of an environment in which aeon is installed. Both tools use all cores, fit features and a linear
model, and predict as many series as they learned from. Runs of both tools alternate; medians. With
`--sizes ""` only accuracies are measured.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

WORK = Path(__file__).with_name("series_work.py")
SETS = (
    "ACSF1",
    "ArrowHead",
    "BasicMotions",
    "GunPoint",
    "ItalyPowerDemand",
    "JapaneseVowels",
    "OSULeaf",
    "UnitTest",
    "PickupGestureWiimoteZ",
)
MADE = {"42 classes, 210 series": 210, "42 classes, 1,800 series": 1_800}
# What aeon's environment runs: a set that lies in the package; shorter series have zeros behind them.
SET = """
import os, sys, aeon, numpy as np
from aeon.datasets import load_classification
name, path = sys.argv[1:]
folder = os.path.join(os.path.dirname(aeon.__file__), "datasets", "data")
parts = [load_classification(name, split=split, extract_path=folder) for split in ("train", "test")]
longest = max(one.shape[1] for series, _ in parts for one in series)
found = {}
for (series, labels), (X, y) in zip(parts, ("Xy", "Zz")):
    found[X] = np.stack([np.pad(one, ((0, 0), (0, longest - one.shape[1]))).T for one in series]).astype(np.float32)
    found[X + "_lengths"] = np.array([one.shape[1] for one in series])
    found[y] = np.asarray(labels).astype(str)
np.savez(path, **found)
"""


class Tool:
    """A process of a tool that stays, so that its runs are warm.

    Args:
        name: "malmoi" or "aeon".
        python: that it runs in.
        cache: where numba keeps what it compiled; numba's usual place if not given.
    """

    def __init__(self, name: str, python: str, cache: Path | None = None) -> None:
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        environment = os.environ | ({} if cache is None else {"NUMBA_CACHE_DIR": str(cache)})
        self.process = subprocess.Popen([python, str(WORK), name], text=True, env=environment, **pipes)

    def run(self, path: Path, seed: int = 0) -> list[float]:
        """Seconds of fitting and of predicting, accuracy, peak memory in MiB, mean confidence of malmoi's."""
        print(json.dumps([str(path), seed]), file=self.process.stdin, flush=True)
        return json.loads(self.process.stdout.readline())

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait()


def made(path: Path, samples: int, length: int) -> Path:
    """Sines of two frequencies in noise, as many for training as for the test."""
    random, steps = np.random.default_rng(0), np.arange(length)
    found = {}
    for X, y in ("Xy", "Zz"):
        labels = random.integers(0, 2, samples)
        waves = np.sin(steps / (6 + 2 * labels[:, None]) + random.uniform(0, 6, (samples, 1)))
        found[X] = (waves + random.normal(0, 1.5, (samples, length)))[:, :, None].astype(np.float32)
        found[f"{X}_lengths"] = np.full(samples, length)
        found[y] = labels.astype(str)
    np.savez(path, **found)
    return path


def made_classes(path: Path, samples: int) -> Path:
    """Series of 42 classes, each a random walk of its own with noise of two kinds; 900 for the test."""
    random, classes = np.random.default_rng(0), 42
    walks = np.cumsum(random.normal(size=(classes, 750)), axis=1)
    found = {}
    for X, y, number in (("X", "y", samples), ("Z", "z", 900)):
        labels = np.arange(number) % classes
        drift = np.cumsum(random.normal(0, 0.7, (number, 750)), axis=1)
        series = walks[labels] * random.uniform(0.8, 1.2, (number, 1)) + drift + random.normal(0, 3, (number, 750))
        series = (series - series.mean(axis=1, keepdims=True)) / series.std(axis=1, keepdims=True)
        found |= {X: series[:, :, None].astype(np.float32), f"{X}_lengths": np.full(number, 750), y: labels.astype(str)}
    np.savez(path, **found)
    return path


def accuracies(pythons: dict[str, str], seeds: int, folder: Path) -> None:
    print(
        f"| set | malmoi, mean ± sd, {seeds} seeds | confidence | logistic alone | aeon | difference | fit, s | aeon |"
    )
    print("|---|---|---|---|---|---|---|---|")
    tools = {name: Tool(name, pythons[name]) for name in ("malmoi", "logistic", "aeon")}
    differences = []
    for name in (*SETS, *MADE):
        path = folder / f"{len(differences)}.npz"
        if name in MADE:
            made_classes(path, MADE[name])
        else:
            subprocess.run([pythons["aeon"], "-c", SET, name, str(path)], check=True, capture_output=True)
        found = {tool: [one.run(path, seed) for seed in range(seeds)] for tool, one in tools.items()}
        right = {tool: [run[2] for run in runs] for tool, runs in found.items()}
        means = {tool: statistics.mean(shares) for tool, shares in right.items()}
        differences.append(means["malmoi"] - means["aeon"])
        spreads = {tool: f"{means[tool]:.3f} ± {np.std(shares, ddof=1):.3f}" for tool, shares in right.items()}
        seconds = {tool: statistics.median(run[0] for run in runs) for tool, runs in found.items()}
        sure = statistics.mean(run[4] for run in found["malmoi"])
        row = f"{spreads['malmoi']} | {sure:.3f} | {spreads['logistic']} | {spreads['aeon']} | {differences[-1]:+.3f}"
        print(f"| {name} | {row} | {seconds['malmoi']:.2f} | {seconds['aeon']:.2f} |", flush=True)
    print(f"\nmean difference {statistics.mean(differences):+.4f}, smallest {min(differences):+.4f}\n")
    for one in tools.values():
        one.close()


def cold(pythons: dict[str, str], folder: Path, repeats: int) -> None:
    """Whole processes: start, import, fit, predict, 100 series of 500 steps; aeon's compiles, or finds it compiled."""
    path, seconds = made(folder / "cold.npz", 100, 500), {}
    for number in range(repeats):
        kinds = {"malmoi": None, "aeon": folder / f"cache{number}", "aeon, compiled before": folder / f"cache{number}"}
        for kind, cache in kinds.items():
            name = kind.partition(",")[0]
            start = time.perf_counter()
            tool = Tool(name, pythons[name], cache)
            tool.run(path)
            seconds.setdefault(kind, []).append(time.perf_counter() - start)
            tool.close()
    medians = {kind: statistics.median(found) for kind, found in seconds.items()}
    print("cold process, 100 x 500: " + ", ".join(f"{kind} {median:.2f} s" for kind, median in medians.items()))
    print(f"ratio {medians['aeon'] / medians['malmoi']:.1f}\n", flush=True)


def warm(pythons: dict[str, str], sizes: list[tuple[int, int]], folder: Path, repeats: int) -> None:
    print("| series x steps | malmoi: fit, predict | aeon: fit, predict | ratio: fit, predict | MiB | aeon's MiB |")
    print("|---|---|---|---|---|---|")
    points = []
    for samples, length in sizes:
        path = made(folder / f"{samples}x{length}.npz", samples, length)
        tools = {name: Tool(name, pythons[name]) for name in ("malmoi", "aeon")}
        small = made(folder / "small.npz", 20, length)
        for one in tools.values():
            one.run(small)  # which compiles what the tool compiles
        times = 1 if samples * length > 5_000_000 else repeats
        runs: dict[str, list[list[float]]] = {name: [] for name in tools}
        for _ in range(times):
            for name, one in tools.items():
                runs[name].append(one.run(path))
        median = {
            name: [statistics.median(run[at] for run in found) for at in range(4)] for name, found in runs.items()
        }
        ours, theirs = median["malmoi"], median["aeon"]
        points.append((samples, length, ours[0], ours[3]))
        print(
            f"| {samples:,} x {length:,} | {ours[0]:.2f} s, {ours[1]:.2f} s | {theirs[0]:.2f} s, {theirs[1]:.2f} s "
            f"| {theirs[0] / ours[0]:.1f}, {theirs[1] / ours[1]:.1f} | {ours[3]:,.0f} | {theirs[3]:,.0f} |",
            flush=True,
        )
        for one in tools.values():
            one.close()
    growth(points)


def growth(points: list[tuple[int, int, float, float]]) -> None:
    """Exponents of seconds and memory by the number of numbers, fitted on logarithms."""
    numbers = np.log([samples * length for samples, length, _, _ in points])
    for name, at in (("seconds of fitting", 2), ("memory", 3)):
        slope = np.polyfit(numbers, np.log([point[at] for point in points]), 1)[0]
        print(f"{name} grow with (series x steps)^{slope:.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--aeon", required=True)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--sizes", default="100x500,1000x500,2000x1000,10000x1000")
    options = parser.parse_args()
    pythons = {"malmoi": sys.executable, "logistic": sys.executable, "aeon": options.aeon}
    sizes = [tuple(map(int, size.split("x"))) for size in options.sizes.split(",") if size]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        accuracies(pythons, options.seeds, folder)
        if sizes:
            cold(pythons, folder, options.repeats)
            warm(pythons, [(samples, length) for samples, length in sizes], folder, options.repeats)


main()
