"""Ids of n-grams from ids of tokens, without a str for each of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from malmoi import _core

__all__ = ["NgramIds"]

_Int64 = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class NgramIds:
    """N-grams of a vocabulary as a tree of token ids: a level for each size, from their first to their last token.

    Args:
        index: ids of the tokens of the n-grams, from 1.
        tokens: number of these.
        keys: for each level, sorted keys of its nodes: node of the preceding level x (tokens + 1) + token.
        ids: for each level, the id of the n-gram that ends in each node, and before it that of no node.
    """

    index: _core.TokenIndex
    tokens: int
    keys: list[_Int64]
    ids: list[_Int64]

    @classmethod
    def of(cls, ngrams: Sequence[Sequence[str]], first_id: int, longest: int) -> Self:
        """Return the tree of distinct n-grams, given as their tokens.

        Args:
            ngrams: tokens of each n-gram; longer ones than `longest`, and empty ones, are left out.
            first_id: id of the first n-gram; the id before it means "unknown".
            longest: number of levels.
        """
        words = list(dict.fromkeys(word for ngram in ngrams for word in ngram))
        numbers = {word: number for number, word in enumerate(words, 1)}
        paths = np.zeros((len(ngrams), longest), dtype=np.int64)
        lengths = np.array([len(ngram) if len(ngram) <= longest else 0 for ngram in ngrams], dtype=np.int64)
        for row, ngram in enumerate(ngrams):
            if lengths[row]:
                paths[row, : lengths[row]] = [numbers[word] for word in ngram]
        keys, ids = [], []
        nodes = np.zeros(len(ngrams), dtype=np.int64)
        for level in range(longest):
            inside = lengths > level
            level_keys, found = np.unique(nodes[inside] * (len(words) + 1) + paths[inside, level], return_inverse=True)
            nodes[inside] = found + 1
            level_ids = np.full(len(level_keys) + 1, first_id - 1, dtype=np.int64)
            ending = lengths == level + 1
            level_ids[nodes[ending]] = np.flatnonzero(ending) + first_id
            keys.append(level_keys)
            ids.append(level_ids)
        return cls(_core.TokenIndex(words, 1), len(words), keys, ids)

    def encoded(
        self, texts: Any, splitter: _core.Splitter, sizes: Sequence[int], threads: int
    ) -> tuple[_Int64, _Int64]:
        """Return ids of the n-grams of texts, concatenated, and the end of each text; size after size in each text."""
        tokens, ends = self.index.sequences(texts, splitter, unknown=0, threads=threads)
        lengths = np.diff(ends, prepend=0)
        counts = np.array([np.maximum(lengths - size + 1, 0) for size in sizes])  # (sizes, texts)
        bounds = np.cumsum(counts.sum(axis=0))
        places = np.cumsum(counts, axis=0) - counts + (bounds - counts.sum(axis=0))  # the first of each size
        found = np.empty(int(counts.sum()), dtype=np.int64)
        left = np.repeat(ends, lengths) - np.arange(len(tokens))  # tokens from each one to the end of its text
        nodes = np.zeros(len(tokens), dtype=np.int64)
        for level in range(max(sizes)):
            nodes = self._next(nodes[: len(tokens) - level], tokens[level:], level)
            starts = np.flatnonzero(left[: len(nodes)] > level)
            for number, size in enumerate(sizes):
                if size == level + 1:
                    before = np.repeat(np.cumsum(counts[number]) - counts[number], counts[number])
                    targets = np.repeat(places[number], counts[number]) + np.arange(len(starts)) - before
                    found[targets] = self.ids[level][nodes[starts]]
        return found, bounds

    def _next(self, nodes: _Int64, tokens: npt.NDArray[np.int32], level: int) -> _Int64:
        """Return the nodes of a level that continue nodes of the preceding one; 0 for none."""
        keys = self.keys[level]
        if not len(keys):
            return np.zeros(len(nodes), dtype=np.int64)
        wanted = nodes * (self.tokens + 1) + tokens
        found = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        is_known = (keys[found] == wanted) & (tokens > 0) & ((nodes > 0) | (level == 0))
        return np.where(is_known, found + 1, 0)
