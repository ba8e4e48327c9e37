"""`FewLabelClassifier` on 20 and 200 labels, compared with models without unlabelled texts: docs/few-labels.md.

    OPENBLAS_NUM_THREADS=1 python benchmarks/few_labels.py ../shared/data [--static FOLDER] [--draws 5] [--sets imdb]
    ... --ablation [--draws 3]      contribution of each part, on training texts that were held out
    ... --growth [--plot FILE]      seconds and memory by the number of unlabelled texts

One process for each set and draw. Labelled texts are drawn from the training texts, the same number of each class; all
other training texts, and the unlabelled ones, have no label. Texts that equal a test text are removed before. The test
labels are read after the fit, once. `--static` is a folder of static sentence embeddings, such as wordllama's package.
Every measurement goes into the file of `--cache` at once, and a run that was cut short goes on with what is missing.
"""

import argparse
import os
import statistics
import sys
from pathlib import Path
from typing import Any

from accuracy import environment, read_cache, write_cache
from accuracy_page import spread
from few_labels_sets import LABELS, files_of
from growth import slope
from text_peers import run_json
from text_sets import SETS

ALONE = {
    "bag": "`BagClassifier()`, labels alone",
    "tfidf": "scikit-learn, tf-idf of 1-2-grams, labels alone",
    "characters": "scikit-learn, tf-idf of 1-5 characters, labels alone",
}
SIZES = (10_000, 30_000, 100_000, 300_000, 1_000_000)
WORK = Path(__file__).with_name("few_labels_work.py")


class Runs:
    """Measurements, each made once."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.found = read_cache(options.cache)

    def of(self, *what: object) -> dict[str, Any]:
        """The measurement of a process of `few_labels_work.py`, made now if it is not there."""
        words = [str(one) for one in what]
        key = " ".join(words)
        if key not in self.found["runs"]:
            command = [sys.executable, str(WORK), str(self.options.data), *words]
            command += ["--static", str(self.options.static)] if self.options.static else []
            command += ["--quick"] if self.options.quick else []
            self.found["runs"][key] = run_json(command, dict(os.environ))
            write_cache(self.options.cache, self.found)
            print(key, self.found["runs"][key], file=sys.stderr, flush=True)
        return self.found["runs"][key]


def percent(values: list[float]) -> str:
    return spread([100 * value for value in values], 1)


def middle(runs: list[dict[str, Any]], key: str) -> float:
    return statistics.median(run[key] for run in runs)


# Accuracy.


def accuracy(options: argparse.Namespace, runs: Runs) -> None:
    print("| set, labels | model | accuracy, % | fit, s | predict, s | peak MiB | file, MiB |")
    print("|---|---|---|---|---|---|---|")
    for name in options.sets:
        for labels in LABELS[name]:
            title = f"{SETS[name].title}, {labels} labels"
            draws = range(options.draws)
            kinds = ["plain", *(["static"] if options.static and not SETS[name].korean and name == "trec" else [])]
            for kind in kinds:
                found = [runs.of("ours", name, seed, kind) for seed in draws]
                cells = [f"{middle(found, 'seconds'):.0f}", f"{middle(found, 'predict_seconds'):.1f}"]
                cells += [f"{max(run['peak'] for run in found):,.0f}", f"{middle(found, 'size'):.0f}"]
                with_what = " with static embeddings" if kind == "static" else ""
                row = f"`FewLabelClassifier()`{with_what}, {found[0]['unlabelled']:,} unlabelled texts"
                score = percent([run["accuracy"][str(labels)] for run in found])
                print(f"| {title} | {row} | {score} | {' | '.join(cells)} |")
            found = [runs.of("alone", name, labels, seed) for seed in draws]
            for key in found[0]:
                print(f"| {title} | {ALONE[key]} | {percent([run[key] for run in found])} | | | | |")
            if options.latent:
                latent(runs.of("latent", name, options.draws), title, labels)
            sys.stdout.flush()
    loads = [run["load"] for key, run in runs.found["runs"].items() if key.startswith("ours")]
    print(f"\nLoad before each fit: {min(loads):.1f} to {max(loads):.1f}, median {statistics.median(loads):.1f}.")


def latent(found: dict[str, Any], title: str, labels: int) -> None:
    for key, scores in found["scores"].items():
        if key.startswith(f"{labels}/"):
            rank = key.partition("/")[2]
            row = f"scikit-learn, latent semantic analysis of all texts, rank {rank}"
            print(f"| {title} | {row} | {percent(scores)} | {found['seconds']:.0f} | | | |")


# Contribution of each part.


def ablation(options: argparse.Namespace, runs: Runs) -> None:
    columns, measured = [], {}
    print("| data set | texts to learn from | evaluated on | seconds |\n|---|---|---|---|")
    for name in options.sets:
        found = runs.of("parts", name, options.draws, *options.without)
        columns += [(name, labels) for labels in LABELS[name]]
        measured[name] = found
        seconds = ", ".join(f"{part} {seconds:.0f}" for part, seconds in found["seconds"].items())
        print(f"| {SETS[name].title} | {found['texts']:,} | {found['test']:,} | {seconds} |")
    titles = [f"{SETS[name].title}, {labels}" for name, labels in columns]
    print(f"\n| parts | {' | '.join(titles)} |\n|---|{'---|' * len(titles)}")
    rows = dict.fromkeys(key.partition("/")[2] for found in measured.values() for key in found["rows"])
    for row in rows:
        print(f"| {row} | {' | '.join(cell(measured[name]['rows'], labels, row) for name, labels in columns)} |")
    print("\n| data set, labels | kept |\n|---|---|")
    for title, (name, labels) in zip(titles, columns, strict=True):
        kept = measured[name]["kept"][f"{labels}/all parts"]
        print(f"| {title} | {'; '.join(' + '.join(one) for one in kept)} |")


def cell(rows: dict[str, list[float]], labels: int, row: str) -> str:
    """Return the accuracy, with the mean difference from "auto" on the same draws."""
    values, auto = rows.get(f"{labels}/{row}"), rows[f"{labels}/auto"]
    if values is None:
        return ""
    if row == "auto":
        return f"**{percent(values)}**"
    difference = statistics.mean(100 * (one - other) for one, other in zip(values, auto, strict=False))
    return f"{percent(values)} ({difference:+.1f})"


# Growth.


def growth(options: argparse.Namespace, runs: Runs) -> None:
    print("| unlabelled texts | seconds | peak MiB | above the texts' own | parts tried |\n|---|---|---|---|---|")
    found = [runs.of("growth", size) for size in options.sizes]
    for run in found:
        cells = [
            f"{run['texts']:,}",
            f"{run['seconds']:.1f}",
            f"{run['peak']:,.0f}",
            f"{run['peak'] - run['before']:,.0f}",
        ]
        print(f"| {' | '.join(cells)} | {', '.join(run['tried'])} |", flush=True)
    sizes = [run["texts"] for run in found]
    above = [run["peak"] - run["before"] for run in found]
    for title, values in (("Time", [run["seconds"] for run in found]), ("Memory above the texts' own", above)):
        print(f"\n- {title} grows with the number of texts to the power of {slope(sizes, values):.2f}")
    if options.plot:
        draw(options.plot, sizes, [run["seconds"] for run in found], above)


def draw(path: Path, sizes: list[int], seconds: list[float], above: list[float]) -> None:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
    for axis, values, label in zip(axes, (seconds, above), ("seconds", "MiB above the texts' own"), strict=True):
        axis.plot(sizes, values, "o-", label="FewLabelClassifier, 200 labels")
        axis.plot(sizes, [values[-1] * size / sizes[-1] for size in sizes], ":", color="grey", label="linear")
        axis.set(xscale="log", yscale="log", xlabel="unlabelled texts", ylabel=label)
        axis.grid(visible=True, alpha=0.3)
        axis.legend(loc="lower right")
    figure.savefig(path, dpi=110)


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--sets", default=",".join(LABELS), help=f"of {', '.join(LABELS)}")
    parser.add_argument("--draws", type=int, help="5 if not given, of the ablation 3")
    parser.add_argument("--static", type=Path, metavar="FOLDER", help="static sentence embeddings")
    parser.add_argument("--no-latent", dest="latent", action="store_false", help="without latent semantic analysis")
    parser.add_argument("--ablation", action="store_true")
    choices = ("glove", "pretrained", "static")
    parser.add_argument("--without", nargs="+", default=[], choices=choices, help="parts left out of --ablation")
    parser.add_argument("--growth", action="store_true")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="unlabelled texts of --growth")
    parser.add_argument("--plot", type=Path, help="picture of --growth")
    parser.add_argument("--cache", type=Path, help="file of the measurements")
    parser.add_argument("--quick", action="store_true", help="2,000 texts of each file, to test the script")
    options = parser.parse_args()
    if options.without and not options.ablation:
        parser.error("--without goes with --ablation")
    options.sets = options.sets.split(",")
    if unknown := sorted(set(options.sets) - set(LABELS)):
        parser.error(f"--sets must be of {', '.join(LABELS)}, got {', '.join(unknown)}")
    options.draws = options.draws or (3 if options.ablation else 5)
    name = "few_labels-quick.json" if options.quick else "few_labels.json"
    options.cache = options.cache or Path(__file__).with_name(name)
    return options


def main() -> None:
    options = read_options()
    for name in list(options.sets):
        missing = [file for file in files_of(name) if not (options.data / file).exists()]
        if missing:
            print(f"skipped: {name}, {', '.join(missing)} not in {options.data}")
            options.sets.remove(name)
    runs = Runs(options)
    print(f"{environment()}\n")
    if options.growth:
        growth(options, runs)
    elif options.ablation:
        ablation(options, runs)
    elif options.sets:
        accuracy(options, runs)


if __name__ == "__main__":
    main()
