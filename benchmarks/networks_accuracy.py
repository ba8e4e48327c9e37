"""Every network on real texts, three seeds each: the tables of docs/networks.md.

    python benchmarks/networks_accuracy.py ../shared/data [--seeds 3] [--only imdb] [--networks Conv]

A seed decides the split into training and validation, the first weights and the order. Settings were chosen by
validation accuracy with seed 0; the test texts decided nothing. IMDB: 20,000 of the training half are learned from,
5,000 are validation, the test file is the test. TREC: its own test part. MR: each seed sets a tenth aside for that.
"""

import argparse
import statistics
import time
from pathlib import Path
from typing import Any

import numpy as np

import malmoi as mm

Parts = tuple[mm.Corpus, Any, mm.Corpus]


def imdb(data: Path, seed: int) -> Parts:
    training, validation = mm.read_corpus(data / "imdb-train.parquet").split(20_000, seed=seed)
    return training, validation, mm.read_corpus(data / "imdb-test.parquet")


def trec(data: Path, seed: int) -> Parts:
    import polars as pl

    table = pl.read_parquet(data / "trec.parquet")
    parts = [table.filter(pl.col("split") == name) for name in ("train", "test")]
    training, test = (mm.Corpus(part["text"].to_list(), part["label"].to_numpy()) for part in parts)
    training, validation = training.split(0.9, seed=seed)
    return training, validation, test


def mr(data: Path, seed: int) -> Parts:
    rest, test = mm.read_corpus(data / "mr.parquet").split(0.9, seed=seed)
    training, validation = rest.split(0.9, seed=seed)
    return training, validation, test


def nsmc(data: Path, seed: int) -> Parts:
    training, validation = mm.read_corpus(data / "nsmc-train.parquet").split(140_000, seed=seed)
    return training, validation, mm.read_corpus(data / "nsmc-test.parquet")


def recipes(data: Path) -> dict[str, tuple[Any, dict[str, dict[str, Any]]]]:
    glove = mm.Pretrained(mm.WordVectors.open(data / "vectors" / "glove.6B.50d.first10361.txt"), trainable=True)
    own = mm.Pretrained(mm.WordVectors.open(data / "vectors" / "glove-imdb.100d.txt.gz"), trainable=True)
    short = {"max_length": 20, "tokens": mm.KerasWords(), "max_tokens": 10_000, "embedding": mm.Learned(8)}
    long = {"max_length": 400, "embedding": mm.Learned(64), "epochs": 6, "patience": 2}
    hashed = mm.Hashed(16, buckets=2**20, ngrams=(1, 2))
    sentences = {"optimizer": "adam", "epochs": 30, "patience": 4}
    return {
        "imdb": (
            imdb,
            {
                "Flatten, last 20 words": {"network": mm.Flatten(), **short, "epochs": 10, "patience": 2},
                "Average, words and 2-grams in 2^20 buckets": {
                    "network": mm.Average(),
                    "embedding": hashed,
                    "max_length": 1000,
                    "learning_rate": 0.005,
                    "epochs": 8,
                    "patience": 2,
                },
                "Conv, 100 filters of 3, 4, 5": {
                    "network": mm.Conv(100, (3, 4, 5), dropout=0.5),
                    **long,
                    "embedding": mm.Learned(100),
                },
                "GRU, 64 units": {"network": mm.Recurrent("gru", 64, dropout=0.5), **long},
                "LSTM, 64 units": {"network": mm.Recurrent("lstm", 64, dropout=0.5), **long},
                "GRU, 64 units, bidirectional": {
                    "network": mm.Recurrent("gru", 64, bidirectional=True, dropout=0.5),
                    **long,
                },
            },
        ),
        "trec": (
            trec,
            {
                "Conv, 100 filters of 2, 3, 4, 5, GloVe 50": {
                    "network": mm.Conv(100, (2, 3, 4, 5), dropout=0.5),
                    "embedding": glove,
                    "max_length": 30,
                    "tokens": mm.Words(keep_punctuation=True),
                    **sentences,
                },
            },
        ),
        "mr": (
            mr,
            {
                "Conv, 100 filters of 3, 4, 5, vectors of IMDB": {
                    "network": mm.Conv(100, (3, 4, 5), dropout=0.5),
                    "embedding": own,
                    "max_length": 60,
                    "tokens": mm.Whitespace(),
                    **sentences,
                },
            },
        ),
        "nsmc": (
            nsmc,
            {
                "Conv, 128 filters of 2, 3, 4, 5, syllables": {
                    "network": mm.Conv(128, (2, 3, 4, 5), dropout=0.5),
                    "max_length": 64,
                    "tokens": mm.Hangul(),
                    "epochs": 5,
                    "patience": 1,
                    "batch_size": 128,
                },
            },
        ),
    }


def spread(values: list[float]) -> str:
    deviation = statistics.stdev(values) if len(values) > 1 else 0.0
    return f"{statistics.mean(values):.2%} ± {deviation:.2%} ({min(values):.2%}-{max(values):.2%})"


def measure(data: Path, split: Any, settings: dict[str, Any], seeds: int) -> str:
    held_out, tested, seconds, epochs = [], [], [], []
    for seed in range(seeds):
        training, validation, test = split(data, seed)
        model = mm.EmbeddingClassifier(**settings, seed=seed)
        model.fit(training.texts, training.labels, validation=validation)
        held_out.append(model.history_.kept.validation_accuracy)
        tested.append(float((model.predict(test.texts) == np.asarray(test.labels)).mean()))
        seconds.append(statistics.median(row.seconds for row in model.history_.rows))
        epochs.append(model.history_.kept_epoch or len(model.history_))
    figures = f"{model.network_.count_params():,} | {statistics.median(seconds):.2g} | {', '.join(map(str, epochs))}"
    return f"{spread(tested)} | {spread(held_out)} | {figures}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--only")
    parser.add_argument("--networks")
    options = parser.parse_args()
    if not (options.data / "imdb-train.parquet").exists():
        print(f"skipped: {options.data / 'imdb-train.parquet'} is not there")
        return
    start = time.perf_counter()
    print("| | test accuracy, mean ± sd (range) | validation | parameters | seconds an epoch | epochs kept |")
    print("|---|---|---|---|---|---|")
    for corpus, (split, networks) in recipes(options.data).items():
        if options.only in (None, corpus):
            for name, settings in networks.items():
                if options.networks is None or name.startswith(options.networks):
                    line = measure(options.data, split, settings, options.seeds)
                    print(f"| {corpus.upper()}: {name} | {line} |", flush=True)
    print(f"\n{time.perf_counter() - start:.0f} s in all")


if __name__ == "__main__":
    main()
