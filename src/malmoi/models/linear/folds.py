"""Held-out parts of the training texts, on which penalty and calibration are chosen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from malmoi import _core
from malmoi.data.texts import Texts

__all__ = ["Fold", "folds_of", "stratified_folds", "with_every_class"]

Places = npt.NDArray[np.int64]
FOLDS = 5
TEXTS_FOR_ONE_FOLD = 50_000
"""From so many texts on, one part is held out instead of each in turn: it is large enough."""
LEAST_TEXTS = 10


@dataclass(frozen=True)
class Fold:
    """One part that is held out.

    Args:
        training: int64 (n,), places of the texts that are learned from.
        held_out: int64 (m,), places of the texts that are measured.
    """

    training: Places
    held_out: Places


def folds_of(texts: Texts, strata: npt.NDArray[np.integer], seed: int, threads: int) -> list[Fold]:
    """Return stratified folds, equal texts in the same one; none where there are too few texts.

    Args:
        texts: training texts.
        strata: (samples,), the class of each.
        seed: random seed.
        threads: how many work.
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
    """Return stratified folds; none where there are too few samples.

    Args:
        groups: int64 (samples,), the place of the first sample with which each has to be in the same fold.
        strata: (samples,), the class of each.
        seed: random seed.
        samples_for_one_fold: from so many samples on, one part is held out instead of each in turn.
        parts: how many folds, where there are as many samples.
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
    """Return the folds whose training part has every class, and a weight above 0.

    Args:
        folds: of the samples.
        strata: (samples,), the class of each.
        weights: (samples,), how much each counts.
    """
    every = len(np.unique(strata))
    return [fold for fold in folds if len(np.unique(strata[fold.training])) == every and weights[fold.training].any()]
