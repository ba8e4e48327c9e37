"""Predictions of texts as typed columns: the label or labels and the probabilities, or numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from malmoi.models.base import FittedModel
from malmoi.models.task import Classification, Multilabel

if TYPE_CHECKING:
    from polars import DataType, Series

__all__ = ["LabelOutputs", "Mask", "NumberOutputs", "OutputColumns", "Predicted", "output_columns", "predicted_values"]

Mask = npt.NDArray[np.bool_]
Predicted: TypeAlias = npt.NDArray[np.float32] | npt.NDArray[np.float64]
"""Probabilities float32 (samples, classes), or numbers float64 (samples, targets)."""
TOGETHER = 8_192
"""Texts per prediction batch."""


class OutputColumns(Protocol):
    """Columns of the predictions of a model, with the same names and types for any data."""

    @property
    def names(self) -> list[str]:
        """The names of the columns."""

    @property
    def types(self) -> list[DataType]:
        """The types of the columns."""

    def series(self, values: Predicted, empty: Mask) -> list[Series]:
        """Return one Polars series per column.

        Args:
            values: as returned by `predicted_values`.
            empty: (samples,), rows without a prediction, which become null.
        """


class LabelOutputs:
    """The predicted label, or a list of labels, and the probability of every class.

    Args:
        task: the task of the model.
        reject_below: probability below which the label is null; `None`: never.
    """

    def __init__(self, task: Classification, reject_below: float | None = None) -> None:
        self._task = task
        self._least = reject_below
        self._is_set = isinstance(task, Multilabel)
        self._classes: list[object] = task.classes.tolist()
        name = "labels" if self._is_set else "label"
        self.names = [name, *(f"probability_{label}" for label in self._classes)]

    @property
    def types(self) -> list[DataType]:
        """Type of the labels, and float32 for every probability."""
        import polars as pl

        kinds: dict[type, DataType] = {str: pl.String(), int: pl.Int64(), bool: pl.Boolean(), float: pl.Float64()}
        kind = kinds[type(self._classes[0])]
        return [pl.List(kind) if self._is_set else kind, *(pl.Float32() for _ in self._classes)]

    def series(self, values: Predicted, empty: Mask) -> list[Series]:
        """Return the label, or a list of labels, and the probabilities; null in rows without a prediction."""
        import polars as pl

        filled = pl.Series(~empty) if empty.any() else None
        columns = [self._labels(values, empty)]
        for place, name in enumerate(self.names[1:]):
            column = pl.Series(name, np.ascontiguousarray(values[:, place], np.float32))
            if filled is not None:
                column = pl.select(pl.when(filled).then(column).alias(name)).to_series()
            columns.append(column)
        return columns

    def _labels(self, values: Predicted, empty: Mask) -> Series:
        import polars as pl

        name, kind = self.names[0], self.types[0]
        if not self._is_set:
            places = values.argmax(axis=1).astype(np.uint32) if len(values) else np.empty(0, np.uint32)
            missing = empty if self._least is None else empty | (values.max(axis=1, initial=0.0) < self._least)
            chosen = pl.Series(places)
            if missing.any():
                chosen = pl.select(pl.when(pl.Series(~missing)).then(chosen)).to_series()
            return pl.Series(name, self._classes, dtype=kind).gather(chosen)
        labels = self._task.labels(values.astype(np.float32, copy=False))
        if isinstance(labels, np.ndarray):  # indicator matrix: the classes are column indices
            labels = [tuple(np.flatnonzero(row).tolist()) for row in labels]
        found = [None if is_empty else list(one) for one, is_empty in zip(labels, empty.tolist(), strict=True)]
        return pl.Series(name, found, dtype=kind)


class NumberOutputs:
    """One or several predicted numbers.

    Args:
        targets: predicted numbers per sample.
    """

    def __init__(self, targets: int) -> None:
        self.names = ["number"] if targets == 1 else [f"number_{place}" for place in range(1, targets + 1)]

    @property
    def types(self) -> list[DataType]:
        """float64 for every number."""
        import polars as pl

        return [pl.Float64() for _ in self.names]

    def series(self, values: Predicted, empty: Mask) -> list[Series]:
        """Return the numbers as float64; null in rows without a prediction."""
        import polars as pl

        columns = values.reshape(len(values), len(self.names)).astype(np.float64).T
        series = [pl.Series(name, column.copy()) for name, column in zip(self.names, columns, strict=True)]
        if not empty.any():
            return series
        filled = pl.Series(~empty)
        return [pl.select(pl.when(filled).then(column).alias(column.name)).to_series() for column in series]


def output_columns(model: FittedModel, reject_below: float | None = None) -> OutputColumns:
    """Return the columns of the predictions of a model.

    Args:
        model: the model.
        reject_below: probability below which the label is null; `None`: that of the model.
    """
    if isinstance(model.task, Classification):
        return LabelOutputs(model.task, model.reject_below if reject_below is None else reject_below)
    return NumberOutputs(model.task.units)


def predicted_values(model: FittedModel, texts: Sequence[str]) -> Predicted:
    """Return probabilities float32 (samples, classes), or numbers float64, predicted in batches of fixed size."""
    predict = model.predict_proba if isinstance(model.task, Classification) else model.predict
    starts = range(0, max(len(texts), 1), TOGETHER)
    parts = [predict(texts[start : start + TOGETHER]) for start in starts]
    return parts[0] if len(parts) == 1 else np.concatenate(parts)
