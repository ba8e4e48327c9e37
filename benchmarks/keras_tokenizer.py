"""`malmoi.keras`' Tokenizer beside Keras' own, for words and for characters, in one process.

    python benchmarks/keras_tokenizer.py [REPEATS]

It prints megabytes of text (a million characters) per second: medians over the repeats, in turns.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from pathlib import Path

os.environ["KERAS_BACKEND"] = "jax"

import polars
from keras.src.legacy.preprocessing.text import Tokenizer as KerasTokenizer

from malmoi.keras.preprocessing.text import Tokenizer

DATA = Path(__file__).parents[2] / "shared" / "data" / "imdb-train.parquet"
TEXTS = 5_000
SETTINGS = {"words": {}, "characters": {"char_level": True}}


def seconds(kind: type, arguments: dict[str, bool], texts: list[str]) -> tuple[float, float, list[list[int]]]:
    """Time of `fit_on_texts`, of `texts_to_sequences`, and the ids."""
    tokenizer = kind(**arguments)
    start = time.perf_counter()
    tokenizer.fit_on_texts(texts)
    fitted = time.perf_counter()
    ids = tokenizer.texts_to_sequences(texts)
    return fitted - start, time.perf_counter() - fitted, ids


def main() -> None:
    if not DATA.is_file():
        sys.exit(f"{DATA} is missing")
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    texts = polars.read_parquet(DATA)["text"].to_list()[:TEXTS]
    megabytes = sum(map(len, texts)) / 1e6
    print(f"{TEXTS:,} IMDB reviews, {megabytes:.1f} MB, medians of {repeats} runs")
    for name, arguments in SETTINGS.items():
        runs = {kind: [] for kind in (Tokenizer, KerasTokenizer)}
        for _ in range(repeats):
            ids = []
            for kind, times in runs.items():
                *taken, found = seconds(kind, arguments, texts)
                times.append(taken)
                ids.append(found)
            if ids[0] != ids[1]:
                sys.exit(f"{name}: the ids differ")
        for step, what in enumerate(("fit_on_texts", "texts_to_sequences")):
            ours, theirs = (megabytes / statistics.median(run[step] for run in times) for times in runs.values())
            print(
                f"{name:10}  {what:18}  malmoi {ours:6.1f} MB/s  Keras {theirs:6.1f} MB/s  ratio {ours / theirs:4.1f}"
            )


main()
