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
    "fixed": "`BagClassifier`, `C` given, not calibrated",
    "tfidf": "scikit-learn, tf-idf of 1-2-grams",
    "characters": "scikit-learn, tf-idf of 1-5 characters",
    "fasttext": "fastText",
}
PEERS = ("tfidf", "characters", "fasttext")
SETTINGS = {"imdb": "`tokens=Words(keep_punctuation=True), ngrams=(1, 3), C=64, calibration=None`"}
SETTINGS["nsmc"] = "`tokens=Characters(), ngrams=(1, 4), C=4, calibration=None`"
INTRODUCTION = """# How accurate the classifiers of texts are

Each table is one data set. A row is a model with its default settings, unless the row says which. All numbers come from
one command, which writes this page too:

    python benchmarks/accuracy.py ../shared/data --fasttext PYTHON

`make accuracy` runs it without fastText. Machine: {environment}.

**What was measured.** The score is the accuracy on the test texts, or, where the table says so, the F1 of one class.
Sets without test texts ({folded}) are cut into {folds} stratified folds: ten models, each
tested on the fold that it was not trained on. Their score is that of all predictions together. It is given as the mean
over the seeds, ± the standard deviation. A seed decides the `seed` of the model, and the folds. A row without ± was
run with one seed. Seconds are those from the raw texts to a trained model, the
median of all trainings; imports and the reading of files are left out. The expected calibration error (ECE) is that of
`malmoi.evaluate`: 15 bins of equally many texts, confidence of the predicted class. The last two columns are the reject
option: the share of the texts that `reject_below=0.9` keeps, those whose most probable label has a probability of 0.9
or more, and the accuracy on them.

**What decided the settings.** The training files alone. `TextClassifier` chooses among the recipes of its table on
held-out training texts; the defaults and the given settings were chosen on training files too. Test files are read at
the end, to measure. The best of several recipes on the test texts is no result that could have been chosen in advance.
123 texts of the IMDB test half are also in its training half, as in the original.

**What it is compared with.** scikit-learn: `TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)`, for Korean also
`TfidfVectorizer(analyzer="char", ngram_range=(1, 5), min_df=2, sublinear_tf=True)`, with
`LogisticRegression(max_iter=1000)`. fastText: word 2-grams, dimension 10, learning rate 0.5, 2 threads; 25 epochs, or 5
from {small:,} texts on; texts in lower case with punctuation separated, Korean texts as they are with 2-4 characters of
a word. Its result differs from run to run with more than one thread. Neither was tuned for each data set; fastText is
left out of 20 newsgroups, which it does not learn with such settings (0.41 at a learning rate of 1.0; 0.75 if tuned).
"""


@dataclass(frozen=True)
class Goal:
    """What was to be reached.

    Args:
        name: of the data set.
        row: the model that should.
        measure: "score", "seconds" or "calibration_error".
        floor: must be reached; of seconds and errors the most that is allowed.
        stretch: would be better still.
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
    """Return the page, with the sets and models that were measured."""
    folded = ", ".join(one.title for one in SETS.values() if one.test is None)
    parts = [INTRODUCTION.format(environment=found["environment"], folded=folded, folds=FOLDS, small=SMALL)]
    parts.append(goals_table(found))
    parts += [set_table(found, name) for name in SETS if found["runs"].get(name)]
    return "\n".join(parts)


def runs_of(found: Measurements, name: str, row: str) -> list[dict[str, Any]]:
    runs = found["runs"].get(name, {}).get(row, {})
    return [runs[seed] for seed in sorted(runs, key=int)]


def goals_table(found: Measurements) -> str:
    lines = ["## Goals\n", "| | model | measure | floor | stretch goal | found | |", "|---|---|---|---|---|---|---|"]
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
        f"| | {score}, % | seconds | ECE | kept at 0.9, % of texts | accuracy on these, % |",
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
    """Mean, and the standard deviation where there are several values."""
    mean = f"{statistics.mean(values):.{digits}f}"
    return mean if len(values) < 2 else f"{mean} ± {statistics.stdev(values):.{digits}f}"


def remarks(found: Measurements, name: str) -> list[str]:
    kept = Counter(one for run in runs_of(found, name, "automatic") for one in run["kept"])
    total, lines = sum(kept.values()), []
    if kept:
        shares = "; ".join(f"{recipe} ({count} of {total})" for recipe, count in kept.most_common())
        lines.append(f"\n`TextClassifier` kept: {shares}.")
    if runs_of(found, name, "fixed"):
        lines.append(f"\nGiven settings: {SETTINGS[name]}.")
    return lines
