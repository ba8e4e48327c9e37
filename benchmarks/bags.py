"""Classifiers on n-grams: raw texts to a trained model, to labels, partial_fit, and the command line, beside peers.

    python benchmarks/bags.py ../shared/data [--fasttext PYTHON] [--threads 1,2] [--sets imdb,nsmc] [--growth]

Every measurement is a process of its own; all systems run in turns, medians of `--runs`. A process reads the texts,
works once on 500 of them (imports, caches), then on all, which is timed; reading files is not. Accuracy is that on the
test file. scikit-learn's solvers use one thread. fastText trains with as many threads as said and predicts with one;
it runs where it is installed: `python -m venv ft && ft/bin/pip install fasttext-numpy2-wheel`, `--fasttext
ft/bin/python`. `--growth` also trains on 1,000 to 1,000,000 texts, which takes an hour.
"""

import argparse
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from bags_work import NEW_LABELS, SYSTEMS
from growth import slope
from text_peers import fasttext_command, run_json
from text_sets import QUICK, SETS

PARTS = ("training", "partial", "process")
GROWTH = {
    "nsmc": [1_000, 3_000, 10_000, 30_000, 100_000, 300_000, 1_000_000],
    "imdb": [1_000, 2_500, 5_000, 10_000, 25_000],
}
UPPER = 4
"""Sizes, the largest ones, that the exponents are fitted to."""
Run = dict[str, float]


def measure(options: argparse.Namespace, work: str, arguments: list[str], threads: int | None = None) -> Run:
    script = str(Path(__file__).with_name("bags_work.py"))
    command = [sys.executable, script, str(options.data), work, *arguments]
    environment = {**os.environ, **({"MALMOI_THREADS": str(threads)} if threads else {})}
    return run_json([*command, *(["--quick"] if options.quick else [])], environment)


def in_turns(works: dict[Any, Callable[[], Run]], runs: int) -> dict[Any, list[Run]]:
    """Run each work in turn, so many times."""
    found: dict[Any, list[Run]] = {key: [] for key in works}
    for _ in range(runs):
        for key, work in works.items():
            found[key].append(work())
    return found


def median(runs: list[Run], name: str) -> float:
    return statistics.median(run[name] for run in runs)


def middle(values: list[float], form: str) -> str:
    """Median and range."""
    return f"{statistics.median(values):{form}} ({min(values):{form}}-{max(values):{form}})"


def ratios(theirs: list[Run], ours: list[Run], name: str) -> str:
    """How many times as long another system takes, pair by pair."""
    return middle([their[name] / our[name] for their, our in zip(theirs, ours, strict=True)], ".2f")


def heading(*columns: str) -> None:
    print(f"| {' | '.join(columns)} |\n{'|---' * len(columns)}|")


def row(*cells: object) -> None:
    print(f"| {' | '.join(map(str, cells))} |", flush=True)


def compare(options: argparse.Namespace, name: str, folder: Path) -> None:
    job, works = folder / f"{name}.jsonl", {}
    if options.fasttext:
        measure(options, "write_fasttext_job", [name, str(job)])
    for key, system in SYSTEMS.items():
        if name not in system.sets or (system.make is None and not options.fasttext):
            continue
        for threads in options.threads if system.threaded else [1]:
            if system.make is None:
                command = fasttext_command(options.fasttext, job, threads)
                works[key, threads] = lambda command=command: run_json(command, dict(os.environ))
            else:
                works[key, threads] = lambda key=key, threads=threads: measure(
                    options, "train_and_predict", [name, key], threads
                )
    found = in_turns(works, options.runs)
    training_table(options, name, found)
    prediction_table(options, name, found)


def training_table(options: argparse.Namespace, name: str, found: dict[tuple[str, int], list[Run]]) -> None:
    print(f"\n### {SETS[name].title}: raw texts to a trained model\n")
    besides = [
        f"ratio to the first row's model with {threads} thread{'s' * (threads > 1)}" for threads in options.threads
    ]
    heading("", "threads", "seconds", "test accuracy", *besides, "peak MiB", "MiB above the texts")
    for (key, threads), runs in found.items():
        seconds = middle([run["seconds"] for run in runs], ".2f")
        beside = [ratios(runs, found["fixed", other], "seconds") for other in options.threads]
        memory, above = median(runs, "peak"), median(runs, "above")
        accuracy = middle([run["accuracy"] for run in runs], ".4f") if key == "fasttext" else runs[0]["accuracy"]
        shown = accuracy if isinstance(accuracy, str) else f"{accuracy:.4f}"
        row(SYSTEMS[key].title, threads, seconds, shown, *beside, f"{memory:.0f}", f"{above:.0f}")


def prediction_table(options: argparse.Namespace, name: str, found: dict[tuple[str, int], list[Run]]) -> None:
    """Texts a second; a core of fastText and of scikit-learn is the process, whose prediction has one thread."""
    print(f"\n### {SETS[name].title}: raw texts to labels\n")
    first = min(options.threads)
    reference = ("fasttext", first) if ("fasttext", first) in found else ("fixed", first)
    speeds = {key: [run["texts"] / run["predict_seconds"] for run in runs] for key, runs in found.items()}
    heading("", "threads", "texts/s", "texts/s a core", f"a core, ratio to {SYSTEMS[reference[0]].title}")
    for (key, threads), speed in speeds.items():
        if key == "fasttext" and threads != first:
            continue
        cores = threads if key != "fasttext" else 1
        pairs = zip(speed, speeds[reference], strict=True)
        beside = middle([one / cores / other for one, other in pairs], ".2f")
        row(SYSTEMS[key].title, cores, middle(speed, ",.0f"), f"{statistics.median(speed) / cores:,.0f}", beside)


def more_labels(options: argparse.Namespace) -> None:
    name = "imdb"
    print(f"\n### {SETS[name].title}: `partial_fit` with {NEW_LABELS} more texts\n")
    heading(
        "", "partial_fit, s", "new fit, s", "ratio", "accuracy before", "after partial_fit", "after a new fit", "new"
    )
    works = {
        key: lambda key=key: measure(options, "learn_more", [name, key], max(options.threads))
        for key in ("fixed", "bag")
    }
    for key, runs in in_turns(works, options.runs).items():
        seconds = [middle([run[what] for run in runs], ".3f") for what in ("partial_seconds", "fit_seconds")]
        beside = middle([run["fit_seconds"] / run["partial_seconds"] for run in runs], ".1f")
        accuracies = [f"{runs[0][what]:.4f}" for what in ("before", "partial", "fit")]
        new = " to ".join(f"{runs[0][what] * NEW_LABELS:.0f}" for what in ("more_before", "more_partial"))
        row(SYSTEMS[key].title, *seconds, beside, *accuracies, new)
    print(f"\n`new`: how many of the {NEW_LABELS} texts were right before `partial_fit`, and after it.")


def whole_process(command: list[str], text: str) -> Run:
    """Seconds and peak memory of a process that reads one line."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    process.stdin.write(text)
    process.stdin.close()
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if status or not output.strip():
        raise SystemExit(f"{' '.join(command)} failed")
    return {"seconds": seconds, "peak": usage.ru_maxrss / 1024}


def command_line(options: argparse.Namespace, folder: Path) -> None:
    name, kinds = (
        "imdb",
        {"fixed": SYSTEMS["fixed"].title, "bag": SYSTEMS["bag"].title, "network": "network, `Flatten`"},
    )
    sizes, works = {}, {}
    for kind in kinds:
        path = folder / f"{kind}.malmoi"
        sizes[kind] = measure(options, "save_model", [name, kind, str(path)])["size"]
        command = [sys.executable, "-m", "malmoi", "predict", str(path)]
        works[kind] = lambda command=command: whole_process(command, "a wonderful film, and never dull\n")
    in_turns(works, 1)
    found = in_turns(works, max(options.runs, 5))
    print(f"\n### {SETS[name].title}: `malmoi predict MODEL`, one line on standard input, whole process\n")
    heading("", "seconds", "ratio to the network", "peak MiB", "file, MiB")
    for kind, title in kinds.items():
        runs = found[kind]
        seconds, beside = middle([run["seconds"] for run in runs], ".2f"), ratios(runs, found["network"], "seconds")
        row(title, seconds, beside, f"{median(runs, 'peak'):.0f}", f"{sizes[kind]:.1f}")


def growth(options: argparse.Namespace, name: str) -> None:
    print(f"\n### {SETS[name].title}: training on more texts\n")
    heading("", "texts", "seconds", "texts/s", "MiB above the texts", "MiB before training")
    lines = []
    for key in ("fixed", "bag"):
        sizes = [size for size in GROWTH[name] if size <= (QUICK * 2 if options.quick else options.largest)]
        works = {
            size: lambda key=key, size=size: measure(
                options, "train_on_many", [name, key, str(size)], max(options.threads)
            )
            for size in sizes
        }
        found = in_turns(works, options.runs)
        above = {size: median(runs, "above") for size, runs in found.items()}
        for size, runs in found.items():
            seconds, speed = middle([run["seconds"] for run in runs], ".2f"), size / median(runs, "seconds")
            row(
                SYSTEMS[key].title,
                f"{size:,}",
                seconds,
                f"{speed:,.0f}",
                f"{above[size]:.0f}",
                f"{median(runs, 'before'):.0f}",
            )
        lines.append(exponents(SYSTEMS[key].title, sizes, [median(found[size], "seconds") for size in sizes], above))
    print("\n" + "\n".join(lines))


def exponents(title: str, sizes: list[int], seconds: list[float], above: dict[int, float]) -> str:
    upper = sizes[-UPPER:]
    if len(upper) < 2:
        return f"{title}: too few sizes for exponents."
    # A MiB at least: the smallest fits into memory that reading the texts had used before.
    time_power = slope(upper, seconds[-UPPER:])
    memory_power = slope(upper, [max(above[size], 1.0) for size in upper])
    powers = f"seconds grow with texts to the power of {time_power:.2f}, memory to that of {memory_power:.2f}"
    return f"{title}, {upper[0]:,} to {upper[-1]:,} texts: {powers}."


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--fasttext", metavar="PYTHON", help="interpreter that has fastText")
    parser.add_argument("--threads", default="1,2", help="numbers with commas between them")
    parser.add_argument("--sets", default="imdb,nsmc", help="imdb, nsmc, or both")
    parser.add_argument("--parts", default=",".join(PARTS), help=f"of {', '.join(PARTS)}")
    parser.add_argument("--growth", action="store_true", help="also train on 1,000 to 1,000,000 texts")
    parser.add_argument("--largest", type=int, default=1_000_000, help="texts of --growth at most")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help=f"{QUICK:,} texts only, to test the script")
    options = parser.parse_args()
    options.sets, options.parts = options.sets.split(","), [part for part in options.parts.split(",") if part]
    options.threads = [int(count) for count in options.threads.split(",")]
    for given, known in ((options.sets, GROWTH), (options.parts, PARTS)):
        if unknown := sorted(set(given) - set(known)):
            parser.error(f"{', '.join(unknown)} must be of {', '.join(known)}")
    return options


def run_parts(options: argparse.Namespace, folder: Path) -> None:
    if "training" in options.parts:
        for name in options.sets:
            compare(options, name, folder)
    if "partial" in options.parts and "imdb" in options.sets:
        more_labels(options)
    if "process" in options.parts and "imdb" in options.sets:
        command_line(options, folder)


def main() -> None:
    options = read_options()
    machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    print(f"{machine}, malmoi {version('malmoi')}, scikit-learn {version('scikit-learn')}, {options.runs} runs")
    if not options.fasttext:
        print("skipped: fastText; --fasttext PYTHON says where it is installed")
    missing = [file for name in options.sets for file in SETS[name].files if not (options.data / file).exists()]
    if missing:
        print(f"skipped: {', '.join(missing)} not in {options.data}")
        return
    with tempfile.TemporaryDirectory(prefix="malmoi-bags-") as folder:
        run_parts(options, Path(folder))
    if options.growth:
        for name in options.sets:
            growth(options, name)


if __name__ == "__main__":
    main()
