"""What all checks cost: on 25,000 reviews, on 1,000,000 texts, and beside the default training.

    OPENBLAS_NUM_THREADS=1 python benchmarks/checks_whole.py reviews ../shared/data [--repeats 3]
    OPENBLAS_NUM_THREADS=1 python benchmarks/checks_whole.py million ../shared/data [--texts 1000000]
    OPENBLAS_NUM_THREADS=1 python benchmarks/checks_whole.py training ../shared/data [--repeats 3]

`reviews`: `mm.check` of the training half of IMDB, from a list of str; medians, and the seconds of each check, with
what it is the first to need. `million`: texts of about 1,300 bytes, each the halves of two reviews with the same
label; 2 % of the labels are wrong, one text in a hundred repeats an earlier one. Memory is the peak of the process,
which holds the texts and the reviews that they were made of. `training`: `mm.run` with the recipe `auto` on the
training half of IMDB, and the share of its seconds that the checks take.
"""

import argparse
import resource
import statistics
import time
from pathlib import Path

import numpy as np
import polars as pl

import malmoi as mm
from malmoi.evaluation.checks.base import Subject
from malmoi.evaluation.checks.checking import check
from malmoi.evaluation.checks.table import CHECKS


def reviews_of(data: Path) -> mm.Corpus:
    table = pl.read_parquet(data / "imdb-train.parquet")
    return mm.Corpus(table["text"].to_list(), table["label"].to_list())


def seconds_of_each(corpus: mm.Corpus) -> None:
    subject = Subject(corpus)
    for one in CHECKS:
        if all(subject.has(need) for need in one.needs):
            start = time.perf_counter()
            found = [finding.code for finding in one.run(subject)]
            print(f"  {one.code:20} {time.perf_counter() - start:7.2f} s  {', '.join(found)}", flush=True)


def reviews(data: Path, repeats: int, texts: int) -> None:
    corpus, seconds = reviews_of(data), []
    for _ in range(repeats):
        start = time.perf_counter()
        check(corpus)
        seconds.append(time.perf_counter() - start)
    print(f"all checks on {len(corpus):,} reviews: {statistics.median(seconds):.1f} s ({min(seconds):.1f} at least)")
    seconds_of_each(corpus)


def million(data: Path, repeats: int, texts: int) -> None:
    source, random = reviews_of(data), np.random.default_rng(0)
    by_label = {label: [] for label in ("neg", "pos")}
    for text, label in zip(source.texts, source.labels.tolist(), strict=True):
        by_label[label].append(text)
    made: list[str] = []
    for place in range(texts):
        if place and place % 100 == 0:
            made.append(made[place - 2 * int(random.integers(1, 1 + place // 2))])  # of the same label
            continue
        pool = by_label["pos" if place % 2 else "neg"]
        first, second = (pool[int(one)] for one in random.integers(len(pool), size=2))
        made.append(first[: len(first) // 2] + second[len(second) // 2 :])
    labels = np.where(np.arange(texts) % 2 == 1, "pos", "neg")
    wrong = random.choice(texts, texts // 50, replace=False)
    labels[wrong] = np.where(labels[wrong] == "pos", "neg", "pos")
    corpus = mm.Corpus(made, labels)
    print(f"{texts:,} texts, {sum(map(len, made)) / 1e9:.2f} GB, {_peak():.1f} GiB before", flush=True)
    start = time.perf_counter()
    seconds_of_each(corpus)
    print(f"all checks: {time.perf_counter() - start:.0f} s, peak memory {_peak():.1f} GiB")


def training(data: Path, repeats: int, texts: int) -> None:
    corpus, shares = reviews_of(data), []
    for seed in range(repeats):
        recipe = mm.Recipe("auto", {"seed": seed})
        start = time.perf_counter()
        result = mm.run(recipe, corpus)
        whole = time.perf_counter() - start
        parts = corpus.split(20_000, seed=seed)
        start = time.perf_counter()
        check(*parts, model=result.validation_model, thorough=False)
        checks = time.perf_counter() - start
        shares.append(checks / (whole - checks))
        print(f"training {whole - checks:.1f} s, checks {checks:.1f} s, {shares[-1]:.1%} more", flush=True)
    print(f"median {statistics.median(shares):.1%}")


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    kinds = {"reviews": reviews, "million": million, "training": training}
    parser.add_argument("what", choices=kinds)
    parser.add_argument("data", type=Path)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--texts", type=int, default=1_000_000)
    asked = parser.parse_args()
    kinds[asked.what](asked.data, asked.repeats, asked.texts)
