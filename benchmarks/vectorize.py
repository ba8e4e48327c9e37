"""Texts to arrays: malmoi beside what people use, each in a process of its own, in turns, one run.

    python benchmarks/vectorize.py ../shared/data [--runs 5] [--only words] [--old ../old/src]

A process reads the texts, calls the work once on 500 of them (imports, caches), then once on all, which is timed; its
peak memory is the whole process'. Peers that are not installed are left out, and said so. `--threads` repeats ours
with 1 thread and with 2. `--old` repeats ours with the sources of another version, its compiled core among them, in
turns.
"""

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

WARM = 500
LENGTH = 100


def keras_ids(texts: list[str]) -> object:
    from keras.src.legacy.preprocessing.text import Tokenizer
    from keras.utils import pad_sequences

    tokenizer = Tokenizer()
    tokenizer.fit_on_texts(texts)
    return pad_sequences(tokenizer.texts_to_sequences(texts), maxlen=LENGTH)


def polars_ids(texts: list[str]) -> object:
    """Ids by frequency, the last 100 of every text as a list; Polars has no padding."""
    import polars as pl

    words = (
        pl.DataFrame({"text": texts})
        .with_row_index("row")
        .select("row", pl.col("text").str.to_lowercase().str.extract_all(r"\w+").alias("word"))
        .explode("word")
    )
    ids = words.group_by("word").len().sort("len", descending=True).with_row_index("id", offset=2).select("word", "id")
    coded = words.join(ids, on="word", how="left", maintain_order="left")
    return coded.group_by("row", maintain_order=True).agg(pl.col("id").tail(LENGTH))


def huggingface_ids(texts: list[str]) -> object:
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.WordLevel(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.train_from_iterator(texts, trainers.WordLevelTrainer(vocab_size=10**7, show_progress=False))
    tokenizer.enable_truncation(LENGTH, direction="left")
    tokenizer.enable_padding(direction="left", length=LENGTH)
    return [encoding.ids for encoding in tokenizer.encode_batch(texts)]


def our_ids(texts: list[str]) -> object:
    from malmoi import SequenceVectorizer

    return SequenceVectorizer(max_length=LENGTH).fit_transform(texts)


def sklearn_bag(texts: list[str]) -> object:
    from sklearn.feature_extraction.text import CountVectorizer

    return CountVectorizer(ngram_range=(1, 2)).fit_transform(texts)


def our_bag(texts: list[str]) -> object:
    from malmoi import BagVectorizer

    return BagVectorizer(ngrams=(1, 2)).fit_transform(texts)


def our_bag_pattern(texts: list[str]) -> object:
    """The very features of scikit-learn's default."""
    from malmoi import BagVectorizer, Pattern

    return BagVectorizer(Pattern(r"\b\w\w+\b"), ngrams=(1, 2)).fit_transform(texts)


def sklearn_hashed(texts: list[str]) -> object:
    from sklearn.feature_extraction.text import HashingVectorizer

    return HashingVectorizer(ngram_range=(1, 2)).transform(texts)


def our_hashed_learned(texts: list[str]) -> object:
    """Nothing has to be learned, so this is as fast as `transform`."""
    from malmoi import HashedBagVectorizer

    return HashedBagVectorizer(ngrams=(1, 2), norm="l2").fit_transform(texts)


def our_hashed(texts: list[str]) -> object:
    from malmoi import HashedBagVectorizer

    return HashedBagVectorizer(ngrams=(1, 2), norm="l2").transform(texts)


def sklearn_characters(texts: list[str]) -> object:
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(analyzer="char", ngram_range=(1, 5)).fit_transform(texts)


def our_characters(texts: list[str]) -> object:
    from malmoi import BagVectorizer, Characters

    tokens = Characters(graphemes=False, squeeze_spaces=True)
    return BagVectorizer(tokens, (1, 5), "tfidf").fit_transform(texts)


# What is measured: texts, ours, and peers with the floor that each has.
TASKS: dict[str, tuple[str, list[Callable[[list[str]], object]], dict[Callable[[list[str]], object], float]]] = {
    "words to padded ids": ("imdb-train", [our_ids], {keras_ids: 25, polars_ids: 4, huggingface_ids: 20}),
    "bag of 1-2 words": ("imdb-train", [our_bag, our_bag_pattern], {sklearn_bag: 15}),
    "hashed 1-2 words": ("imdb-train", [our_hashed_learned, our_hashed], {sklearn_hashed: 15}),
    "tf-idf of 1-5 characters": ("nsmc-train", [our_characters], {sklearn_characters: 15}),
}
WORKS = {work.__name__: (texts, work) for texts, ours, peers in TASKS.values() for work in [*ours, *peers]}
PACKAGES = {"keras": "keras", "polars": "polars", "huggingface": "tokenizers", "sklearn": "scikit-learn"}


def read(data: Path, name: str) -> list[str]:
    import polars as pl

    return pl.read_parquet(data / f"{name}.parquet", columns=["text"])["text"].to_list()


def child(data: Path, name: str) -> None:
    os.environ.setdefault("KERAS_BACKEND", "jax")
    texts_name, work = WORKS[name]
    texts = read(data, texts_name)
    work(texts[:WARM])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    start = time.perf_counter()
    work(texts)
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    megabytes = sum(len(text.encode()) for text in texts) / 1e6
    print(json.dumps({"seconds": seconds, "peak": peak, "before": before, "megabytes": megabytes}))


def measure(data: Path, name: str, threads: int | None = None, sources: Path | None = None) -> dict[str, float]:
    environment = {**os.environ, **({"MALMOI_THREADS": str(threads)} if threads else {})}
    if sources:
        environment["PYTHONPATH"] = str(sources)
    command = [sys.executable, __file__, str(data), "--child", name]
    process = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if process.returncode:
        raise SystemExit(f"{name} failed:\n{process.stderr}")
    return json.loads(process.stdout.splitlines()[-1])


def is_there(name: str) -> bool:
    package = PACKAGES.get(name.partition("_")[0])
    try:
        return package is None or bool(version(package))
    except PackageNotFoundError:
        print(f"left out: {name}, {package} is not installed")
        return False


def compare(data: Path, title: str, runs: int, old: Path | None) -> None:
    _, ours, peers = TASKS[title]
    names = [work.__name__ for work in [*ours, *peers] if is_there(work.__name__)]
    before = [work.__name__ for work in ours] if old else []
    found: dict[str, list[dict[str, float]]] = {name: [] for name in [*names, *(f"{name}, old" for name in before)]}
    for _ in range(runs):
        for name in names:
            found[name].append(measure(data, name))
            if name in before:
                found[f"{name}, old"].append(measure(data, name, sources=old))
    floors = {work.__name__: floor for work, floor in peers.items()}
    print(
        f"\n### {title}\n\n| | seconds | range | times slower than ours | floor | peak MiB |\n|---|---|---|---|---|---|"
    )
    mine = [run["seconds"] for run in found[ours[0].__name__]]
    for name, timed in found.items():
        seconds = [run["seconds"] for run in timed]
        ratios = sorted(theirs / own for theirs, own in zip(seconds, mine, strict=True))
        ratio = f"{statistics.median(ratios):.1f} ({ratios[0]:.1f}-{ratios[-1]:.1f})"
        peak = statistics.median(run["peak"] for run in timed)
        floor = f"{floors[name]:g}" if name in floors else ""
        spread = f"{min(seconds):.3f}-{max(seconds):.3f}"
        print(f"| {name} | {statistics.median(seconds):.3f} | {spread} | {ratio} | {floor} | {peak:.0f} |", flush=True)


def compare_threads(data: Path, title: str, runs: int, sources: Path | None = None) -> None:
    name = TASKS[title][1][0].__name__
    timed: dict[int, list[dict[str, float]]] = {1: [], 2: []}
    for _ in range(runs):
        for threads, runs_of in timed.items():
            runs_of.append(measure(data, name, threads, sources))
    one, two = (statistics.median(run["seconds"] for run in timed[threads]) for threads in (1, 2))
    megabytes = timed[1][0]["megabytes"]
    what = f"{name}, old" if sources else name
    speeds = f"1 thread {megabytes / one:.0f} MB/s, 2 threads {megabytes / two:.0f} MB/s"
    print(f"\n{what}: {speeds} ({one / two:.2f} times)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--only", default="", help="tasks whose name holds this")
    parser.add_argument("--threads", action="store_true", help="ours with 1 thread and with 2")
    parser.add_argument("--old", type=Path, help="the sources of another version")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        child(options.data, options.child)
        return
    print(
        f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, malmoi {version('malmoi')}"
    )
    for title, (texts, _, _) in TASKS.items():
        if options.only in title:
            if (options.data / f"{texts}.parquet").exists():
                compare(options.data, title, options.runs, options.old)
                versions = [None, options.old] if options.old else [None]
                for sources in versions if options.threads else []:
                    compare_threads(options.data, title, options.runs, sources)
            else:
                print(f"skipped: {title}, {options.data / texts}.parquet is not there")


if __name__ == "__main__":
    main()
