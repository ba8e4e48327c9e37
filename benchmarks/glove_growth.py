"""Time and memory of training vectors against the size of the texts: 1, 10, 100 million tokens; a table and a plot.

    python benchmarks/glove_growth.py ../shared/data [--sizes 1 10 100] [--plot benchmarks/glove_growth.png]

The texts are all IMDB reviews, labelled or not, over and over; from the second time on every tenth word gets a suffix
of its own, so that the vocabulary grows too. Each size runs in a process of its own, with texts that stream; epochs
are 3, and `memory_mb` is 1024.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path

from growth import changed, slope
from vectors import peak_mebibytes

EPOCHS = 3
FILES = ("imdb-train", "imdb-test", "imdb-unlabelled")


def stream(data: Path, tokens: int) -> Iterator[str]:
    """About so many tokens: one has 5.6 characters, its space included."""
    import polars as pl

    left = tokens
    for copy in count():
        for name in FILES:
            for review in pl.read_parquet(data / f"{name}.parquet", columns=["text"])["text"]:
                text = changed(review, copy) if copy else review
                yield text
                left -= len(text) * 10 // 56
                if left <= 0:
                    return


def child(data: Path, millions: int) -> None:
    from malmoi import Words, WordVectors

    WordVectors.train(stream(data, 20_000), tokens=Words(), epochs=1)
    before, marks = peak_mebibytes(), []
    start = time.perf_counter()
    vectors = WordVectors.train(
        stream(data, millions * 10**6),
        tokens=Words(),
        epochs=EPOCHS,
        memory_mb=1024,
        on_epoch=lambda epoch, cost: marks.append(time.perf_counter()),
    )
    training = vectors.training
    if training is None:
        raise SystemExit("nothing was trained")
    epoch = (marks[-1] - marks[0]) / (EPOCHS - 1)
    report = {
        "tokens": training.running_tokens,
        "words": len(vectors),
        "pairs": training.pairs,
        "epoch": epoch,
        "counting": marks[0] - start - epoch,
        "seconds": time.perf_counter() - start,
        "peak": peak_mebibytes(),
        "before": before,
        "spilled": training.spilled_bytes / 2**20,
    }
    print(json.dumps(report))


def draw(path: Path, runs: list[dict[str, float]]) -> None:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    tokens = [run["tokens"] / 1e6 for run in runs]
    figure, axes = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
    for key, label in {"counting": "reading and counting", "epoch": "one epoch"}.items():
        axes[0].plot(tokens, [run[key] for run in runs], "o-", label=label)
    first = runs[0]["counting"]
    axes[0].plot(tokens, [first * size / tokens[0] for size in tokens], ":", color="grey", label="linear")
    axes[1].plot(tokens, [run["peak"] for run in runs], "o-", label="peak memory")
    axes[1].plot(tokens, [max(run["spilled"], 1) for run in runs], "s--", label="in files")
    axes[1].axhline(1024, color="grey", linestyle=":", label="memory_mb")
    for axis, label in zip(axes, ("seconds", "MiB"), strict=True):
        axis.set(xscale="log", yscale="log", xlabel="million tokens", ylabel=label)
        axis.grid(visible=True, alpha=0.3)
        axis.legend()
    figure.savefig(path, dpi=110)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1, 10, 100], help="million tokens")
    parser.add_argument("--plot", type=Path)
    parser.add_argument("--child", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        child(options.data, options.child)
        return
    if not (options.data / "imdb-train.parquet").exists():
        print(f"skipped: {options.data / 'imdb-train.parquet'} is not there")
        return
    runs = []
    heads = ["tokens", "words", "pairs", "counting, s", "an epoch, s", "peak, MiB", "in files, MiB"]
    print(f"| {' | '.join(heads)} |\n|{'---|' * len(heads)}")
    for size in options.sizes:
        command = [sys.executable, __file__, str(options.data), "--child", str(size)]
        run = json.loads(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout)
        runs.append(run)
        sizes = [f"{run[key]:,}" for key in ("tokens", "words", "pairs")]
        rest = [f"{run['counting']:.1f}", f"{run['epoch']:.1f}", f"{run['peak']:.0f}", f"{run['spilled']:.0f}"]
        print(f"| {' | '.join([*sizes, *rest])} |", flush=True)
    tokens = [run["tokens"] for run in runs]
    for key, title in {"counting": "reading and counting", "epoch": "an epoch"}.items():
        print(f"\n{title}: time grows with tokens to the power of {slope(tokens, [run[key] for run in runs]):.2f}")
    if options.plot:
        draw(options.plot, runs)


if __name__ == "__main__":
    main()
