"""Neighbours of Korean words in vectors that were trained on NSMC's reviews, of dictionary forms and without kiwipiepy.

python benchmarks/korean_vectors.py ../shared/data/nsmc-train.parquet [--maps FOLDER]
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import malmoi as mm
from malmoi.tokenizers.scripts import chosen_words

WORDS = ("영화", "배우", "재미", "감동", "지루하다", "ㅋㅋ")
NEAREST = 10
MIN_COUNT = 20
"""With the default of 5, rare spellings crowd the neighbours of words between spaces."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", help="texts of reviews, such as nsmc-train.parquet")
    parser.add_argument("--maps", type=Path, help="a folder for the two maps")
    options = parser.parse_args()
    texts = mm.read_corpus(options.data).texts
    chosen, choice = chosen_words("auto", texts)
    print(f"{len(texts):,} texts; auto: {choice}")
    for tokens in dict.fromkeys([chosen, mm.Eojeol(keep_particles=False)]):
        start = time.perf_counter()
        vectors = mm.WordVectors.train(texts, tokens=tokens, min_count=MIN_COUNT)
        print(f"\n{tokens!r}: {len(vectors):,} words, {time.perf_counter() - start:.0f} s")
        for word in WORDS:
            print(f"{word}: {nearest(vectors, word)}")
        if options.maps is not None:
            mm.word_map(vectors).save(options.maps / f"{type(tokens).__name__.lower()}.html", overwrite=True)


def nearest(vectors: mm.WordVectors, word: str) -> str:
    if word not in vectors:
        return "no vector"
    return ", ".join(f"{other} {score:.2f}" for other, score in vectors.nearest(word, NEAREST))


if __name__ == "__main__":
    main()
