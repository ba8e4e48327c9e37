"""Precision, recall and F1 by class."""

from __future__ import annotations

from malmoi.report.page.charts.bars import small_bar
from malmoi.report.page.context import Context
from malmoi.report.page.quantities import percent
from malmoi.report.page.table import Cell, Table, counted, share, words_cell
from malmoi.report.page.visible import Html

__all__ = ["classes"]


def classes(context: Context) -> Table:
    """Return the scores of each class with bars."""
    say, rows = context.say, []
    for score in context.facts.evaluation.classes:
        shares = [_barred(value, number) for number, value in enumerate((score.precision, score.recall, score.f1))]
        cells = (counted(score.support), counted(score.predicted))
        rows.append((words_cell(str(score.label)), *shares, *cells))
    names = ("class", "precision", "recall", "f1", "support", "predicted")
    columns = tuple(say(f"classes/{name}") for name in names)
    return Table("classes", say("classes/title"), columns, tuple(rows), is_sortable=True)


def _barred(value: float | None, number: int) -> Cell:
    return Cell(
        Html(f'{small_bar(value, number)}<span class="share">{percent(value)}</span>'), share(value).value, True
    )
