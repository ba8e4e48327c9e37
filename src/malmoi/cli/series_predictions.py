"""Predictions for a table of series."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from malmoi.cli.prediction_output import opened_stream
from malmoi.cli.prediction_writers import block_writer
from malmoi.cli.usage import UsageError
from malmoi.data.series_tables import SeriesTable, read_series
from malmoi.foundation.files import whole_file
from malmoi.foundation.validation import shorten
from malmoi.models.base import FittedModel
from malmoi.models.task import Classification

__all__ = ["predict_series"]


def predict_series(
    model: FittedModel,
    data: str,
    output: Path | None,
    kind: str,
    *,
    label_column: str | None,
    id_column: str | None,
    excel: bool,
) -> None:
    """Write predictions for every series of a table.

    Args:
        model: a model of series.
        data: the table.
        output: the file of predictions; standard output, if not given.
        kind: csv, jsonl or parquet.
        label_column: column of the labels, which is left out.
        id_column: column that tells the series apart.
        excel: CSV for Excel.
    """
    table = _table(model, data, label_column, id_column)
    ids: Any = table.ids or [None] * len(table.series)
    kept = {} if id_column is None else {id_column: list(ids)}
    writer = block_writer(kind, model, list(kept), excel=excel)
    is_classes = isinstance(model.task, Classification)
    values = model.predict_proba(table.series) if is_classes else model.predict(table.series)
    written = writer.start() + writer.block(kept, values, np.zeros(len(table.series), dtype=np.bool_))
    if output is None or not (output.is_file() or not output.exists()):
        with opened_stream(output) as file:
            file.write(written)
    else:
        with whole_file(output, overwrite=True) as file:
            file.write(written)


def _table(model: FittedModel, data: str, label_column: str | None, id_column: str | None) -> SeriesTable:
    """The columns that the model learned from, wherever they stand in the file, if it knows their names."""
    names = getattr(model, "feature_names", None)
    if names is not None and id_column is None:
        rule = f"this model learned from the columns {shorten(names.tolist())}, a row a step"
        raise UsageError(f"{rule}; name the column that tells the series apart (--id-column)")
    features = None if names is None else names.tolist()
    return read_series(data, label_column=label_column, id_column=id_column, features=features, labelled=False)
