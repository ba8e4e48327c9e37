"""Texts with near duplicates, their shards, and what `similar_texts` finds in all of them together."""

import json
import random
from itertools import pairwise

import numpy as np

from malmoi.data.near_duplicates import similar_texts


def made_texts(count, seed=0):
    """Texts of every kind: alone, equal, of the same words, edited, templates, short, long, without words, Korean."""
    draw = random.Random(seed)
    shares = [1 / (rank + 1) for rank in range(3_000)]
    texts = []
    for number in range(count):
        kind = draw.choice(["new", "new", "equal", "edited", "shuffled", "template", "short", "korean", "none"])
        words = [f"w{word}" for word in draw.choices(range(3_000), shares, k=draw.randrange(2, 70))]
        old = draw.choice(texts).split() if texts else words
        if kind == "equal":
            words = [word.upper() for word in old]
        elif kind == "edited":
            words = [f"x{number}" if draw.random() < 0.08 else word for word in old]
        elif kind == "shuffled":
            words = draw.sample(old, len(old))
        elif kind == "template":
            words = f"your order {number} was sent and will come on monday between nine and ten o'clock".split()
        elif kind == "short":
            words = [f"w{draw.randrange(8)}" for _ in range(3)]
        elif kind == "korean":
            words = ["재밌는", "영화", draw.choice(["정말", "아주"]), str(draw.randrange(5)), "점"]
        elif kind == "none":
            words = [draw.choice(["?!", "...", "", "😀"])]
        texts.append("  ".join(words) if kind == "equal" else " ".join(words))
    return texts


def parts_of(texts, shards):
    """Cut a list of texts into parts of about the same size."""
    cuts = np.linspace(0, len(texts), shards + 1).astype(int)
    return [texts[start:end] for start, end in pairwise(cuts)]


def write_shards(folder, parts):
    """Write each part into a file of JSON lines; return their paths."""
    paths = [folder / f"{len(parts)}-{number}.jsonl" for number in range(len(parts))]
    for path, part in zip(paths, parts, strict=True):
        path.write_text("".join(json.dumps({"text": text}) + "\n" for text in part))
    return paths


def expected_rows(parts, paths, threshold=0.7):
    """The rows that `similar_texts` gives for the texts of all parts."""
    found = similar_texts([text for part in parts for text in part], threshold=threshold)
    starts = np.cumsum([0, *map(len, parts)])
    columns = (found.texts, found.groups[found.texts], found.earlier, found.similarities, found.equal)
    rows = []
    for *numbers, similarity, equal in zip(*(column.tolist() for column in columns), strict=True):
        shards = np.searchsorted(starts, numbers, side="right") - 1
        places = zip([str(paths[shard]) for shard in shards], (numbers - starts[shards]).tolist(), strict=True)
        rows.append((*(one for place in places for one in place), similarity, equal))
    return rows
