"""Vectors trained on IMDB and NSMC: how long it takes, how low the cost falls, and what the vectors are worth.

    python benchmarks/glove.py ../shared/data [--runs 3] [--stanford BUILD] [--korean]

`BUILD` is the folder of Stanford's programs `vocab_count`, `cooccur`, `shuffle` and `glove`; they run in turns with
ours, on the same cores, and take minutes. The settings are those of `vectors/glove-imdb.100d.txt.gz`, which Stanford's
program made from the same texts. Seeds differ from run to run.
"""

import argparse
import os
import platform
import re
import statistics
import subprocess
import tempfile
import time
from itertools import combinations
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from malmoi import Hangul, Pattern, TextEmbedder, WordVectors

TOKENS = Pattern(r"[\w']+|[.,!?;]")
WORD = re.compile(TOKENS.pattern)
REFERENCE_COST = 0.0231
FREQUENT, NEAREST = 1000, 10
KOREAN = ("영화", "재미있다", "최고", "쓰레기", "배우", "감동", "지루하다", "연기", "눈물", "스토리")
Texts = tuple[list[str], list[str]]


def read(data: Path, name: str) -> Texts:
    table = pl.read_parquet(data / f"{name}.parquet", columns=["text", "label"])
    return [text.replace("<br />", " ").lower() for text in table["text"]], table["label"].to_list()


def train(texts: list[str], seed: int) -> tuple[WordVectors, float]:
    start = time.perf_counter()
    vectors = WordVectors.train(texts, tokens=TOKENS, seed=seed)
    return vectors, time.perf_counter() - start


def train_stanford(build: Path, folder: Path, seed: int) -> tuple[WordVectors, float, float]:
    """Vectors, seconds and the last cost."""
    commands = [
        "vocab_count -min-count 5 -verbose 0 < corpus > words",
        "cooccur -memory 4.0 -vocab-file words -verbose 0 -window-size 15 < corpus > pairs",
        f"shuffle -memory 4.0 -verbose 0 -seed {seed} < pairs > shuffled",
        f"glove -save-file out{seed} -threads {os.cpu_count()} -input-file shuffled -x-max 10 -iter 15 "
        f"-vector-size 100 -binary 0 -vocab-file words -verbose 2 -seed {seed}",
    ]
    start, said = time.perf_counter(), ""
    for command in commands:
        process = subprocess.run(
            f"{build.resolve()}/{command}", shell=True, cwd=folder, check=True, capture_output=True, text=True
        )
        said = process.stdout + process.stderr
    seconds = time.perf_counter() - start
    return WordVectors.open(folder / f"out{seed}.txt"), seconds, float(re.findall(r"cost: ([\d.]+)", said)[-1])


def nearest(vectors: WordVectors, words: list[str]) -> list[set[str]]:
    """The nearest of the most frequent words, among all words that every file has."""
    matrix = vectors.table.vectors(vectors.table.rows_of([word.encode() for word in words]))
    units = matrix / np.linalg.norm(matrix, axis=1, keepdims=True)
    scores = units[:FREQUENT] @ units.T
    np.fill_diagonal(scores, -2)
    best: npt.NDArray[np.int64] = np.argpartition(-scores, NEAREST, axis=1)[:, :NEAREST]
    return [{words[place] for place in row} for row in best.tolist()]


def agreement(one: list[set[str]], other: list[set[str]]) -> float:
    return statistics.mean(len(left & right) / NEAREST for left, right in zip(one, other, strict=True))


def accuracy(vectors: WordVectors, train_set: Texts, test_set: Texts, weighting: str) -> float:
    """Of logistic regression on the vectors of texts."""
    model = make_pipeline(
        TextEmbedder(vectors, weighting, tokens="auto" if vectors.training else TOKENS),
        StandardScaler(),
        LogisticRegression(max_iter=300),
    )
    return float(model.fit(*train_set).score(*test_set))


def spread(values: list[float], digits: int = 4) -> str:
    mean = f"{statistics.mean(values):.{digits}f}"
    return f"{mean} ({min(values):.{digits}f}-{max(values):.{digits}f}, {len(values)} seeds)" if values[1:] else mean


def imdb(data: Path, runs: int, build: Path | None) -> None:
    train_set, test_set = read(data, "imdb-train"), read(data, "imdb-test")
    reference = WordVectors.open(data / "vectors" / "glove-imdb.100d.txt.gz")
    ours, seconds, theirs, their_seconds, their_costs = [], [], [], [], []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "corpus").write_text("".join(" ".join(WORD.findall(text)) + "\n" for text in train_set[0]))
        for seed in range(1, runs + 1):
            vectors, took = train(train_set[0], seed)
            ours.append(vectors)
            seconds.append(took)
            if build and seed <= 2:
                vectors, took, cost = train_stanford(build, folder, seed)
                theirs.append(WordVectors.from_arrays(vectors.words, vectors.table.vectors(slice(None))))
                their_seconds.append(took)
                their_costs.append(cost)
    costs = [vectors.training.costs[-1] for vectors in ours if vectors.training]
    print(f"\n### IMDB\n\nseconds, ours: {spread(seconds, 1)}")
    print(f"last cost, ours: {spread(costs, 5)}; of the reference: {REFERENCE_COST}")
    if theirs:
        ratios = [slow / fast for slow, fast in zip(their_seconds, seconds, strict=False)]
        print(f"seconds, Stanford's: {spread(their_seconds, 1)}; times slower than ours: {spread(ratios, 1)}")
        print(f"last cost, Stanford's: {spread(their_costs, 5)}")
    known = set(reference.words)
    words = [word for word in ours[0].words if word in known]
    near_reference, near_ours = nearest(reference, words), [nearest(vectors, words) for vectors in ours]
    near_theirs = [nearest(vectors, words) for vectors in theirs]
    print(f"agreement of the {NEAREST} nearest of the {FREQUENT} most frequent words:")
    pairs = {
        "ours with the reference": [agreement(near, near_reference) for near in near_ours],
        "two seeds of ours": [agreement(one, other) for one, other in combinations(near_ours, 2)],
        "Stanford's other seeds with the reference": [agreement(near, near_reference) for near in near_theirs],
        "two seeds of Stanford's": [agreement(one, other) for one, other in combinations(near_theirs, 2)],
    }
    for title, values in pairs.items():
        print(f"- {title}: {spread(values)}" if values else f"- {title}: not measured")
    for weighting in ("mean", "sif"):
        own = [accuracy(vectors, train_set, test_set, weighting) for vectors in ours]
        theirs_too = accuracy(reference, train_set, test_set, weighting)
        print(f"accuracy of TextEmbedder {weighting}: ours {spread(own)}; the reference {theirs_too:.4f}", flush=True)


def nsmc(data: Path, runs: int) -> None:
    """Short texts in which a word has many endings: words for a reader's eye, syllables for a classifier."""
    train_set, test_set = read(data, "nsmc-train"), read(data, "nsmc-test")
    print("\n### NSMC")
    readable = {"tokens": Pattern(r"\w+"), "min_count": 15, "dimension": 50, "x_max": 100, "epochs": 40}
    for title, settings in {"words": readable, "syllables": {"tokens": Hangul(), "epochs": 25}}.items():
        start = time.perf_counter()
        seeds = [WordVectors.train(train_set[0], seed=seed, **settings) for seed in range(1, runs + 1)]
        took = (time.perf_counter() - start) / runs
        own = [accuracy(vectors, train_set, test_set, "mean") for vectors in seeds]
        print(f"\n{title}: {len(seeds[0]):,} tokens, {took:.1f} s; accuracy of TextEmbedder mean: {spread(own)}")
        if title == "words":
            for word in KOREAN:
                print(f"- {word}: {', '.join(near for near, _ in seeds[0].nearest(word, 8))}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--stanford", type=Path, metavar="BUILD", help="folder of Stanford's programs")
    parser.add_argument("--korean", action="store_true", help="NSMC alone")
    options = parser.parse_args()
    if not (options.data / "imdb-train.parquet").exists():
        print(f"skipped: {options.data / 'imdb-train.parquet'} is not there")
        return
    print(f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}")
    if not options.stanford and not options.korean:
        print("left out: Stanford's program (give --stanford the folder of its build)")
    if not options.korean:
        imdb(options.data, options.runs, options.stanford)
    nsmc(options.data, options.runs)


if __name__ == "__main__":
    main()
