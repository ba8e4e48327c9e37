"""The parts of `fasttext_classifier.py`: which processes run, and the tables of what they measured."""

import statistics
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from bags import in_turns, median, middle, ratios
from fasttext_bench import CASES, OURS, Bench, Run, table

THREADS = (1, 2)
CALIBRATED = "malmoi, calibrated"
BATCHED = "fasttext-new"
"""The package whose prediction has threads."""
Block = tuple[str, list[str]]
"""Part of a page, with its name."""


def training(bench: Bench) -> Iterator[Block]:
    for name, case in ((name, CASES[name]) for name in bench.options.cases):
        works = {
            (system, threads): partial(bench.train, system, case, case.with_threads(threads))
            for system in bench.pythons
            for threads in THREADS
        }
        settings = case.with_threads(THREADS[-1], calibration="temperature")
        works[CALIBRATED, THREADS[-1]] = partial(bench.train, OURS, case, settings)
        found = in_turns(works, bench.options.runs)
        rows = []
        for (system, threads), runs in found.items():
            shown = middle([run["accuracy"] for run in runs], ".4f")
            shown = f"{runs[0]['accuracy']:.4f}" if system.startswith(OURS) else shown
            beside = ratios(runs, found[OURS, threads], "seconds")
            memory = f"{median(runs, 'peak'):.0f}", f"{median(runs, 'above'):.0f}"
            rows.append([system, threads, middle([run["seconds"] for run in runs], ".2f"), beside, shown, *memory])
        heads = "", "threads", "seconds", "ratio", "test accuracy", "peak MiB", "MiB above the texts"
        yield name, [f"### {case.title}", "", *table(heads, rows), ""]


def prediction(bench: Bench) -> Iterator[Block]:
    for title, (model, texts) in inputs_of(bench).items():
        works = {}
        for system in bench.pythons:
            for threads in THREADS if system in (OURS, BATCHED) else (1,):
                works[system, threads] = partial(labels_of, bench, system, threads, model, texts)
        found = in_turns(works, bench.options.runs)
        ours = found[OURS, 1][0]["labels"]
        rows = []
        for (system, threads), runs in found.items():
            speeds = middle([run["bytes"] / 1e6 / run["seconds"] for run in runs], ".1f")
            first = f"{runs[0]['bytes'] / 1e6 / median(runs, 'first'):.1f}"
            beside = [ratios(runs, found[OURS, count], "seconds") for count in THREADS]
            differing = max(sum(a != b for a, b in zip(run["labels"], ours, strict=True)) for run in runs)
            rows.append([system, threads, speeds, first, *beside, f"{differing:,} of {len(ours):,}"])
        heads = "", "threads", "MB/s", "first pass, MB/s", *(f"ratio to malmoi, threads: {one}" for one in THREADS)
        yield title, [f"### {title}", "", *table([*heads, "labels that differ"], rows), ""]


def inputs_of(bench: Bench) -> dict[str, tuple[str, str]]:
    """Models and files of lines; the model of TREC is one that fastText made, and its lines are repeated."""
    inputs = {"imdb-10": "imdb-test.lines", "nsmc": "nsmc-test.lines"}
    files = {CASES[name].title: (bench.model(name), bench.path(lines)) for name, lines in inputs.items()}
    made = bench.options.data / "fasttext" / "trec.bin"
    if not made.exists():
        print(f"skipped: {made} is not there")
        return files
    repeated, times = Path(bench.path("trec.lines")), 2 if bench.options.quick else 40
    both = [Path(bench.path(f"trec-{part}.lines")).read_bytes() for part in ("train", "test")]
    repeated.write_bytes(b"".join(both) * times)
    files[f"TREC: {made.name} of the data, made by fastText with minn 2, maxn 4"] = str(made), str(repeated)
    return files


def labels_of(bench: Bench, system: str, threads: int, model: str, texts: str) -> Run:
    output = bench.path(f"{system}.labels")
    found = bench.run(system, "predict", threads, model=model, lines=texts, threads=threads, passes=4, output=output)
    return found | {"labels": Path(output).read_text(encoding="utf-8").split("\n")}


def opening(bench: Bench) -> Iterator[Block]:
    for name in ("trec", "nsmc") if bench.options.quick else ("imdb-10", "imdb-100"):
        given = {
            "model": bench.model(name),
            "small": bench.model("small"),
            "lines": bench.path(f"{CASES[name].name}-test.lines"),
            "texts": 1_000,
        }
        works = {system: partial(bench.run, system, "open_file", 1, **given) for system in bench.pythons}
        rows = []
        for system, runs in in_turns(works, bench.options.runs).items():
            sizes = [f"{median(runs, f'opened {what}'):.0f}" for what in ("resident", "private", "shared", "anonymous")]
            then = [f"{median(runs, f'predicted {what}'):.0f}" for what in ("resident", "anonymous")]
            spent = middle([run["seconds"] for run in runs], ".3f"), f"{median(runs, 'predicting'):.3f}"
            rows.append([system, spent[0], *sizes, spent[1], *then])
        heads = "", "seconds", "resident", "private", "shared", "anonymous", "1,000 predictions, s", "resident after"
        size = Path(given["model"]).stat().st_size / 1e6
        yield name, [f"### A file of {size:.0f} MB", "", *table([*heads, "anonymous after"], rows), ""]


def stream(bench: Bench) -> Iterator[Block]:
    most, epochs = 50_000 if bench.options.quick else bench.options.texts, bench.options.epochs
    sizes = [most // 10, most]
    made = bench.run(OURS, "generate", folder=str(bench.folder), sizes=sizes, test=10_000)["bytes"]
    settings = {"dim": 10, "epoch": epochs, "lr": 0.5, "wordNgrams": 2, "thread": 2, "seed": 1}
    test, rows = bench.path("stream-test-10000.txt"), []
    for size in sizes:
        files = {"training": bench.path(f"stream-train-{size}.txt"), "test": test}
        works = {system: partial(bench.run, system, "stream", 2, **files, settings=settings) for system in bench.first}
        for system, (run,) in in_turns(works, 1).items():
            spent, megabytes = run["seconds"], made[str(size)] / 1e6
            rates = f"{size / spent:,.0f}", f"{megabytes / spent:.1f}", f"{epochs * megabytes / spent:.0f}"
            memory = f"{run['peak']:.0f}", f"{run['peak'] - run['before']:.0f}", f"{run['accuracy']:.4f}"
            rows.append([system, f"{size:,}", f"{megabytes:.0f}", f"{spent:.1f}", *rates, *memory])
    own = ", ".join(f"{name} {value}" for name, value in settings.items())
    heads = "", "texts", "MB", "seconds", "texts/s", "MB/s", "MB/s of all epochs", "peak MiB", "above the start"
    yield "", [f"Settings: {own}. One run of each.", "", *table([*heads, "accuracy"], rows), ""]


def accuracy(bench: Bench) -> Iterator[Block]:
    for name in ("imdb-10", "trec"):
        rows = []
        case, scores = CASES[name], dict[str, list[float]]()
        for seed in range(1, bench.options.seeds + 1):
            for system in bench.first:
                run = bench.train(system, case, case.with_threads(2, seed))
                scores.setdefault(system, []).append(100 * run["accuracy"])
                if system == OURS:
                    other = bench.train(OURS, case, case.with_threads(1, seed))
                    must_equal(f"{name}, seed {seed}: predictions", run["predictions"], other["predictions"])
        for system, values in scores.items():
            difference = f"{statistics.mean(scores[OURS]) - statistics.mean(values):+.2f}"
            beside = "" if system == OURS else difference
            rows.append([system, spread(values), " ".join(f"{one:.2f}" for one in values), beside])
        heads = "", "accuracy, %", "of each seed", "malmoi minus fastText"
        yield name, [f"### {case.title}", "", *table(heads, rows), ""]


def spread(values: list[float]) -> str:
    found = f"{statistics.mean(values):.2f}"
    return found if len(values) < 2 else f"{found} ± {statistics.stdev(values):.2f}"


def must_equal(what: str, *values: str) -> None:
    if len(set(values)) > 1:
        raise SystemExit(f"{what} must be equal at any number of threads, got {', '.join(values)}")


def autotune(bench: Bench) -> Iterator[Block]:
    minutes = 0.1 if bench.options.quick else bench.options.minutes
    names = {"fitting": "fitting.txt", "validation": "validation.txt", "json_lines": "train.jsonl"}
    paths = {name: bench.path(file) for name, file in names.items()}
    counts = bench.run(OURS, "divide", training=bench.path("trec-train.txt"), **paths)
    test = bench.path("trec-test.txt")
    rows, notes = tuned(bench, paths["json_lines"], minutes, test)
    for system in bench.first[1:]:
        files = {"training": paths["fitting"], "validation": paths["validation"], "test": test}
        given = {"seconds": round(60 * minutes), "threads": 2, "output": bench.path("tuned.bin")}
        run = bench.run(system, "autotune", **files, **given)
        chosen = ", ".join(f"{name} {round(value, 4)}" for name, value in run["settings"].items())
        rows.append([f"{system}, autotune", *tuned_cells(run), chosen])
    lines = [
        f"TREC, {60 * minutes:.0f} seconds, 2 threads. fastText fits on {counts['fitting']:,} texts and validates on",
        f"{counts['validation']:,}; `malmoi tune` gets all of them and splits off a fifth itself.",
        "",
    ]
    yield "", [*lines, *table(["", "seconds", "test accuracy, %", "model, MB", "settings"], rows), "", *notes]


def tuned(bench: Bench, path: str, minutes: float, test: str) -> tuple[list[list[str]], list[str]]:
    """`malmoi tune --recipe fasttext`: its row, and what it printed."""
    output = bench.path("tuned.malmoi")
    command = [sys.executable, "-m", "malmoi", "tune", path, "--recipe", "fasttext", "--minutes", f"{minutes:g}"]
    command += ["--validation", "0.2", "--runs", "none", "-o", output, "--study", bench.path("tune.sqlite")]
    seconds, process = bench.timed(command)
    if process.returncode:
        reason = " ".join(process.stderr.replace("│", " ").replace("─", "").split())[-200:]
        return [], [f"skipped: `malmoi tune --recipe fasttext`, {reason}", ""]
    run = bench.run(OURS, "evaluate", model=output, test=test) | {"seconds": seconds}
    printed = process.stdout.replace(str(bench.folder), "FOLDER").rstrip().splitlines()
    notes = ["What `malmoi tune` printed:", "", "```text", *printed, "```", ""]
    return [["`malmoi tune`", *tuned_cells(run), "see below"]], notes


def tuned_cells(run: Run) -> list[str]:
    return [f"{run['seconds']:.0f}", f"{100 * run['accuracy']:.1f}", f"{run['size'] / 1e6:.1f}"]


def determinism(bench: Bench) -> Iterator[Block]:
    case = CASES["trec" if bench.options.quick else "imdb-10"]
    works = {}
    for system in bench.first:
        for threads in (1, 2, 5) if system == OURS else THREADS:
            works[system, threads] = partial(bench.train, system, case, case.with_threads(threads), bits=True)
    found = in_turns(works, bench.options.runs)
    bits = [run["bits"] for (system, _), runs in found.items() if system == OURS for run in runs]
    must_equal("the bits of the model", *bits)
    rows = []
    for (system, threads), runs in found.items():
        gain = ratios(found[system, 1], runs, "seconds")
        distinct = len({run["bits"] for run in runs})
        spent = middle([run["seconds"] for run in runs], ".2f")
        rows.append([system, threads, spent, gain, f"{distinct} of {len(runs)}"])
    lines = [f"{case.title}. SHA-256 of malmoi's exported model at 1, 2 and 5 threads: `{bits[0]}`.", ""]
    yield "", [*lines, *table(["", "threads", "seconds", "speed-up", "distinct models"], rows), ""]


PARTS = {part.__name__: part for part in (training, prediction, opening, stream, accuracy, autotune, determinism)}
TEXTS = {
    "training": """## Training

Seconds from prepared texts in memory to a trained model; fastText reads them from a file, whose writing is counted. The
ratio is the seconds of a row by those of malmoi with as many threads, pair by pair: above 1, malmoi is faster. malmoi
has `calibration=None`, as fastText has no calibration; `malmoi, calibrated` has `calibration="temperature"`.
""",
    "prediction": """## Prediction

From a file of lines on disk to labels, reading included, with the same model file: exported by malmoi, unless the title
says otherwise. fastText gets the list of all lines; its `predict` has one thread, except in fasttext-new. `MB/s` is the
median of the later passes of a process; in the first pass malmoi also reads the pages of the mapped file.
""",
    "opening": """## Opening a model

Seconds, and MiB above those of the process before, which had opened a small model; the file is in the page cache.
Anonymous memory belongs to one process. The other pages are those of the mapped file: processes that have it open share
them (they count as private while there is only one), and the system can drop them. Predictions are those of 1,000
texts with one thread.
""",
    "stream": """## Training on a file

Generated texts, each with two sentences of IMDB reviews and one review of NSMC, in a file of labelled lines; trained
with `fit_files` and with `train_supervised`. Accuracy is that on 10,000 texts that were generated from the test texts.
""",
    "accuracy": """## Accuracy

Accuracy on the test texts in percent, mean ± standard deviation over the seeds, 2 threads. For every seed malmoi
predicted the same labels with 1 thread; the script fails otherwise.
""",
    "autotune": """## Search for settings

`malmoi tune --recipe fasttext` and fastText's autotune, with the same time and the same texts.
""",
    "determinism": """## Equal results at any number of threads

The same seed in every run. The model of malmoi has the same bits at any number of threads; the script fails otherwise.
The speed-up is the seconds with one thread by those of the row.
""",
}
INTRODUCTION = """# FastTextClassifier beside fastText

This page compares `malmoi.FastTextClassifier` with packages of fastText: the same prepared texts, the same settings and
the same number of threads. `benchmarks/fasttext_classifier.py` measures the figures and writes the page; each part has
its command. Every measurement is a process of its own, the systems run in turns, and figures are medians with the range
in brackets. malmoi's results do not depend on the run, so that its accuracy has no range.
"""


def page(found: dict[str, Any]) -> str:
    """All blocks that were measured, each under the command that measured it."""
    lines = [INTRODUCTION]
    for part, text in TEXTS.items():
        told = ""
        for block in found.get(part, {}).values():
            if not told:
                lines.append(text)
            how = f"`{block['command']}`\n\nMachine: {block['machine']}.\n"
            lines += [how] if how != told else []
            lines.append("\n".join(block["lines"]))
            told = how
    return "\n".join(lines).rstrip() + "\n"
