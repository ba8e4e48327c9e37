"""The columns of predicted labels: their names, and their rows as CSV, as JSON and as Polars series."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

from malmoi.cli.significant_digits import WIDTH, six_digits
from malmoi.cli.usage import UsageError
from malmoi.foundation.validation import shorten
from malmoi.models.task import Classification, Multilabel

if TYPE_CHECKING:
    from polars import DataType, Series

__all__ = ["SEPARATOR", "Field", "LabelColumns", "Mask", "Predicted", "PredictedColumns", "json_text", "left_empty"]

SEPARATOR = "|"
"""Between the labels of one text in CSV."""

NUMBERS_TOGETHER, BYTES_TOGETHER = 1 << 15, 1 << 23

Mask = npt.NDArray[np.bool_]
Predicted: TypeAlias = npt.NDArray[np.float32] | npt.NDArray[np.float64]
"""Probabilities float32 (samples, classes), or numbers float64 (samples, targets)."""
Item = TypeVar("Item")


class Field(Protocol):
    """What makes a text a field of CSV."""

    def __call__(self, text: str, times: int = 1) -> str:
        """Return the field; the text stands in so many."""


class PredictedColumns(Protocol):
    """The columns of the predictions, which follow those of the input.

    `values` are probabilities (samples, classes) or numbers (samples, targets); `empty` (samples,) marks the rows
    without a prediction.
    """

    @property
    def names(self) -> list[str]:
        """Names of the columns in CSV and Parquet."""

    @property
    def taken(self) -> list[str]:
        """Every name that no column of the input may have."""

    def csv_rows(self, values: Predicted, empty: Mask, field: Field) -> list[str]:
        """Return the fields of every row, separated by commas; `field` quotes one text."""

    def json_rows(self, values: Predicted, empty: Mask) -> list[str]:
        """Return the members of every row's object, without its braces."""

    def series(self, values: Predicted, empty: Mask) -> list[Series]:
        """Return one Polars series a column, of the same types in every block."""


def json_text(value: object) -> str:
    """Return a value as JSON; what JSON has no form for, such as a date, as text."""
    return json.dumps(value, ensure_ascii=False, default=str)


def left_empty(rows: Sequence[Item], empty: Mask, instead: Item) -> list[Item]:
    """Return rows with another value where they are left empty."""
    rows = list(rows)
    for place in np.flatnonzero(empty).tolist():
        rows[place] = instead
    return rows


class LabelColumns:
    """One label a text, or several, and the probabilities of every class.

    Args:
        task: what is predicted.
        reject_below: probability below which a text has no label; `None`: it always has one.
    """

    def __init__(self, task: Classification, reject_below: float | None = None) -> None:
        self._task = task
        self._least = reject_below
        self._is_set = isinstance(task, Multilabel)
        self._values: list[object] = task.classes.tolist()
        classes = list(map(str, self._values))
        self._name = "labels" if self._is_set else "label"
        self.names = [self._name, *(f"probability_{label}" for label in classes)]
        self.taken = [*self.names, "probabilities"]
        keys = [f"{json_text(label)}: ".encode() for label in classes]
        self._csv_starts = [b","] * len(classes)
        self._json_starts = [b'"probabilities": {' + keys[0], *(b", " + key for key in keys[1:])]

    def csv_rows(self, values: Predicted, empty: Mask, field: Field) -> list[str]:
        """Return the label, or the labels with "|" between them, and the probabilities."""
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
        """Return the label, or a list of labels, and the probabilities; null where a row is left empty."""
        import polars as pl

        kinds: dict[type, DataType] = {str: pl.String(), int: pl.Int64(), bool: pl.Boolean(), float: pl.Float64()}
        kind = kinds[type(self._values[0])]
        labels = left_empty(self._labels(values), empty, None)
        if self._is_set:
            labels, kind = [list(label) if isinstance(label, tuple) else None for label in labels], pl.List(kind)
        numbers = [pl.Series(name, values[:, place]) for place, name in enumerate(self.names[1:])]
        if empty.any():
            filled = pl.Series(~empty)
            numbers = [pl.select(pl.when(filled).then(column).alias(column.name)).to_series() for column in numbers]
        return [pl.Series(self._name, labels, dtype=kind), *numbers]

    def check_csv(self) -> None:
        """Refuse labels that CSV cannot tell apart.

        Raises:
            UsageError: a text has several labels, and one is empty or holds the separator.
        """
        for label in map(str, self._values) if self._is_set else ():
            if SEPARATOR in label or not label:
                rule = f"csv joins the labels of a text with {SEPARATOR!r}, which no label may hold"
                raise UsageError(f"{rule}, got {shorten(label)}; write --format jsonl or parquet")

    def _labels(self, values: Predicted) -> list[object]:
        """Return the label of every row; of several labels a tuple; `None` where it is rejected."""
        labels = self._task.labels(values.astype(np.float32, copy=False))
        if isinstance(labels, np.ndarray) and self._is_set:  # rows of zeros and ones: the classes are column numbers
            return [tuple(np.flatnonzero(row).tolist()) for row in labels]
        found: list[object] = labels.tolist() if isinstance(labels, np.ndarray) else list(labels)
        if self._least is None:
            return found
        return left_empty(found, values.max(axis=1, initial=0.0) < self._least, None)

    @staticmethod
    def _csv_label(label: object) -> str:
        return SEPARATOR.join(map(str, label)) if isinstance(label, tuple) else str(label)


def _number_rows(values: Predicted, starts: Sequence[bytes], *, as_json: bool) -> list[str]:
    """Return every row's probabilities as text, each with what stands before it."""
    # A newline in the name of a class stands as \n in JSON, and CSV has no names here: newlines part the rows alone.
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
