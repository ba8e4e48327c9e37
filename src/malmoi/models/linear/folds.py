"""Cross-validation folds of the training texts, on which penalty and calibration are chosen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from malmoi import _core
from malmoi.data.texts import Texts

__all__ = ["Fold", "Places", "folds_of", "stratified_folds", "with_every_class"]

Places = npt.NDArray[np.int64]
FOLDS = 5
TEXTS_FOR_ONE_FOLD = 50_000
"""Number of texts from which one fold is held out instead of each in turn, as it is large enough."""
LEAST_TEXTS = 10


@dataclass(frozen=True)
class Fold:
    """One split into training and held-out samples.

    Args:
        training: int64 (n,), indices of the training samples.
        held_out: int64 (m,), indices of the held-out samples.
    """

    training: Places
    held_out: Places


def folds_of(texts: Texts, strata: npt.NDArray[np.integer], seed: int, threads: int) -> list[Fold]:
    """Return stratified folds, with equal texts in the same fold; an empty list if there are too few texts.

    Args:
        texts: training texts.
        strata: (samples,), class of each text.
        seed: random seed.
        threads: number of threads.
    """
    first = np.asarray(_core.first_equals(texts, threads), dtype=np.int64)
    return stratified_folds(first, strata, seed)


def stratified_folds(
    groups: Places,
    strata: npt.NDArray[np.integer],
    seed: int,
    *,
    samples_for_one_fold: int = TEXTS_FOR_ONE_FOLD,
    parts: int = FOLDS,
) -> list[Fold]:
    """Return stratified folds; an empty list if there are too few samples.

    Args:
        groups: int64 (samples,), index of the first sample of the group that must stay in one fold.
        strata: (samples,), class of each sample.
        seed: random seed.
        samples_for_one_fold: number of samples from which one fold is held out instead of each in turn.
        parts: number of folds, if there are as many samples.
    """
    samples = len(strata)
    counts = np.bincount(strata)
    if samples < LEAST_TEXTS and counts[counts > 0].min(initial=FOLDS) < 2:
        return []
    number = min(parts, samples)
    if number < 2:
        return []
    random = np.random.default_rng(seed)
    order = random.permutation(samples)
    order = order[np.argsort(strata[order], kind="stable")]
    fold = np.empty(samples, dtype=np.int64)
    fold[order] = np.arange(samples) % number
    fold = fold[groups]
    used = range(1) if samples >= samples_for_one_fold else range(number)
    folds = [Fold(np.flatnonzero(fold != one), np.flatnonzero(fold == one)) for one in used]
    return [one for one in folds if len(one.training) and len(one.held_out)]


def with_every_class(
    folds: list[Fold], strata: npt.NDArray[np.integer], weights: npt.NDArray[np.floating]
) -> list[Fold]:
    """Return the folds whose training part has every class, and a positive total weight.

    Args:
        folds: folds of the samples.
        strata: (samples,), class of each sample.
        weights: (samples,), sample weights.
    """
    every = len(np.unique(strata))
    return [fold for fold in folds if len(np.unique(strata[fold.training])) == every and weights[fold.training].any()]
