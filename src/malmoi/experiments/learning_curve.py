"""Learning curves: recipes trained on random subsets of growing size and evaluated on the same test set."""

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
from malmoi.foundation.names import deprecated_arguments
from malmoi.foundation.progress import Progress, silent
from malmoi.foundation.validation import check_number, shorten
from malmoi.metrics.scores import majority_class

__all__ = ["learning_curve"]

STEP = "learning curve"


@deprecated_arguments(draws="repeats")
def learning_curve(
    recipes: Recipes,
    data: Corpus | DataPath,
    labels: Sequence[Size] = (20, 50, 200, 1000, "all"),
    *,
    test: Corpus | DataPath | None = None,
    validation: float | None = None,
    unlabelled: Sequence[str] = (),
    repeats: int | Sequence[int] = 5,
    balanced: bool = False,
    seed: int = 0,
    progress: Progress = silent,
) -> LearningCurve:
    """Train recipes on random subsets of growing size, and evaluate them on the same test set.

    The random subsets are the same for every recipe, contain every class, and are nested: a subset of 20 texts is
    part of the subset of 50 texts of the same draw. The number of the draw is added to a recipe's random seed. The rest
    of the data is passed as unlabelled texts to recipes whose `fit` takes `unlabelled`. Texts equal to a test text are
    removed from the training data and from the unlabelled texts. Recipes are trained without a validation set.

    Args:
        recipes: names or `Recipe`s, as a list, or as a dict by displayed name; the first is the reference.
        data: labelled texts, or a path for `read_corpus`.
        labels: training-set sizes; "all": all texts that are not held out.
        test: labelled test set, or a path for `read_corpus`. `None`: a part of `data` is held out.
        validation: size of the held-out part of the data if there is no test set: a number of texts, or a share below
            1; `None`: 0.2, as in `run`.
        unlabelled: additional unlabelled texts.
        repeats: random subsets per size: one number, or one for each of `labels`. Draws of "all" have the same texts in
            another order, with another random seed.
        balanced: draw the same number of labels of every class, as far as available; otherwise in proportion to the
            classes.
        seed: random seed of the held-out part and of the subsets.
        progress: progress callback, called with the step's name, the number done and the total.

    Returns:
        The accuracies of every draw, their means with standard deviation and Student's interval, and differences from
        the first recipe paired by draw. If a recipe cannot be trained on a draw, the point is missing, with the reason.

    Raises:
        TypeError: an argument has the wrong type.
        ValueError: a number is out of range, a recipe is given twice, or an argument has no effect.
        DataError: the data is invalid, or no recipe could be trained.
        MissingExtraError: a library that a recipe needs is not installed.

    Example:
        >>> corpus = Corpus([f"{word} film {n}" for n in range(40) for word in ("good", "bad")], ["pos", "neg"] * 40)
        >>> curve = learning_curve(["bag"], corpus, [4, "all"], repeats=3)
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
    plan = DrawPlan.of(labels, repeats, parts.training, balanced=balanced, seed=int(seed))
    more, removed = without_texts(texts, parts.held_out.texts)
    if removed:
        notes.append(f"removed from the unlabelled texts: {removed:,} that are empty or equal to a test text")
    if takers:
        notes.append(_note(takers, len(more)))
    points = tuple(_measured(DrawnTrainings(named, parts, plan, more), progress))
    if all(point.missing for point in points):
        raise DataError(f"no recipe could be trained; {points[0].recipe} with {points[0].labels}: {points[0].missing}")
    return LearningCurve(
        recipes=named,
        labels=tuple(plan.draws),
        points=points,
        all_labels=len(parts.training),
        held_out=len(parts.held_out),
        baseline=majority_class(parts.held_out.required_codes),
        notes=(*notes, *plan.notes(parts.training)),
    )


def _note(takers: Sequence[str], more: int) -> str:
    rest = f"the rest of the data in each draw{f', and {more:,} more' if more else ''}"
    return f"unlabelled texts for {', '.join(takers)}: {rest}"


def _measured(trainings: DrawnTrainings, progress: Progress) -> Iterator[CurvePoint]:
    """Train every recipe on every draw; a recipe that fails on a draw is skipped for the others of this size."""
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
