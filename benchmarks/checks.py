"""Checks of data: near duplicates beside datasketch and rensa.

    python benchmarks/checks.py near-duplicates ../shared/data --peers PYTHON [--sizes 100000,1000000] [--repeats 3]
    python benchmarks/checks.py recall ../shared/data [--draws 5]

`near-duplicates` makes texts of about 1,300 bytes from the sentences of all reviews, each in random order, one in a
hundred an edited copy of an earlier text (`planted.py`). Every tool reads them from a file into a list of str, in a
process of its own; counted are the seconds from that list to the pairs of similar texts, with whatever the tool needs:
cutting texts into words, sketches, candidates, comparison. Peak memory is that of the whole process, texts included.
The peers, in `PYTHON`, get the words (`\\w+`) in lower case, 128 permutations and the threshold 0.7. Runs of all tools
alternate; medians. Above `--largest` texts, datasketch is left out and each peer runs once. Recall is the share of the
edited copies that are found with their original. Precision is the share of found pairs, of 2,000 at most, that are
planted or whose words have a Jaccard similarity of 0.7 or more. "rensa rho" only marks texts: its recall is the share
of marked copies, its precision the share of copies among the marked texts.

`recall` plants 300 edited copies of training texts for each kind of edit among the validation texts.
"""

import argparse
import json
import random as randoms
import re
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars
from planted import KINDS, edited, vocabulary_of

WORK = Path(__file__).with_name("checks_work.py")
BYTES = 1_300
PLANTED = 0.01
SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
PEERS = ("rensa", "rensa rho", "datasketch")
REVIEWS = ("imdb-train", "imdb-test", "imdb-unlabelled")
# Training texts, validation texts, fewest characters.
SPLITS = {
    "imdb-train": (20_000, 5_000, 0),
    "20ng": (12_000, 5_000, 0),
    "agnews-test": (5_000, 2_000, 0),
    "nsmc-train": (20_000, 5_000, 20),
    "nsmc-train, 40 characters": (20_000, 5_000, 40),
}


def texts_of(data: Path, name: str) -> list[str]:
    return polars.read_parquet(data / f"{name}.parquet")["text"].to_list()


def made_texts(data: Path, size: int, random: randoms.Random) -> Iterator[tuple[str, int]]:
    """Texts, and of each copy the place of its original, else -1."""
    reviews = [text for name in REVIEWS for text in texts_of(data, name)]
    vocabulary = vocabulary_of(reviews, random, 100_000)
    sentences = [part for text in reviews for part in SENTENCE_END.split(" ".join(text.split())) if len(part) > 20]
    kinds, recent = list(KINDS), []
    for number in range(size):
        if recent and random.random() < PLANTED:
            place, original = random.choice(recent)
            yield " ".join(edited(original, random.choice(kinds), random, vocabulary).split()), place
            continue
        parts, length = [], 0
        while length < BYTES:
            parts.append(random.choice(sentences))
            length += len(parts[-1]) + 1
        text = " ".join(parts)
        yield text, -1
        # Originals are anywhere among the earlier texts.
        if len(recent) < 10_000:
            recent.append((number, text))
        elif random.random() < 10_000 / number:
            recent[random.randrange(10_000)] = (number, text)


def written(data: Path, size: int, path: Path) -> np.ndarray:
    """Write texts, a line each; return the places of their originals."""
    originals = np.empty(size, dtype=np.int64)
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for number, (text, original) in enumerate(made_texts(data, size, randoms.Random(0))):
            file.write(text + "\n")
            originals[number] = original
    return originals


def run(python: str, tool: str, path: Path, found: Path) -> dict[str, float]:
    """Seconds, peak memory in MiB; pairs of similar texts go to a file."""
    command = [python, str(WORK), tool, str(path), str(found)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def recall_of(pairs: np.ndarray, originals: np.ndarray) -> float:
    """Share of the copies that stand in a group with their original, or that are marked."""
    copies = np.flatnonzero(originals >= 0)
    if pairs.shape[1] == 1:
        return float(np.isin(copies, pairs[:, 0]).mean())
    groups = np.arange(len(originals))

    def root(text: int) -> int:
        while groups[text] != text:
            groups[text] = groups[groups[text]]
            text = int(groups[text])
        return text

    for later, earlier in pairs.tolist():
        groups[max(root(later), root(earlier))] = min(root(later), root(earlier))
    return float(np.mean([root(int(copy)) == root(int(originals[copy])) for copy in copies]))


def precision_of(pairs: np.ndarray, originals: np.ndarray, path: Path) -> float:
    """Share of some of the pairs that are planted, or have the words of the other; of marked texts, the copies."""
    if pairs.shape[1] == 1:
        return float((originals[pairs[:, 0]] >= 0).mean())
    chosen = pairs[np.random.default_rng(0).permutation(len(pairs))[:2_000]]
    wanted, words = set(chosen.ravel().tolist()), {}
    with path.open(encoding="utf-8", newline="\n") as file:
        for number, line in enumerate(file):
            if number in wanted:
                words[number] = set(re.findall(r"\w+", line.lower()))
    right = 0
    for left, other in chosen.tolist():
        shared = len(words[left] & words[other])
        right += originals[left] == other or shared >= 0.7 * len(words[left] | words[other])
    return right / max(len(chosen), 1)


def near_duplicates(data: Path, peers: str | None, sizes: list[int], repeats: int, largest: int) -> None:
    print("| texts | tool | seconds | ratio to malmoi | peak memory | pairs | recall | precision |")
    print("|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        path, found = Path(name) / "texts.txt", Path(name) / "pairs.npy"
        for size in sizes:
            originals = written(data, size, path)
            tools = {"malmoi": sys.executable}
            if peers is not None:
                tools |= {tool: peers for tool in PEERS if tool != "datasketch" or size <= largest}
            runs: dict[str, list[dict[str, float]]] = {tool: [] for tool in tools}
            pairs = {}
            for number in range(repeats):
                for tool, python in tools.items():
                    if tool == "malmoi" or size <= largest or number == 0:
                        runs[tool].append(run(python, tool, path, found))
                        pairs[tool] = np.load(found)
            ours = statistics.median(one["seconds"] for one in runs["malmoi"])
            for tool, own in runs.items():
                seconds = statistics.median(one["seconds"] for one in own)
                memory = statistics.median(one["memory"] for one in own)
                recall = 100 * recall_of(pairs[tool], originals)
                precision = 100 * precision_of(pairs[tool], originals, path)
                print(
                    f"| {size:,} ({path.stat().st_size / 1e6:,.0f} MB) | {tool} | {seconds:.2f} | {seconds / ours:.1f} "
                    f"| {memory:,.0f} MiB | {len(pairs[tool]):,} | {recall:.1f} % | {precision:.1f} % |",
                    flush=True,
                )


def recall(data: Path, draws: int) -> None:
    from malmoi.data.near_duplicates import similar_texts

    print(f"| texts | edits | recall of 300, mean of {draws} draws | lowest |")
    print("|---|---|---|---|")
    for name, (training, validation, shortest) in SPLITS.items():
        texts = [text for text in texts_of(data, name.partition(",")[0]) if len(text) >= shortest]
        shares: dict[str, list[float]] = {kind: [] for kind in KINDS}
        for draw in range(draws):
            random = randoms.Random(draw)
            drawn = random.sample(texts, training + validation)
            vocabulary = vocabulary_of(drawn, random, 100_000)
            for kind, own in shares.items():
                planted = list(drawn)
                places = random.sample(range(training, len(drawn)), 300)
                originals = random.sample(range(training), 300)
                for place, original in zip(places, originals, strict=True):
                    planted[place] = edited(drawn[original], kind, random, vocabulary)
                groups = similar_texts(planted, first=training).groups
                own.append(float((groups[places] == groups[originals]).mean()))
        for kind, own in shares.items():
            print(f"| {name} | {kind} | {100 * statistics.mean(own):.1f} % | {100 * min(own):.1f} % |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parts = parser.add_subparsers(dest="part", required=True)
    near = parts.add_parser("near-duplicates")
    near.add_argument("data", type=Path)
    near.add_argument("--peers")
    near.add_argument("--sizes", default="100000,1000000")
    near.add_argument("--repeats", type=int, default=3)
    near.add_argument("--largest", type=int, default=100_000)
    planted = parts.add_parser("recall")
    planted.add_argument("data", type=Path)
    planted.add_argument("--draws", type=int, default=5)
    options = parser.parse_args()
    if options.part == "recall":
        recall(options.data, options.draws)
    else:
        sizes = [int(size) for size in options.sizes.split(",")]
        near_duplicates(options.data, options.peers, sizes, options.repeats, options.largest)


main()
