"""One tool of benchmarks/checks.py on texts of a file, a line each; prints seconds and peak memory in MiB.

    python benchmarks/checks_work.py malmoi|rensa|"rensa rho"|datasketch TEXTS PAIRS

Pairs int64 (pairs, 2) of similar texts, a later and an earlier one, go to a file; "rensa rho" only marks texts, int64
(texts, 1).
"""

import json
import re
import sys
import time
from itertools import islice
from pathlib import Path

import numpy as np

THRESHOLD, PERMUTATIONS, SEED = 0.7, 128, 42
BATCH, BANDS = 10_000, 16
WORD = re.compile(r"\w+")


def words_of(text: str) -> set[str]:
    return set(WORD.findall(text.lower()))


def malmoi(texts: list[str]) -> np.ndarray:
    from malmoi.data.near_duplicates import similar_texts

    similar = similar_texts(texts, threshold=THRESHOLD)
    return np.column_stack([similar.texts, similar.earlier])


def datasketch(texts: list[str]) -> np.ndarray:
    from datasketch import MinHash, MinHashLSH

    index, found = MinHashLSH(threshold=THRESHOLD, num_perm=PERMUTATIONS), []
    words = ([word.encode() for word in words_of(text)] for text in texts)
    for number, sketch in enumerate(MinHash.generator(words, num_perm=PERMUTATIONS, seed=SEED)):
        found += [(number, earlier) for earlier in index.query(sketch)]
        index.insert(number, sketch, check_duplication=False)
    return np.array(found, dtype=np.int64).reshape(-1, 2)


def rensa(texts: list[str]) -> np.ndarray:
    """Bands of eight values; with those of four, most pairs of unrelated texts would be candidates."""
    from rensa import RMinHash, RMinHashLSH

    index = RMinHashLSH(threshold=THRESHOLD, num_perm=PERMUTATIONS, num_bands=BANDS)
    sketches, found, words = [], [], map(words_of, texts)
    while batch := [list(own) for own in islice(words, BATCH)]:
        sketches += RMinHash.from_token_sets(batch, num_perm=PERMUTATIONS, seed=SEED)
    index.insert_many(sketches)
    for start in range(0, len(sketches), BATCH):
        for number, others in enumerate(index.query_all(sketches[start : start + BATCH]), start):
            earlier = (other for other in others if other < number)
            found += [(number, other) for other in earlier if sketches[number].jaccard(sketches[other]) >= THRESHOLD]
    return np.array(found, dtype=np.int64).reshape(-1, 2)


def rensa_rho(texts: list[str]) -> np.ndarray:
    """Its fastest way: words of some places; texts are marked, not paired. 8 bands, as in its own benchmark."""
    from rensa import RMinHash, RMinHashLSH

    index = RMinHashLSH(threshold=THRESHOLD, num_perm=PERMUTATIONS, num_bands=8)
    marks, words = [], (WORD.findall(text.lower()) for text in texts)
    while batch := list(islice(words, BATCH)):
        matrix = RMinHash.digest_matrix_from_token_sets_rho(batch, num_perm=PERMUTATIONS, seed=SEED)
        marks += index.insert_matrix_and_query_duplicate_flags(matrix, start_key=len(marks))
    return np.flatnonzero(marks)[:, None]


TOOLS = {"malmoi": malmoi, "datasketch": datasketch, "rensa": rensa, "rensa rho": rensa_rho}


def main() -> None:
    tool, path, found = sys.argv[1:]
    with Path(path).open(encoding="utf-8", newline="\n") as file:
        texts = [line[:-1] for line in file]
    start = time.perf_counter()
    pairs = TOOLS[tool](texts)
    seconds = time.perf_counter() - start
    np.save(found, pairs)
    # Of this process alone: getrusage begins with what its parent held.
    peak = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    print(json.dumps({"seconds": seconds, "memory": int(peak[1]) / 1024}))


main()
