"""Coverage of intervals over draws and texts, and false positives of their tests: the table of docs/compare.md.

    python benchmarks/crossed_intervals.py [--repeats 2000]

Simulation: a prediction is correct if a normal number is above a threshold. The number is the sum of effects of the
text, of the draw (of each classifier) and of the single prediction. The true accuracies are known. They are equal in
the last column.
"""

import argparse

import numpy as np
from scipy.stats import norm

from malmoi.metrics.crossed import crossed_accuracy, crossed_difference

SETTINGS = [
    (1, 500, 0.0),
    (2, 1000, 0.1),
    (3, 500, 0.1),
    (5, 200, 0.0),
    (5, 1000, 0.05),
    (5, 5000, 0.02),
    (10, 300, 0.2),
]


def simulated(random, draws, texts, deviation, means):
    """Return the hits of two classifiers, bool (2, draws, texts), and their true accuracies."""
    of_draws = random.normal(0, deviation, (2, draws, 1))
    of_texts = random.normal(0, 1, (1, 1, texts)) + random.normal(0, 0.5, (2, 1, texts))
    numbers = of_draws + of_texts + random.normal(0, 1, (2, draws, texts))
    spread = np.sqrt(deviation**2 + 1 + 0.25 + 1)
    return numbers + np.array(means)[:, None, None] > 0, norm.cdf(np.array(means) / spread)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=2000)
    repeats = parser.parse_args().repeats
    random = np.random.default_rng(0)
    print("| draws | texts | sd of draws (points) | coverage: accuracy | difference | false positives at 5 % |")
    print("|---|---|---|---|---|---|")
    for draws, texts, deviation in SETTINGS:
        held_accuracy = held_difference = erred = 0
        for _ in range(repeats):
            hits, true = simulated(random, draws, texts, deviation, (1.0, 0.9))
            accuracy, difference = crossed_accuracy(hits[0]), crossed_difference(hits[0], hits[1])
            held_accuracy += accuracy.low <= true[0] <= accuracy.high
            held_difference += difference.low <= true[0] - true[1] <= difference.high
            hits, _ = simulated(random, draws, texts, deviation, (1.0, 1.0))
            erred += crossed_difference(hits[0], hits[1]).p_value < 0.05
        points = 100 * (norm.cdf((1 + deviation) / 1.5) - norm.cdf(1 / 1.5))
        shares = " | ".join(f"{100 * count / repeats:.1f} %" for count in (held_accuracy, held_difference, erred))
        print(f"| {draws} | {texts:,} | {points:.1f} | {shares} |", flush=True)


if __name__ == "__main__":
    main()
