"""Exact nearest neighbours by cosine similarity."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from malmoi.errors import FormatError
from malmoi.wordvectors.formats.sources import WordTable

__all__ = ["Neighbour", "most_similar"]

Neighbour: TypeAlias = tuple[str, float]
"""A word and its cosine similarity."""


def most_similar(
    table: WordTable, vector: npt.NDArray[np.float32], n: int, *, without: npt.NDArray[np.int64]
) -> list[tuple[int, float]]:
    """Return the rows with the largest cosine similarity to a vector.

    Args:
        table: the vectors to search.
        vector: float32 (dimension,).
        n: number of rows; 1 or more.
        without: int64, rows to exclude.

    Returns:
        (row, cosine), in descending order of cosines; ties in order of rows.

    Raises:
        FormatError: a row holds numbers that are too large, or the file is damaged.
    """
    if not len(table):
        return []
    length = float(np.linalg.norm(vector.astype(np.float64)))
    unit = (vector / length).astype(np.float32) if length > 0 else vector
    lengths = table.lengths
    scores = table.scores(unit) / lengths
    finite = np.isfinite(scores)
    if not finite.all():
        raise FormatError(f"row {int(np.argmin(finite))} holds numbers that are too large for cosines")
    scores[without] = -np.inf
    n = min(n, len(scores) - len(without))
    if n < 1:
        return []
    # All rows that tie with the n-th are considered, so that ties keep their order.
    least = np.partition(scores, len(scores) - n)[len(scores) - n]
    rows = np.flatnonzero(scores >= least)
    best = rows[np.argsort(-scores[rows], kind="stable")][:n]
    return [(int(row), float(np.clip(scores[row], -1, 1))) for row in best]
