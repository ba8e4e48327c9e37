"""Texts as dense vectors, learned without labels or from a file: sums over n-grams, static sentence embeddings."""

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
    """What makes vectors of texts."""

    @property
    def dimension(self) -> int:
        """Numbers of a vector."""

    @property
    def tokenizers(self) -> tuple[Tokenizer, ...]:
        """What its features are made of."""

    def vectors(self, texts: Texts, n_jobs: int | None) -> Floats:
        """Return vectors float32 (samples, dimension), 1 long; zeros for a text that holds nothing known."""


@dataclass(frozen=True, eq=False)
class NgramTable:
    """The sum of the vectors of a text's n-grams, at length 1.

    Args:
        features: which n-grams of which tokens.
        columns: n-grams to rows of the table, in the core.
        table: float32 (columns, dimension); numbers that half precision holds, as files have them.
        factors: float32 (columns,), what a row is multiplied with; `None`: 1.
        local: what a count in a text is worth: "binary", "count" or "sublinear".
    """

    features: BagFeatures
    columns: _core.BagColumns
    table: Floats
    factors: Floats | None
    local: str

    @property
    def dimension(self) -> int:
        """Numbers of a vector."""
        return int(self.table.shape[1])

    @property
    def tokenizers(self) -> tuple[Tokenizer, ...]:
        """The kinds of token."""
        return self.features.tokens

    def vectors(self, texts: Texts, n_jobs: int | None) -> Floats:
        """Return vectors float32 (samples, dimension), 1 long; zeros for a text without a known n-gram."""
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
        """Return the vectors of texts whose rows are there already."""
        return unit_rows(_core.row_sums(rows, self._core_table, factors=self._core_factors, threads=threads))

    @cached_property
    def _core_table(self) -> Floats:
        return np.ascontiguousarray(self.table, np.float32)

    @cached_property
    def _core_factors(self) -> Floats | None:
        return None if self.factors is None else np.ascontiguousarray(self.factors, np.float32)

    def __getstate__(self) -> dict[str, object]:
        """Copies hold hashes and arrays; the core's forms are made again."""
        kept = {one.name: getattr(self, one.name) for one in fields(self) if one.name != "columns"}
        return {**kept, **columns_state(self.columns)}

    def __setstate__(self, state: dict[str, object]) -> None:
        """Take a copy's arrays."""
        self.__dict__.update(state, columns=columns_of_state(state))


@dataclass(frozen=True, eq=False)
class StaticTable:
    """Static sentence embeddings at length 1.

    Args:
        static: what makes them.
    """

    static: StaticVectors

    @property
    def dimension(self) -> int:
        """Numbers of a vector."""
        return self.static.dimension

    @property
    def tokenizers(self) -> tuple[Tokenizer, ...]:
        """None of ours."""
        return ()

    def vectors(self, texts: Texts, n_jobs: int | None) -> Floats:
        """Return vectors float32 (samples, dimension), 1 long; zeros for a text without tokens."""
        return unit_rows(self.static.embed(text_list(texts), thread_count(n_jobs)))


def unit_rows(vectors: Floats) -> Floats:
    """Return rows at length 1; zeros stay."""
    lengths = np.sqrt(np.einsum("ij,ij->i", vectors, vectors, dtype=np.float64))
    lengths[lengths == 0] = 1
    found: Floats = (vectors / lengths[:, None]).astype(np.float32)
    return found
