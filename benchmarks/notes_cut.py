"""Findings of `malmoi train` for the notes' network on reviews with the class distribution of the notes' data.

    python benchmarks/notes_cut.py ../shared/data [--draws 5]

The notes' copy of IMDB has 12,500 negative and 4,743 positive reviews. Each draw has other positive ones; its seed is
that of the split and of the initial weights. The settings are those of the notes: 200 labels, 10,000 validation
reviews, 100 words, a vocabulary of 10,000, frozen GloVe vectors, `Flatten -> Dense(32) -> Dense(1)`, rmsprop, 10
epochs.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import polars as pl

POSITIVE = 4_743
SETTINGS = (
    *("--recipe", "flatten", "--labels", "200", "--validation", "10000", "--tokens", "keras", "--max-length", "100"),
    *("--max-tokens", "10000", "--hidden", "32", "--epochs", "10", "--batch-size", "32", "--optimizer", "rmsprop"),
    *("--frozen", "--force"),
)


def cut(reviews: pl.DataFrame, draw: int) -> pl.DataFrame:
    """Return all negative reviews, and as many positive ones as the notes have."""
    positive = reviews.filter(pl.col("label") == "pos").sample(POSITIVE, seed=draw)
    return pl.concat([reviews.filter(pl.col("label") == "neg"), positive])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--draws", type=int, default=5)
    asked = parser.parse_args()
    reviews = pl.read_parquet(asked.data / "imdb-train.parquet").select("text", "label")
    vectors = asked.data / "vectors" / "glove.6B.50d.first10361.txt"
    with tempfile.TemporaryDirectory() as folder:
        for draw in range(asked.draws):
            cut(reviews, draw).write_parquet(Path(folder) / "cut.parquet")
            words = ["train", "cut.parquet", "-o", "cut.malmoi", *SETTINGS, "--vectors", str(vectors.resolve())]
            command = [sys.executable, "-m", "malmoi", *words, "--seed", str(draw)]
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
            print(f"draw {draw}")
            for line in done.stderr.splitlines():
                if line.startswith(("warning", "note")):
                    print(f"  {line}")
