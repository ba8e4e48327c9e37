"""The section that compares recipes."""

from __future__ import annotations

import statistics
from dataclasses import dataclass

from malmoi.experiments.comparison import MAJORITY, ComparedPoint, Comparison, Difference
from malmoi.report.card_text import spaced
from malmoi.report.facts import Unavailable
from malmoi.report.page.context import Context, Missing
from malmoi.report.page.quantities import bounds, percent, points, probability, rate, size
from malmoi.report.page.table import Cell, Table, counted, number, share, words_cell
from malmoi.report.page.visible import Html, in_line, named, shown

__all__ = ["RecipeGroup", "RecipeRow", "RecipesView", "recipe_name", "recipes"]


@dataclass(frozen=True)
class RecipeRow:
    """Results of a recipe with a number of labels, as text.

    Args:
        name: name of the recipe.
        failure: why there is no accuracy; "" if there is one.
        accuracy: mean accuracy.
        interval: interval of the accuracy.
        difference: difference from the best simple baseline, with its interval; "" for none.
        reference: that baseline.
        outcome: "better", "worse", "same" or "".
        p_value: p-value with Holm's correction.
        seconds: median training time.
        speed: texts per second.
        size: size of the model file.
    """

    name: Html
    failure: Html
    accuracy: str
    interval: str
    difference: str
    reference: Html
    outcome: str
    p_value: str
    seconds: str
    speed: str
    size: str


@dataclass(frozen=True)
class RecipeGroup:
    """Recipes with the same number of labels.

    Args:
        title: number of labels.
        rows: one row per recipe.
    """

    title: str
    rows: tuple[RecipeRow, ...]


@dataclass(frozen=True)
class RecipesView:
    """View of the comparison.

    Args:
        text: description of the experiment.
        measure: name of the score.
        groups: rows by number of labels.
        numbers: table with exact values.
        notes: notes on the comparison.
    """

    text: str
    measure: str
    groups: tuple[RecipeGroup, ...]
    numbers: Table
    notes: tuple[Html, ...]


def recipes(context: Context) -> RecipesView | Missing:
    """Return the view of the comparison of recipes."""
    comparison, say = context.facts.comparison, context.say
    if isinstance(comparison, Unavailable):
        return context.missing("recipes", comparison)
    groups = tuple(_group(context, comparison, labels) for labels in comparison.labels)
    text = say("recipes/text", seeds=comparison.seeds, held_out=comparison.held_out, measure=context.measure)
    notes = tuple(in_line(spaced(note)) for note in comparison.notes)
    return RecipesView(text, context.measure, groups, _numbers(context, comparison), notes)


def recipe_name(context: Context, name: str) -> Html:
    """Return the name of a recipe, with the majority-class baseline in the language of the page."""
    if name == MAJORITY:
        return Html(context.say("recipes/most-frequent" if context.is_of_sets else "recipes/majority"))
    return named(name)


def _group(context: Context, comparison: Comparison, labels: int) -> RecipeGroup:
    key = "recipes/group-all" if labels == comparison.all_labels else "recipes/group"
    rows = tuple(_row(context, point) for point in comparison.points if point.labels == labels)
    return RecipeGroup(context.say(key, count=labels), rows)


def _row(context: Context, point: ComparedPoint) -> RecipeRow:
    say, score, difference = context.say, point.accuracy, point.difference
    reference, outcome = _compared(context, difference)
    return RecipeRow(
        name=recipe_name(context, point.recipe),
        failure=Html("") if point.missing is None else say.html("recipes/failed", reason=point.missing),
        accuracy="–" if score is None else percent(score.value),
        interval="" if score is None else bounds(score.low, score.high),
        difference="" if difference is None else _difference(context, difference),
        reference=reference,
        outcome=outcome,
        p_value="" if difference is None else probability(difference.adjusted_p),
        seconds=say("seconds", value=rate(statistics.median(point.seconds))) if point.seconds else "",
        speed="" if point.texts_per_second is None else rate(point.texts_per_second),
        size="" if point.size_bytes is None else size(point.size_bytes),
    )


def _compared(context: Context, difference: Difference | None) -> tuple[Html, str]:
    """Return the name of the baseline, and the outcome by the corrected p-value."""
    if difference is None:
        return Html(""), ""
    reference = context.say.html("recipes/to", name=recipe_name(context, difference.reference))
    if difference.adjusted_p >= 0.05 or not difference.value:
        return reference, "same"
    return reference, "better" if difference.value > 0 else "worse"


def _difference(context: Context, difference: Difference) -> str:
    interval = context.say("range", low=points(difference.low), high=points(difference.high))
    return f"{points(difference.value)} ({interval})"


def _numbers(context: Context, comparison: Comparison) -> Table:
    say = context.say
    names = ("low", "high", "difference", "low", "high", "reference", "p", "seconds", "speed", "size")
    first = (say("recipes/recipe"), say("recipes/labels"), context.measure)
    columns = (*first, *(say(f"recipes/{name}") for name in names), say("missing"))
    return Table("recipes", say("recipes/title"), columns, tuple(_exact(context, point) for point in comparison.points))


def _exact(context: Context, point: ComparedPoint) -> tuple[Cell, ...]:
    score, difference = point.accuracy, point.difference
    shares = [None] * 3 if score is None else [score.value, score.low, score.high]
    differences = [None] * 3 if difference is None else [difference.value, difference.low, difference.high]
    adjusted = None if difference is None else difference.adjusted_p
    seconds = statistics.median(point.seconds) if point.seconds else None
    return (
        words_cell(recipe_name(context, point.recipe)),
        counted(point.labels),
        *map(share, shares),
        *(Cell("–") if value is None else number(100 * value, points(value)) for value in differences),
        Cell("–") if difference is None else words_cell(recipe_name(context, difference.reference)),
        number(adjusted, "–" if adjusted is None else probability(adjusted)),
        number(seconds, "–" if seconds is None else rate(seconds)),
        number(point.texts_per_second, "–" if point.texts_per_second is None else rate(point.texts_per_second)),
        counted(point.size_bytes),
        Cell(shown(point.missing)) if point.missing else Cell(""),
    )
