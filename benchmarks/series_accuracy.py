"""Series: digits row by row, a UCR set beside nearest neighbours by DTW, a seasonal series: docs/networks.md.

    python benchmarks/series_accuracy.py [--aeon PYTHON] [--seeds 3]

`--aeon` is the Python of an environment in which aeon is installed; its sets and its DTW are left out without it.
"""

import argparse
import statistics
import subprocess
import tempfile
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import malmoi as mm

# What aeon's environment runs: a set that lies in the package, and its 1-nearest-neighbour by dynamic time warping.
OTHERS = """
import sys, numpy as np
from aeon import datasets
from aeon.classification.distance_based import KNeighborsTimeSeriesClassifier
name, path = sys.argv[1:]
load = getattr(datasets, name)
X, y = load(split="train"); Z, z = load(split="test")
score = KNeighborsTimeSeriesClassifier(n_neighbors=1, distance="dtw").fit(X, y).score(Z, z)
np.savez(path, X=X.swapaxes(1, 2), y=y.astype(str), Z=Z.swapaxes(1, 2), z=z.astype(str), score=score)
"""
# Loader, name, network and settings; those of the first were chosen by cross-validation on its training series.
SETS = {
    "load_italy_power_demand": ("ItalyPowerDemand", "Flatten, l2 0.001", mm.Flatten(l2=0.001), 100),
    "load_basic_motions": ("BasicMotions", "Conv, 64 filters of 3, 5, 7", mm.Conv(64, (3, 5, 7), dropout=0.3), 200),
}


def spread(values: list[float], form: str) -> str:
    deviation = statistics.stdev(values) if len(values) > 1 else 0.0
    return f"{statistics.mean(values):{form}} ± {deviation:{form}} ({min(values):{form}}-{max(values):{form}})"


def digits(seeds: int) -> None:
    data = load_digits()
    found = []
    for seed in range(seeds):
        parts = train_test_split(data.images, data.target, test_size=450, random_state=seed, stratify=data.target)
        training, test, labels, answers = parts
        model = mm.SeriesClassifier(
            mm.Recurrent("gru", 64, bidirectional=True, dropout=0.2),
            epochs=60,
            patience=10,
            learning_rate=0.003,
            seed=seed,
        )
        found.append(model.fit(training, labels, validation=0.15).score(test, answers))
    print(f"| digits, row by row: GRU, 64 units, bidirectional | {spread(found, '.2%')} | |", flush=True)


def others(python: str, seeds: int) -> None:
    for loader, (name, words, network, epochs) in SETS.items():
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "set.npz"
            subprocess.run([python, "-c", OTHERS, loader, str(path)], check=True, capture_output=True)
            data = dict(np.load(path))
        found = []
        for seed in range(seeds):
            model = mm.SeriesClassifier(network, epochs=epochs, batch_size=8, learning_rate=0.002, seed=seed)
            found.append(model.fit(data["X"], data["y"]).score(data["Z"], data["z"]))
        print(f"| {name}: {words} | {spread(found, '.2%')} | DTW {data['score']:.2%} |", flush=True)


def seasonal(seeds: int) -> None:
    """Hourly demand of 150 weeks with a day, a week, a trend and noise, which is no set of others; 24 hours ahead."""
    random, hours = np.random.default_rng(0), np.arange(24 * 7 * 150)
    level = 100 + hours / 2000 + 20 * np.sin(hours * 2 * np.pi / 24) * (1 + 0.5 * np.sin(hours * 2 * np.pi / 168))
    noise = np.zeros(len(hours))
    for at in range(1, len(hours)):
        noise[at] = 0.9 * noise[at - 1] + random.normal(0, 1.5)
    series = level + noise
    split = int(0.85 * len(series))
    training, validation = series[: split - 24 * 7 * 8], series[split - 24 * 7 * 9 : split]
    inputs, targets = mm.windows(training, 168, 24, step=3)
    test_inputs, test_targets = mm.windows(series[split - 168 :], 168, 24, step=24)
    naive = np.abs(test_inputs[:, :24, 0] - test_targets).mean()  # the same hours a week before
    daily = np.abs(test_inputs[:, -24:, 0] - test_targets).mean()
    found = []
    for seed in range(seeds):
        network = mm.Recurrent("gru", 64, hidden=64)
        model = mm.SeriesRegressor(network, epochs=40, patience=5, learning_rate=0.003, seed=seed)
        model.fit(inputs, targets, validation=mm.windows(validation, 168, 24, step=3))
        found.append(float(np.abs(model.predict(test_inputs) - test_targets).mean()))
    peers = f"seasonal-naive {naive:.2f} (week), {daily:.2f} (day)"
    print(f"| seasonal series, 24 hours ahead, mean absolute error: GRU, 64 units | {spread(found, '.2f')} | {peers} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--aeon")
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    print("| series | test, mean ± sd (range) | beside |\n|---|---|---|")
    digits(options.seeds)
    if options.aeon:
        others(options.aeon, options.seeds)
    seasonal(options.seeds)


if __name__ == "__main__":
    main()
