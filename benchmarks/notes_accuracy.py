"""The notes' experiments on real, balanced IMDB reviews, five seeds each: the tables of docs/notes.md.

    python benchmarks/notes_accuracy.py ../shared/data [--seeds 5]

N9: 25,000 reviews, their last 20 words, 10,000 words, 8 dimensions, 20 % of the reviews for validation.
N11-N15: 200 balanced labels, 10,000 validation reviews, GloVe vectors frozen, trainable, and none.
A seed sets the split, the initial weights and the order of the samples.
"""

import argparse
import statistics
import time
from pathlib import Path

import malmoi as mm


def spread(values: list[float]) -> str:
    deviation = statistics.stdev(values) if len(values) > 1 else 0.0
    return f"{statistics.mean(values):.1%} ± {deviation:.1%} | {min(values):.1%}-{max(values):.1%}"


def first_network(reviews: mm.Corpus, seeds: int) -> None:
    print("| N9, 80 % of 25,000 reviews | validation accuracy, mean ± sd | range | best epoch's mean | s an epoch |")
    print("|---|---|---|---|---|")
    last, best, seconds = [], [], []
    for seed in range(seeds):
        training, validation = reviews.split(20_000, seed=seed)
        model = mm.EmbeddingClassifier(
            mm.Flatten(),
            tokens=mm.KerasWords(),
            max_tokens=10_000,
            max_length=20,
            embedding=mm.Learned(8),
            optimizer="rmsprop",
            epochs=10,
            batch_size=32,
            seed=seed,
        )
        model.fit(training.texts, training.labels, validation=validation)
        rows = model.history_.rows
        last.append(rows[-1].validation_accuracy)
        best.append(max(row.validation_accuracy for row in rows))
        seconds.append(statistics.median(row.seconds for row in rows))
    parameters = f"{model.network_.count_params():,}"
    means = f"{statistics.mean(best):.1%} | {statistics.median(seconds):.2f}"
    print(f"| Flatten, {parameters} parameters, 10 epochs | {spread(last)} | {means} |\n")


def few_labels(reviews: mm.Corpus, vectors: mm.WordVectors, seeds: int) -> None:
    kinds = {
        "vectors frozen": mm.Pretrained(vectors),
        "vectors trainable": mm.Pretrained(vectors, trainable=True),
        "without vectors": mm.Learned(vectors.dimension),
    }
    print(
        "| N11-N15, 200 balanced labels | validation accuracy, mean ± sd | range | training accuracy | majority-class |"
    )
    print("|---|---|---|---|---|")
    for name, embedding in kinds.items():
        accuracies, training_accuracies, verdicts = [], [], []
        for seed in range(seeds):
            training, rest = reviews.split(200, seed=seed, balanced=True)
            validation, rest = rest.split(10_000, seed=seed)
            model = mm.EmbeddingClassifier(
                mm.Flatten(hidden=32),
                tokens=mm.KerasWords(),
                max_tokens=10_000,
                max_length=100,
                embedding=embedding,
                optimizer="rmsprop",
                epochs=10,
                batch_size=32,
                seed=seed,
            )
            model.fit(training.texts, training.labels, validation=validation, unlabelled=rest.texts)
            accuracies.append(model.history_.rows[-1].validation_accuracy)
            training_accuracies.append(model.history_.rows[-1].accuracy)
            found = mm.check(training, validation, model=model)
            verdict = next(finding for finding in found if finding.code == "majority-class")
            verdicts.append(verdict)
        doubts = sum(verdict.is_warning for verdict in verdicts)
        said = f"a warning for {doubts} of {seeds} seeds"
        print(f"| {name} | {spread(accuracies)} | {statistics.mean(training_accuracies):.1%} | {said} |")
    print(f"\n{model.network_.count_params():,} parameters; {verdicts[-1].message}\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--seeds", type=int, default=5)
    options = parser.parse_args()
    if not (options.data / "imdb-train.parquet").exists():
        print(f"skipped: {options.data / 'imdb-train.parquet'} is not there")
        return
    start = time.perf_counter()
    reviews = mm.read_corpus(options.data / "imdb-train.parquet")
    first_network(reviews, options.seeds)
    vectors = mm.WordVectors.open(options.data / "vectors" / "glove.6B.50d.first10361.txt")
    few_labels(reviews, vectors, options.seeds)
    print(f"{time.perf_counter() - start:.0f} s in all")


if __name__ == "__main__":
    main()
