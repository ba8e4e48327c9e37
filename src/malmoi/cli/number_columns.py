"""Output columns of regression predictions: names, CSV rows, JSON rows and Polars series."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np

from malmoi.cli.prediction_columns import Field, left_empty
from malmoi.models.output_columns import Mask, NumberOutputs, Predicted

if TYPE_CHECKING:
    from polars import Series

__all__ = ["NumberColumns"]


class NumberColumns:
    """Output columns of one or several predicted numbers per sample.

    Args:
        targets: predicted numbers per sample.
    """

    def __init__(self, targets: int) -> None:
        self._typed = NumberOutputs(targets)
        self.names = self._typed.names
        self.taken = self.names

    def csv_rows(self, values: Predicted, empty: Mask, field: Field) -> list[str]:
        """Return the numbers with the fewest digits that read back as the same numbers."""
        rows = [",".join(map(repr, row)) for row in self._rows(values)]
        return left_empty(rows, empty, "," * (len(self.names) - 1))

    def json_rows(self, values: Predicted, empty: Mask) -> list[str]:
        """Return one JSON member per number."""
        starts = [f'"{name}": ' for name in self.names]
        rows = [", ".join(map(str.__add__, starts, map(json.dumps, row))) for row in self._rows(values)]
        return left_empty(rows, empty, ", ".join(f"{start}null" for start in starts))

    def series(self, values: Predicted, empty: Mask) -> list[Series]:
        """Return the numbers as float64; null in rows without a prediction."""
        return self._typed.series(values, empty)

    def _rows(self, values: Predicted) -> list[list[float]]:
        rows: list[list[float]] = values.reshape(len(values), len(self.names)).astype(np.float64).tolist()
        return rows
