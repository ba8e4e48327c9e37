"""A gigabyte of texts, as CSV, JSON lines, gzip and Parquet, into batches of texts: malmoi beside Polars and pandas.

    python benchmarks/readers.py DATA [--gigabytes 1] [--runs 3] [--folder FOLDER]

DATA is the folder of `imdb-train.parquet`. The files are made in FOLDER (a temporary one, if not given) and kept.
Every reading is a process of its own, and the libraries take turns. Polars and pandas read the whole file, the column
of the texts alone where they can, into a column of strings; "lists" makes Python strings of them, as malmoi's batches
hold, 20,000 at a time. Peak memory is that of the process.
"""

from __future__ import annotations

import argparse
import gzip
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import polars as pl

FORMS = {"csv": "texts.csv", "jsonl": "texts.jsonl", "gzip": "texts.csv.gz", "parquet": "texts.parquet"}
ROW_GROUP = 100_000
TOGETHER = 20_000


def make(data: Path, folder: Path, gigabytes: float) -> None:
    """Write the reviews again and again, each time with a number before them, so that no text stands there twice."""
    if (folder / "made").exists():
        return
    frame = pl.read_parquet(data / "imdb-train.parquet").select("text", "label", "id")
    times = int(gigabytes * 1e9 / frame["text"].str.len_bytes().sum()) + 1
    parts = [
        frame.with_columns(pl.format("{} {} {}", pl.lit(part), pl.int_range(pl.len()), pl.col("text")).alias("text"))
        for part in range(times)
    ]
    whole = pl.concat(parts)
    whole.write_csv(folder / FORMS["csv"])
    whole.write_ndjson(folder / FORMS["jsonl"])
    whole.write_parquet(folder / FORMS["parquet"], row_group_size=ROW_GROUP)
    with (
        (folder / FORMS["csv"]).open("rb") as plain,
        gzip.open(folder / FORMS["gzip"], "wb", compresslevel=1) as packed,
    ):
        shutil.copyfileobj(plain, packed, 1 << 20)
    (folder / "made").write_text(f"{whole.height} rows\n")


def read_with_malmoi(path: Path, form: str, lists: bool) -> int:
    from malmoi.data.readers import ReadSettings, read_batches

    return sum(len(batch.texts) for batch in read_batches(path, ReadSettings(labelled=False)))


def read_with_polars(path: Path, form: str, lists: bool) -> int:
    if form == "parquet":
        texts = pl.read_parquet(path, columns=["text"])["text"]
    elif form == "jsonl":
        texts = pl.read_ndjson(path)["text"]
    else:
        texts = pl.read_csv(path, columns=["text"])["text"]
    return (
        counted(texts.slice(start, TOGETHER).to_list() for start in range(0, len(texts), TOGETHER))
        if lists
        else len(texts)
    )


def read_with_pandas(path: Path, form: str, lists: bool) -> int:
    import pandas as pd

    if form == "parquet":
        texts = pd.read_parquet(path, columns=["text"])["text"]
    elif form == "jsonl":
        texts = pd.read_json(path, lines=True)["text"]
    else:
        texts = pd.read_csv(path, usecols=["text"])["text"]
    return (
        counted(texts[start : start + TOGETHER].tolist() for start in range(0, len(texts), TOGETHER))
        if lists
        else len(texts)
    )


def counted(batches) -> int:
    return sum(map(len, batches))


READERS = {"malmoi": read_with_malmoi, "polars": read_with_polars, "pandas": read_with_pandas}


def peak_megabytes() -> float:
    """Peak memory since the start of the program; that of `getrusage` is also that of the process that forked."""
    status = Path("/proc/self/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))) / 1024


def one(library: str, path: Path, form: str, lists: bool) -> None:
    """Read once, and print what it took."""
    if library == "malmoi":
        import malmoi.data.readers  # noqa: F401 -- imports are not measured
    if library == "pandas":
        import pandas  # noqa: F401
    start = time.perf_counter()
    rows = READERS[library](path, form, lists)
    seconds = time.perf_counter() - start
    memory = peak_megabytes()
    print(json.dumps({"rows": rows, "seconds": seconds, "memory": memory}))


def measured(library: str, path: Path, form: str, lists: bool) -> dict[str, float]:
    words = [sys.executable, __file__, "--one", library, str(path), form, *(["--lists"] if lists else [])]
    found = subprocess.run(words, capture_output=True, text=True, check=True)
    return json.loads(found.stdout)


def compare(folder: Path, runs: int) -> None:
    kinds = [("malmoi", True), ("polars", False), ("polars", True), ("pandas", True)]
    heads = "file | size | malmoi | Polars | Polars, lists | pandas, lists | malmoi / Polars | / Polars, lists"
    print(f"| {heads} | peak MB: malmoi, Polars |")
    print("|---|---|---|---|---|---|---|---|---|")
    for form, name in FORMS.items():
        path = folder / name
        seconds: dict[tuple[str, bool], list[float]] = {kind: [] for kind in kinds}
        memory: dict[tuple[str, bool], float] = {}
        rows = set()
        for run in range(runs):
            for kind in kinds:
                if kind[0] == "pandas" and run:
                    continue  # far behind: once is enough
                found = measured(kind[0], path, form, kind[1])
                seconds[kind].append(found["seconds"])
                memory[kind] = max(memory.get(kind, 0), found["memory"])
                rows.add(found["rows"])
        assert len(rows) == 1, rows
        ours, plain, lists, pandas = (statistics.median(seconds[kind]) for kind in kinds)
        size = f"{path.stat().st_size / 1e6:,.0f} MB"
        times = f"{ours:.2f} s | {plain:.2f} s | {lists:.2f} s | {pandas:.1f} s"
        ratios = f"{ours / plain:.2f} | {ours / lists:.2f}"
        print(f"| {form} | {size} | {times} | {ratios} | {memory[kinds[0]]:.0f}, {memory[kinds[1]]:.0f} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="*")
    parser.add_argument("--gigabytes", type=float, default=1.0)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--one", action="store_true")
    parser.add_argument("--lists", action="store_true")
    given = parser.parse_args()
    if given.one:
        library, path, form = given.data
        one(library, Path(path), form, given.lists)
        return
    folder = given.folder or Path(tempfile.mkdtemp(prefix="malmoi-readers-"))
    folder.mkdir(exist_ok=True)
    make(Path(given.data[0]), folder, given.gigabytes)
    compare(folder, given.runs)


if __name__ == "__main__":
    main()
