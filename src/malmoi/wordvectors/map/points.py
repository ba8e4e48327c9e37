"""Points of a word map."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["WordPoints"]


@dataclass(frozen=True, eq=False)
class WordPoints:
    """Words with their positions on a map.

    Args:
        words: the words, in the order in which labels are placed.
        positions: float64 (words, 2), from -1 to 1.
        nearest: for each word its nearest neighbours among all words of the file, with their cosines.
        method: projection method.
        missing: requested words without a vector.
        title: title of the map.
    """

    words: tuple[str, ...]
    positions: npt.NDArray[np.float64]
    nearest: tuple[tuple[tuple[str, float], ...], ...]
    method: str
    missing: tuple[str, ...] = ()
    title: str = ""
