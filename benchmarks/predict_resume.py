"""`malmoi predict` of gigabytes of JSON lines: in one go, and killed at random moments and resumed.

    python benchmarks/predict_resume.py DATA [--gigabytes 5] [--kills 6] [--folder FOLDER]

DATA is the folder of `imdb-train.parquet`. Prints the peak memory after each tenth of the run, and compares the bytes
of both outputs and the ids. The files are made in FOLDER (a temporary one, if not given) and kept.
"""

from __future__ import annotations

import argparse
import filecmp
import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from itertools import count
from pathlib import Path

import polars as pl

TRAINED_ON = 5_000


def make(data: Path, folder: Path, gigabytes: float) -> int:
    """Write the reviews again and again, each with an id of its own; returns how many."""
    texts = pl.read_parquet(data / "imdb-train.parquet")["text"].to_list()
    path, rows = folder / "texts.jsonl", 0
    with path.open("w", encoding="utf-8") as file:
        for part in count():
            for text in texts:
                file.write(json.dumps({"id": rows, "text": f"{part} {text}"}, ensure_ascii=False) + "\n")
                rows += 1
            if file.tell() >= gigabytes * 1e9:
                return rows
    return rows


def train(data: Path, folder: Path) -> None:
    pl.read_parquet(data / "imdb-train.parquet").head(TRAINED_ON).write_parquet(folder / "train.parquet")
    words = ["train", folder / "train.parquet", "-o", folder / "m.malmoi", "--recipe", "bag", "--force"]
    subprocess.run([sys.executable, "-m", "malmoi", *map(str, words)], check=True, capture_output=True)


def predict(folder: Path, output: Path, *more: str) -> subprocess.Popen[bytes]:
    words = ["predict", folder / "m.malmoi", folder / "texts.jsonl", "-o", output, "--id-column", "id", *more]
    return subprocess.Popen([sys.executable, "-m", "malmoi", *map(str, words)], stderr=subprocess.PIPE)


def peak_megabytes(process: subprocess.Popen[bytes]) -> int:
    try:
        status = Path(f"/proc/{process.pid}/status").read_text()
        return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))) // 1024
    except (FileNotFoundError, StopIteration):
        return 0


def in_one_go(folder: Path) -> tuple[float, list[int]]:
    """Seconds, and the peak memory every few seconds."""
    start, peaks = time.perf_counter(), []
    process = predict(folder, folder / "whole.jsonl", "--force")
    while process.poll() is None:
        peaks.append(peak_megabytes(process))
        time.sleep(1)
    assert process.returncode == 0, process.stderr.read().decode()
    return time.perf_counter() - start, [peak for peak in peaks if peak]


def killed_and_resumed(folder: Path, kills: int, seconds: float) -> int:
    """Kill the command at random moments, and resume it until it is done; returns how often it was killed."""
    chance, output = random.Random(0), folder / "resumed.jsonl"
    output.unlink(missing_ok=True)
    done = 0
    for attempt in count():
        process = predict(folder, output, *(["--resume"] if attempt else []))
        if attempt < kills:
            try:
                process.wait(timeout=chance.uniform(1, 2 * seconds / (kills + 1)))
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                process.wait()
                done += 1
                continue
        errors = process.communicate()[1]
        assert process.returncode == 0, errors.decode()
        return done
    return done


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--gigabytes", type=float, default=5.0)
    parser.add_argument("--kills", type=int, default=6)
    parser.add_argument("--folder", type=Path)
    given = parser.parse_args()
    folder = given.folder or Path(tempfile.mkdtemp(prefix="malmoi-resume-"))
    folder.mkdir(exist_ok=True)
    rows = make(given.data, folder, given.gigabytes)
    train(given.data, folder)
    size = (folder / "texts.jsonl").stat().st_size
    print(f"{rows:,} texts, {size / 1e9:.2f} GB", flush=True)
    seconds, peaks = in_one_go(folder)
    tenths = [peaks[len(peaks) * tenth // 10] for tenth in range(10)]
    print(f"one go: {seconds:.0f} s, {size / 1e6 / seconds:.0f} MB/s; peak MB after each tenth: {tenths}, {peaks[-1]}")
    kills = killed_and_resumed(folder, given.kills, seconds)
    same = filecmp.cmp(folder / "whole.jsonl", folder / "resumed.jsonl", shallow=False)
    ids = all(json.loads(line)["id"] == number for number, line in enumerate((folder / "whole.jsonl").open("rb")))
    print(f"killed {kills} times and resumed: the same bytes: {same}; every id in its place: {ids}")
    assert same
    assert ids


if __name__ == "__main__":
    main()
