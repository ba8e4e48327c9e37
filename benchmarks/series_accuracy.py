"""Series: digits row by row, and a seasonal series: docs/networks.md. `series_networks.py` measures sets of others.

python benchmarks/series_accuracy.py [--seeds 3]
"""

import argparse
import statistics

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import malmoi as mm


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
            mm.Recurrent("gru", 64, bidirectional=True, dropout=0.2, pooling="last"),
            schedule="constant",
            batch_size=32,
            epochs=60,
            patience=10,
            learning_rate=0.003,
            seed=seed,
        )
        found.append(model.fit(training, labels, validation=0.15).score(test, answers))
    print(f"| digits, row by row: GRU, 64 units, bidirectional | {spread(found, '.2%')} | |", flush=True)


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
        network = mm.Recurrent("gru", 64, hidden=64, pooling="last", stride=1)
        model = mm.SeriesRegressor(
            network,
            schedule="constant",
            epochs=40,
            patience=5,
            learning_rate=0.003,
            seed=seed,
        )
        model.fit(inputs, targets, validation=mm.windows(validation, 168, 24, step=3))
        found.append(float(np.abs(model.predict(test_inputs) - test_targets).mean()))
    peers = f"seasonal-naive {naive:.2f} (week), {daily:.2f} (day)"
    print(f"| seasonal series, 24 hours ahead, mean absolute error: GRU, 64 units | {spread(found, '.2f')} | {peers} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    print("| series | test, mean ± sd (range) | beside |\n|---|---|---|")
    digits(options.seeds)
    seasonal(options.seeds)


if __name__ == "__main__":
    main()
