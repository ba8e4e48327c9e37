"""Dense text vectors, learned without labels or read from a file: sums over n-grams, static sentence embeddings."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property
from typing import Protocol

import numpy as np

from malmoi import _core
from malmoi.data.texts import Texts, text_list
from malmoi.foundation.arrays import joined
from malmoi.foundation.threads import thread_count
from malmoi.models.linear.features import BagFeatures
from malmoi.models.linear.parts import Floats, columns_of_state, columns_state
from malmoi.tokenizers import Tokenizer
from malmoi.tokenizers.batches import batches
from malmoi.wordvectors.static.vectors import StaticVectors

__all__ = ["NgramTable", "Representation", "StaticTable", "unit_rows"]


class Representation(Protocol):
    """A map from texts to dense vectors."""

    @property
    def dimension(self) -> int:
        """The embedding dimension."""

    @property
    def tokenizers(self) -> tuple[Tokenizer, ...]:
        """The tokenizers of the vectors."""

    def vectors(self, texts: Texts, n_jobs: int | None) -> Floats:
        """Return vectors float32 (samples, dimension) of length 1; zeros for a text without a known token."""


@dataclass(frozen=True, eq=False)
class NgramTable:
    """The sum of the vectors of a text's n-grams, scaled to length 1.

    Args:
        features: tokenizers and n-gram ranges.
        columns: map from n-grams to rows of the table, in the core.
        table: float32 (n-grams, dimension); values that half precision can represent, as in files.
        factors: float32 (n-grams,), factor of each row; `None`: 1.
        local: transformation of a count: "binary", "count" or "sublinear".
    """

    features: BagFeatures
    columns: _core.BagColumns
    table: Floats
    factors: Floats | None
    local: str

    @property
    def dimension(self) -> int:
        """The embedding dimension."""
        return int(self.table.shape[1])

    @property
    def tokenizers(self) -> tuple[Tokenizer, ...]:
        """The tokenizers of the vectors."""
        return self.features.tokens

    def vectors(self, texts: Texts, n_jobs: int | None) -> Floats:
        """Return vectors float32 (samples, dimension) of length 1; zeros for a text without a known n-gram."""
        threads = thread_count(n_jobs)
        found = [
            self.vectors_of_rows(
                self.columns.rows(self.features.core, self.features.prepared(batch), local=self.local, threads=threads),
                threads,
            )
            for batch in batches(texts)
        ]
        return joined(found, np.float32, self.dimension)

    def vectors_of_rows(self, rows: _core.BagRows, threads: int) -> Floats:
        """Return the vectors of texts from their rows of n-gram counts."""
        return unit_rows(_core.row_sums(rows, self._core_table, factors=self._core_factors, threads=threads))

    @cached_property
    def _core_table(self) -> Floats:
        return np.ascontiguousarray(self.table, np.float32)

    @cached_property
    def _core_factors(self) -> Floats | None:
        return None if self.factors is None else np.ascontiguousarray(self.factors, np.float32)

    def __getstate__(self) -> dict[str, object]:
        """Return hashes and arrays for a copy; the core's objects are created again."""
        kept = {one.name: getattr(self, one.name) for one in fields(self) if one.name != "columns"}
        return {**kept, **columns_state(self.columns)}

    def __setstate__(self, state: dict[str, object]) -> None:
        """Restore the fields from a copy's hashes and arrays."""
        self.__dict__.update(state, columns=columns_of_state(state))


@dataclass(frozen=True, eq=False)
class StaticTable:
    """Static sentence embeddings of length 1.

    Args:
        static: the embedding model.
    """

    static: StaticVectors

    @property
    def dimension(self) -> int:
        """The embedding dimension."""
        return self.static.dimension

    @property
    def tokenizers(self) -> tuple[Tokenizer, ...]:
        """An empty tuple: the embedding model has its own tokenizer."""
        return ()

    def vectors(self, texts: Texts, n_jobs: int | None) -> Floats:
        """Return vectors float32 (samples, dimension) of length 1; zeros for a text without tokens."""
        return unit_rows(self.static.embed(text_list(texts), thread_count(n_jobs)))


def unit_rows(vectors: Floats) -> Floats:
    """Scale rows to length 1; rows of zeros are unchanged."""
    lengths = np.sqrt(np.einsum("ij,ij->i", vectors, vectors, dtype=np.float64))
    lengths[lengths == 0] = 1
    found: Floats = (vectors / lengths[:, None]).astype(np.float32)
    return found
