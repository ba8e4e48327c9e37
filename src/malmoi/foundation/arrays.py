"""Array types whose dtype and axes are written once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = ["Ids", "Label", "Labels", "Lengths", "Matrix", "Probabilities", "hold_text"]


Ids: TypeAlias = npt.NDArray[np.int32]
"""int32 (samples, length): token ids, 0 where a row is padded."""

Lengths: TypeAlias = npt.NDArray[np.int64]
"""int64 (samples,): tokens of each text before anything was cut."""

Matrix: TypeAlias = npt.NDArray[np.float32]
"""float32 (vocabulary, dimension): one vector a row."""

Probabilities: TypeAlias = npt.NDArray[np.float32]
"""float32 (samples, classes): every row sums to 1."""

Label: TypeAlias = str | int | bool
"""The label of a sample."""

Labels: TypeAlias = npt.NDArray[np.generic]
"""(samples,): one label a text, of any kind that sorts: str, int or bool."""


def hold_text(values: object) -> bool:
    """Return whether a list, or a list of lists, holds a text: an array of it would be as wide as the longest.

    Example:
        >>> hold_text([1.0, 2.0]), hold_text([[1.0], ["two"]])
        (False, True)
    """
    if not isinstance(values, list | tuple):
        return False
    rows: Sequence[object] = values
    return any(
        isinstance(row, str | bytes)
        or (isinstance(row, list | tuple) and any(isinstance(item, str | bytes) for item in row))
        for row in rows
    )
