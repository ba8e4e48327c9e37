"""Held-out parts of the training texts, on which penalty and calibration are chosen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from malmoi import _core

__all__ = ["Fold", "folds_of"]

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


def folds_of(texts: list[str], strata: npt.NDArray[np.integer], seed: int, threads: int) -> list[Fold]:
    """Return stratified folds, equal texts in the same one; none where there are too few texts.

    Args:
        texts: training texts.
        strata: (samples,), the class of each.
        seed: random seed.
        threads: how many work.
    """
    counts = np.bincount(strata)
    if len(texts) < LEAST_TEXTS and counts[counts > 0].min(initial=FOLDS) < 2:
        return []
    number = min(FOLDS, len(texts))
    if number < 2:
        return []
    random = np.random.default_rng(seed)
    order = random.permutation(len(texts))
    order = order[np.argsort(strata[order], kind="stable")]
    fold = np.empty(len(texts), dtype=np.int64)
    fold[order] = np.arange(len(texts)) % number
    fold = fold[np.asarray(_core.first_equals(texts, threads), dtype=np.int64)]
    used = range(1) if len(texts) >= TEXTS_FOR_ONE_FOLD else range(number)
    parts = [Fold(np.flatnonzero(fold != one), np.flatnonzero(fold == one)) for one in used]
    return [part for part in parts if len(part.training) and len(part.held_out)]
