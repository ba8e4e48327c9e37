"""Texts as lists of word ids, ranked by frequency, and the options of Keras' data sets for them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain, pairwise
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from malmoi.keras.preprocessing.text import Tokenizer

__all__ = [
    "Half",
    "Ragged",
    "Texts",
    "as_lists",
    "cut_vocabulary",
    "fitted_tokenizer",
    "limit_length",
    "ragged",
    "reorder",
    "start",
]

Texts: TypeAlias = npt.NDArray[np.object_]
"""object (samples,): one list of ids per text."""

Half: TypeAlias = tuple[Texts, npt.NDArray[np.int64]]
"""Texts and their labels, of a training or test set."""


class Ragged(NamedTuple):
    """Texts as concatenated ids, int64 (tokens,), with lengths and labels, int64 (samples,)."""

    ids: npt.NDArray[np.int64]
    lengths: npt.NDArray[np.int64]
    labels: npt.NDArray[np.int64]


def ragged(sequences: Sequence[list[int]] | Texts, labels: npt.NDArray[np.generic]) -> Ragged:
    """Concatenate lists of ids."""
    lengths = np.fromiter(map(len, sequences), np.int64, count=len(sequences))
    everything: Iterable[int] = chain.from_iterable(sequences)
    return Ragged(np.fromiter(everything, np.int64, count=int(lengths.sum())), lengths, labels.astype(np.int64))


def _rows(half: Ragged) -> list[npt.NDArray[np.int64]]:
    return [half.ids[start:end] for start, end in pairwise([0, *half.lengths.cumsum().tolist()])]


def reorder(half: Ragged, order: npt.NDArray[np.int64]) -> Ragged:
    """Return the texts in another order."""
    rows = _rows(half)
    ids = np.concatenate([rows[index] for index in order.tolist()] or [half.ids])
    return Ragged(ids, half.lengths[order], half.labels[order])


def start(half: Ragged, start_char: int | None, index_from: int) -> Ragged:
    """Add `index_from` to every id, and `start_char` before each text unless it is None."""
    ids = half.ids + index_from
    if start_char is None:
        return half._replace(ids=ids)
    starts = half.lengths.cumsum() - half.lengths
    return half._replace(ids=np.insert(ids, starts, start_char), lengths=half.lengths + 1)


def limit_length(half: Ragged, maxlen: int | None) -> Ragged:
    """Return the texts with fewer than `maxlen` ids; all for None or 0.

    Raises:
        ValueError: there is none.
    """
    if not maxlen:
        return half
    short = half.lengths < maxlen
    if not short.any():
        shortest = min(half.lengths.tolist(), default=0)
        raise ValueError(f"maxlen must be above the length of the shortest text, {shortest}, got {maxlen}")
    return Ragged(half.ids[np.repeat(short, half.lengths)], half.lengths[short], half.labels[short])


def cut_vocabulary(half: Ragged, skip_top: int, limit: int, oov_char: int | None) -> Ragged:
    """Replace ids below `skip_top`, and those from `limit` on, by `oov_char`; None removes them."""
    kept = (half.ids >= skip_top) & (half.ids < limit)
    if oov_char is not None:
        return half._replace(ids=np.where(kept, half.ids, oov_char))
    rows = np.repeat(np.arange(len(half.lengths)), half.lengths)[kept]
    return half._replace(ids=half.ids[kept], lengths=np.bincount(rows, minlength=len(half.lengths)))


def as_lists(half: Ragged) -> Texts:
    """Return the texts as lists."""
    texts = np.empty(len(half.lengths), dtype=object)
    for position, row in enumerate(_rows(half)):
        texts[position] = row.tolist()
    return texts


def fitted_tokenizer(texts: list[str]) -> Tokenizer:
    """Return a tokenizer whose ids are the frequency ranks of the words."""
    tokenizer = Tokenizer()
    tokenizer.fit_on_texts(texts)
    return tokenizer
