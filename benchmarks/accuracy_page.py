"""The page docs/accuracy.md, from the measurements of `accuracy.py`."""

import statistics
from collections import Counter
from dataclasses import dataclass
from typing import Any

from text_sets import FOLDS, SETS, SMALL

Measurements = dict[str, Any]
RECIPE = "recipe: "
TITLES = {
    "automatic": "`TextClassifier()`",
    "bag": "`BagClassifier()`",
    "fixed": "`BagClassifier`, fixed `C`, uncalibrated",
    "tfidf": "scikit-learn, tf-idf of 1-2-grams",
    "characters": "scikit-learn, tf-idf of 1-5 characters",
    "fasttext": "fastText",
}
PEERS = ("tfidf", "characters", "fasttext")
SETTINGS = {"imdb": "`tokens=Words(keep_punctuation=True), ngrams=(1, 3), C=64, calibration=None`"}
SETTINGS["nsmc"] = "`tokens=Characters(), ngrams=(1, 4), C=4, calibration=None`"
INTRODUCTION = """# Accuracy of the text classifiers

This page reports accuracy, training time and calibration of the text classifiers on seven data sets, compared with
scikit-learn and fastText. One command measures all figures and writes the page (`make accuracy` runs it without
fastText):

```sh
python benchmarks/accuracy.py ../shared/data --fasttext PYTHON
```

Machine: {environment}.

## How it was measured

- **Rows** are models with their default settings, unless the row names settings.
- **Score**: accuracy on the test texts, or the F1 of one class where the table says so; the mean over the seeds ± the
  standard deviation. A seed sets the `seed` of the model and the folds. A row without ± has one seed.
- **Folds**: data sets without test texts ({folded}) are split into {folds} stratified
  folds. Each fold is tested with a model that was trained on the others. The score is that of all predictions together.
- **seconds**: from the raw texts to a trained model, median of all trainings, without imports and reading of files.
- **ECE**: expected calibration error of `malmoi.evaluate`, 15 bins of equal mass, confidence of the predicted class.
- **coverage at 0.9**: share of the texts that `reject_below=0.9` keeps, whose most probable label has a probability of
  0.9 or more. The last column is the accuracy on these texts.
- **Selection**: all settings were selected on training files. `TextClassifier` selects among its recipes on held-out
  training texts; the defaults and the settings of the rows were also selected on training files. Test files were only
  read to measure. The best row of a table is not a result that could have been selected in advance.
- 65 of the 12,500 IMDB test texts are also in the training half (123 of the 25,000 of the original test half).

## What it is compared with

- scikit-learn, 1-2-grams: `TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)`, then
  `LogisticRegression(max_iter=1000)`.
- scikit-learn, 1-5 characters (Korean): `TfidfVectorizer(analyzer="char", ngram_range=(1, 5), min_df=2,
  sublinear_tf=True)`, then the same regression.
- fastText: word 2-grams, dimension 10, learning rate 0.5, 2 threads; 25 epochs, or 5 from {small:,} texts on. Texts are
  in lower case with separated punctuation; Korean texts are unchanged, with 2-4 characters of a word.

These models were not tuned for each data set. The result of fastText varies between runs with more than one thread. It
is left out of 20 newsgroups, which it does not learn with these settings (accuracy 0.41 with a learning rate of 1.0;
0.75 when tuned).
"""


@dataclass(frozen=True)
class Goal:
    """A goal for a model on a data set.

    Args:
        name: of the data set.
        row: the model.
        measure: "score", "seconds" or "calibration_error".
        floor: required value; for seconds and errors the maximum.
        stretch: stretch goal.
    """

    name: str
    row: str
    measure: str
    floor: float
    stretch: float | None = None

    @property
    def sign(self) -> int:
        return 1 if self.measure == "score" else -1

    def shown(self, value: float | None) -> str:
        if value is None:
            return ""
        form = {"score": "{:.2%}", "seconds": "{:.1f} s", "calibration_error": "{:.4f}"}[self.measure]
        return form.format(value).replace("%", " %")

    def verdict(self, value: float) -> str:
        if self.stretch is not None and self.sign * (value - self.stretch) >= 0:
            return "stretch goal reached"
        return "reached" if self.sign * (value - self.floor) >= 0 else "**missed**"


GOALS = [
    Goal("imdb", "fixed", "score", 0.92, 0.93),
    Goal("imdb", "fixed", "seconds", 4),
    Goal("imdb", "automatic", "score", 0.92, 0.93),
    Goal("imdb", "automatic", "seconds", 12),
    Goal("imdb", "automatic", "calibration_error", 0.02),
    Goal("nsmc", "fixed", "score", 0.875, 0.883),
    Goal("nsmc", "fixed", "seconds", 10),
    Goal("nsmc", "automatic", "score", 0.875, 0.883),
    Goal("nsmc", "automatic", "calibration_error", 0.02),
    Goal("trec", "automatic", "score", 0.90, 0.92),
    Goal("mr", "automatic", "score", 0.785, 0.80),
    Goal("20ng", "automatic", "score", 0.87, 0.89),
    Goal("sms", "automatic", "score", 0.95, 0.97),
]
MEASURES = {"seconds": "seconds to train", "calibration_error": "ECE"}


def page(found: Measurements) -> str:
    """Return the page with the measured data sets and models."""
    folded = ", ".join(one.title for one in SETS.values() if one.test is None)
    parts = [INTRODUCTION.format(environment=found["environment"], folded=folded, folds=FOLDS, small=SMALL)]
    parts.append(goals_table(found))
    parts += [set_table(found, name) for name in SETS if found["runs"].get(name)]
    return "\n".join(parts)


def runs_of(found: Measurements, name: str, row: str) -> list[dict[str, Any]]:
    runs = found["runs"].get(name, {}).get(row, {})
    return [runs[seed] for seed in sorted(runs, key=int)]


def goals_table(found: Measurements) -> str:
    lines = [
        "## Goals\n",
        "| data set | model | metric | required | stretch goal | measured | result |",
        "|---|---|---|---|---|---|---|",
    ]
    for goal in GOALS:
        runs = runs_of(found, goal.name, goal.row)
        if not runs:
            continue
        centre = statistics.median if goal.measure == "seconds" else statistics.mean
        value, of = centre(run[goal.measure] for run in runs), SETS[goal.name]
        wanted = [goal.shown(goal.floor), goal.shown(goal.stretch), goal.shown(value), goal.verdict(value)]
        cells = [of.title, TITLES[goal.row], MEASURES.get(goal.measure, of.score), *wanted]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def set_table(found: Measurements, name: str) -> str:
    of, recipes = SETS[name], [RECIPE + recipe for recipe in found["recipes"].get(name, {})]
    measured = found["runs"][name]
    rows = [row for row in ["automatic", "bag", "fixed", *recipes, *PEERS] if measured.get(row)]
    seeds = max(len(measured[row]) for row in rows)
    score = of.score[0].upper() + of.score[1:]
    lines = [
        f"## {of.title}\n",
        f"{seeds} seed{'s' * (seeds > 1)}; {'ten folds' if of.test is None else 'test file'},"
        f" {runs_of(found, name, rows[0])[0]['samples']:,} texts tested.\n",
        f"| model | {score}, % | seconds | ECE | coverage at 0.9, % | accuracy at this coverage, % |",
        "|---|---|---|---|---|---|",
    ]
    lines += [table_row(row, runs_of(found, name, row)) for row in rows]
    return "\n".join(lines + remarks(found, name)) + "\n"


def table_row(row: str, runs: list[dict[str, Any]]) -> str:
    title = TITLES.get(row) or f"`BagClassifier`, {row.removeprefix(RECIPE).removeprefix('bag of ')}"
    right = [run["sure_accuracy"] for run in runs if run["sure_accuracy"] is not None]
    cells = [
        spread([100 * run["score"] for run in runs], 2),
        f"{statistics.median(run['seconds'] for run in runs):.2f}",
        spread([run["calibration_error"] for run in runs], 4),
        spread([100 * run["sure"] for run in runs], 1),
        spread([100 * share for share in right], 2) if right else "-",
    ]
    return f"| {title} | {' | '.join(cells)} |"


def spread(values: list[float], digits: int) -> str:
    """Return the mean, with the standard deviation if there are several values."""
    mean = f"{statistics.mean(values):.{digits}f}"
    return mean if len(values) < 2 else f"{mean} ± {statistics.stdev(values):.{digits}f}"


def remarks(found: Measurements, name: str) -> list[str]:
    kept = Counter(one for run in runs_of(found, name, "automatic") for one in run["kept"])
    total, lines = sum(kept.values()), []
    if kept:
        shares = "; ".join(f"{recipe} ({count} of {total})" for recipe, count in kept.most_common())
        lines.append(f"\n`TextClassifier` selected: {shares}.")
    if runs_of(found, name, "fixed"):
        lines.append(f"\nFixed settings: {SETTINGS[name]}.")
    return lines
