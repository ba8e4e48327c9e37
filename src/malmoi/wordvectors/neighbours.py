"""The rows nearest to a vector, exactly, by products of blocks."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from malmoi.wordvectors.formats.table import Table

__all__ = ["Neighbour", "most_similar"]

Neighbour: TypeAlias = tuple[str, float]
"""A word and its cosine."""


def most_similar(
    table: Table, vector: npt.NDArray[np.float32], n: int, *, without: npt.NDArray[np.int64]
) -> list[tuple[int, float]]:
    """The rows whose cosine with a vector is largest.

    Args:
        table: the rows.
        vector: float32 (dimension,).
        n: how many; 1 or more.
        without: int64, rows that are left out.

    Returns:
        (row, cosine), the largest first; of equal ones the lower row first.
    """
    if not len(table):
        return []
    length = float(np.linalg.norm(vector))
    unit = vector / length if length > 0 else vector
    scores = np.concatenate([block @ unit for _, block in table.blocks()]) / table.lengths
    scores[without] = -np.inf
    n = min(n, len(scores) - len(without))
    if n < 1:
        return []
    # Everything as good as the n-th is looked at, so that equal ones keep their order.
    least = np.partition(scores, len(scores) - n)[len(scores) - n]
    rows = np.flatnonzero(scores >= least)
    best = rows[np.argsort(-scores[rows], kind="stable")][:n]
    return [(int(row), float(np.clip(scores[row], -1, 1))) for row in best]
