"""Sparse rows: from the core to SciPy."""

from __future__ import annotations

from typing import Any

import numpy as np

from malmoi.foundation.validation import LARGEST_NUMBER

__all__ = ["Csr", "to_csr"]


Csr = Any  # scipy's type; importing it takes longer than most work here


def to_csr(rows: tuple[bytearray, bytearray, bytearray], width: int, *, sparse: bool) -> Csr:
    """A matrix float32 (samples, columns) from the core's rows."""
    from scipy.sparse import csr_matrix

    values, columns = np.frombuffer(rows[0], "<f4"), np.frombuffer(rows[1], "<i4")
    starts = np.concatenate([np.zeros(1, "<i8"), np.frombuffer(rows[2], "<i8")])
    kind = np.int32 if len(columns) <= LARGEST_NUMBER else np.int64
    arrays = (values, columns.astype(kind, copy=False), starts.astype(kind))
    matrix = csr_matrix(arrays, shape=(len(starts) - 1, width), copy=False)
    matrix.has_sorted_indices = True
    matrix.has_canonical_format = True
    return matrix if sparse else matrix.toarray()
