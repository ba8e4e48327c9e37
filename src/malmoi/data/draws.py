"""Nested random subsets of labelled texts: each larger subset contains the smaller ones."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from malmoi.data.coded_labels import AnyLabels, CodedSets

__all__ = ["nested_order"]


def nested_order(labels: AnyLabels, random: np.random.Generator, *, balanced: bool = False) -> npt.NDArray[np.int64]:
    """Return a random order of all samples whose prefixes are stratified subsets, int64 (samples,).

    The first n samples are the subset of size n, so the subset of 20 is part of the subset of 50. A subset of at least
    as many samples as there are classes has a sample of each class.

    Args:
        labels: one or several per sample; with several, a sample counts for the rarest of its labels.
        random: random number generator.
        balanced: whether each class has the same number of samples in every subset, or all its samples if it has fewer;
            otherwise subsets keep the class proportions.

    Source:
        Sainte-Laguë's method: no class has fewer samples in a larger subset.

    Example:
        >>> from malmoi.data.label_forms import labels_of
        >>> order = nested_order(labels_of(["a"] * 6 + ["b"] * 3), np.random.default_rng(0))
        >>> np.bincount(order[:3] // 6).tolist()  # two of the first class, one of the second
        [2, 1]
    """
    order = random.permutation(len(labels))
    drawn = labels.take(order)
    strata = drawn.strata()
    counts = np.bincount(strata)
    by_stratum = np.argsort(strata, kind="stable")
    ranks = np.empty(len(order))
    ranks[by_stratum] = np.arange(len(order)) - np.repeat(np.cumsum(counts) - counts, counts)
    keys = ranks if balanced else (ranks + 0.5) / counts[strata]
    keys[_first_of_each(drawn)] = -1.0
    return order[np.argsort(keys, kind="stable")]


def _first_of_each(labels: AnyLabels) -> npt.NDArray[np.int64]:
    """Return the first sample of each class."""
    entries = np.unique(labels.codes, return_index=True)[1]
    return labels.owners[entries] if isinstance(labels, CodedSets) else entries
