"""Draws of labelled texts, of which each larger one holds the smaller ones."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from malmoi.data.coded_labels import AnyLabels, CodedSets

__all__ = ["nested_order"]


def nested_order(labels: AnyLabels, random: np.random.Generator, *, balanced: bool = False) -> npt.NDArray[np.int64]:
    """Return all samples in a random order of which every beginning is a draw with all classes, int64 (samples,).

    The first n samples are the draw of n; so the draw of 20 is part of the draw of 50. A draw of as many samples as
    there are classes or more has a sample of each.

    Args:
        labels: of each sample, one or several; with several, a sample counts for the rarest of its labels.
        random: what the order is drawn from.
        balanced: whether each class has the same number of samples in every beginning, as far as it has so many;
            otherwise it has its share of all samples.

    Source:
        Shares by the quotients of Sainte-Laguë's method, so that no class has fewer samples in a larger draw.

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
    """Samples that have all classes together: the first one of each."""
    entries = np.unique(labels.codes, return_index=True)[1]
    return labels.owners[entries] if isinstance(labels, CodedSets) else entries
