"""Time and memory of the vectorizers against the size of the texts: 10 MB, 100 MB, 1 GB; a table and a plot.

    python benchmarks/growth.py ../shared/data [--sizes 10 100 1000] [--plot benchmarks/growth.png]

The texts are the IMDB training reviews, over and over; from the second time on every tenth word gets a suffix of its
own, so that the vocabulary grows too. Each work runs in a process of its own, which reads the texts first.
"""

import argparse
import json
import math
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

EVERY = 10


def make_texts(data: Path, megabytes: int) -> list[str]:
    import polars as pl

    reviews = pl.read_parquet(data / "imdb-train.parquet", columns=["text"])["text"].to_list()
    texts: list[str] = []
    size, copy = 0, 0
    while True:
        for review in reviews:
            text = review if not copy else changed(review, copy)
            texts.append(text)
            size += len(text)
            if size >= megabytes * 10**6:
                return texts
        copy += 1


def changed(review: str, copy: int) -> str:
    words = review.split(" ")
    words[copy % EVERY :: EVERY] = [f"{word}{copy}" for word in words[copy % EVERY :: EVERY]]
    return " ".join(words)


def ids(texts: list[str]) -> int:
    from malmoi import SequenceVectorizer

    vectorizer = SequenceVectorizer()
    vectorizer.fit_transform(texts)
    return len(vectorizer.vocabulary_)


def bag(texts: list[str]) -> int:
    from malmoi import BagVectorizer

    return BagVectorizer(ngrams=(1, 2), max_tokens=10**6).fit_transform(texts).shape[1]


def hashed(texts: list[str]) -> int:
    from malmoi import HashedBagVectorizer

    return HashedBagVectorizer(ngrams=(1, 2)).transform(texts).shape[1]


WORKS: dict[str, tuple[str, Callable[[list[str]], int]]] = {
    "ids": ("words to padded ids", ids),
    "bag": ("bag of 1-2 words, the most frequent million", bag),
    "hashed": ("hashed 1-2 words", hashed),
}


def child(data: Path, name: str, megabytes: int) -> None:
    texts = make_texts(data, megabytes)
    WORKS[name][1](texts[:500])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    start = time.perf_counter()
    columns = WORKS[name][1](texts)
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "texts_mib": before, "peak_mib": peak, "columns": columns}))


def slope(sizes: list[int], values: list[float]) -> float:
    """The exponent of the power that fits best, by least squares of the logarithms."""
    xs, ys = [math.log(size) for size in sizes], [math.log(value) for value in values]
    mean_x, mean_y = sum(xs) / len(xs), sum(ys) / len(ys)
    covariance = sum((x - mean_x) * (y - mean_y) for x, y in zip(xs, ys, strict=True))
    return covariance / sum((x - mean_x) ** 2 for x in xs)


def draw(path: Path, sizes: list[int], found: dict[str, list[dict[str, float]]]) -> None:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
    for name, runs in found.items():
        axes[0].plot(sizes, [run["seconds"] for run in runs], "o-", label=WORKS[name][0])
        # A megabyte at least: the smallest work fits into memory that reading the texts had used before.
        above = [max(run["peak_mib"] - run["texts_mib"], 1) for run in runs]
        axes[1].plot(sizes, above, "o-", label=WORKS[name][0])
    first = next(iter(found.values()))[0]["seconds"]
    axes[0].plot(sizes, [first * size / sizes[0] for size in sizes], ":", color="grey", label="linear")
    for axis, label in zip(axes, ("seconds", "MiB above the texts' own"), strict=True):
        axis.set(xscale="log", yscale="log", xlabel="MB of text", ylabel=label)
        axis.grid(visible=True, alpha=0.3)
    axes[1].legend(loc="lower right")
    figure.savefig(path, dpi=110)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10, 100, 1000], help="MB of text")
    parser.add_argument("--plot", type=Path)
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        child(options.data, options.child[0], int(options.child[1]))
        return
    if not (options.data / "imdb-train.parquet").exists():
        print(f"skipped: {options.data / 'imdb-train.parquet'} is not there")
        return
    found: dict[str, list[dict[str, float]]] = {}
    print("| | MB | seconds | MB/s | MiB above the texts' own | columns |\n|---|---|---|---|---|---|")
    for name, (title, _) in WORKS.items():
        found[name] = []
        for size in options.sizes:
            command = [sys.executable, __file__, str(options.data), "--child", name, str(size)]
            run = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
            found[name].append(run)
            above, columns = run["peak_mib"] - run["texts_mib"], int(run["columns"])
            speed = size / run["seconds"]
            print(f"| {title} | {size} | {run['seconds']:.2f} | {speed:.0f} | {above:.0f} | {columns} |", flush=True)
    for name, runs in found.items():
        exponent = slope(options.sizes, [run["seconds"] for run in runs])
        print(f"\n{WORKS[name][0]}: time grows with size to the power of {exponent:.2f}")
    if options.plot:
        draw(options.plot, options.sizes, found)


if __name__ == "__main__":
    main()
