"""The result of a comparison: accuracies of recipes on the same draws and texts, with differences to a baseline."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from malmoi.experiments.recipe import Recipe
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
    """The accuracy of a recipe less that of the best simple baseline, on the same draws and texts.

    Args:
        reference: the name of the baseline: "majority class" or "bag", whichever has the higher mean accuracy; of the
            bag itself the majority class.
        value: the difference, from -1 to 1.
        low: lower bound of the 95 % interval.
        high: upper bound of the 95 % interval.
        p_value: of the two-sided test that there is no difference.
        adjusted_p: the same by Holm's correction for all differences of the comparison.
    """

    reference: str
    value: float
    low: float
    high: float
    p_value: float
    adjusted_p: float


@dataclass(frozen=True)
class ComparedPoint:
    """What a recipe reached with a number of labels.

    Args:
        recipe: its name in the comparison, such as "conv" or "conv + vectors"; or "majority class".
        labels: labelled texts that it learned from.
        accuracy: mean over the draws, with the 95 % interval over draws and texts; `None` where the point is missing.
        accuracies: of each draw, in their order.
        difference: to the best simple baseline; `None` of the majority class, and where a point is missing.
        seconds: of each training; empty of the majority class.
        texts_per_second: median speed of prediction on the held-out texts.
        size_bytes: median size of the model file.
        missing: why there is no accuracy, with the draw that failed; `None`: there is one.
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


@dataclass(frozen=True)
class Comparison:
    """Recipes that learned from the same draws and were measured on the same texts.

    Args:
        recipes: by their names in the comparison, in order; without the majority class.
        labels: numbers of labelled texts, in ascending order.
        points: for each number of labels the majority class, then every recipe.
        seeds: draws of each number of labels; the number of the draw is added to the seed of a recipe.
        all_labels: labelled texts that are not held out.
        held_out: texts that everything was measured on.
        baseline: the most frequent label of the held-out texts, or set of labels, a tuple, and its share of them.
        histories: the epochs of each recipe that has some: of the first draw of the largest number of labels.
        notes: what limits the result, in sentences.
    """

    recipes: Mapping[str, Recipe]
    labels: tuple[int, ...]
    points: tuple[ComparedPoint, ...]
    seeds: int
    all_labels: int
    held_out: int
    baseline: tuple[object, Share]
    histories: Mapping[str, History] = field(default_factory=dict, compare=False)
    notes: tuple[str, ...] = ()

    def plot(self, path: str | os.PathLike[str] | None = None, *, ax: Axes | None = None) -> Axes:
        """Draw the mean accuracies with their intervals over the number of labels; majority class and bag in grey.

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
