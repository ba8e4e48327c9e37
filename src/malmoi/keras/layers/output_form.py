"""The output of a vectorizer: arrays of ids or bags, and their shapes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self, TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = ["OutputForm"]

_Ids: TypeAlias = npt.NDArray[np.int32 | np.int64]
_Ends: TypeAlias = npt.NDArray[np.int64]
_Weights: TypeAlias = npt.NDArray[np.float32]
_Shape: TypeAlias = tuple[int | None, ...]
_CELLS_AT_ONCE = 1 << 20
"""Cells of bags that are counted together, as int64."""


@dataclass(frozen=True)
class OutputForm:
    """Which arrays ids of texts become.

    Args:
        mode: output mode.
        length: ids per text; `None` for those of the longest text.
        sparse: whether bags are sparse matrices.
        ragged: whether ids are a list of arrays.
        is_split: whether every text is a sample; otherwise every row is one, and a list of texts is one row.
    """

    mode: str
    length: int | None
    sparse: bool
    ragged: bool
    is_split: bool

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> Self:
        """Return the form for settings by name."""
        length, is_split = settings["output_sequence_length"], settings["split"] is not None
        return cls(settings["output_mode"], length, bool(settings["sparse"]), bool(settings["ragged"]), is_split)

    def values(self, ids: _Ids, ends: _Ends, *, axes: int, depth: int, weights: _Weights | None) -> Any:
        """Return ids or bags of samples; without the axis of samples for one text, or for one row of unsplit texts.

        Args:
            ids: ids of all samples, concatenated; negative ones belong to no bag.
            ends: the end of each sample.
            axes: axes of the texts, 0 to 2.
            depth: columns of a bag.
            weights: factor of each id in a bag.
        """
        is_one = axes == 0 or (axes == 1 and not self.is_split)
        if self.ragged:
            found = _split_ids(ids, ends, self.length)
            return found[0] if is_one else found
        if self.mode == "int":
            padded = _padded_ids(ids, ends, self.length)
            is_scalar = axes == 0 and not self.is_split and self.length is None and padded.shape[1] == 1
            return padded[0, 0] if is_scalar else padded[0] if is_one else padded
        if self.mode == "one_hot":
            columns = _padded_ids(ids, ends, None, fill=-1)
            is_flat = is_one or (not self.is_split and columns.shape[1] == 1)
            return _one_hot(columns.reshape(-1) if is_flat else columns, depth, sparse=self.sparse)
        rows = _bags(ids, ends, depth, binary=self.mode == "multi_hot", weights=weights, sparse=self.sparse)
        return rows[0] if is_one and not self.sparse else rows

    def shape(self, texts: _Shape, depth: int) -> _Shape:
        """Return the shape of the output for a shape of texts."""
        if self.is_split:
            tokens: _Shape = (*texts[:1], self.length)
        elif self.mode == "int":
            return (*texts[:-1], self.length) if self.length is not None else texts
        else:
            tokens = texts[:1] if texts[1:] == (1,) else texts or (1,)
        if self.mode == "int":
            return tokens
        if self.mode == "one_hot":
            return (*tokens, depth)
        return (*(texts[:1] if self.is_split else texts[:-1]), depth)


def _split_ids(ids: _Ids, ends: _Ends, length: int | None) -> list[npt.NDArray[np.int64]]:
    """Return the ids of every row, int64, truncated to a length."""
    return [row[:length] for row in np.split(ids.astype(np.int64), ends[:-1])] if len(ends) else []


def _padded_ids(ids: _Ids, ends: _Ends, length: int | None, fill: int = 0) -> npt.NDArray[np.int64]:
    """Return ids int64 (rows, length), truncated and padded at the end.

    Args:
        ids: ids of all rows, concatenated.
        ends: the end of each row.
        length: columns; `None` for the length of the longest row.
        fill: id of the padding.
    """
    lengths = np.diff(ends, prepend=0)
    width = int(lengths.max(initial=0)) if length is None else length
    found = np.full((len(ends), width), fill, dtype=np.int64)
    places = np.arange(len(ids)) - np.repeat(ends - lengths, lengths)
    kept = places < width
    found[np.repeat(np.arange(len(ends)), lengths)[kept], places[kept]] = ids[kept]
    return found


def _bags(
    ids: _Ids, ends: _Ends, depth: int, *, binary: bool, weights: npt.NDArray[np.float32] | None, sparse: bool
) -> Any:
    """Return how often each id occurs in each row, float32 (rows, depth); a SciPy CSR matrix if `sparse`.

    Args:
        ids: ids of all rows, concatenated; negative ones are not counted.
        ends: the end of each row.
        depth: columns.
        binary: whether to return 1 for every id that occurs.
        weights: factor of each id; the columns after them are 0.
        sparse: whether to return a sparse matrix.
    """
    rows = np.repeat(np.arange(len(ends)), np.diff(ends, prepend=0))
    kept = ids >= 0
    places = rows[kept] * depth + ids[kept]
    if sparse:
        places, counts = np.unique(places, return_counts=True)
        values = np.ones(len(places), np.float32) if binary else counts.astype(np.float32)
        return _csr(places, values if weights is None else values * weights[places % depth], len(ends), depth)
    found = np.zeros((len(ends), depth), dtype=np.float32)
    if binary:
        found.reshape(-1)[places] = 1
        return found
    together = max(1, _CELLS_AT_ONCE // depth)
    for start in range(0, len(ends), together):
        first, last = np.searchsorted(places, [start * depth, (start + together) * depth])
        part = found[start : start + together]
        part += np.bincount(places[first:last] - start * depth, minlength=part.size).reshape(part.shape)
    if weights is not None:
        found[:, : len(weights)] *= weights
    return found


def _one_hot(ids: npt.NDArray[np.int64], depth: int, *, sparse: bool) -> Any:
    """Return one row per id with a 1 in its column, float32 (*ids.shape, depth); zeros for negative ids.

    Raises:
        ValueError: a sparse matrix is wanted, and ids have more than one axis.
    """
    if sparse and ids.ndim > 1:
        raise ValueError("sparse must be False for one_hot vectors of several tokens per text, which have three axes")
    places = np.flatnonzero(ids >= 0)
    columns = ids.reshape(-1)[places]
    if sparse:
        return _csr(places * depth + columns, np.ones(len(places), np.float32), ids.size, depth)
    found = np.zeros((ids.size, depth), dtype=np.float32)
    found[places, columns] = 1
    return found.reshape(*ids.shape, depth)


def _csr(places: npt.NDArray[np.int64], values: npt.NDArray[np.float32], rows: int, depth: int) -> Any:
    """Return a CSR matrix of values at sorted places, each row x depth + column."""
    from scipy.sparse import csr_matrix

    pointers = np.searchsorted(places, np.arange(rows + 1) * depth)
    return csr_matrix((values, places % depth, pointers), shape=(rows, depth))
