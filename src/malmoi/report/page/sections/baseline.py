"""The section of baselines: scores of the model and its baselines, and paired differences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from malmoi.evaluation.evaluation import Evaluation
from malmoi.evaluation.score_kinds import SCORE_KINDS
from malmoi.report.page.charts.frame import Axis, point_tick, share_tick
from malmoi.report.page.charts.intervals import Row, interval_rows
from malmoi.report.page.charts.scale import padded
from malmoi.report.page.context import Context
from malmoi.report.page.figure import Figure, draw_twice
from malmoi.report.page.quantities import bounds, percent, points
from malmoi.report.page.table import Cell, Table, number, share
from malmoi.report.page.visible import Html, named

__all__ = ["BaselineView", "baseline"]

SHOWN_LABELS = 5


@dataclass(frozen=True)
class BaselineView:
    """View of the section of baselines.

    Args:
        figures: accuracies and differences.
        without_bag: why there is no bag baseline; "" if there is one.
        notes: notes on the scores.
        scores: table of all scores.
    """

    figures: tuple[Figure, ...]
    without_bag: str
    notes: tuple[Html, ...]
    scores: Table


def baseline(context: Context) -> BaselineView:
    """Return the view of the section of baselines."""
    facts = context.facts
    return BaselineView(
        figures=(_accuracies(context), _differences(context)),
        without_bag="" if facts.bag is not None else context.missing("baseline", facts.bag_reason).sentence,
        notes=tuple(_notes(context)),
        scores=_scores(context),
    )


def _accuracies(context: Context) -> Figure:
    say, score = context.say, context.accuracy
    rows = [(say("baseline/model"), score.value, score.low, score.high)]
    rows += [(say(f"baseline/{one.name}"), one.accuracy.value, *one.accuracy.interval) for one in context.compared]
    drawn = tuple(
        Row(name, value, low, high, f"{percent(value)}  ({bounds(low, high)})", 5 if place else 0)
        for place, (name, value, low, high) in enumerate(rows)
    )
    ends = padded([end for row in drawn for end in (row.low, row.high)], 0.0, 1.0)
    axis = Axis(say("baseline/axis"), *ends, share_tick)
    title = say("baseline/title-exact" if context.is_of_sets else "baseline/title")
    label = context.baseline.label
    always = Html(", ".join(map(named, label if isinstance(label, tuple) else (label,))) or say("baseline/no-label"))
    sentence = say.html("baseline/text", baseline=rows[1][0], label=always)
    return Figure(
        name="baseline",
        title=title,
        texts=(sentence,),
        pictures=draw_twice(
            "baseline", (title, say("baseline/description")), lambda width: interval_rows(width, 2, axis, drawn)
        ),
        table=_table("baseline", title, context, drawn),
    )


def _differences(context: Context) -> Figure:
    say, drawn = context.say, []
    for one in context.compared:
        difference = one.difference
        name = say("baseline/minus", name=say(f"recipes/{one.name}"))
        interval = say("range", low=points(difference.low), high=points(difference.high))
        written = f"{points(difference.value)}  ({interval})"
        drawn.append(Row(name, difference.value, difference.low, difference.high, written, 0))
    ends = padded([0.0, *(end for row in drawn for end in (row.low, row.high))], -1.0, 1.0)
    axis, title = Axis(say("baseline/points"), *ends, point_tick), say("baseline/difference")
    return Figure(
        name="difference",
        title=title,
        texts=(say("baseline/difference-text"),),
        pictures=draw_twice(
            "difference",
            (title, say("baseline/description")),
            lambda width: interval_rows(width, 2, axis, drawn, reference=0.0),
        ),
        table=_table("difference", title, context, drawn, is_difference=True),
    )


def _table(name: str, title: str, context: Context, rows: Sequence[Row], *, is_difference: bool = False) -> Table:
    say, value = context.say, context.say("baseline/points" if is_difference else "reproduction/value")
    columns = (say("reproduction/name"), value, say("recipes/low"), say("recipes/high"))
    cell = _point_cell if is_difference else share
    return Table(
        name, title, columns, tuple((Cell(row.name), *map(cell, (row.value, row.low, row.high))) for row in rows)
    )


def _point_cell(value: float) -> Cell:
    return number(100 * value, points(value))


def _scores(context: Context) -> Table:
    say, rows = context.say, []
    for name, score in context.facts.evaluation.scores.items():
        kind = SCORE_KINDS[name]
        values = (score.value, score.low, score.high)
        cells = [share(value) if kind.percent else number(value, kind.show_number(value)) for value in values]
        rows.append((Cell(say.known(f"score/{name}", kind.title)), *cells))
    columns = (say("thresholds/score"), say("reproduction/value"), say("recipes/low"), say("recipes/high"))
    return Table("scores", say("baseline/scores"), columns, tuple(rows))


def _notes(context: Context) -> list[Html]:
    evaluation, notes = context.facts.evaluation, []
    if evaluation.unknown_labels:
        counts = {"count": sum(evaluation.unknown_labels.values()), "samples": evaluation.samples}
        notes.append(_note(context, "baseline/unknown", list(evaluation.unknown_labels), counts))
    absent = _absent(evaluation)
    if absent:
        notes.append(_note(context, "baseline/absent", absent, {"count": len(absent)}))
    return notes


def _absent(evaluation: Evaluation) -> list[object]:
    return [score.label for score in evaluation.classes if not score.support]


def _note(context: Context, key: str, labels: list[object], counts: dict[str, int]) -> Html:
    listed = Html(", ".join([*map(named, labels[:SHOWN_LABELS]), *["…"] * (len(labels) > SHOWN_LABELS)]))
    return context.say.html(key, labels=listed, **counts)
