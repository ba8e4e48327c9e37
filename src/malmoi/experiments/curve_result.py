"""The result of a learning curve: accuracies of recipes by the number of labels, with intervals."""

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
from malmoi.foundation.printable import printable
from malmoi.foundation.text_table import html_table, text_table
from malmoi.metrics.means import Mean
from malmoi.metrics.scores import Share

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["CurvePoint", "LearningCurve"]


@dataclass(frozen=True)
class CurvePoint:
    """What a recipe reached with a number of labels.

    Args:
        recipe: its name.
        labels: labelled texts that it learned from.
        accuracies: on the held-out texts, one for each draw of labelled texts; nothing where the point is missing.
        seconds: of each training, its predictions included.
        missing: why there are no accuracies; `None`: there are.
    """

    recipe: str
    labels: int
    accuracies: tuple[float, ...]
    seconds: tuple[float, ...] = field(default=(), compare=False)
    missing: str | None = None

    @property
    def mean(self) -> Mean | None:
        """Mean accuracy of the draws, with standard deviation and interval; `None` where the point is missing."""
        return Mean(self.accuracies) if self.accuracies else None


@dataclass(frozen=True)
class LearningCurve:
    """Accuracies of recipes that learned from more and more labels.

    Args:
        recipes: by name, in order; the others are compared with the first one.
        labels: numbers of labelled texts, in ascending order.
        points: one for each number of labels and recipe, in this order.
        all_labels: labelled texts that are not held out.
        held_out: texts that everything was measured on.
        baseline: the most frequent label of the held-out texts, or set of labels, a tuple, and its share of them.
        notes: what limits the result, in sentences.
    """

    recipes: Mapping[str, Recipe]
    labels: tuple[int, ...]
    points: tuple[CurvePoint, ...]
    all_labels: int
    held_out: int
    baseline: tuple[Label | tuple[Label, ...], Share]
    notes: tuple[str, ...] = ()

    @property
    def measure(self) -> str:
        """What the accuracies are: "accuracy", or of several labels a text "exact match"."""
        return "exact match" if isinstance(self.baseline[0], tuple) else "accuracy"

    @property
    def reference(self) -> str:
        """The name of the recipe that the others are compared with: the first one."""
        return next(iter(self.recipes))

    def point(self, recipe: str, labels: int) -> CurvePoint:
        """Return what a recipe reached with a number of labels.

        Raises:
            KeyError: there is no such point.
        """
        for point in self.points:
            if (point.recipe, point.labels) == (recipe, labels):
                return point
        raise KeyError(f"no point of {recipe!r} with {labels} labels")

    def difference(self, recipe: str, reference: str, labels: int) -> Mean | None:
        """Return the mean of the accuracy of a recipe less that of another one, paired by draw.

        The interval is that of the differences: what is easy or hard in a draw for both recipes cancels.

        Returns:
            `None` where one of the points is missing.

        Raises:
            KeyError: there is no such point.
        """
        pair = self.point(recipe, labels).accuracies, self.point(reference, labels).accuracies
        if not all(pair):
            return None
        return Mean(tuple(one - other for one, other in zip(*pair, strict=True)), -1.0)

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns of `rows`."""
        names = ["labels", "recipe", f"{self.measure} (%)", "sd", "95 % interval", "draws"]
        return (*names, *([f"less {self.reference} (points)"] if len(self.recipes) > 1 else []), "seconds")

    def rows(self) -> list[tuple[str, ...]]:
        """Return a row for each number of labels and recipe, as a table shows them; `columns` names its cells.

        Accuracies are percentages, differences points of a percentage with their interval, seconds the mean of a draw.
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
        """What a table does not say: the held-out set, the baseline, missing points with their reasons, the notes."""
        label, share = self.baseline
        what = "most frequent labels" if isinstance(label, tuple) else "majority class"
        lines = [
            f"measured on {self.held_out:,} held-out texts; {what} ({shorten_label(label)}): {100 * share.value:.1f} %",
        ]
        if any(len(point.accuracies) > 1 for point in self.points):
            lines.append("intervals: Student's t over draws of labelled texts; the held-out texts are the same for all")
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
        """Return it as JSON holds it."""
        label, share = self.baseline
        return {
            "measure": self.measure,
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
        """Draw the mean accuracies with their intervals over the number of labels.

        Of one number of labels an interval is drawn for each recipe, the most accurate on top.

        Args:
            path: the picture to write, in place of a file that is there; its suffix decides the format (.png, .svg,
                .pdf). `None`: none is written.
            ax: matplotlib axes to draw on, with a legend inside; `None`: a new figure, pyplot's where no path is
                given, with names at the right.

        Returns:
            the axes.

        Raises:
            MissingExtraError: matplotlib is not installed.
            TypeError: `ax` is something else.
            ValueError: `ax` is polar or has three dimensions, or the suffix of the path is of no picture.
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
