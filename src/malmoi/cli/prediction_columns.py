"""Output columns of predicted labels: names, CSV rows, JSON rows and Polars series."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol, TypeVar

import numpy as np

from malmoi.cli.significant_digits import WIDTH, six_digits
from malmoi.cli.usage import UsageError
from malmoi.foundation.validation import shorten
from malmoi.models.output_columns import LabelOutputs, Mask, Predicted
from malmoi.models.task import Classification, Multilabel

if TYPE_CHECKING:
    from polars import Series

__all__ = ["SEPARATOR", "Field", "LabelColumns", "PredictedColumns", "json_text", "left_empty"]

SEPARATOR = "|"
"""Separator of the labels of one text in CSV."""

NUMBERS_TOGETHER, BYTES_TOGETHER = 1 << 15, 1 << 23

Item = TypeVar("Item")


class Field(Protocol):
    """A function that converts a text into a CSV field."""

    def __call__(self, text: str, times: int = 1) -> str:
        """Return the field; `times` is the number of cells with this text."""


class PredictedColumns(Protocol):
    """Columns of predictions, written after the columns of the input.

    `values` are probabilities (samples, classes) or numbers (samples, targets); `empty` (samples,) marks the rows
    without a prediction.
    """

    @property
    def names(self) -> list[str]:
        """Names of the columns in CSV and Parquet."""

    @property
    def taken(self) -> list[str]:
        """Names that columns of the input must not have."""

    def csv_rows(self, values: Predicted, empty: Mask, field: Field) -> list[str]:
        """Return the comma-separated fields of every row; `field` quotes a text."""

    def json_rows(self, values: Predicted, empty: Mask) -> list[str]:
        """Return the JSON members of every row, without the braces."""

    def series(self, values: Predicted, empty: Mask) -> list[Series]:
        """Return one Polars series per column, with the same types in every block."""


def json_text(value: object) -> str:
    """Return a value as JSON; values without a JSON form, such as dates, become strings."""
    return json.dumps(value, ensure_ascii=False, default=str)


def left_empty(rows: Sequence[Item], empty: Mask, instead: Item) -> list[Item]:
    """Return a list of the rows, with those marked in `empty` replaced by a value."""
    rows = list(rows)
    for place in np.flatnonzero(empty).tolist():
        rows[place] = instead
    return rows


class LabelColumns:
    """Output columns of the predicted label or labels and the class probabilities.

    Args:
        task: the task of the model.
        reject_below: probability below which the label is left empty; `None`: never.
    """

    def __init__(self, task: Classification, reject_below: float | None = None) -> None:
        self._task = task
        self._typed = LabelOutputs(task, reject_below)
        self._least = reject_below
        self._is_set = isinstance(task, Multilabel)
        self._values: list[object] = task.classes.tolist()
        classes = list(map(str, self._values))
        self._name = "labels" if self._is_set else "label"
        self.names = self._typed.names
        self.taken = [*self.names, "probabilities"]
        keys = [f"{json_text(label)}: ".encode() for label in classes]
        self._csv_starts = [b","] * len(classes)
        self._json_starts = [b'"probabilities": {' + keys[0], *(b", " + key for key in keys[1:])]

    def csv_rows(self, values: Predicted, empty: Mask, field: Field) -> list[str]:
        """Return the label, or the labels joined by "|", and the probabilities."""
        labels = left_empty(self._labels(values), empty, None)
        texts = {
            label: "" if label is None else field(self._csv_label(label), times)
            for label, times in Counter(labels).items()
        }
        rows = map(str.__add__, map(texts.__getitem__, labels), _number_rows(values, self._csv_starts, as_json=False))
        return left_empty(list(rows), empty, "," * len(self._values))

    def json_rows(self, values: Predicted, empty: Mask) -> list[str]:
        """Return the members "label", or "labels", and "probabilities"."""
        found = self._labels(values)
        texts = {label: f'"{self._name}": {json_text(label)}, ' for label in set(found)}
        labels = map(texts.__getitem__, found)
        numbers = _number_rows(values, self._json_starts, as_json=True)
        rows = [f"{label}{row}}}" for label, row in zip(labels, numbers, strict=True)]
        return left_empty(rows, empty, f'"{self._name}": null, "probabilities": null')

    def series(self, values: Predicted, empty: Mask) -> list[Series]:
        """Return the label, or a list of labels, and the probabilities; null in rows without a prediction."""
        return self._typed.series(values, empty)

    def check_csv(self) -> None:
        """Refuse labels that would be ambiguous in CSV.

        Raises:
            UsageError: a label of a multilabel model is empty or contains the separator.
        """
        for label in map(str, self._values) if self._is_set else ():
            if SEPARATOR in label or not label:
                rule = f"labels must not be empty or contain {SEPARATOR!r}, which joins the labels of a text in CSV"
                raise UsageError(f"{rule}, got {shorten(label)}; use --format jsonl or parquet")

    def _labels(self, values: Predicted) -> list[object]:
        """Return the label of every row, a tuple for multilabel models; `None` for a rejected label."""
        labels = self._task.labels(values.astype(np.float32, copy=False))
        if isinstance(labels, np.ndarray) and self._is_set:  # indicator matrix: the classes are column indices
            return [tuple(np.flatnonzero(row).tolist()) for row in labels]
        found: list[object] = labels.tolist() if isinstance(labels, np.ndarray) else list(labels)
        if self._least is None:
            return found
        return left_empty(found, values.max(axis=1, initial=0.0) < self._least, None)

    @staticmethod
    def _csv_label(label: object) -> str:
        return SEPARATOR.join(map(str, label)) if isinstance(label, tuple) else str(label)


def _number_rows(values: Predicted, starts: Sequence[bytes], *, as_json: bool) -> list[str]:
    """Return the probabilities of every row as text, each after its prefix from `starts`."""
    # JSON escapes newlines in class names, and CSV rows have no names: newlines only separate rows.
    starts = [b"\n" + starts[0], *starts[1:]]
    width = max(map(len, starts))
    padded = b"".join(start.ljust(width, b"\0") for start in starts)
    pieces = np.frombuffer(padded, dtype=np.uint8).reshape(len(starts), width)
    line_bytes = len(starts) * (width + WIDTH)
    together = max(1, min(NUMBERS_TOGETHER // len(starts), BYTES_TOGETHER // line_bytes))
    rows: list[str] = []
    for start in range(0, len(values), together):
        part = values[start : start + together].astype(np.float32, copy=False)
        fields = np.empty((len(part), len(starts), width + WIDTH), dtype=np.uint8)
        fields[:, :, :width] = pieces
        fields[:, :, width:] = six_digits(part, as_json=as_json)
        rows += fields.tobytes().translate(None, b"\0").decode().split("\n")[1:]
    return rows
