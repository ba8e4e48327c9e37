"""Predictions as CSV, JSON lines or Parquet, a batch at a time."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any, BinaryIO, Protocol

from malmoi.cli.usage import UsageError
from malmoi.foundation.arrays import Labels, Probabilities

__all__ = ["FORMATS", "PredictionWriter", "prediction_writer", "refuse_taken_names"]

FORMATS = ("csv", "jsonl", "parquet")
Columns = Mapping[str, Sequence[object]]


class PredictionWriter(Protocol):
    """A form of predictions; columns of the input stand before them."""

    def write(self, columns: Columns, probabilities: Probabilities) -> None:
        """Write the predictions of a batch."""

    def close(self) -> None:
        """Write what is left."""


class _CsvWriter:
    def __init__(self, file: BinaryIO, classes: Labels, names: Sequence[str], least: float) -> None:
        self._least = least
        self._file = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
        self._rows = csv.writer(self._file, lineterminator="\n")
        self._classes = classes
        self._rows.writerow([*names, *_columns(classes)])

    def write(self, columns: Columns, probabilities: Probabilities) -> None:
        for place, row in enumerate(probabilities):
            kept = [values[place] for values in columns.values()]
            label = self._classes[row.argmax()] if row.max() >= self._least else ""
            self._rows.writerow([*kept, label, *(f"{value:.6g}" for value in row)])

    def close(self) -> None:
        self._file.detach()


class _JsonLinesWriter:
    def __init__(self, file: BinaryIO, classes: Labels, names: Sequence[str], least: float) -> None:
        self._least = least
        self._file = file
        self._classes = classes.tolist()

    def write(self, columns: Columns, probabilities: Probabilities) -> None:
        for place, row in enumerate(probabilities):
            shares = {str(label): float(f"{value:.6g}") for label, value in zip(self._classes, row, strict=True)}
            kept = {name: values[place] for name, values in columns.items()}
            label = self._classes[row.argmax()] if row.max() >= self._least else None
            line = {**kept, "label": label, "probabilities": shares}
            self._file.write(json.dumps(line, ensure_ascii=False, default=str).encode() + b"\n")

    def close(self) -> None:
        """Nothing is held back."""


class _ParquetWriter:
    def __init__(self, file: BinaryIO, classes: Labels, names: Sequence[str], least: float) -> None:
        self._least = least
        self._file = file
        self._classes = classes
        self._columns: dict[str, list[object]] = {name: [] for name in names}
        self._rows: list[Probabilities] = []

    def write(self, columns: Columns, probabilities: Probabilities) -> None:
        for name, values in columns.items():
            self._columns[name] += values
        self._rows.append(probabilities)

    def close(self) -> None:
        import numpy as np
        import polars as pl

        rows = np.concatenate([np.zeros((0, len(self._classes)), np.float32), *self._rows])
        names = _columns(self._classes)
        columns: dict[str, Any] = dict(self._columns)
        labels = self._classes[rows.argmax(axis=1)].tolist()
        enough = rows.max(axis=1, initial=0) >= self._least
        columns[names[0]] = [label if kept else None for label, kept in zip(labels, enough, strict=True)]
        columns.update({name: rows[:, place] for place, name in enumerate(names[1:])})
        pl.DataFrame(columns).write_parquet(self._file)


WRITERS: dict[str, Any] = {"csv": _CsvWriter, "jsonl": _JsonLinesWriter, "parquet": _ParquetWriter}


def _columns(classes: Labels) -> list[str]:
    return ["label", *(f"probability_{label}" for label in classes.tolist())]


def refuse_taken_names(kept: Sequence[str], names: Sequence[str]) -> None:
    """Refuse columns of the input whose names the predictions have.

    Raises:
        UsageError: one is taken, or stands there twice.
    """
    for name in kept:
        if name in names or list(kept).count(name) > 1:
            rule = f"the answers have a column {name!r} of their own"
            raise UsageError(f"{rule}; give the ids' column another name")


def prediction_writer(
    kind: str, file: BinaryIO, classes: Labels, names: Sequence[str], reject_below: float | None = None
) -> PredictionWriter:
    """Return the writer of a format.

    Args:
        kind: one of `FORMATS`.
        file: where predictions go.
        classes: the labels, sorted.
        names: of the columns of the input that stand before the predictions.
        reject_below: where no label has this probability, the label is empty; `None`: always the most probable one.

    Raises:
        UsageError: a column has the name of a prediction.
    """
    refuse_taken_names(names, [*_columns(classes), "probabilities"])
    made: PredictionWriter = WRITERS[kind](file, classes, names, reject_below or 0.0)
    return made
