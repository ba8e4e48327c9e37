"""Conversion of the core's sparse rows to SciPy matrices."""

from __future__ import annotations

from copy import copy
from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = ["CoreRows", "Csr", "to_csr"]

CoreRows: TypeAlias = tuple[npt.NDArray[np.float32], npt.NDArray[np.int32], npt.NDArray[np.int32 | np.int64]]
"""CSR arrays from the core: values, column indices, row pointers (samples + 1,)."""

Csr = Any  # scipy's type; importing it takes longer than most work here
FEW_ROWS = 64
"""Up to this many rows, SciPy's checks of arrays take longer than the vectorization itself."""


def to_csr(rows: CoreRows, width: int, *, sparse: bool) -> Csr:
    """Return the core's rows as a matrix float32 (samples, columns), without copying the arrays."""
    from scipy.sparse import csr_matrix

    samples = len(rows[2]) - 1
    if samples <= FEW_ROWS:
        matrix = copy(_empty(samples, width))
        matrix.data, matrix.indices, matrix.indptr = rows
    else:
        matrix = csr_matrix(rows, shape=(samples, width), copy=False)
    matrix.has_sorted_indices = True
    matrix.has_canonical_format = True
    return matrix if sparse else matrix.toarray()


@lru_cache(maxsize=FEW_ROWS)
def _empty(samples: int, width: int) -> Csr:
    """Return an empty matrix, cached, to be copied and filled."""
    from scipy.sparse import csr_matrix

    return csr_matrix((samples, width), dtype=np.float32)
