"""Networks of series with their defaults on the sets that aeon ships, beside logistic regression: docs/networks.md.

    python benchmarks/series_networks.py --aeon PYTHON [--seeds 3] [--sets GunPoint OSULeaf]

`--aeon` is the Python of an environment in which aeon is installed. Accuracy on the test part, mean (range) over the
seeds, and seconds of the slowest fit; logistic regression is scikit-learn's, on the flattened, standardized series,
ragged ones filled up with zeros.
"""

import argparse
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import malmoi as mm

# What aeon's environment runs: a set that lies in the package, as arrays of all steps and the length of every series.
EXPORT = """
import sys, numpy as np
from aeon import datasets
name, path = sys.argv[1:]
load = datasets.load_classification
parts = {}
for split, (one, label) in {"train": ("X", "y"), "test": ("Z", "z")}.items():
    series, labels = load(name, split=split)
    series = [np.asarray(item).T for item in series]
    parts[one], parts[label] = np.concatenate(series), np.asarray(labels).astype(str)
    parts[one + "_lengths"] = [len(item) for item in series]
np.savez(path, **parts)
"""
SETS = [
    "ACSF1",
    "ArrowHead",
    "BasicMotions",
    "GunPoint",
    "ItalyPowerDemand",
    "JapaneseVowels",
    "OSULeaf",
    "UnitTest",
]
NETWORKS = {"Conv()": mm.Conv(), "Recurrent()": mm.Recurrent()}


def exported(python: str, name: str) -> dict[str, np.ndarray]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "set.npz"
        subprocess.run([python, "-c", EXPORT, name, str(path)], check=True, capture_output=True)
        return dict(np.load(path))


def cut(data: dict[str, np.ndarray], part: str) -> list[np.ndarray]:
    return np.split(data[part].astype(np.float32), np.cumsum(data[f"{part}_lengths"])[:-1])


def flattened(series: list[np.ndarray], length: int) -> np.ndarray:
    filled = np.zeros((len(series), length, series[0].shape[1]), np.float32)
    for row, one in zip(filled, series, strict=True):
        row[: min(len(one), length)] = one[:length]
    return filled.reshape(len(series), -1)


def measure(python: str, name: str, seeds: int) -> list[float]:
    data = exported(python, name)
    series, tests, length = cut(data, "X"), cut(data, "Z"), int(data["X_lengths"].max())
    linear = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2_000))
    linear.fit(flattened(series, length), data["y"])
    means = [float(linear.score(flattened(tests, length), data["z"]))]
    cells = [f"{means[0]:.3f}"]
    for network in NETWORKS.values():
        scores, seconds = [], []
        for seed in range(seeds):
            start = time.perf_counter()
            model = mm.SeriesClassifier(network, seed=seed).fit(series, data["y"])
            seconds.append(time.perf_counter() - start)
            scores.append(float(model.score(tests, data["z"])))
        means.append(statistics.mean(scores))
        cells.append(f"{means[-1]:.3f} ({min(scores):.3f}-{max(scores):.3f}), {max(seconds):.0f} s")
    print(f"| {name} | {' | '.join(cells)} |", flush=True)
    return means


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--aeon", required=True)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--sets", nargs="*", default=SETS)
    options = parser.parse_args()
    print(f"| set | logistic regression | {' | '.join(NETWORKS)} |\n|---|---|{'---|' * len(NETWORKS)}")
    rows = [measure(options.aeon, name, options.seeds) for name in options.sets]
    print(f"| mean | {' | '.join(f'{value:.3f}' for value in np.mean(rows, axis=0))} |")


if __name__ == "__main__":
    main()
