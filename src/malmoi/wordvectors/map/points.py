"""Words as points of a plane."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["WordPoints"]


@dataclass(frozen=True, eq=False)
class WordPoints:
    """Words and where they stand.

    Args:
        words: the words, in the order in which labels are placed.
        positions: float64 (words, 2), from -1 to 1.
        nearest: for each word the words whose vectors point most alike, of all in the file, with their cosines.
        method: how the plane was found.
        missing: words that were asked for and have no vector.
        title: what the words are of.
    """

    words: tuple[str, ...]
    positions: npt.NDArray[np.float64]
    nearest: tuple[tuple[tuple[str, float], ...], ...]
    method: str
    missing: tuple[str, ...] = ()
    title: str = ""
