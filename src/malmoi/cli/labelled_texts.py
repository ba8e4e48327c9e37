"""Labelled texts of a file or a folder, with the place of each."""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from pathlib import Path
from typing import Any

from malmoi.cli.usage import UsageError, refused_options
from malmoi.data.labels import tidy_labels
from malmoi.data.readers import Batch, Columns, read_batches
from malmoi.errors import DataError
from malmoi.foundation.progress import Progress
from malmoi.foundation.validation import shorten

__all__ = ["LabelledTexts", "read_labelled"]


@dataclass(frozen=True)
class LabelledTexts:
    """The batches of a file."""

    path: Path
    batches: list[Batch]

    @property
    def texts(self) -> list[str]:
        """All texts, in order."""
        return [text for batch in self.batches for text in batch.texts]

    def place(self, position: int) -> str:
        """Return where a text stands, such as "test.csv:381"."""
        number = bisect_right(self._ends, position)
        batch = self.batches[number]
        return batch.place(batch.numbers[position - (self._ends[number - 1] if number else 0)])

    @cached_property
    def _ends(self) -> list[int]:
        return list(accumulate(len(batch.texts) for batch in self.batches))

    @property
    def values(self) -> list[Any]:
        """What the label column holds, in order.

        Raises:
            DataError: there are no texts.
        """
        values = [label for batch in self.batches for label in batch.labels]
        if not values:
            raise DataError(f"{self.path}: data must hold 1 labelled text or more, got 0")
        return values

    def labels(self) -> Any:
        """Return labels as an array of one kind."""
        return tidy_labels(self.values, lambda position: f"{self.place(position)}: label")

    def numbers(self) -> list[float]:
        """Return labels as numbers.

        Raises:
            DataError: one is no finite number.
        """
        return [self._number(value, position) for position, value in enumerate(self.values)]

    def _number(self, value: Any, position: int) -> float:
        try:
            number = math.nan if isinstance(value, bool) else float(value)
        except (TypeError, ValueError):
            number = math.nan
        if not math.isfinite(number):
            rule = "label must be a finite number, because the model predicts numbers"
            raise DataError(f"{self.place(position)}: {rule}, got {shorten(value)}; leave the text out")
        return number


def read_labelled(path: Path, columns: Columns, *, encoding: str, progress: Progress) -> LabelledTexts:
    """Read the texts and labels of a file or a folder.

    Raises:
        UsageError: a column is named that has no effect.
        DataError: the file cannot be used.
    """
    if columns.text is not None and columns.text == columns.label:
        named = shorten(columns.label)
        raise UsageError(f"--label-column must be another column than --text-column, got {named} for both")
    if path.is_dir() and columns.label is not None:
        raise UsageError(f"--label-column has no effect on a folder, got {columns.label!r}; leave it out")
    with refused_options():
        return LabelledTexts(path, list(read_batches(path, columns, encoding=encoding, progress=progress)))
