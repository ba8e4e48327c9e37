"""Reading of series tables by commands: options, notes, and tables for a model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial

from malmoi.cli.console import messages
from malmoi.cli.option_values import call_with, several_of
from malmoi.cli.options import Option, option_names, options_for
from malmoi.cli.usage import UsageError
from malmoi.data.series_tables import SeriesTable, read_series
from malmoi.experiments.settings import settings_of
from malmoi.foundation.validation import shorten
from malmoi.models.base import FittedModel

__all__ = [
    "EVALUATE_COLUMNS",
    "PREDICT_COLUMNS",
    "TRAIN_COLUMNS",
    "labels_as",
    "print_notes",
    "read_for_model",
    "read_for_training",
]

LABEL_FLAGS = ("--label-column", "--target")
NOT_OPTIONS = ("labelled",)
SHOWN_COLUMNS = 5


def _options(*left_out: str) -> dict[str, Option]:
    settings = {name: one for name, one in settings_of(read_series).items() if name not in (*NOT_OPTIONS, *left_out)}
    found = options_for(settings, "Data")
    return {**found, "label_column": replace(found["label_column"], flags=LABEL_FLAGS)}


TRAIN_COLUMNS = _options("keep")
EVALUATE_COLUMNS = _options("keep", "layout")
PREDICT_COLUMNS = _options("layout")


def read_for_training(data: str, columns: Mapping[str, object]) -> SeriesTable:
    """Read labelled series; print notes on skipped, sorted or guessed columns to stderr.

    Args:
        data: the table.
        columns: arguments of `read_series` by name.
    """
    with option_names((), ("layout",)):
        table = call_with(partial(read_series, data), _tuples(columns))
    print_notes(table.notes)
    return table


def read_for_model(model: FittedModel, data: str, columns: Mapping[str, object], *, labelled: bool) -> SeriesTable:
    """Read series for a model, with the columns that it was trained on, if their names are stored.

    Args:
        model: a model of series.
        data: the table.
        columns: arguments of `read_series` by name.
        labelled: whether labels are required.

    Raises:
        UsageError: the id column is not given, or features are given though the model has their names.
    """
    given = _tuples(columns)
    names = getattr(model, "feature_names", None)
    if names is not None:
        features = shorten(names.tolist())
        if given.get("id_column") is None:
            rule = f"this model was trained on a long table with the columns {features}"
            raise UsageError(f"{rule}; set the column that identifies the series (--id-column)")
        if given.get("features"):
            raise UsageError(f"--features has no effect: the model was trained on {features}; leave it out")
    columns_of_model = model.text_columns if names is None else tuple(names.tolist())
    by_name = not given.get("features") and bool(columns_of_model)
    selected = columns_of_model if by_name else several_of(given, "features")
    layout = "wide" if names is None else "long"
    arguments = {**given, "features": selected, "layout": layout, "labelled": labelled}
    table = call_with(partial(read_series, data), arguments)
    print_notes(table.notes)
    if by_name and table.left_out:
        print_notes([f"columns that the model was not trained on are ignored: {_listed(table.left_out)}"])
    return table


def labels_as(table: SeriesTable, kind: type[str] | type[float]) -> SeriesTable:
    """Return a table with labels as text, or with numeric text as numbers, so that labels 09 and 10 have one type.

    Args:
        table: table with labels.
        kind: str converts int labels into text; float converts text into numbers where possible.
    """
    if table.labels is None:
        return table
    return replace(table, labels=[_label_as(label, kind) for label in table.labels])


def _label_as(label: object, kind: type[str] | type[float]) -> object:
    if kind is str:
        return str(label) if isinstance(label, int) and not isinstance(label, bool) else label
    try:
        return float(label) if isinstance(label, str) else label
    except ValueError:
        return label


def print_notes(notes: Iterable[str]) -> None:
    """Print notes to stderr."""
    for note in notes:
        messages.print(f"note: {note}", style="yellow")


def _tuples(columns: Mapping[str, object]) -> dict[str, object]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in columns.items()}


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join([*map(repr, names[:SHOWN_COLUMNS]), *(["..."] if len(names) > SHOWN_COLUMNS else [])])
