"""Scoring shards with plain processes, Ray Data, the command line's engines, and fastText as it is usually called.

    PYTHON benchmarks/distributed.py ../shared/data --folder FOLDER [--fasttext NAME=PYTHON ...] [--gigabytes 2]

PYTHON has malmoi, PyArrow and Ray; each `--fasttext` names an environment outside the project with a package of
fastText. The texts (`generated_reviews.py`) and models are made in FOLDER once. All systems run in turns, each in
processes of its own; the figures are medians over the rounds. Timed is the work, from opened models and, for Ray, a
warm cluster, to complete output files; the start is stated beside it. For commands, the start is the time of the same
command on a few texts. Every worker has one thread. The peak is that of the process that scores texts and
has the most memory. All but fastText read and write Parquet; fastText reads and writes JSON lines, one document a
call, and scores an eighth of the texts.

    --parts speed     the table of systems
    --parts driver    seconds of the driver for a task of Ray that does nothing

The measurements go to `benchmarks/distributed.json`, from which `scale_page.py` writes the tables of docs/scale.md.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from generated_reviews import Plan, generate, read_texts
from process_memory import Peak

WORK = str(Path(__file__).with_name("distributed_work.py"))
RESULTS = Path(__file__).with_name("distributed.json")
MODELS = {"bag": "bag.malmoi", "fastText": "words.bin"}
LINES_SHARE = 8
"""fastText gets one text in so many."""
FEW = 2_000
"""Texts of the run that tells what the start of a command takes."""
Run = dict[str, Any]


@dataclass(frozen=True)
class Inputs:
    """Where the texts and models are.

    Args:
        folder: of all of them.
        megabytes: of text in the Parquet files and in the JSON lines.
    """

    folder: Path
    megabytes: dict[str, float]

    def files(self, kind: str) -> list[str]:
        return sorted(map(str, (self.folder / kind).iterdir()))

    def model(self, name: str) -> str:
        return str(self.folder / MODELS[name])


def environment() -> dict[str, str]:
    """Return the environment of a worker with one thread."""
    return {**os.environ, "MALMOI_THREADS": "1", "POLARS_MAX_THREADS": "1", "OMP_NUM_THREADS": "1"}


class Worker:
    """A process that does a work of `distributed_work.py` when it is told to."""

    def __init__(self, python: str, work: str, arguments: Run) -> None:
        command = [python, WORK, work, json.dumps(arguments)]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment()
        )

    def line(self) -> Run:
        assert self.process.stdout is not None
        for text in self.process.stdout:
            if text.startswith("{"):
                return json.loads(text)
        raise SystemExit(f"a worker ended: {self.process.args}")

    def go(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write("go\n")
        self.process.stdin.flush()


def together(works: list[tuple[str, str, Run]]) -> tuple[Run, list[Run]]:
    """Run works in processes of their own; return start, seconds and peak memory, and what they found."""
    workers = [Worker(*work) for work in works]
    start = max(worker.line()["ready"] for worker in workers)
    before = time.perf_counter()
    for worker in workers:
        worker.go()
    with Peak([worker.process.pid for worker in workers]) as peak:
        found = [worker.line() for worker in workers]
    seconds = time.perf_counter() - before
    for worker in workers:
        worker.process.communicate()
    seconds = seconds if len(found) > 1 else found[0]["seconds"]
    return {"start": start, "seconds": seconds, "peak": peak.megabytes}, found


def empty(folder: Path) -> str:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return str(folder)


def plain(inputs: Inputs, output: Path, model: str, processes: int) -> Run:
    given = {"model": inputs.model(model), "output": empty(output)}
    files = inputs.files("parquet")
    works = [(sys.executable, "plain", {**given, "files": files[at::processes]}) for at in range(processes)]
    whole, found = together(works)
    return {**whole, "texts": sum(one["texts"] for one in found), "kind": "parquet"}


def usual(inputs: Inputs, output: Path, python: str, processes: int) -> Run:
    given = {"model": inputs.model("fastText"), "output": empty(output)}
    files = inputs.files("jsonl")
    whole, found = together([(python, "usual", {**given, "files": files[at::processes]}) for at in range(processes)])
    share = sum(one["predicting"] for one in found) / sum(one["seconds"] for one in found)
    texts = sum(one["texts"] for one in found)
    return {**whole, "texts": texts, "kind": "jsonl", "predicting": share, "title": found[0]["title"]}


def ray_data(inputs: Inputs, output: Path, model: str, workers: int) -> Run:
    arguments = {"model": inputs.model(model), "folder": str(inputs.folder / "parquet"), "output": empty(output)}
    whole, [found] = together([(sys.executable, "ray_data", {**arguments, "workers": workers})])
    return {**whole, "kind": "parquet", "texts": found["texts"], "title": found["title"]}


def command(inputs: Inputs, output: Path, model: str, engine: str, workers: int) -> Run:
    """`malmoi predict` of a folder; the start is the time of the same command on a few texts."""
    seconds = []
    for kind in ("few", "parquet"):
        shutil.rmtree(output, ignore_errors=True)
        words = ["predict", inputs.model(model), f"{inputs.folder / kind}/*.parquet", "-o", str(output)]
        words += ["--engine", engine, "--workers", str(workers), "--id-column", "id", "--format", "parquet"]
        before = time.perf_counter()
        with (output.parent / "messages.txt").open("w+") as messages:
            line = [sys.executable, "-m", "malmoi", *words]
            done = subprocess.Popen(line, env=environment(), stdout=subprocess.DEVNULL, stderr=messages)
            with Peak([done.pid]) as peak:
                done.wait()
            seconds.append(time.perf_counter() - before)
            messages.seek(0)
            lines = [line for line in messages if line.strip()]
        if done.returncode:
            raise RuntimeError(f"malmoi {' '.join(words)}: {lines[-1] if lines else done.returncode}")
    texts = rows_of(output)
    return {
        "start": seconds[0],
        "seconds": seconds[1] - seconds[0],
        "texts": texts,
        "kind": "parquet",
        "peak": peak.megabytes,
    }


def rows_of(output: Path) -> int:
    import pyarrow.parquet as pq

    return sum(pq.read_metadata(path).num_rows for path in output.rglob("*.parquet"))


def digest(output: Path) -> str:
    """Return a digest of all labels and probabilities in the order of the ids."""
    import hashlib

    import polars as pl

    rows = pl.concat([pl.read_parquet(path) for path in sorted(output.rglob("*.parquet"))]).sort("id")
    rows = rows.select("id", pl.col("label").cast(pl.String), *[name for name in rows.columns if "probability" in name])
    return hashlib.sha256(rows.write_csv().encode()).hexdigest()


def made(data: Path, folder: Path, gigabytes: float, shards: int) -> Inputs:
    """Make the texts and models, if they are not there."""
    facts, asked = folder / "facts.json", [gigabytes, shards]
    if facts.exists() and json.loads(facts.read_text())["asked"] == asked:
        return Inputs(folder, json.loads(facts.read_text())["megabytes"])
    folder.mkdir(parents=True, exist_ok=True)
    texts, megabytes = read_texts(data), {}
    mean = sum(len(text.encode()) for text in texts) / len(texts)
    rows = round(gigabytes * 1e9 / shards / mean)
    kinds = {"parquet": (rows, shards), "jsonl": (rows // LINES_SHARE // 2, shards * 2), "few": (FEW, 1)}
    for kind, (each, count) in kinds.items():
        shutil.rmtree(folder / kind, ignore_errors=True)
        plan = Plan(folder / kind, each, 0.1, 0, "jsonl" if kind == "jsonl" else "parquet")
        megabytes[kind] = generate(texts, plan, count, 2)[0] / 1e6
    paths = {"bag": str(folder / MODELS["bag"]), "vectors": str(folder / MODELS["fastText"])}
    if not all(Path(path).exists() for path in paths.values()):
        worker = Worker(sys.executable, "train", {"data": str(data), **paths})
        worker.line()
        worker.go()
        worker.line()
        worker.process.communicate()
    facts.write_text(json.dumps({"asked": asked, "megabytes": megabytes}))
    return Inputs(folder, megabytes)


def systems(inputs: Inputs, fasttext: dict[str, str], workers: int, wanted: list[str]) -> dict[str, Callable[[], Run]]:
    """Return what is measured, by its title; a title is `system | model | workers`."""
    cases: dict[str, Callable[[], Run]] = {}
    for model in MODELS:
        for count in dict.fromkeys((1, workers)):
            cases[f"plain processes | {model} | {count}"] = partial(
                plain, inputs, inputs.folder / "out-plain", model, count
            )
    for model in MODELS:
        cases[f"Ray Data | {model} | {workers}"] = partial(ray_data, inputs, inputs.folder / "out-ray", model, workers)
    for engine in ("processes", "ray"):
        title = f"`malmoi predict --engine {engine}` | bag | {workers}"
        cases[title] = partial(command, inputs, inputs.folder / "out-command", "bag", engine, workers)
    for name, python in fasttext.items():
        for count in dict.fromkeys((1, workers)):
            title = f"{name}, one text a call | fastText | {count}"
            cases[title] = partial(usual, inputs, inputs.folder / "out-usual", python, count)
    return {title: case for title, case in cases.items() if any(word in title for word in wanted)}


def speed(inputs: Inputs, cases: dict[str, Callable[[], Run]], rounds: int) -> Run:
    """Measure all systems in turns; one that fails is left out, with its message."""
    runs: dict[str, list[Run]] = {title: [] for title in cases}
    failed: dict[str, str] = {}
    digests: dict[str, set[str]] = {}
    for number in range(rounds):
        for title, case in cases.items():
            if title in failed:
                continue
            try:
                found = case()
            except (RuntimeError, SystemExit) as error:
                failed[title] = str(error)
                print(f"{title}: {error}", file=sys.stderr, flush=True)
                continue
            found["megabytes"] = inputs.megabytes[found["kind"]]
            runs[title].append(found)
            print(
                f"{number + 1}: {title}: {found['megabytes'] / found['seconds']:.1f} MB/s", file=sys.stderr, flush=True
            )
            if found["kind"] == "parquet" and not number:
                output = {"p": "out-plain", "R": "out-ray", "`": "out-command"}[title[0]]
                digests.setdefault(title.split(" | ")[1], set()).add(digest(inputs.folder / output))
    rows = {title: summary(found) for title, found in runs.items() if found}
    same = {model: len(found) == 1 for model, found in digests.items()}
    return {"rows": rows, "failed": failed, "same_predictions": same, "rounds": rounds, "megabytes": inputs.megabytes}


def summary(runs: list[Run]) -> Run:
    """Return the medians of the rounds."""
    first, medians = runs[0], {}
    for name in ("seconds", "start", "predicting", "peak"):
        if name in first:
            medians[name] = statistics.median(one[name] for one in runs)
    speeds = [one["megabytes"] / one["seconds"] for one in runs]
    known = {name: first[name] for name in ("texts", "megabytes", "title") if name in first}
    return {**medians, **known, "speed": statistics.median(speeds), "range": [min(speeds), max(speeds)]}


def driver(tasks: int, workers: int, rounds: int) -> Run:
    """Seconds for a task of Ray that does nothing."""
    runs = []
    for _ in range(rounds):
        _, [found] = together([(sys.executable, "ray_tasks", {"tasks": tasks, "workers": workers})])
        runs.append(found)
    seconds = statistics.median(one["seconds"] for one in runs) / tasks
    busy = statistics.median(one["driver_seconds"] for one in runs) / tasks
    return {"tasks": tasks, "workers": workers, "seconds": seconds, "busy": busy, "title": runs[0]["title"]}


def table(found: Run) -> list[str]:
    """Return the lines of the table of systems, in Markdown."""
    heads = [
        "system",
        "model",
        "workers",
        "MB/s",
        "range",
        "texts/s",
        "start, s",
        "peak, MB",
        "speed-up",
        "of plain processes",
    ]
    lines = [f"| {' | '.join([*heads, 'difference, s/GB'])} |", "|" + "---|" * (len(heads) + 1)]
    rows = found["rows"]
    for title, row in rows.items():
        system, model, workers = title.split(" | ")
        own = system if "one text" in system else "plain processes"
        one, same = rows.get(f"{own} | {model} | 1"), rows.get(f"plain processes | {model} | {workers}")
        is_engine = own == "plain processes" and system != own
        gained = row["speed"] / one["speed"] if one else None
        cells = [
            *(system, model, workers),
            f"{row['speed']:.1f}",
            f"{row['range'][0]:.1f} to {row['range'][1]:.1f}",
            f"{row['texts'] / row['seconds']:,.0f}",
            f"{row['start']:.1f}",
            f"{row['peak']:.0f}" if "peak" in row else "-",
            f"{gained:.2f}" if gained else "-",
            f"{100 * row['speed'] / same['speed']:.0f} %" if is_engine and same else "-",
            f"{1000 / row['speed'] - 1000 / same['speed']:+.2f}" if is_engine and same else "-",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def keep(name: str, found: Run) -> None:
    """Put a part into `distributed.json`."""
    whole = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    whole[name] = found
    RESULTS.write_text(json.dumps(whole, indent=1) + "\n", encoding="utf-8")


def machine() -> str:
    return f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--fasttext", action="append", default=[], metavar="NAME=PYTHON")
    parser.add_argument("--gigabytes", type=float, default=2.0)
    parser.add_argument("--shards", type=int, default=16)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--tasks", type=int, default=5_000)
    parser.add_argument("--parts", default="speed,driver")
    parser.add_argument("--systems", default="", help="only those whose title has one of these words, split at ;")
    parser.add_argument("--dry", action="store_true", help="do not write distributed.json")
    given = parser.parse_args()
    parts = given.parts.split(",")
    if "speed" in parts:
        inputs = made(given.data, given.folder.resolve(), given.gigabytes, given.shards)
        cases = systems(
            inputs, dict(one.split("=", 1) for one in given.fasttext), given.workers, given.systems.split(";")
        )
        found = {"machine": machine(), "gigabytes": given.gigabytes, **speed(inputs, cases, given.rounds)}
        print("\n".join(table(found)))
        print("the same predictions from all systems:", found["same_predictions"])
        if not given.dry:
            keep("speed", found)
    if "driver" in parts:
        found = driver(given.tasks, given.workers, given.rounds)
        print(
            f"a task of Ray: {1e3 * found['seconds']:.2f} ms, of which the driver is busy {1e3 * found['busy']:.2f} ms"
        )
        if not given.dry:
            keep("driver", {"machine": machine(), **found})


if __name__ == "__main__":
    main()
