"""Sparse rows: from the core to SciPy."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = ["CoreRows", "Csr", "to_csr"]

CoreRows: TypeAlias = tuple[npt.NDArray[np.float32], npt.NDArray[np.int32], npt.NDArray[np.int32 | np.int64]]
"""Values, columns, and where the rows begin and the last one ends (samples + 1,), as the core hands them over."""

Csr = Any  # scipy's type; importing it takes longer than most work here


def to_csr(rows: CoreRows, width: int, *, sparse: bool) -> Csr:
    """A matrix float32 (samples, columns) of the core's rows, whose arrays it takes over."""
    from scipy.sparse import csr_matrix

    matrix = csr_matrix(rows, shape=(len(rows[2]) - 1, width), copy=False)
    matrix.has_sorted_indices = True
    matrix.has_canonical_format = True
    return matrix if sparse else matrix.toarray()
