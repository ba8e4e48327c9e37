"""Learning curves: recipes trained on more and more labels, several draws each, measured on the same held-out texts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from malmoi.data.corpus import Corpus
from malmoi.data.readers import DataPath
from malmoi.data.unlabelled import without_texts
from malmoi.errors import DataError, MalmoiError, MissingExtraError
from malmoi.experiments.curve_data import DrawPlan, Size, set_aside
from malmoi.experiments.curve_result import CurvePoint, LearningCurve
from malmoi.experiments.drawn_training import DrawnTraining, DrawnTrainings
from malmoi.experiments.named_recipes import Recipes, named_estimator, named_recipes, refuse_without_takers
from malmoi.foundation.progress import Progress, silent
from malmoi.foundation.validation import check_number, shorten
from malmoi.metrics.scores import majority_class

__all__ = ["learning_curve"]

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
    named = named_recipes(recipes)
    takers = [name for name, recipe in named.items() if named_estimator(name, recipe).takes_unlabelled]
    texts = refuse_without_takers(unlabelled, list(named), takers)
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
    points = tuple(_measured(DrawnTrainings(named, parts, plan, more), progress))
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


def _measured(trainings: DrawnTrainings, progress: Progress) -> Iterator[CurvePoint]:
    """Train every recipe on every draw; a recipe that fails on a draw is not tried on others of this size."""
    plan, recipes = trainings.plan, trainings.recipes
    trained, trainings_in_all = 0, len(recipes) * sum(plan.draws.values())

    def hold(step: str, done: int, total: int) -> None:
        progress(STEP, trained, trainings_in_all)

    for size, draws in plan.draws.items():
        found: dict[str, list[tuple[float, float]]] = {name: [] for name in recipes}
        missing: dict[str, str] = {}
        for draw in range(draws):
            for name in recipes:
                progress(STEP, trained, trainings_in_all)
                try:
                    if name not in missing:
                        one = trainings.run(DrawnTraining(name, size, draw), progress=hold)
                        found[name].append((float(one.hits.mean()), one.seconds + one.prediction_seconds))
                except MissingExtraError:
                    raise
                except (MalmoiError, ValueError) as error:
                    missing[name] = str(error)
                trained += 1
        progress(STEP, trained, trainings_in_all)
        for name, pairs in found.items():
            reason = missing.get(name)
            accuracies, seconds = zip(*pairs, strict=True) if pairs and reason is None else ((), ())
            yield CurvePoint(name, size, accuracies, seconds, reason)
