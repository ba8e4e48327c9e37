"""Word vectors in memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np
import numpy.typing as npt

from malmoi.foundation.progress import Progress
from malmoi.foundation.validation import shorten
from malmoi.wordvectors.formats.sources import Found, Rows
from malmoi.wordvectors.formats.table import Table, ends_of, found_in

if TYPE_CHECKING:
    from malmoi.wordvectors.training import Training

__all__ = ["MemorySource"]


@dataclass(frozen=True)
class MemorySource:
    """Word vectors in memory.

    Args:
        table: words and vectors.
        path: the file that they were read from, or a placeholder.
        kind: description of the source.
        makes_subwords: always `False`.
        training: record of the training, if they were trained.
    """

    table: Table
    path: Path = Path("<memory>")
    kind: str = "vectors in memory"
    makes_subwords: bool = False
    training: Training | None = None

    @classmethod
    def of(cls, words: Sequence[bytes], matrix: npt.ArrayLike, training: Training | None = None) -> Self:
        """Create a source from words and vectors.

        Raises:
            ValueError: a word is repeated, a value is not finite, or the shapes do not match.
        """
        rows = np.ascontiguousarray(matrix, dtype=np.float32)
        if rows.ndim != 2 or rows.shape[0] != len(words) or rows.shape[1] < 1:
            raise ValueError(f"matrix must be (words, dimension) for {len(words)} words, got shape {rows.shape}")
        if not np.isfinite(rows).all():
            row = int(np.argmin(np.isfinite(rows).all(axis=1)))
            raise ValueError(f"matrix must be finite, got NaN or infinity in row {row}")
        table, repeated = Table.of(iter([Rows(b"".join(words), ends_of(words), rows)]), rows.shape[1])
        if repeated:
            seen: set[bytes] = set()
            twice = next(word for word in words if word in seen or seen.add(word))  # type: ignore[func-returns-value]
            raise ValueError(f"words must be distinct, got {shorten(twice.decode(errors='replace'))} twice")
        return cls(table, training=training)

    @property
    def dimension(self) -> int:
        """Embedding dimension."""
        return self.table.dimension

    @property
    def claimed(self) -> int | None:
        """Number of rows."""
        return len(self.table)

    def find(self, words: Sequence[bytes], progress: Progress) -> Found:
        """Return the vectors of words."""
        return found_in(self.table, words)

    def rows(self, progress: Progress) -> Iterator[Rows]:
        """Yield all rows at once."""
        yield Rows(bytes(self.table.words), np.asarray(self.table.ends), self.table.vectors(slice(None)))
