"""Gigabytes of film reviews with changed words, in shards of Parquet or JSON lines.

    python benchmarks/generated_reviews.py OUT --gigabytes 20 --shards 160 [--data ../shared/data] [--format parquet]

The reviews of `imdb-train.parquet` and `imdb-unlabelled.parquet` are repeated until there is enough text. In each
repetition a share of the words, other ones each time, is replaced by words drawn from the reviews by frequency. Each
shard has the columns `id` (number of the row in all shards) and `text`. Contents depend on the arguments only, not on
the number of processes. The gigabytes are those of the text in UTF-8; the number of rows is rounded to full shards.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

FILES = ("imdb-train.parquet", "imdb-unlabelled.parquet")
GROUP_BYTES = 32_000_000
"""Text of a row group, about; a process holds a few of them."""
POOL = 200_000
"""Words drawn from the reviews, by frequency; the replacements are drawn from them."""
DISK_SHARE = {"parquet": 0.5, "jsonl": 1.15}
"""Bytes of a file for a byte of text, at most."""
NAMES = ("data", "offsets", "words", "lengths", "pool")
Bytes = npt.NDArray[np.uint8]
Places = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Reviews:
    """Texts, and the words that may be replaced: those before a single space.

    Args:
        data: uint8 (bytes,), the texts in UTF-8, one behind the other, then the replacements.
        offsets: int64 (texts + 1,), the beginning of each text, and the end of the last.
        words: int64 (words,), the beginning of each word that may be replaced, ascending.
        lengths: int64 (words,), bytes of each, with its space.
        pool: int64 (replacements + 1,), the beginning of each replacement, and the end of the last.
    """

    data: Bytes
    offsets: Places
    words: Places
    lengths: Places
    pool: Places

    @property
    def texts(self) -> int:
        return len(self.offsets) - 1

    def save(self, folder: Path) -> None:
        for name in NAMES:
            np.save(folder / f"{name}.npy", getattr(self, name))

    @classmethod
    def opened(cls, folder: Path) -> Reviews:
        """Return what `save` wrote; the processes of a machine share its memory."""
        return cls(*(np.load(folder / f"{name}.npy", mmap_mode="r").view(np.ndarray) for name in NAMES))


@dataclass(frozen=True)
class Plan:
    """What the shards are made of.

    Args:
        folder: of the shards.
        rows: of a shard.
        changed: share of the words that are replaced, 0 to 1.
        seed: random seed.
        kind: "parquet" or "jsonl".
    """

    folder: Path
    rows: int
    changed: float
    seed: int
    kind: str

    def path(self, shard: int) -> Path:
        return self.folder / f"part-{shard:05d}.{self.kind}"


def reviews_of(texts: list[str], seed: int) -> Reviews:
    """Find the words of texts, and draw replacements among them."""
    encoded = [text.encode() for text in texts]
    data = np.frombuffer(b"".join(encoded), np.uint8)
    offsets = np.concatenate(([0], np.cumsum([len(one) for one in encoded], dtype=np.int64)))
    letters = np.zeros(256, np.bool_)
    for first, last in ("09", "AZ", "az", "''"):
        letters[ord(first) : ord(last) + 1] = True
    letters[128:] = True
    is_letter = letters[data]
    is_start = is_letter.copy()
    is_start[1:] &= ~is_letter[:-1]
    is_start[offsets[:-1][offsets[:-1] < len(data)]] = True
    starts = np.flatnonzero(is_start)
    ends = np.append(starts[1:], len(data))
    before_space = (ends - starts > 1) & (data[ends - 1] == ord(" ")) & is_letter[ends - 2] & is_letter[starts]
    words, lengths = starts[before_space], (ends - starts)[before_space]
    drawn = np.random.default_rng(seed).integers(0, len(words), POOL if len(words) else 0)
    pool = [data[word : word + length] for word, length in zip(words[drawn], lengths[drawn], strict=True)]
    places = np.concatenate(([0], np.cumsum(lengths[drawn], dtype=np.int64))) + len(data)
    return Reviews(np.concatenate([data, *pool]), offsets, words, lengths, places)


def changed_texts(reviews: Reviews, first: int, last: int, share: float, random: np.random.Generator) -> Any:
    """Return the texts from `first` to before `last`, with a share of their words replaced, as an array of Arrow.

    The source is cut into what stays and what is replaced, in turns; Arrow joins what stays and the replacements.
    """
    import pyarrow as pa

    begin, end = reviews.offsets[first], reviews.offsets[last]
    low, high = np.searchsorted(reviews.words, [begin, end])
    chosen = low + chosen_places(int(high - low), share, random)
    drawn = random.integers(0, len(reviews.pool) - 1, len(chosen)) if len(chosen) else chosen
    starts, lengths = reviews.words[chosen], reviews.lengths[chosen]
    cuts = np.empty(2 * len(chosen) + 2, np.int64)
    cuts[0], cuts[1:-1:2], cuts[2:-1:2], cuts[-1] = begin, starts, starts + lengths, end
    bounds = np.concatenate((cuts, reviews.pool))
    pieces = pa.LargeBinaryArray.from_buffers(
        pa.large_binary(), len(bounds) - 1, [None, pa.py_buffer(bounds), pa.py_buffer(reviews.data)]
    )
    order = np.arange(2 * len(chosen) + 1)
    order[1::2] = len(cuts) + drawn
    joined = pieces.take(pa.array(order))
    grown = np.concatenate(([0], np.cumsum(np.diff(reviews.pool)[drawn] - lengths)))
    offsets = reviews.offsets[first : last + 1]
    offsets = offsets - begin + grown[np.searchsorted(starts, offsets)]
    return pa.LargeStringArray.from_buffers(last - first, pa.py_buffer(offsets), joined.buffers()[2])


def chosen_places(count: int, share: float, random: np.random.Generator) -> Places:
    """Return which of `count` words are replaced, ascending; each with the probability `share`."""
    if not share or not count:
        return np.empty(0, np.int64)
    expected = count * share
    gaps = random.geometric(share, int(expected + 8 * np.sqrt(expected) + 16))
    places = np.cumsum(gaps, dtype=np.int64) - 1
    return places[places < count]


def row_groups(reviews: Reviews, plan: Plan, shard: int) -> Iterator[Any]:
    """Yield the tables of a shard, each of about `GROUP_BYTES` of text."""
    import pyarrow as pa

    random = np.random.default_rng([plan.seed, shard])
    row, end = shard * plan.rows, (shard + 1) * plan.rows
    while row < end:
        first = row % reviews.texts
        most = int(np.searchsorted(reviews.offsets, reviews.offsets[first] + GROUP_BYTES, side="right")) - 1
        last = max(first + 1, min(most, first + end - row, reviews.texts))
        texts = changed_texts(reviews, first, last, plan.changed, random)
        yield pa.table({"id": pa.array(np.arange(row, row + last - first)), "text": texts.cast(pa.large_string())})
        row += last - first


def write_shard(plan: Plan, folder: Path, shard: int) -> tuple[int, int, float]:
    """Write a shard; return its bytes of text and of the file, and the seconds of the processor."""
    import polars as pl
    import pyarrow.parquet as pq

    start, written = time.process_time(), 0
    reviews = Reviews.opened(folder)
    part = plan.path(shard).with_suffix(".part")
    with part.open("wb") as file:
        writer = None
        for table in row_groups(reviews, plan, shard):
            written += table["text"].chunk(0).buffers()[2].size
            if plan.kind == "jsonl":
                pl.from_arrow(table).write_ndjson(file)
                continue
            if writer is None:
                settings = {"compression": "zstd", "compression_level": 1, "use_dictionary": False}
                writer = pq.ParquetWriter(file, table.schema, **settings)
            writer.write_table(table)
        if writer is not None:
            writer.close()
    part.replace(plan.path(shard))
    return written, plan.path(shard).stat().st_size, time.process_time() - start


def generate(texts: list[str], plan: Plan, shards: int, processes: int) -> tuple[int, int, float]:
    """Write all shards; return the bytes of text and of the files, and the seconds of the processors."""
    plan.folder.mkdir(parents=True, exist_ok=True)
    if any(plan.folder.iterdir()):
        raise SystemExit(f"the folder {plan.folder} must be empty")
    with tempfile.TemporaryDirectory() as folder:
        reviews_of(texts, plan.seed).save(Path(folder))
        work = partial(write_shard, plan, Path(folder))
        done = []
        with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
            for number, one in enumerate(pool.map(work, range(shards)), 1):
                done.append(one)
                if sys.stderr.isatty():
                    print(f"\r{number} of {shards} shards", end="", file=sys.stderr)
    written, size, seconds = map(sum, zip(*done, strict=True))
    return written, size, seconds


def read_texts(data: Path) -> list[str]:
    import polars as pl

    return [text for name in FILES for text in pl.read_parquet(data / name, columns=["text"])["text"].to_list()]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="empty or new folder of the shards")
    parser.add_argument("--gigabytes", type=float, default=20.0, help="of text, 1e9 bytes each")
    parser.add_argument("--shards", type=int, default=160)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder of the reviews")
    parser.add_argument("--format", choices=list(DISK_SHARE), default="parquet")
    parser.add_argument("--changed", type=float, default=0.1, help="share of the words that are replaced")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    given = parser.parse_args()
    if not 0 <= given.changed < 1 or given.gigabytes <= 0 or min(given.shards, given.processes) < 1:
        parser.error("--changed must be 0 or more and below 1, the other numbers above 0")
    given.folder.mkdir(parents=True, exist_ok=True)
    needed, free = given.gigabytes * DISK_SHARE[given.format], shutil.disk_usage(given.folder).free / 1e9
    if needed > free:
        parser.error(f"the shards need up to {needed:.1f} GB, the disk has {free:.1f} GB free")
    start, texts = time.perf_counter(), read_texts(given.data)
    mean = sum(len(text.encode()) for text in texts) / len(texts)
    rows = max(1, round(given.gigabytes * 1e9 / given.shards / mean))
    plan = Plan(given.folder, rows, given.changed, given.seed, given.format)
    written, size, seconds = generate(texts, plan, given.shards, given.processes)
    whole = time.perf_counter() - start
    sizes = f"{written / 1e9:.2f} GB of text in {size / 1e9:.2f} GB of files"
    speed = f"{whole:.0f} s, {written / 1e6 / seconds:.0f} MB of text per second and core"
    print(f"{given.shards} shards, {given.shards * rows:,} texts, {sizes}; {speed}")


if __name__ == "__main__":
    main()
