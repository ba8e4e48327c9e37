"""The section of the confusion matrix and the most frequent confusions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from malmoi.metrics.intervals import Ints
from malmoi.report.page.charts.heat_map import MOST_NUMBERED, heat_map, layout_of
from malmoi.report.page.charts.intervals import NARROW, WIDE
from malmoi.report.page.charts.svg import picture
from malmoi.report.page.context import Context, Missing
from malmoi.report.page.figure import Figure
from malmoi.report.page.table import Cell, Table, counted, share, words_cell
from malmoi.report.page.visible import named

__all__ = ["ConfusionView", "confusion"]

SHOWN_CONFUSIONS = 20
LEAST_CLASSES = 4
"""Fewest classes for a separate table of confusions."""
MOST_TABLED = 400


@dataclass(frozen=True)
class ConfusionView:
    """View of the confusion matrix.

    Args:
        figure: the matrix.
        cell: width of a cell in pixels.
        left: x of the first column in pixels.
        top: y of the first row in pixels.
        frequent: most frequent confusions; `None` for two or three classes.
    """

    figure: Figure
    cell: float
    left: float
    top: float
    frequent: Table | None


def confusion(context: Context) -> ConfusionView | Missing:
    """Return the view of the confusion matrix."""
    evaluation, say = context.facts.evaluation, context.say
    counts = evaluation.confusion
    if counts is None:
        return context.missing("confusion", "several-labels")
    names = [str(score.label) for score in evaluation.classes]
    title, titles = say("confusion/title"), (say("confusion/true"), say("confusion/predicted"))
    pictures = []
    for width in (WIDE, NARROW) if len(names) <= MOST_NUMBERED else (WIDE,):
        layout = layout_of(names, min(width, 560.0))
        drawn, size = heat_map(names, counts, layout, titles)
        pictures.append(picture(f"confusion-{width:.0f}", size, (title, say("confusion/description")), drawn))
    layout = layout_of(names, 560.0)
    figure = Figure(
        name="confusion",
        title=title,
        texts=(say("confusion/text" if len(names) <= MOST_NUMBERED else "confusion/text-many"),),
        pictures=tuple(pictures),
        table=_matrix(context, title, counts) if len(names) <= MOST_TABLED else _pairs(context, counts, None),
        classes="confusion" + (" read" if len(names) > MOST_NUMBERED and len(names) <= MOST_TABLED else ""),
    )
    frequent = _pairs(context, counts, SHOWN_CONFUSIONS) if len(names) >= LEAST_CLASSES else None
    return ConfusionView(figure, layout.cell, layout.left, layout.top, frequent)


def _matrix(context: Context, title: str, counts: Ints) -> Table:
    labels = [named(score.label) for score in context.facts.evaluation.classes]
    rows = tuple(
        (words_cell(str(score.label)), *(counted(count) if count else Cell("", "0", is_number=True) for count in row))
        for score, row in zip(context.facts.evaluation.classes, counts.tolist(), strict=True)
    )
    return Table("confusion", title, (context.say("confusion/corner"), *labels), rows)


def _pairs(context: Context, counts: Ints, most: int | None) -> Table:
    """Return a table of the most frequent confusions; of all cells if `most` is `None`."""
    say, labels = context.say, [score.label for score in context.facts.evaluation.classes]
    wrong = counts.copy()
    if most is not None:
        np.fill_diagonal(wrong, 0)
    flat = wrong.ravel()
    order = [place for place in np.argsort(-flat, kind="stable").tolist()[:most] if flat[place] > 0]
    rows = []
    for row, column in (divmod(place, len(labels)) for place in order):
        cells = (words_cell(str(labels[row])), words_cell(str(labels[column])), counted(int(counts[row, column])))
        rows.append((*cells, share(counts[row, column] / counts[row].sum())))
    columns = tuple(say(f"confusion/{name}") for name in ("true", "predicted", "count", "share"))
    name = "confusion" if most is None else "confusions"
    return Table(name, say("confusion/frequent"), columns, tuple(rows))
