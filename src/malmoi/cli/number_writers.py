"""Predicted numbers as CSV, JSON lines or Parquet, a batch at a time."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from malmoi.cli.prediction_writers import refuse_taken_names

__all__ = ["NumberWriter", "number_writer"]

Columns = Mapping[str, Sequence[object]]


class NumberWriter:
    """Collects numbers, and writes all of them at the end.

    Args:
        write_all: writes columns by name into a file.
        file: where they go.
        names: of the columns of numbers.
    """

    def __init__(self, write_all: Callable[[dict[str, Any], BinaryIO], None], file: BinaryIO, names: list[str]) -> None:
        self._write_all = write_all
        self._file = file
        self._names = names
        self._kept: dict[str, list[object]] = {}
        self._rows: list[npt.NDArray[np.float64]] = []

    def write(self, columns: Columns, numbers: npt.NDArray[np.float64]) -> None:
        """Take the numbers of a batch, (samples,) or (samples, targets)."""
        for name, values in columns.items():
            self._kept.setdefault(name, []).extend(values)
        self._rows.append(numbers.reshape(len(numbers), -1))

    def close(self) -> None:
        """Write all."""
        rows = np.concatenate([np.zeros((0, len(self._names))), *self._rows])
        self._write_all({**self._kept, **dict(zip(self._names, rows.T.tolist(), strict=True))}, self._file)


def _write_csv(columns: dict[str, Any], file: BinaryIO) -> None:
    text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(columns)
    rows.writerows(zip(*columns.values(), strict=True))
    text.detach()


def _write_json_lines(columns: dict[str, Any], file: BinaryIO) -> None:
    for row in zip(*columns.values(), strict=True):
        line = dict(zip(columns, row, strict=True))
        file.write(json.dumps(line, ensure_ascii=False, default=str).encode() + b"\n")


def _write_parquet(columns: dict[str, Any], file: BinaryIO) -> None:
    import polars as pl

    pl.DataFrame(columns).write_parquet(file)


WRITERS = {"csv": _write_csv, "jsonl": _write_json_lines, "parquet": _write_parquet}


def number_writer(kind: str, file: BinaryIO, targets: int, names: Sequence[str]) -> NumberWriter:
    """Return the writer of a format.

    Args:
        kind: csv, jsonl or parquet.
        file: where numbers go.
        targets: numbers of each sample.
        names: of the columns of the input that stand before the numbers.

    Raises:
        UsageError: a column has the name of a number.
    """
    own = ["number"] if targets == 1 else [f"number_{place}" for place in range(1, targets + 1)]
    refuse_taken_names(list(names), own)
    return NumberWriter(WRITERS[kind], file, own)
