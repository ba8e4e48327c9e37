"""The label learning curve of a report, and what more labels would buy."""

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
"""The largest training of the curve has so many labels at most, or all."""
LEAST_STEP = 1.2
"""All labels are so many times as many as the size before them, or more."""
DRAWS = ((200, 4), (2000, 3), (5000, 2))
"""Draws of up to so many labels: few labels differ most, and are trained fastest; beyond, there is one."""
HELD_OUT = 2_500
HELD_OUT_CHARACTERS = 3_000_000
"""Texts that the curve is measured on at most, evenly drawn; fewer of long ones."""
LEAST_HELD_OUT = 200
BAG = Recipe("bag", {"C": BAG_STRENGTH, "calibration": None})
"""The bag that other models are compared with; without a search for C, which would take four times as long."""
MORE = 200
LEAST_FITTED = 20
"""Labels of the points that the curve is fitted to; with fewer, one text more or less decides."""
STEPS = 25
"""Places at which the fitted curve is given at most; of few labels there are fewer whole numbers."""


@dataclass(frozen=True, eq=False)
class Measured:
    """Accuracies by the number of labels.

    Args:
        recipe: what was trained.
        points: by labels, ascending.
        errors: float64 (points,), standard error of each accuracy, independent of the others.
        shared: standard error that all points share.
        source: as of `LabelCurve`.
        labels: labels that there are.
    """

    recipe: str
    points: tuple[LearningPoint, ...]
    errors: Floats
    shared: float
    source: str
    labels: int


def label_curve(sources: Sources) -> LabelCurve | Unavailable:
    """Return the accuracy by the number of labels.

    With a comparison of three numbers of labels or more, of 20 labels or more each, that of its best recipe. Else that
    of a bag of n-grams with C=16 which is trained on nested draws of the training data and measured on the measured
    data; without training data it is trained on draws of four fifths of the measured data, and measured on the rest.
    Beside a comparison this bag is another experiment than the comparison's recipe of the same name.
    """
    measured = None if sources.comparison is None else _compared(sources.comparison)
    if measured is None or not _can_be_fitted(measured):
        try:
            measured = _trained(sources)
        except (MalmoiError, ValueError) as error:
            return Unavailable("not-trained", {"error": str(error)})
    return Unavailable("too-few") if measured is None else with_fit(measured, sources.seed)


def _compared(comparison: Comparison) -> Measured | None:
    """The points of the recipe with the highest accuracy at its largest number of labels."""
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
    """The points of a bag that is trained on draws."""
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
        draws=draws,
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
    """What the bag learns from, and what it is measured on; no text of the one equals one of the other.

    The numbers of labels depend on how many texts are left, so the texts are set aside before they are chosen.
    """
    if sources.training is not None:
        corpus, test = sources.training, _sample(sources.measured)
        return HeldOut(corpus.take(np.flatnonzero(~are_among(corpus.texts, test.texts))), test)
    if len(sources.measured) < SIZES[0]:
        return None
    return set_aside(sources.measured, None, None, sources.seed)[0]


def _points(curve: LearningCurve) -> tuple[tuple[LearningPoint, ...], Floats]:
    """Mean accuracies with intervals over draws and texts, and their standard errors over draws."""
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
    """Numbers of labels of each training, all of them the last; every class has to have a text."""
    least, most = max(len(corpus.classes), 2), len(corpus)
    sizes: list[Size] = [size for size in SIZES if least <= size <= min(most, MOST_LABELS) / LEAST_STEP]
    if most >= max(least, SIZES[0]):
        sizes.append(MOST_LABELS if most > MOST_LABELS else "all")
    return sizes


def _draws(size: Size) -> int:
    """How often a size is drawn; draws of all are the same texts."""
    if size == "all":
        return 1
    return next((draws for most, draws in DRAWS if size <= most), 1)


def _sample(corpus: Corpus) -> Corpus:
    """At most so many texts, evenly drawn."""
    characters = sum(map(len, corpus.texts)) / max(len(corpus), 1)
    most = min(HELD_OUT, max(LEAST_HELD_OUT, int(HELD_OUT_CHARACTERS / max(characters, 1))))
    return corpus if len(corpus) <= most else corpus.take(even_places(len(corpus), most))


def _errors(points: Sequence[LearningPoint], draws: Sequence[Sequence[float]]) -> Floats:
    """Standard errors of accuracies over draws; where there is one draw of each, those of the intervals."""
    if any(len(one) > 1 for one in draws):
        return draw_errors([point.labels for point in points], draws)
    return np.array([(point.high - point.low) / (2 * Z_95) for point in points])


def _share_error(share: float, samples: int) -> float:
    """Standard error of an accuracy over texts; at least that of half a mistake."""
    return math.sqrt(max(share * (1 - share), 0.5 / samples) / samples)


def with_fit(measured: Measured, seed: int) -> LabelCurve:
    """Return a curve with the power law that fits its points, where three or more have 20 labels or more."""
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
    """The curve from the first point to twice the labels, at whole numbers at even distances of the logarithm."""
    places = np.unique(np.rint(np.geomspace(sizes[0], max(2 * labels, sizes[-1]), STEPS))).tolist()
    return tuple((place, *law.accuracy(place)) for place in places)
