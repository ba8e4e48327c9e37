"""Matrices of lists of ids, one feature per id."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain

import numpy as np
import numpy.typing as npt

from malmoi.foundation.validation import shorten

__all__ = ["MODES", "bag_matrix"]

MODES = ("binary", "count", "tfidf", "freq")


def bag_matrix(
    sequences: Iterable[Sequence[int]], columns: int, mode: str, weights: npt.NDArray[np.float64] | None
) -> npt.NDArray[np.float64]:
    """Return the matrix of lists of ids; ids of `columns` or more are ignored.

    Args:
        sequences: lists of ids of 0 or more.
        columns: number of features.
        mode: one of `MODES`.
        weights: (columns,), weight of each id for "tfidf".

    Returns:
        float64 (samples, columns).

    Raises:
        TypeError: an id is not a whole number.
        ValueError: an id is below 0.
    """
    ids, lengths = _flatten(sequences)
    rows = np.repeat(np.arange(len(lengths)), lengths)
    rows, ids = rows[ids < columns], ids[ids < columns]
    matrix = np.zeros((len(lengths), columns))
    np.add.at(matrix.reshape(-1), rows * columns + ids, 1.0)  # fast in one dimension only
    if mode == "binary":
        matrix[rows, ids] = 1
    elif mode == "freq":
        matrix[rows, ids] = matrix[rows, ids] / lengths[rows]
    elif weights is not None:
        matrix[rows, ids] = (1 + np.log(matrix[rows, ids])) * weights[ids]
    return matrix


def _flatten(sequences: Iterable[Sequence[int]]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the concatenated ids, and the length of each sequence, both int64."""
    listed = list(sequences)
    lengths = np.array([len(sequence) for sequence in listed], dtype=np.int64)
    ids = np.array(list(chain.from_iterable(listed)))
    if ids.size and ids.dtype.kind not in "iub":
        raise TypeError(f"sequences must contain whole numbers, got {shorten(ids.tolist())}")
    if ids.size and ids.min() < 0:
        row = int(np.searchsorted(lengths.cumsum(), ids.argmin(), side="right"))
        raise ValueError(f"sequences[{row}] must contain ids of 0 or more, got {ids.min()}")
    return ids.astype(np.int64), lengths
