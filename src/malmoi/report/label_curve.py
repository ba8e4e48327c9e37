"""The learning curve of a report, and the expected gain from more labels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from malmoi.data.corpus import Corpus
from malmoi.data.unlabelled import are_among
from malmoi.errors import MalmoiError
from malmoi.evaluation.checks.bag_baseline import BAG_STRENGTH
from malmoi.evaluation.learning_point import LearningPoint
from malmoi.evaluation.text_facts import even_places
from malmoi.experiments.comparison import MAJORITY, ComparedPoint, Comparison
from malmoi.experiments.curve_data import HeldOut, Size, set_aside
from malmoi.experiments.curve_result import LearningCurve
from malmoi.experiments.learning_curve import learning_curve
from malmoi.experiments.recipe import Recipe
from malmoi.metrics.intervals import Floats
from malmoi.metrics.power_law import FEWEST_SIZES, PowerLaw, draw_errors, fit_power_law
from malmoi.metrics.scores import Z_95
from malmoi.report.facts import Gain, LabelCurve, Unavailable
from malmoi.report.model_facts import training_samples
from malmoi.report.sources import Sources

__all__ = ["label_curve", "with_fit"]

SIZES = (20, 50, 100, 200, 500, 1000, 2000, 5000)
MOST_LABELS = 20_000
"""Maximum number of labels of the largest training set of the curve."""
LEAST_STEP = 1.2
"""Minimum ratio of the number of all labels to the size before it."""
DRAWS = ((200, 4), (2000, 3), (5000, 2))
"""(maximum labels, random subsets): small subsets vary most and train fastest; above, there is one subset."""
HELD_OUT = 2_500
HELD_OUT_CHARACTERS = 3_000_000
"""Maximum number of test texts of the curve and of their characters; texts are evenly sampled."""
LEAST_HELD_OUT = 200
BAG = Recipe("bag", {"C": BAG_STRENGTH, "calibration": None})
"""The bag baseline, without a search for C, which would take four times as long."""
MORE = 200
LEAST_FITTED = 20
"""Minimum labels of points to which the curve is fitted; smaller subsets are too noisy."""
STEPS = 25
"""Maximum number of points of the fitted curve."""


@dataclass(frozen=True, eq=False)
class Measured:
    """Accuracies by the number of labels.

    Args:
        recipe: name of the trained recipe.
        points: points in ascending order of labels.
        errors: float64 (points,), independent standard error of each accuracy.
        shared: standard error shared by all points.
        source: see `LabelCurve`.
        labels: number of available labels.
    """

    recipe: str
    points: tuple[LearningPoint, ...]
    errors: Floats
    shared: float
    source: str
    labels: int


def label_curve(sources: Sources) -> LabelCurve | Unavailable:
    """Return the accuracy by number of labels.

    If there is a comparison with three or more sizes of 20 labels or more, the curve is that of its best recipe.
    Otherwise, it is that of a bag of n-grams with C=16, trained on nested subsets of the training data and evaluated on
    the test data; without training data, it is trained on subsets of four fifths of the test data and evaluated on the
    rest. This is a separate experiment from a recipe of the same name in a comparison.
    """
    measured = None if sources.comparison is None else _compared(sources.comparison)
    if measured is None or not _can_be_fitted(measured):
        try:
            measured = _trained(sources)
        except (MalmoiError, ValueError) as error:
            return Unavailable("not-trained", {"error": str(error)})
    return Unavailable("too-few") if measured is None else with_fit(measured, sources.seed)


def _compared(comparison: Comparison) -> Measured | None:
    """Return the points of the recipe with the highest accuracy at its largest size."""
    by_recipe: dict[str, list[ComparedPoint]] = {}
    for point in comparison.points:
        if point.recipe != MAJORITY and point.accuracy is not None:
            by_recipe.setdefault(point.recipe, []).append(point)
    if not by_recipe:
        return None
    best = max(by_recipe.values(), key=_last_accuracy)
    points, draws = [], []
    for one in sorted(best, key=lambda one: one.labels):
        if one.accuracy is not None:
            points.append(LearningPoint(one.labels, one.accuracy.value, one.accuracy.low, one.accuracy.high))
            draws.append(one.accuracies or (one.accuracy.value,))
    errors = _errors(points, draws)
    shared = _share_error(points[-1].accuracy, comparison.held_out)
    return Measured(best[0].recipe, tuple(points), errors, shared, "comparison", max(comparison.labels))


def _last_accuracy(points: Sequence[ComparedPoint]) -> tuple[int, float]:
    last = max(points, key=lambda one: one.labels)
    return last.labels, -1.0 if last.accuracy is None else last.accuracy.value


def _trained(sources: Sources) -> Measured | None:
    """Return the points of a bag trained on random subsets."""
    parts = _parts(sources)
    sizes = [] if parts is None else _sizes(parts.training)
    if parts is None or not sizes:
        return None
    draws = [_draws(size) for size in sizes]
    curve = learning_curve(
        {BAG.name: BAG},
        parts.training,
        sizes,
        test=parts.held_out,
        repeats=draws,
        seed=sources.seed,
        progress=sources.progress,
    )
    points, errors = _points(curve)
    if not points:
        return None
    shared = _share_error(points[-1].accuracy, curve.held_out)
    if sources.training is not None:
        return Measured(BAG.name, points, errors, shared, "training", len(sources.training))
    return Measured(BAG.name, points, errors, shared, "measured", training_samples(sources.model) or curve.all_labels)


def _parts(sources: Sources) -> HeldOut | None:
    """Return training and test data of the bag without texts in both.

    The sizes depend on the number of remaining texts, so the split is made before the sizes are chosen.
    """
    if sources.training is not None:
        corpus, test = sources.training, _sample(sources.measured)
        return HeldOut(corpus.take(np.flatnonzero(~are_among(corpus.texts, test.texts))), test)
    if len(sources.measured) < SIZES[0]:
        return None
    return set_aside(sources.measured, None, None, sources.seed)[0]


def _points(curve: LearningCurve) -> tuple[tuple[LearningPoint, ...], Floats]:
    """Return mean accuracies with intervals over subsets and texts, and their standard errors over subsets."""
    known = [point for point in curve.points if point.accuracies]
    labels, draws = [point.labels for point in known], [point.accuracies for point in known]
    errors = draw_errors(labels, draws) if any(len(one) > 1 for one in draws) else np.zeros(len(known))
    points = []
    for size, one, error in zip(labels, draws, errors.tolist(), strict=True):
        value = float(np.mean(one))
        half = Z_95 * math.hypot(error, _share_error(value, curve.held_out))
        points.append(LearningPoint(size, value, max(0.0, value - half), min(1.0, value + half)))
    return tuple(points), errors


def _sizes(corpus: Corpus) -> list[Size]:
    """Return the training-set sizes, ending with all labels; every class must have a text."""
    least, most = max(len(corpus.classes), 2), len(corpus)
    sizes: list[Size] = [size for size in SIZES if least <= size <= min(most, MOST_LABELS) / LEAST_STEP]
    if most >= max(least, SIZES[0]):
        sizes.append(MOST_LABELS if most > MOST_LABELS else "all")
    return sizes


def _draws(size: Size) -> int:
    """Return the number of subsets of a size; 1 for all labels."""
    if size == "all":
        return 1
    return next((draws for most, draws in DRAWS if size <= most), 1)


def _sample(corpus: Corpus) -> Corpus:
    """Return a corpus limited in size by even sampling."""
    characters = sum(map(len, corpus.texts)) / max(len(corpus), 1)
    most = min(HELD_OUT, max(LEAST_HELD_OUT, int(HELD_OUT_CHARACTERS / max(characters, 1))))
    return corpus if len(corpus) <= most else corpus.take(even_places(len(corpus), most))


def _errors(points: Sequence[LearningPoint], draws: Sequence[Sequence[float]]) -> Floats:
    """Return standard errors of accuracies over subsets; with one subset each, from the intervals."""
    if any(len(one) > 1 for one in draws):
        return draw_errors([point.labels for point in points], draws)
    return np.array([(point.high - point.low) / (2 * Z_95) for point in points])


def _share_error(share: float, samples: int) -> float:
    """Return the standard error of an accuracy over texts, at least that of half a mistake."""
    return math.sqrt(max(share * (1 - share), 0.5 / samples) / samples)


def with_fit(measured: Measured, seed: int) -> LabelCurve:
    """Return a curve with a fitted power law, if there are three sizes or more of 20 labels or more."""
    points = measured.points
    if not _can_be_fitted(measured):
        return LabelCurve(measured.recipe, points, (), (), measured.source)
    fitted = [place for place, point in enumerate(points) if point.labels >= LEAST_FITTED]
    sizes, accuracies = [points[place].labels for place in fitted], [points[place].accuracy for place in fitted]
    law = fit_power_law(sizes, accuracies, measured.errors[fitted].tolist(), shared=measured.shared, seed=seed)
    labels = measured.labels
    gains = tuple(Gain(labels, more, *law.gain(labels, more)) for more in dict.fromkeys((MORE, labels)))
    return LabelCurve(measured.recipe, points, _along(law, sizes, labels), gains, measured.source)


def _can_be_fitted(measured: Measured) -> bool:
    return len({point.labels for point in measured.points if point.labels >= LEAST_FITTED}) >= FEWEST_SIZES


def _along(law: PowerLaw, sizes: Sequence[int], labels: int) -> tuple[tuple[float, float, float, float], ...]:
    """Return the curve from the first point to twice the labels, at log-spaced whole numbers."""
    places = np.unique(np.rint(np.geomspace(sizes[0], max(2 * labels, sizes[-1]), STEPS))).tolist()
    return tuple((place, *law.accuracy(place)) for place in places)
