"""Classifiers of texts on seven data sets, beside scikit-learn and fastText: the tables of docs/accuracy.md.

    python benchmarks/accuracy.py ../shared/data [--fasttext PYTHON] [--seeds 5] [--sets imdb,trec] [-o PAGE]

One process for each model, data set and seed. A seed decides the model's `seed` and, where a set is cut into folds,
the folds. Every measurement goes into the file of `--cache` at once: a run that was cut short goes on with what is
missing, `--again` measures anew, and `--write-only` writes the page from the file. `--quick` takes 2,000 texts of each
file, keeps its own measurements, and prints the page. fastText runs where it is installed: `python -m venv ft &&
ft/bin/pip install fasttext-numpy2-wheel`, `--fasttext ft/bin/python`.
"""

import argparse
import json
import os
import platform
import statistics
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from accuracy_page import PEERS, RECIPE, Measurements, page
from bags_work import fixed_bag
from text_peers import fasttext_predictions, run_json, tfidf_characters, tfidf_words
from text_sets import QUICK, SETS, Labelled

WARM = 500
SURE = 0.9
FIXED = ("imdb", "nsmc")
SEEDLESS = ("tfidf", "characters")
"""Models that draw nothing; where the texts are not cut into folds they are run once."""


# What one process does.


def model_of(row: str, name: str, recipes: dict[str, Any], seed: int) -> Any:
    """An untrained model."""
    import malmoi as mm

    if row in SEEDLESS:
        return tfidf_words() if row == "tfidf" else tfidf_characters()
    if row.startswith(RECIPE):
        return mm.Recipe("bag", recipes[row.removeprefix(RECIPE)]).estimator().set_params(seed=seed)
    if row == "fixed":
        return fixed_bag(name).set_params(seed=seed)
    return (mm.TextClassifier if row == "automatic" else mm.BagClassifier)(seed=seed)


def recipes_of(data: Path, name: str, quick: bool) -> dict[str, Any]:
    """The recipes that `TextClassifier` tries on the training texts, as name and settings."""
    from malmoi.experiments.candidates import TextProfile, candidates_for
    from malmoi.experiments.selection import short_name

    training, _ = next(SETS[name].parts(data, 0, quick))
    profile = TextProfile.of(training.texts, len(set(training.labels)))
    recipes = [candidate.recipe for candidate in candidates_for(profile)]
    return {short_name(recipe): dict(recipe.settings) for recipe in recipes}


class Outcome:
    """Predictions for all test texts of one seed, fold after fold."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.kept: list[str] = []
        self._predicted: list[Any] = []
        self._confidence: list[Any] = []
        self._truth: list[str] = []

    def add(self, seconds: float, predicted: Any, confidence: Any, test: Labelled) -> None:
        self.seconds.append(seconds)
        self._predicted.append(np.asarray(predicted))
        self._confidence.append(np.asarray(confidence, dtype=np.float64))
        self._truth += test.labels

    def scores(self, positive: str | None) -> dict[str, Any]:
        """The calibration error is `malmoi.evaluate`'s, of any model's predictions."""
        from malmoi.metrics.calibration import calibration

        predicted, confidence = np.concatenate(self._predicted), np.concatenate(self._confidence)
        truth = np.asarray(self._truth)
        right, sure = predicted == truth, confidence >= SURE
        found = {"score": float(right.mean()), "samples": len(right), "seconds": statistics.median(self.seconds)}
        if positive is not None:
            hits = int((right & (truth == positive)).sum())
            found["score"] = 2 * hits / int((truth == positive).sum() + (predicted == positive).sum())
        found["calibration_error"] = calibration(confidence, right).error.value
        found |= {"sure": float(sure.mean()), "sure_accuracy": float(right[sure].mean()) if sure.any() else None}
        return found | {"kept": self.kept}


def measure(options: argparse.Namespace, name: str, row: str, seed: int) -> dict[str, Any]:
    outcome, recipes = Outcome(), recipes_of(options.data, name, options.quick) if row.startswith(RECIPE) else {}
    for fold, (training, test) in enumerate(SETS[name].parts(options.data, seed, options.quick)):
        if row == "fasttext":
            environment = dict(os.environ)
            found = fasttext_predictions(options.fasttext, name, training, test, seed, environment)
            outcome.add(*found, test)
            continue
        if not fold:
            warm = training.every(WARM)
            model_of(row, name, recipes, seed).fit(warm.texts, warm.labels).predict_proba(warm.texts)
        model = model_of(row, name, recipes, seed)
        start = time.perf_counter()
        model.fit(training.texts, training.labels)
        seconds = time.perf_counter() - start
        probabilities = model.predict_proba(test.texts)
        outcome.add(seconds, np.asarray(model.classes_)[probabilities.argmax(axis=1)], probabilities.max(axis=1), test)
        if row == "automatic":
            outcome.kept.append(model.report_.best.name)
    return outcome.scores(SETS[name].positive)


# What starts the processes.


def environment() -> str:
    packages = ", ".join(f"{name} {version(name)}" for name in ("malmoi", "scikit-learn", "numpy"))
    return f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, {packages}"


def read_cache(path: Path) -> Measurements:
    if path.exists():
        return json.loads(path.read_text(encoding="utf-8"))
    return {"environment": environment(), "recipes": {}, "runs": {}}


def write_cache(path: Path, found: Measurements) -> None:
    """Write the file whole, or leave the one before."""
    part = path.with_suffix(".part")
    part.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    part.replace(path)


def child(options: argparse.Namespace, *what: str) -> Any:
    command = [sys.executable, __file__, str(options.data), "--child", *what]
    command += ["--quick"] if options.quick else []
    return run_json([*command, *(["--fasttext", options.fasttext] if options.fasttext else [])], dict(os.environ))


def rows_of(options: argparse.Namespace, name: str, recipes: dict[str, Any]) -> list[str]:
    fixed = ["fixed"] if name in FIXED else []
    wanted = {"tfidf": True, "characters": SETS[name].korean, "fasttext": options.fasttext}
    peers = [peer for peer in PEERS if wanted[peer]]
    rows = ["automatic", "bag", *fixed, *(RECIPE + recipe for recipe in recipes), *peers]
    return [row for row in rows if options.rows in row]


def measure_all(options: argparse.Namespace, found: Measurements) -> None:
    for name in options.sets:
        missing = [file for file in SETS[name].files if not (options.data / file).exists()]
        if missing:
            print(f"skipped: {name}, {', '.join(missing)} not in {options.data}")
            continue
        recipes = found["recipes"][name] = child(options, "recipes", name)
        runs = found["runs"].setdefault(name, {})
        for row in rows_of(options, name, recipes):
            once = row in SEEDLESS and SETS[name].test is not None
            for seed in range(1 if once else options.seeds):
                done = runs.setdefault(row, {})
                if options.again or str(seed) not in done:
                    done[str(seed)] = child(options, "measure", name, row, str(seed))
                    write_cache(options.cache, found)
                    print(name, row, seed, {key: done[str(seed)][key] for key in ("score", "seconds")}, flush=True)


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--fasttext", metavar="PYTHON", help="interpreter that has fastText")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--sets", default=",".join(SETS), help=f"of {', '.join(SETS)}")
    parser.add_argument("--rows", default="", help="models whose name holds this: automatic, bag, fixed, tfidf ...")
    parser.add_argument("--cache", type=Path, help="file of the measurements")
    parser.add_argument("--again", action="store_true", help="measure anew what is in that file")
    parser.add_argument("--write-only", action="store_true", help="write the page, measure nothing")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK:,} texts of each file, to test the script")
    parser.add_argument("-o", "--output", type=Path, help="the page, Markdown")
    parser.add_argument("--child", nargs="+", help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.sets = options.sets.split(",")
    if unknown := sorted(set(options.sets) - set(SETS)):
        parser.error(f"--sets must be of {', '.join(SETS)}, got {', '.join(unknown)}")
    here = Path(__file__).parent
    options.cache = options.cache or here / ("accuracy-quick.json" if options.quick else "accuracy.json")
    options.output = options.output or (None if options.quick else here.parent / "docs" / "accuracy.md")
    return options


def main() -> None:
    options = read_options()
    if options.child:
        work, name, *arguments = options.child
        if work == "recipes":
            print(json.dumps(recipes_of(options.data, name, options.quick)))
        else:
            print(json.dumps(measure(options, name, arguments[0], int(arguments[1]))))
        return
    found = read_cache(options.cache)
    if not options.write_only:
        if not options.fasttext:
            print("skipped: fastText; --fasttext PYTHON says where it is installed")
        measure_all(options, found)
    if not found["runs"]:
        print("nothing was measured")
        return
    text = page(found)
    if options.output is None:
        print(text)
    else:
        options.output.write_text(text, encoding="utf-8")
        print(f"wrote {options.output}")


if __name__ == "__main__":
    main()
