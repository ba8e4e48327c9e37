"""Document frequencies of n-grams over all shards, merged exactly."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from malmoi.models.linear.matrix import MOST_TEXTS

__all__ = ["Counts", "merged_counts", "ordered_ngrams"]

Counts = tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint32]]
"""Hashes of n-grams uint64 (n-grams,), and their document frequencies uint32 (n-grams,)."""
TOGETHER = 8_000_000
"""Approximate number of counts that are merged at once: 24 bytes each, and twice that to sort them."""
MOST_COLUMNS = 2**31 - 1


def merged_counts(parts: Sequence[Counts], least: int, tick: Callable[[int, int], None]) -> Counts:
    """Return the n-grams with a minimum document frequency in all parts together, by ascending hash.

    The parts are merged range by range of their hashes, so that only the n-grams that are kept need memory.

    Args:
        parts: hashes, ascending and distinct within a part, and counts; usually mapped files.
        least: minimum document frequency.
        tick: called with the number of ranges done and their total.
    """
    ranges = 1 + sum(len(hashes) for hashes, _ in parts) // TOGETHER
    bounds = [2**64 * number // ranges for number in range(1, ranges)]
    cuts = [[0, *np.searchsorted(hashes, np.array(bounds, np.uint64)).tolist(), len(hashes)] for hashes, _ in parts]
    found: list[Counts] = []
    for number in range(ranges):
        spans = [slice(cut[number], cut[number + 1]) for cut in cuts]
        some = [(hashes[span], counts[span]) for (hashes, counts), span in zip(parts, spans, strict=True)]
        found.append(_summed(some, least))
        tick(number + 1, ranges)
    return _joined(found)


def _summed(parts: Sequence[Counts], least: int) -> Counts:
    hashes, counts = _joined(parts)
    if not len(hashes):
        return hashes, counts
    order = np.argsort(hashes, kind="stable")
    hashes = hashes[order]
    starts = np.flatnonzero(np.concatenate([[True], hashes[1:] != hashes[:-1]]))
    sums = np.add.reduceat(counts[order].astype(np.uint64), starts)
    kept = (sums >= least) & (sums <= MOST_TEXTS)
    return hashes[starts[kept]], sums[kept].astype(np.uint32)


def _joined(parts: Sequence[Counts]) -> Counts:
    hashes = np.concatenate([np.zeros(0, np.uint64), *(hashes for hashes, _ in parts)])
    return hashes, np.concatenate([np.zeros(0, np.uint32), *(counts for _, counts in parts)])


def ordered_ngrams(counts: Counts, most: int | None) -> Counts:
    """Return n-grams in the order of their columns: by descending document frequency, ties by hash.

    Args:
        counts: hashes and document frequencies.
        most: maximum number of n-grams; `None`: no limit.
    """
    hashes, texts = counts
    order = np.lexsort((hashes, -texts.astype(np.int64)))[: MOST_COLUMNS if most is None else most]
    return hashes[order], texts[order]
