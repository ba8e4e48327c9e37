"""Predictions for a table of series."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from malmoi.cli.cells import Cells, tell_changed
from malmoi.cli.prediction_output import opened_stream
from malmoi.cli.prediction_writers import PredictionFormat, block_writer
from malmoi.cli.series_reading import read_for_model
from malmoi.foundation.files import whole_file
from malmoi.models.base import FittedModel
from malmoi.models.task import Classification

__all__ = ["predict_series"]


def predict_series(
    model: FittedModel,
    data: str,
    output: Path | None,
    kind: PredictionFormat,
    cells: Cells,
    *,
    columns: Mapping[str, object],
    excel: bool = False,
    reject_below: float | None = None,
) -> None:
    """Write predictions for every series of a table, with its id and the kept columns.

    Args:
        model: a model of series.
        data: the table.
        output: output file; `None`: standard output.
        kind: csv, jsonl or parquet.
        cells: conversion of texts into CSV cells.
        columns: arguments of `read_series` by name.
        excel: write CSV for Excel.
        reject_below: probability below which the label is left empty.
    """
    table = read_for_model(model, data, columns, labelled=False)
    id_column = columns.get("id_column")
    ids = {} if table.ids is None else {str(id_column): table.ids}
    kept = {**ids, **{name: values for name, values in table.kept.items() if name != id_column}}
    writer = block_writer(kind, model, list(kept), cells, reject_below=reject_below, excel=excel)
    is_classes = isinstance(model.task, Classification)
    with table.naming_series("X"):
        values = model.predict_proba(table.series) if is_classes else model.predict(table.series)
    written = writer.start() + writer.block(kept, values, np.zeros(len(table.series), dtype=np.bool_))
    if output is None or not (output.is_file() or not output.exists()):
        with opened_stream(output) as file:
            file.write(written)
    else:
        with whole_file(output, overwrite=True) as file:
            file.write(written)
    tell_changed(writer.changed)
