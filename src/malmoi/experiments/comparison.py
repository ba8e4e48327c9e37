"""The result of a comparison: accuracies of recipes, with differences from a baseline."""

from __future__ import annotations

import json
import os
import statistics
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from malmoi.evaluation.evaluation import shorten_label
from malmoi.evaluation.findings import Finding
from malmoi.experiments.drawn_training import DrawnTraining, DrawnTrainings, TrainedAgain
from malmoi.experiments.recipe import Recipe
from malmoi.foundation.arrays import Label
from malmoi.foundation.json_values import JsonObject
from malmoi.foundation.names import Deprecated
from malmoi.foundation.printable import printable
from malmoi.foundation.progress import Progress, silent
from malmoi.foundation.text_table import html_table, text_table
from malmoi.metrics.intervals import Score
from malmoi.metrics.scores import Share
from malmoi.models.history import History

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["BAG", "MAJORITY", "ComparedPoint", "Comparison", "Difference"]

MAJORITY = "majority class"
BAG = "bag"


@dataclass(frozen=True)
class Difference:
    """The accuracy of a recipe minus that of the best simple baseline, paired by draw and text.

    Args:
        reference: name of the baseline: "majority class" or "bag", whichever has the higher mean accuracy; for the bag
            itself, the majority class.
        value: the difference, from -1 to 1.
        low: lower bound of the 95 % interval.
        high: upper bound of the 95 % interval.
        p_value: p-value of the two-sided test of no difference.
        adjusted_p: p-value with Holm's correction for all differences of the comparison.

    Source:
        Holm 1979 for the adjusted p-value.

    Example:
        >>> import malmoi as mm
        >>> texts = [f"{word} film {n}" for n in range(20) for word in ("good", "bad")]
        >>> corpus = mm.Corpus(texts, ["pos", "neg"] * 20)
        >>> comparison = mm.compare(["bag"], corpus, [8], seeds=3)
        >>> difference = comparison.point("bag", 8).difference
        >>> difference.reference, difference.value, difference.adjusted_p == difference.p_value
        ('majority class', 0.5, True)
    """

    reference: str
    value: float
    low: float
    high: float
    p_value: float
    adjusted_p: float


@dataclass(frozen=True)
class ComparedPoint:
    """The results of a recipe for a number of labels.

    Args:
        recipe: name in the comparison, such as "conv" or "conv + vectors"; or "majority class".
        labels: number of labelled training texts.
        accuracy: mean over the draws, with the 95 % interval over draws and texts; `None` if the point is missing.
        accuracies: accuracy of each draw, in order.
        difference: difference from the best simple baseline; `None` for the majority class and for missing points.
        seconds: training time of each draw; empty for the majority class.
        texts_per_second: median speed of prediction on the test set.
        size_bytes: median size of the model file.
        missing: why there is no accuracy, with the failed draw; `None` if there is one.

    Example:
        >>> import malmoi as mm
        >>> texts = [f"{word} film {n}" for n in range(20) for word in ("good", "bad")]
        >>> corpus = mm.Corpus(texts, ["pos", "neg"] * 20)
        >>> comparison = mm.compare(["bag"], corpus, [8], seeds=3)
        >>> point = comparison.point("bag", 8)
        >>> point.accuracy.value, point.accuracies, len(point.seconds), point.missing
        (1.0, (1.0, 1.0, 1.0), 3, None)
    """

    recipe: str
    labels: int
    accuracy: Score | None
    accuracies: tuple[float, ...] = ()
    difference: Difference | None = None
    seconds: tuple[float, ...] = field(default=(), compare=False)
    texts_per_second: float | None = field(default=None, compare=False)
    size_bytes: int | None = None
    missing: str | None = None


@dataclass(frozen=True, repr=False)
class Comparison:
    """The result of `compare`: recipes trained on the same subsets and evaluated on the same test set.

    Args:
        recipes: recipes by name, in order, without the majority class.
        labels: training-set sizes in ascending order.
        points: for each size, the majority class, then every recipe.
        seeds: number of random subsets ("draws") per size; the number of the draw is added to a recipe's seed.
        all_labels: number of labelled texts that are not held out.
        held_out: number of test texts.
        baseline: the most frequent label (or set of labels, a tuple) of the test set, and its share.
        histories: training history of each recipe with epochs, for the first draw of the largest size.
        findings: findings of the checks of the data and of the split.
        notes: notes on the result.
        trainings: subsets and texts, from which `train` trains models again.

    Example:
        >>> import malmoi as mm
        >>> texts = [f"{word} film {n}" for n in range(20) for word in ("good", "bad")]
        >>> corpus = mm.Corpus(texts, ["pos", "neg"] * 20)
        >>> comparison = mm.compare(["bag"], corpus, [8, 16], seeds=3)
        >>> comparison
        Comparison(bag; labels 8, 16; 3 draws)
        >>> comparison.metric, comparison.best().recipe, comparison.point("majority class", 8).accuracy.value
        ('accuracy', 'bag', 0.5)
        >>> comparison.columns[:3], comparison.rows()[1][:3]
        (('labels', 'recipe', 'accuracy (%)'), ('8', 'bag', '100.0'))
        >>> print(comparison.remarks[0])
        means of 3 draws of training texts, the same for all recipes, on 8 test texts; intervals over draws and texts
        >>> again = comparison.train("bag", 16, draw=2)
        >>> again.model.predict(["good film"]).tolist()
        ['pos']
        >>> sorted(comparison.to_json())[:3]
        ['all_labels', 'baseline', 'findings']
        >>> axes = comparison.plot()
        >>> axes.get_ylabel()
        'accuracy on 8 test texts'
    """

    recipes: Mapping[str, Recipe]
    labels: tuple[int, ...]
    points: tuple[ComparedPoint, ...]
    seeds: int
    all_labels: int
    held_out: int
    baseline: tuple[Label | tuple[Label, ...], Share]
    histories: Mapping[str, History] = field(default_factory=dict, compare=False)
    findings: tuple[Finding, ...] = field(default=(), compare=False)
    notes: tuple[str, ...] = ()
    trainings: DrawnTrainings | None = field(default=None, repr=False, compare=False)

    measure = Deprecated("metric")

    @property
    def metric(self) -> str:
        """The name of the score: "accuracy", or "exact match" for multilabel data."""
        return "exact match" if isinstance(self.baseline[0], tuple) else "accuracy"

    def point(self, recipe: str, labels: int) -> ComparedPoint:
        """Return the results of a recipe, or of the majority class, for a number of labels.

        Args:
            recipe: name in the comparison, or "majority class".
            labels: one of the training-set sizes.

        Raises:
            KeyError: there is no such point.
        """
        for point in self.points:
            if (point.recipe, point.labels) == (recipe, labels):
                return point
        raise KeyError(f"no point of {recipe!r} with {labels} labels")

    def best(self, labels: int | None = None) -> ComparedPoint:
        """Return the results of the recipe with the highest mean accuracy for a number of labels.

        Args:
            labels: one of the training-set sizes; `None`: the largest.

        Raises:
            KeyError: no recipe has an accuracy for this number of labels.
        """
        size = self.labels[-1] if labels is None else labels
        points = [point for point in self.points if point.labels == size and point.recipe != MAJORITY]
        measured = [(point.accuracy.value, point) for point in points if point.accuracy is not None]
        if not measured:
            raise KeyError(f"no recipe has an accuracy with {size} labels")
        return max(measured, key=lambda pair: pair[0])[1]

    def train(self, recipe: str, labels: int, *, draw: int = 0, progress: Progress = silent) -> TrainedAgain:
        """Train a recipe again as in the comparison, with the same texts and random seed.

        Args:
            recipe: name in the comparison.
            labels: one of the training-set sizes.
            draw: number of the draw, from 0.
            progress: progress callback, called with the step's name, the number done and the total.

        Returns:
            The trained model, its training data and the test set.

        Raises:
            KeyError: there is no such training.
            MalmoiError: the training failed.
        """
        if self.trainings is None or recipe not in self.recipes or labels not in self.labels or draw >= self.seeds:
            known = (
                f"recipes: {', '.join(self.recipes)}; labels: {', '.join(map(str, self.labels))}; draws: {self.seeds}"
            )
            raise KeyError(f"no training of {recipe!r} with {labels} labels and draw {draw} ({known})")
        return self.trainings.again(DrawnTraining(recipe, labels, draw), progress)

    @property
    def columns(self) -> tuple[str, ...]:
        """The column names of `rows`."""
        scores = (f"{self.metric} (%)", "95 % interval", "vs. baseline (points)", "p")
        return ("labels", "recipe", *scores, "seconds", "texts/s", "size")

    def rows(self) -> list[tuple[str, ...]]:
        """Return one table row per number of labels and recipe, with the cells of `columns`.

        Accuracies are in percent. Differences are in percentage points, with their interval and the baseline in
        parentheses; p has Holm's correction. Seconds are the median training time.
        """
        return [self._row(point) for point in self.points]

    def _row(self, point: ComparedPoint) -> tuple[str, ...]:
        name = f"{point.labels:,}" + (" (all)" if point.labels == self.all_labels else "")
        if point.accuracy is None:
            return (name, point.recipe, "missing", *[""] * (len(self.columns) - 3))
        accuracy, found = point.accuracy, point.difference
        difference = ("", "")
        if found is not None:
            interval = f"{100 * found.low:+.1f} to {100 * found.high:+.1f}"
            difference = (f"{100 * found.value:+.1f} ({interval}; {found.reference})", _p(found.adjusted_p))
        seconds = f"{statistics.median(point.seconds):.2f}" if point.seconds else ""
        speed = "" if point.texts_per_second is None else f"{float(f'{point.texts_per_second:.2g}'):,.0f}"
        size = "" if point.size_bytes is None else _bytes(point.size_bytes)
        interval = f"{100 * accuracy.low:.1f} to {100 * accuracy.high:.1f}"
        return (name, point.recipe, f"{100 * accuracy.value:.1f}", interval, *difference, seconds, speed, size)

    @property
    def remarks(self) -> tuple[str, ...]:
        """Remarks on the table: draws, texts and tests, missing points with reasons, and the notes."""
        draws = "1 draw" if self.seeds == 1 else f"{self.seeds} draws"
        tests = "1 test" if len(self._tested) == 1 else f"{len(self._tested)} tests"
        over = "over texts only (one draw)" if self.seeds == 1 else "over draws and texts"
        lines = [
            f"means of {draws} of training texts, the same for all recipes, on {self.held_out:,} test texts; "
            f"intervals {over}",
            f'baseline: the better of majority class ({shorten_label(self.baseline[0])}) and "{BAG}"; p of the paired '
            f"difference, with Holm's correction for {tests}; intervals are not corrected",
        ]
        for point in self.points:
            if point.missing is not None:
                lines.append(f"missing: {point.recipe} with {point.labels:,} labels: {point.missing}")
        return (*lines, *self.notes)

    @property
    def _tested(self) -> list[ComparedPoint]:
        return [point for point in self.points if point.difference is not None]

    def __repr__(self) -> str:
        return f"Comparison({', '.join(self.recipes)}; labels {', '.join(map(str, self.labels))}; {self.seeds} draws)"

    def __str__(self) -> str:
        table = text_table([self.columns, *self.rows()], left=[1])
        return "\n".join([table, *(f"note: {printable(remark)}" for remark in self.remarks)])

    def _repr_html_(self) -> str:
        """Return a table for notebooks."""
        return html_table([self.columns, *self.rows()], self.remarks)

    def to_json(self) -> JsonObject:
        """Return recipes, points, baseline, findings and notes as a JSON object."""
        label, share = self.baseline
        return {
            "measure": self.metric,
            "held_out": self.held_out,
            "all_labels": self.all_labels,
            "seeds": self.seeds,
            "baseline": {"label": list(label) if isinstance(label, tuple) else label, "accuracy": share.value},
            "recipes": {name: json.loads(recipe.to_json()) for name, recipe in self.recipes.items()},
            "points": [asdict(point) for point in self.points],
            "findings": [finding.to_json() for finding in self.findings],
            "notes": list(self.notes),
        }

    def plot(self, path: str | os.PathLike[str] | None = None, *, ax: Axes | None = None) -> Axes:
        """Plot the mean accuracies with intervals by number of labels; majority class and bag are grey.

        For one number of labels, one interval per recipe is drawn, in descending order of accuracy.

        Args:
            path: picture to write (.png, .svg or .pdf); an existing file is overwritten. `None`: none.
            ax: matplotlib axes to draw on, with a legend inside; `None`: a new figure with names at the right, managed
                by pyplot if no path is given.

        Returns:
            The axes.

        Raises:
            MissingExtraError: matplotlib is not installed.
            TypeError: `ax` is not a matplotlib Axes.
            ValueError: `ax` is polar or three-dimensional, or the path has an unsupported suffix.
        """
        from malmoi.report.learning_curve_figure import plot_curve

        return plot_curve(self, path, ax=ax)


def _p(value: float) -> str:
    """Return a formatted p-value."""
    return "<0.001" if value < 0.001 else f"{value:.3f}"


def _bytes(size: int) -> str:
    """Return a size in bytes with a decimal unit.

    Example:
        >>> _bytes(1_234), _bytes(56_700_000)
        ('1.2 kB', '57 MB')
    """
    number, unit = float(size), "B"
    for larger in ("kB", "MB", "GB"):
        if number < 1000:
            break
        number, unit = number / 1000, larger
    return f"{number:.1f} {unit}" if number < 10 and unit != "B" else f"{number:.0f} {unit}"
