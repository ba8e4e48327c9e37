"""The result of a learning curve: accuracies of recipes by number of labels, with intervals."""

from __future__ import annotations

import json
import os
import statistics
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from malmoi.evaluation.evaluation import shorten_label
from malmoi.experiments.recipe import Recipe
from malmoi.foundation.arrays import Label
from malmoi.foundation.json_values import Json, JsonObject
from malmoi.foundation.names import Deprecated
from malmoi.foundation.printable import printable
from malmoi.foundation.text_table import html_table, text_table
from malmoi.metrics.means import Mean
from malmoi.metrics.scores import Share

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["CurvePoint", "LearningCurve"]


@dataclass(frozen=True)
class CurvePoint:
    """The results of a recipe for a number of labels.

    Args:
        recipe: name of the recipe.
        labels: number of labelled training texts.
        accuracies: accuracy on the test set for each draw of training texts; empty if the point is missing.
        seconds: time of training and prediction for each draw.
        missing: why there are no accuracies; `None` if there are.

    Example:
        >>> point = CurvePoint("bag", 50, (0.8, 0.9, 0.85))
        >>> round(point.mean.value, 2), [round(bound, 2) for bound in point.mean.interval]
        (0.85, [0.73, 0.97])
        >>> CurvePoint("conv", 50, (), missing="the training failed").mean is None
        True
    """

    recipe: str
    labels: int
    accuracies: tuple[float, ...]
    seconds: tuple[float, ...] = field(default=(), compare=False)
    missing: str | None = None

    @property
    def mean(self) -> Mean | None:
        """Mean accuracy over the draws, with standard deviation and interval; `None` if the point is missing."""
        return Mean(self.accuracies) if self.accuracies else None


@dataclass(frozen=True)
class LearningCurve:
    """The result of `learning_curve`: accuracies of recipes by number of training labels.

    Args:
        recipes: recipes by name, in order; the first is the reference of the comparison.
        labels: training-set sizes in ascending order.
        points: one point for each size and recipe, in this order.
        all_labels: number of labelled texts that are not held out.
        held_out: number of test texts.
        baseline: the most frequent label (or set of labels, a tuple) of the test set, and its share.
        notes: notes on the result.

    Example:
        >>> import malmoi as mm
        >>> texts = [f"{word} film {n}" for n in range(20) for word in ("good", "bad")]
        >>> corpus = mm.Corpus(texts, ["pos", "neg"] * 20)
        >>> tfidf = mm.Recipe("bag", {"weighting": "tfidf"})
        >>> curve = mm.learning_curve({"nb": "bag", "tfidf": tfidf}, corpus, [4, 16], repeats=2)
        >>> curve.metric, curve.reference, curve.point("tfidf", 16).accuracies
        ('accuracy', 'nb', (1.0, 1.0))
        >>> curve.difference("tfidf", "nb", 16).value
        0.0
        >>> curve.columns
        ('labels', 'recipe', 'accuracy (%)', 'sd', '95 % interval', 'repeats', 'vs. nb (points)', 'seconds')
        >>> curve.rows()[0][:3]
        ('4', 'nb', '100.0')
        >>> print(curve.remarks[0])
        evaluated on 8 test texts; majority class ('neg'): 50.0 %
        >>> curve.to_json()["held_out"]
        8
        >>> axes = curve.plot()
        >>> axes.get_xlabel()
        'training labels (log scale)'
    """

    recipes: Mapping[str, Recipe]
    labels: tuple[int, ...]
    points: tuple[CurvePoint, ...]
    all_labels: int
    held_out: int
    baseline: tuple[Label | tuple[Label, ...], Share]
    notes: tuple[str, ...] = ()

    measure = Deprecated("metric")

    @property
    def metric(self) -> str:
        """The name of the score: "accuracy", or "exact match" for multilabel data."""
        return "exact match" if isinstance(self.baseline[0], tuple) else "accuracy"

    @property
    def reference(self) -> str:
        """The name of the reference recipe, the first one."""
        return next(iter(self.recipes))

    def point(self, recipe: str, labels: int) -> CurvePoint:
        """Return the results of a recipe for a number of labels.

        Args:
            recipe: name of the recipe.
            labels: one of the training-set sizes.

        Raises:
            KeyError: there is no such point.
        """
        for point in self.points:
            if (point.recipe, point.labels) == (recipe, labels):
                return point
        raise KeyError(f"no point of {recipe!r} with {labels} labels")

    def difference(self, recipe: str, reference: str, labels: int) -> Mean | None:
        """Return the mean difference of a recipe's accuracy from that of a reference, paired by draw.

        The interval is that of the paired differences, without the common variation of the draws.

        Args:
            recipe: name of the recipe.
            reference: name of the recipe that is subtracted.
            labels: one of the training-set sizes.

        Returns:
            The mean difference, -1 to 1, with its interval; `None` if one of the points is missing.

        Raises:
            KeyError: there is no such point.
        """
        pair = self.point(recipe, labels).accuracies, self.point(reference, labels).accuracies
        if not all(pair):
            return None
        return Mean(tuple(one - other for one, other in zip(*pair, strict=True)), -1.0)

    @property
    def columns(self) -> tuple[str, ...]:
        """The column names of `rows`."""
        names = ["labels", "recipe", f"{self.metric} (%)", "sd", "95 % interval", "repeats"]
        return (*names, *([f"vs. {self.reference} (points)"] if len(self.recipes) > 1 else []), "seconds")

    def rows(self) -> list[tuple[str, ...]]:
        """Return one table row per number of labels and recipe, with the cells of `columns`.

        Accuracies are in percent, differences in percentage points with their interval; seconds are the mean of a draw.
        """
        return [self._row(point) for point in self.points]

    def _row(self, point: CurvePoint) -> tuple[str, ...]:
        name = f"{point.labels:,}" + (" (all)" if point.labels == self.all_labels else "")
        compared = [] if len(self.recipes) == 1 else [self._shown_difference(point)]
        mean = point.mean
        if mean is None:
            return (name, point.recipe, "missing", *[""] * (len(self.columns) - 3))
        deviation = "" if mean.deviation is None else f"{100 * mean.deviation:.1f}"
        seconds = f"{statistics.fmean(point.seconds):.1f}" if point.seconds else ""
        shown = (f"{100 * mean.value:.1f}", deviation, _interval(mean), str(len(point.accuracies)))
        return (name, point.recipe, *shown, *compared, seconds)

    def _shown_difference(self, point: CurvePoint) -> str:
        mean = self.difference(point.recipe, self.reference, point.labels)
        if mean is None or point.recipe == self.reference:
            return ""
        interval = _interval(mean, sign="+")
        return f"{100 * mean.value:+.1f}" + (f" ({interval})" if interval else "")

    @property
    def remarks(self) -> tuple[str, ...]:
        """Remarks on the table: test set, baseline, missing points with reasons, and the notes."""
        label, share = self.baseline
        what = "most frequent labels" if isinstance(label, tuple) else "majority class"
        lines = [
            f"evaluated on {self.held_out:,} test texts; {what} ({shorten_label(label)}): {100 * share.value:.1f} %",
        ]
        if any(len(point.accuracies) > 1 for point in self.points):
            lines.append("intervals: Student's t over draws of training texts; the test texts are the same for all")
        for point in self.points:
            if point.missing is not None:
                lines.append(f"missing: {point.recipe} with {point.labels:,} labels: {point.missing}")
        return (*lines, *self.notes)

    def __str__(self) -> str:
        table = text_table([self.columns, *self.rows()], left=[1])
        return "\n".join([table, *(f"note: {printable(remark)}" for remark in self.remarks)])

    def _repr_html_(self) -> str:
        """Return a table for notebooks."""
        return html_table([self.columns, *self.rows()], self.remarks)

    def to_json(self) -> JsonObject:
        """Return recipes, points, differences from the reference and notes as a JSON object."""
        label, share = self.baseline
        return {
            "measure": self.metric,
            "held_out": self.held_out,
            "all_labels": self.all_labels,
            "baseline": {"label": list(label) if isinstance(label, tuple) else label, "accuracy": share.value},
            "recipes": {name: json.loads(recipe.to_json()) for name, recipe in self.recipes.items()},
            "points": [self._point_to_json(point) for point in self.points],
            "notes": list(self.notes),
        }

    def _point_to_json(self, point: CurvePoint) -> JsonObject:
        difference = self.difference(point.recipe, self.reference, point.labels)
        return {
            "recipe": point.recipe,
            "labels": point.labels,
            "accuracies": list(point.accuracies),
            **_mean_to_json(point.mean),
            "difference": None
            if difference is None or point.recipe == self.reference
            else {"reference": self.reference, **_mean_to_json(difference)},
            "seconds": list(point.seconds),
            "missing": point.missing,
        }

    def plot(self, path: str | os.PathLike[str] | None = None, *, ax: Axes | None = None) -> Axes:
        """Plot the mean accuracies with intervals by number of labels.

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


def _interval(mean: Mean, sign: str = "") -> str:
    if mean.interval is None:
        return ""
    low, high = (f"{100 * bound:{sign}.1f}" for bound in mean.interval)
    return f"{low} to {high}"


def _mean_to_json(mean: Mean | None) -> JsonObject:
    if mean is None:
        return {"mean": None, "deviation": None, "interval": None}
    interval: list[Json] | None = None if mean.interval is None else list(mean.interval)
    return {"mean": mean.value, "deviation": mean.deviation, "interval": interval}
