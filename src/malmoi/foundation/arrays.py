"""Array types with documented dtypes and axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

__all__ = ["Ids", "Label", "Labels", "Lengths", "Matrix", "Probabilities", "hold_text", "joined"]

Number = TypeVar("Number", bound=np.generic)

Ids: TypeAlias = npt.NDArray[np.int32]
"""int32 (samples, length): token ids, 0 for padding."""

Lengths: TypeAlias = npt.NDArray[np.int64]
"""int64 (samples,): number of tokens of each text before truncation."""

Matrix: TypeAlias = npt.NDArray[np.float32]
"""float32 (vocabulary, dimension): one vector per row."""

Probabilities: TypeAlias = npt.NDArray[np.float32]
"""float32 (samples, classes): every row sums to 1."""

Label: TypeAlias = str | int | bool
"""The label of a sample."""

Labels: TypeAlias = npt.NDArray[np.generic]
"""(samples,): one label per text, all str, int or bool."""


def hold_text(values: object) -> bool:
    """Return whether a list, or a list of lists, holds text; the items of an array would be as wide as the longest.

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


def joined(parts: Sequence[npt.NDArray[Number]], dtype: type[Number], *widths: int) -> npt.NDArray[Number]:
    """Concatenate arrays; a single array is returned without a copy.

    Args:
        parts: arrays (rows, *widths).
        dtype: dtype of the result if there are no parts.
        widths: lengths of all axes except the first.

    Example:
        >>> joined([np.array([1.0]), np.array([2.0])], np.float64)
        array([1., 2.])
        >>> joined([], np.float32, 3).shape
        (0, 3)
    """
    if len(parts) == 1:
        return parts[0]
    return np.concatenate(parts) if parts else np.zeros((0, *widths), dtype)
