"""One short text to an array, as a server has it: malmoi beside scikit-learn, in turns in one process.

    python benchmarks/one_text.py ../shared/data [--rounds 15]

Vectorizers are fitted on 5,000 reviews, then transform one sentence; a round calls each 300 times, and the median of
the rounds counts. `csr_matrix` is SciPy's constructor alone, of arrays that are ready.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path

TEXT = "It is not a bad film at all, and the ending is one of the best I have ever seen."
TRAINING, CALLS = 5_000, 300


def works(data: Path) -> dict[str, Callable[[], object]]:
    import numpy as np
    import polars as pl
    from scipy.sparse import csr_matrix
    from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer

    import malmoi as mm

    train = pl.read_parquet(data / "imdb-train.parquet", columns=["text"])["text"].head(TRAINING).to_list()
    bag = mm.BagVectorizer(ngrams=(1, 2)).fit(train)
    ids = mm.SequenceVectorizer(max_length=100).fit(train)
    hashed = mm.HashedBagVectorizer(ngrams=(1, 2), norm="l2")
    their_bag = CountVectorizer(ngram_range=(1, 2)).fit(train)
    their_hashed = HashingVectorizer(ngram_range=(1, 2))
    row = bag.transform([TEXT])
    arrays = (np.array(row.data), np.array(row.indices), np.array(row.indptr))
    return {
        "bag": lambda: bag.transform([TEXT]),
        "bag, scikit-learn": lambda: their_bag.transform([TEXT]),
        "hashed bag": lambda: hashed.transform([TEXT]),
        "hashed bag, scikit-learn": lambda: their_hashed.transform([TEXT]),
        "ids": lambda: ids.transform([TEXT]),
        "csr_matrix": lambda: csr_matrix(arrays, shape=row.shape, copy=False),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    measured = works(options.data)
    found: dict[str, list[float]] = {name: [] for name in measured}
    for _ in range(options.rounds):
        for name, work in measured.items():
            start = time.perf_counter()
            for _ in range(CALLS):
                work()
            found[name].append((time.perf_counter() - start) / CALLS * 1e3)
    print("| | ms a text | range |\n|---|---|---|")
    for name, times in found.items():
        print(f"| {name} | {statistics.median(times):.4f} | {min(times):.4f}-{max(times):.4f} |")


if __name__ == "__main__":
    main()
