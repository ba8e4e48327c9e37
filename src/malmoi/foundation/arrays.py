"""Array types whose dtype and axes are written once."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = ["Ids", "Labels", "Lengths", "Matrix", "Probabilities"]


Ids: TypeAlias = npt.NDArray[np.int32]
"""int32 (samples, length): token ids, 0 where a row is padded."""

Lengths: TypeAlias = npt.NDArray[np.int64]
"""int64 (samples,): tokens of each text before anything was cut."""

Matrix: TypeAlias = npt.NDArray[np.float32]
"""float32 (vocabulary, dimension): one vector a row."""

Probabilities: TypeAlias = npt.NDArray[np.float32]
"""float32 (samples, classes): every row sums to 1."""

Labels: TypeAlias = npt.NDArray[np.generic]
"""(samples,): one label a text, of any kind that sorts: str, int or bool."""
