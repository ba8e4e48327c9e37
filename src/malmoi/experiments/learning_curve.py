"""Learning curves: recipes trained on more and more labels, several draws each, measured on the same held-out texts."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from malmoi.data.corpus import Corpus
from malmoi.data.readers import DataPath
from malmoi.data.texts import as_texts
from malmoi.data.unlabelled import without_texts
from malmoi.errors import DataError, MalmoiError, MissingExtraError
from malmoi.experiments.curve_data import DrawPlan, HeldOut, Size, set_aside
from malmoi.experiments.curve_result import CurvePoint, LearningCurve
from malmoi.experiments.recipe import Recipe
from malmoi.experiments.run import fit_training
from malmoi.experiments.splitting import Parts
from malmoi.foundation.imports import import_keras
from malmoi.foundation.progress import Progress, silent
from malmoi.foundation.validation import check_number, shorten
from malmoi.metrics.scores import majority_class
from malmoi.models.base import ModelEstimator

__all__ = ["learning_curve"]

Recipes = str | Recipe | Sequence[str | Recipe] | Mapping[str, str | Recipe]
STEP = "learning curve"


def learning_curve(
    recipes: Recipes,
    data: Corpus | DataPath,
    labels: Sequence[Size] = (20, 50, 200, 1000, "all"),
    *,
    test: Corpus | DataPath | None = None,
    validation: float | None = None,
    unlabelled: Sequence[str] = (),
    draws: int | Sequence[int] = 5,
    balanced: bool = False,
    seed: int = 0,
    progress: Progress = silent,
) -> LearningCurve:
    """Train recipes on more and more labels, several draws each, and measure all on the same held-out texts.

    The draws are the same for every recipe, have every class, and are nested: the first 20 labelled texts are among the
    first 50, so that a curve rises or falls by what was added. A recipe with a random seed adds the number of the draw
    to it. What a draw leaves of the data lends its texts, without labels, to recipes whose `fit` takes `unlabelled`.
    Texts that equal a held-out text are in no draw and not among the unlabelled ones. A recipe never sees the held-out
    texts while it learns; a setting that needs a validation set gets none.

    Args:
        recipes: names, `Recipe`s, or either by the name that tables and figures show; those behind the first one are
            compared with it.
        data: labelled texts, or what `read_corpus` reads.
        labels: numbers of labelled texts; "all": all that are not held out.
        test: held-out labelled texts, or what `read_corpus` reads. `None`: a part of `data`.
        validation: texts of `data` that are held out where there is no `test`: a number, or a share below 1; `None`:
            as many as `run` takes, 0.2.
        unlabelled: more texts without labels.
        draws: of each number of labels; or one number for each of `labels`. The draws of "all" are the same texts in
            another order, with another random seed.
        balanced: the same number of labels of every class, as far as it has so many; otherwise every class has its
            share.
        seed: random seed of the held-out part and of the draws.
        progress: progress callback.

    Returns:
        The accuracies of every draw, their means with standard deviation and Student's interval, the differences to the
        first recipe paired by draw, as a table, as JSON and as a figure. Where a recipe cannot be trained on a draw,
        that point is missing, with the reason.

    Raises:
        TypeError: an argument is of the wrong kind.
        ValueError: a number is out of its range, a recipe is given twice, or an argument has no effect.
        DataError: the data cannot be used, or no recipe could be trained on any draw.
        MissingExtraError: a library that a recipe needs is not installed.

    Example:
        >>> corpus = Corpus([f"{word} film {n}" for n in range(40) for word in ("good", "bad")], ["pos", "neg"] * 40)
        >>> curve = learning_curve(["bag"], corpus, [4, "all"], draws=3)
        >>> curve.labels, curve.held_out, curve.point("bag", 64).accuracies
        ((4, 64), 16, (1.0, 1.0, 1.0))
    """
    named = _named(recipes)
    estimators = {name: _estimator(recipe) for name, recipe in named.items()}
    takers = [name for name, estimator in estimators.items() if estimator.takes_unlabelled]
    texts = _unlabelled(unlabelled, named, takers)
    if not isinstance(balanced, bool):
        raise TypeError(f"balanced must be True or False, got {shorten(balanced)}")
    check_number("seed", seed, 0)
    parts, notes = set_aside(data, test, validation, int(seed))
    plan = DrawPlan.of(labels, draws, parts.training, balanced=balanced, seed=int(seed))
    more, removed = without_texts(texts, parts.held_out.texts)
    if removed:
        notes.append(f"removed from the unlabelled texts: {removed:,}, which are empty or equal a held-out text")
    if takers:
        notes.append(f"unlabelled texts of {', '.join(takers)}: what a draw leaves of the data, and {len(more):,} more")
    points = tuple(_measured(_Work(estimators, parts, more, lends=bool(takers)), plan, progress))
    if all(point.missing for point in points):
        raise DataError(f"no recipe could be trained; {points[0].recipe} with {points[0].labels}: {points[0].missing}")
    return LearningCurve(
        recipes=named,
        labels=tuple(plan.draws),
        points=points,
        all_labels=len(parts.training),
        held_out=len(parts.held_out),
        baseline=majority_class(parts.held_out.known_codes),
        notes=(*notes, *plan.notes(parts.training)),
    )


def _named(recipes: Recipes) -> dict[str, Recipe]:
    """Recipes by name, each once, all for labels of texts."""
    if isinstance(recipes, str | Recipe) or not isinstance(recipes, Sequence | Mapping):
        raise TypeError(f"recipes must be a list or a dict, got {shorten(recipes)}; wrap one in a list")
    if isinstance(recipes, Mapping):
        pairs = list(recipes.items())
    else:
        pairs = [(one.name if isinstance(one, Recipe) else one, one) for one in recipes]
    if not pairs:
        raise ValueError("recipes must hold 1 recipe or more, got 0")
    named: dict[str, Recipe] = {}
    for name, one in pairs:
        if not isinstance(name, str) or not isinstance(one, str | Recipe):
            raise TypeError(f"recipes must be names or Recipes, got {shorten(one if isinstance(name, str) else name)}")
        if name in named:
            raise ValueError(f"recipes must have different names, got {name!r} twice; give a dict of names and recipes")
        recipe = Recipe(one) if isinstance(one, str) else one
        if (recipe.data, recipe.task) != ("texts", "classification"):
            raise ValueError(f"recipes must be for labels of texts, got {name!r} for {recipe.task} of {recipe.data}")
        named[name] = recipe
    return named


def _estimator(recipe: Recipe) -> ModelEstimator[Any]:
    """Make the estimator, and refuse a network where there is no Keras."""
    if recipe.kind.network is not None:
        import_keras()
    return recipe.estimator()


def _unlabelled(unlabelled: Sequence[str], named: Mapping[str, Recipe], takers: Sequence[str]) -> list[str]:
    """Further texts as a list, refused where no recipe takes them."""
    texts = as_texts(unlabelled)
    if texts and not takers:
        rule = f"unlabelled must be empty for recipes that take none ({', '.join(named)})"
        raise ValueError(f"{rule}, got {len(texts):,} texts")
    return texts


class _Work:
    """What is trained, and on what.

    Args:
        estimators: by the name of the recipe.
        parts: labelled texts, and those that are held out.
        unlabelled: more texts.
        lends: whether a recipe takes unlabelled texts.
    """

    def __init__(
        self, estimators: Mapping[str, ModelEstimator[Any]], parts: HeldOut, unlabelled: list[str], *, lends: bool
    ) -> None:
        self.estimators = estimators
        self._seeds = {name: getattr(estimator, "seed", None) for name, estimator in estimators.items()}
        self._parts = parts
        self._unlabelled = unlabelled
        self._lends = lends

    def drawn(self, order: npt.NDArray[np.int64], size: int) -> Parts:
        """Return the labelled texts of a draw, and the texts that lend their words."""
        texts = self._parts.training.texts
        lent = [texts[place] for place in order[size:].tolist()] + self._unlabelled if self._lends else []
        return Parts(self._parts.training.take(order[:size]), None, lent)

    def accuracy(self, name: str, draw: int, parts: Parts, progress: Progress) -> float:
        """Train a recipe on a draw; returns its accuracy on the held-out texts."""
        estimator, seed, held_out = self.estimators[name], self._seeds[name], self._parts.held_out
        if seed is not None:
            estimator.set_params(seed=int(seed) + draw)
        fit_training(estimator, parts, {"progress": progress})
        return float(estimator.fitted.hits(held_out.texts, held_out.known_codes).mean())


def _measured(work: _Work, plan: DrawPlan, progress: Progress) -> Iterator[CurvePoint]:
    """Train every recipe on every draw; a recipe that fails on a draw is not tried on others of this size."""
    trained, trainings = 0, len(work.estimators) * sum(plan.draws.values())

    def hold(step: str, done: int, total: int) -> None:
        progress(STEP, trained, trainings)

    for size, draws in plan.draws.items():
        found: dict[str, list[tuple[float, float]]] = {name: [] for name in work.estimators}
        missing: dict[str, str] = {}
        for draw in range(draws):
            parts = work.drawn(plan.orders[draw], size)
            for name in work.estimators:
                progress(STEP, trained, trainings)
                start = time.perf_counter()
                try:
                    if name not in missing:
                        found[name].append((work.accuracy(name, draw, parts, hold), time.perf_counter() - start))
                except MissingExtraError:
                    raise
                except (MalmoiError, ValueError) as error:
                    missing[name] = str(error)
                trained += 1
        progress(STEP, trained, trainings)
        for name, pairs in found.items():
            reason = missing.get(name)
            accuracies, seconds = zip(*pairs, strict=True) if pairs and reason is None else ((), ())
            yield CurvePoint(name, size, accuracies, seconds, reason)
