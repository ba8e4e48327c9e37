"""How the commands of series read tables: their options, what is said of what was read, and tables for a model."""

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
    """Read labelled series; says on stderr what was left out, sorted or guessed.

    Args:
        data: the table.
        columns: arguments of `read_series` by name.
    """
    with option_names((), ("layout",)):
        table = call_with(partial(read_series, data), _tuples(columns))
    print_notes(table.notes)
    return table


def read_for_model(model: FittedModel, data: str, columns: Mapping[str, object], *, labelled: bool) -> SeriesTable:
    """Read series for a model: columns are found by the names that it was trained on, if it knows them.

    Args:
        model: a model of series.
        data: the table.
        columns: arguments of `read_series` by name.
        labelled: whether there must be labels.

    Raises:
        UsageError: a column of ids is missing, or features are named that the model knows by name.
    """
    given = _tuples(columns)
    names = getattr(model, "feature_names", None)
    if names is not None:
        learned = shorten(names.tolist())
        if given.get("id_column") is None:
            rule = f"this model learned from the columns {learned}, a row a step"
            raise UsageError(f"{rule}; name the column that tells the series apart (--id-column)")
        if given.get("features"):
            raise UsageError(f"--features has no effect on a model that knows its features, {learned}; leave it out")
    known = model.text_columns if names is None else tuple(names.tolist())
    by_name = not given.get("features") and bool(known)
    features = known if by_name else several_of(given, "features")
    layout = "wide" if names is None else "long"
    asked = {**given, "features": features, "layout": layout, "labelled": labelled}
    table = call_with(partial(read_series, data), asked)
    print_notes(table.notes)
    if by_name and table.left_out:
        print_notes([f"columns that the model was not trained on are left out: {_listed(table.left_out)}"])
    return table


def labels_as(table: SeriesTable, kind: type[str] | type[float]) -> SeriesTable:
    """Return a table whose labels are texts, or numbers where texts are some; a file of 10 may follow one of 09.

    Args:
        table: with labels.
        kind: what whole numbers, or texts, are changed into.
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
    """Print notes on stderr."""
    for note in notes:
        messages.print(f"note: {note}", style="yellow")


def _tuples(columns: Mapping[str, object]) -> dict[str, object]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in columns.items()}


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join([*map(repr, names[:SHOWN_COLUMNS]), *(["..."] if len(names) > SHOWN_COLUMNS else [])])
