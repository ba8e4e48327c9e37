"""`malmoi vectorize` of a file that is larger than memory should be: seconds and peak memory.

    python benchmarks/stream.py ../shared/data [--gigabytes 5]

Makes a JSON-lines file from the IMDB training reviews, over and over; from the second time on every tenth word gets a
suffix of its own, so that the vocabulary grows too. Runs `malmoi vectorize` on it in processes of their own, and
deletes everything.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from growth import changed

RUNS = {
    "hashed words": ["--as", "hashed", "--ngrams", "1"],
    "padded ids of the 50,000 most frequent words": ["--as", "ids", "--max-tokens", "50000"],
    "bag of the 200,000 most frequent words": ["--as", "bag", "--ngrams", "1", "--max-tokens", "200000"],
}
SPACE = 4  # free disk, in sizes of the input


def make_input(data: Path, path: Path, size: int) -> int:
    import polars as pl

    reviews = pl.read_parquet(data / "imdb-train.parquet", columns=["text"])["text"].to_list()
    rows, copy = 0, 0
    with path.open("wb") as file:
        while True:
            for review in reviews:
                text = review if not copy else changed(review, copy)
                file.write(json.dumps({"text": text}, ensure_ascii=False).encode() + b"\n")
                rows += 1
                if file.tell() >= size:
                    return rows
            copy += 1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--gigabytes", type=float, default=5)
    parser.add_argument("--folder", type=Path, help="where the files go for a while")
    options = parser.parse_args()
    if not (options.data / "imdb-train.parquet").exists():
        print(f"skipped: {options.data / 'imdb-train.parquet'} is not there")
        return
    folder = Path(tempfile.mkdtemp(prefix="malmoi-stream-", dir=options.folder))
    size = int(options.gigabytes * 10**9)
    try:
        if shutil.disk_usage(folder).free < SPACE * size:
            raise SystemExit(f"{folder} must have {SPACE * options.gigabytes:g} GB free")
        rows = make_input(options.data, folder / "texts.jsonl", size)
        print(f"{options.gigabytes:g} GB, {rows:,} texts\n")
        print("| | seconds | MB/s | peak MiB | output MB |\n|---|---|---|---|---|")
        for title, arguments in RUNS.items():
            measure(title, folder, arguments, size)
    finally:
        shutil.rmtree(folder)


def measure(title: str, folder: Path, arguments: list[str], size: int) -> None:
    output = folder / "out.npz"
    command = [sys.executable, "-m", "malmoi", "vectorize", str(folder / "texts.jsonl"), *arguments, "-o", str(output)]
    start = time.perf_counter()
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    said = process.stderr.read() if process.stderr else ""
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    if status:
        raise SystemExit(f"{title} failed:\n{said}")
    megabytes = output.stat().st_size / 1e6
    row = f"| {title} | {seconds:.0f} | {size / 1e6 / seconds:.0f} | {usage.ru_maxrss / 1024:.0f} | {megabytes:.0f} |"
    print(row, flush=True)
    output.unlink()


if __name__ == "__main__":
    main()
