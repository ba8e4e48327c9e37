"""What the checks raise on untouched data: the list in docs/checks.md, and the share of false alarms.

    python benchmarks/checks_untouched.py ../shared/data [--splits 5] [--names imdb,trec]

Each set is checked as `malmoi check` does it: alone; then cut at random, 80 % against 20 %, with a bag that learned
from the first part, `--splits` times. Printed are the findings, with the number of splits in which each was raised, and
whether as a warning. What has an official test part (TREC, 20 newsgroups) is checked against it too.
"""

import argparse
import time
from collections import Counter
from pathlib import Path

import polars as pl

import malmoi as mm

SETS = {
    "imdb": "imdb-train",
    "nsmc": "nsmc-train",
    "trec": "trec",
    "mr": "mr",
    "agnews": "agnews-test",
    "sms": "sms-spam",
    "20ng": "20ng",
}


def read(data: Path, name: str) -> tuple[mm.Corpus, mm.Corpus | None]:
    """The texts that are learned from, and the official test part if there is one."""
    table = pl.read_parquet(data / f"{SETS[name]}.parquet")
    if "split" not in table.columns:
        return mm.Corpus(table["text"].to_list(), table["label"].to_list()), None
    parts = [table.filter(pl.col("split") == part) for part in ("train", "test")]
    training, test = (mm.Corpus(part["text"].to_list(), part["label"].to_list()) for part in parts)
    return training, test


def told(report: mm.CheckReport) -> None:
    for finding in report:
        print(f"  {finding.severity}: {finding.message} [{finding.code}]")
        for example in finding.examples:
            print(f"      {str(example)[:160]}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--splits", type=int, default=5)
    parser.add_argument("--names", default=",".join(SETS))
    asked = parser.parse_args()
    for name in asked.names.split(","):
        corpus, test = read(asked.data, name)
        start = time.perf_counter()
        report = mm.check(corpus)
        print(f"\n{name}, {len(corpus):,} texts, alone ({time.perf_counter() - start:.1f} s)", flush=True)
        told(report)
        if test is not None:
            print(f"{name}, against its test part of {len(test):,} texts")
            told(mm.check(corpus, test, ignore=[one.code for one in report]))
        raised: Counter[tuple[str, str]] = Counter()
        for seed in range(asked.splits):
            training, validation = corpus.split(0.8, seed=seed)
            model = mm.BagClassifier().fit(training.texts, training.required_codes)
            found = mm.check(training, validation, model=model, ignore=["suspected-labels"], seed=seed)
            raised.update((one.code, str(one.severity)) for one in found)
        print(f"{name}, {asked.splits} random splits with a bag: in how many each was raised")
        for (code, severity), count in raised.most_common():
            print(f"  {code}, {severity}: {count}", flush=True)


if __name__ == "__main__":
    main()
