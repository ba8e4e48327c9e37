"""The section of training curves."""

from __future__ import annotations

from dataclasses import dataclass

from malmoi.models.history import EpochRow, History
from malmoi.report.facts import Unavailable
from malmoi.report.page.charts.frame import Axis, Box, count_tick, number_tick, share_tick
from malmoi.report.page.charts.intervals import WIDE
from malmoi.report.page.charts.lines import Series, panel
from malmoi.report.page.charts.scale import padded
from malmoi.report.page.context import Context, Missing
from malmoi.report.page.figure import Figure, Key, draw_twice
from malmoi.report.page.table import Cell, Table, counted, number, share
from malmoi.report.page.visible import Html, cut

__all__ = ["TrainingView", "training"]

HEIGHT = 250.0
GAP = 24.0


@dataclass(frozen=True)
class TrainingView:
    """View of the training curves.

    Args:
        figures: one figure per recipe.
        notes: why a training stopped early.
    """

    figures: tuple[Figure, ...]
    notes: tuple[str, ...]


def training(context: Context) -> TrainingView | Missing:
    """Return the view of the training curves of all recipes with epochs."""
    histories = context.facts.histories
    if isinstance(histories, Unavailable):
        return context.missing("training", histories)
    found = {name: history for name, history in histories.items() if history.rows}
    if not found:
        return context.missing("training", "no-epochs")
    figures = tuple(_figure(context, place, name, one) for place, (name, one) in enumerate(found.items(), 1))
    return TrainingView(figures, tuple(f"{name}: {one.note}" for name, one in found.items() if one.note))


def _figure(context: Context, place: int, recipe: str, history: History) -> Figure:
    say, name = context.say, f"training-{place}"
    title = say("training/title", recipe=cut(recipe))

    def draw(width: float) -> tuple[Html, float]:
        is_wide = width >= WIDE
        each = (width - GAP) / 2 if is_wide else width
        second = Box(each + GAP, 0, each, HEIGHT) if is_wide else Box(0, HEIGHT + 10, each, HEIGHT)
        boxes = (Box(0, 0, each, HEIGHT), second)
        drawn = [_panel(context, history, what, box) for what, box in zip(("loss", history.metric), boxes, strict=True)]
        return Html("".join(drawn)), HEIGHT if is_wide else 2 * HEIGHT + 10

    return Figure(
        name=name,
        title=title,
        texts=(say("training/text"),) if place == 1 else (),
        pictures=draw_twice(name, (title, say("training/description")), draw),
        table=_table(context, name, title, history),
        keys=_keys(context, history),
    )


def _keys(context: Context, history: History) -> tuple[Key, ...]:
    training = Key.of(context.say("training/training"), 1, is_dashed=True)
    if all(row.validation_loss is None for row in history.rows):
        return (training,)
    return training, Key.of(context.say("training/validation"), 0)


def _panel(context: Context, history: History, what: str, box: Box) -> Html:
    say, series = context.say, []
    for number_of, field, is_dashed in ((1, what, True), (0, f"validation_{what}", False)):
        points = tuple((float(epoch), value) for epoch, value in _values(history.rows, field))
        if points:
            series.append(Series(number_of, points, is_dashed=is_dashed))
    values = [value for one in series for _, value in one.points]
    is_share = what == "accuracy"
    low, high = padded(values, 0.0, 1.0 if is_share else float("inf")) if values else (0.0, 1.0)
    x_axis = Axis(say("training/epoch"), 0.5, len(history.rows) + 0.5, count_tick)
    y_axis = Axis(say(_measured(context, what)), low, high, share_tick if is_share else number_tick)
    kept = history.kept_epoch
    vertical = None if kept is None else (float(kept), say("training/kept", epoch=kept))
    return panel(box, (x_axis, y_axis), series, vertical=vertical)[0]


def _measured(context: Context, what: str) -> str:
    """Return the text key of a curve's score; for multilabel models, accuracy is binary accuracy per label."""
    return "training/decisions" if what == "accuracy" and context.is_of_sets else f"training/{what}"


def _values(rows: list[EpochRow], field: str) -> list[tuple[int, float]]:
    found = [(epoch, getattr(row, field)) for epoch, row in enumerate(rows, 1)]
    return [(epoch, value) for epoch, value in found if value is not None]


def _table(context: Context, name: str, title: str, history: History) -> Table:
    say, what = context.say, history.metric
    fields = ("loss", "validation_loss", what, f"validation_{what}")
    columns = [say("training/epoch")]
    for measured in ("loss", what):
        columns += [
            f"{say(f'training/{part}')}: {say(_measured(context, measured))}" for part in ("training", "validation")
        ]
    rows = []
    for epoch, row in enumerate(history.rows, 1):
        values = [getattr(row, field) for field in fields]
        cells = [_cell(value, is_share=field.endswith("accuracy")) for field, value in zip(fields, values, strict=True)]
        rows.append((counted(epoch), *cells))
    return Table(name, title, tuple(columns), tuple(rows))


def _cell(value: float | None, *, is_share: bool) -> Cell:
    return share(value) if is_share else number(value, "–" if value is None else f"{value:.4f}")
