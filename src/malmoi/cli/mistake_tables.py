"""Wrong predictions as CSV, JSON lines or Parquet."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

from malmoi.cli.cells import Cells
from malmoi.cli.usage import UsageError
from malmoi.evaluation.evaluation import Evaluation
from malmoi.foundation.files import whole_file
from malmoi.foundation.printable import encodable
from malmoi.foundation.validation import shorten

__all__ = ["check_mistakes_file", "write_mistakes"]

FORMATS = {".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet"}


def check_mistakes_file(path: Path) -> None:
    """Refuse a file with an unknown suffix.

    Raises:
        UsageError: the suffix is unknown.
    """
    if path.suffix.lower() not in FORMATS:
        raise UsageError(f"--mistakes must end in {', '.join(FORMATS)}, got {shorten(path.name)}")


def write_mistakes(
    path: Path, evaluation: Evaluation, place: Callable[[int], str], cells: Cells, *, overwrite: bool
) -> None:
    """Write place, text (or series), label, prediction and confidence of wrong predictions, most confident first.

    For regression, all predictions are written, with the error (prediction minus target) instead of the confidence.

    The labels of a multilabel model are a list; in CSV they are joined by |.

    Args:
        path: `.csv`, `.jsonl` or `.parquet`.
        evaluation: the evaluation.
        place: returns the file and line of the sample at an index.
        cells: conversion of texts into CSV cells.
        overwrite: whether an existing file may be overwritten.
    """
    mistakes = evaluation.mistakes
    last: Sequence[float | None] = [
        mistake.error if evaluation.numbers is not None else mistake.confidence for mistake in mistakes
    ]
    columns: dict[str, list[object]] = {
        "place": [encodable(place(mistake.position), "utf-8") for mistake in mistakes],
        "text" if evaluation.input_kind == "texts" else "series": [mistake.text for mistake in mistakes],
        "label": _one_kind([mistake.label for mistake in mistakes]),
        "prediction": _one_kind([mistake.prediction for mistake in mistakes]),
        "confidence" if evaluation.numbers is None else "error": [float(f"{value:.6g}") for value in last],
    }
    kind = FORMATS[path.suffix.lower()]
    for name in ("label", "prediction"):
        if kind == "csv" and evaluation.task == "multilabel":
            columns[name] = [_joined(labels) for labels in columns[name]]
    with whole_file(path, overwrite=overwrite) as file:
        if kind == "jsonl":
            for row in zip(*columns.values(), strict=True):
                file.write(json.dumps(dict(zip(columns, row, strict=True)), ensure_ascii=False).encode() + b"\n")
            return
        import polars as pl

        table = pl.DataFrame(columns)
        if kind == "csv":
            cells.table(table).write_csv(file)
        else:
            table.write_parquet(file)


def _one_kind(labels: list[object]) -> list[object]:
    """Return labels of one type for a column: as text, if unknown labels and the model's have different types."""
    sets = [label for label in labels if isinstance(label, tuple)]
    if sets and len(sets) == len(labels):
        kinds = {type(label) for several in sets for label in several}
        return [list(several) if len(kinds) == 1 else list(map(str, several)) for several in sets]
    return labels if len(set(map(type, labels))) <= 1 else list(map(str, labels))


def _joined(labels: object) -> str:
    """Return the labels of a text joined by |."""
    return "|".join(map(str, labels)) if isinstance(labels, list) else str(labels)
