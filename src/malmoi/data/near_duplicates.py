"""Texts that equal earlier texts, or nearly do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from malmoi import _core
from malmoi.data.texts import as_texts
from malmoi.foundation.threads import thread_count
from malmoi.foundation.validation import check_number, real_number

__all__ = ["LEAST_THRESHOLD", "NEAR_THRESHOLD", "SimilarTexts", "similar_texts"]

NEAR_THRESHOLD = 0.7
"""Jaccard similarity from which texts are near duplicates."""
LEAST_THRESHOLD = 0.5
"""Below it too many pairs are not found."""

Places = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class SimilarTexts:
    """Groups of similar texts, and for each text the most similar earlier one.

    Attributes:
        groups: int64 (samples,), place of the first text of the group that each text belongs to; its own place where
            no other text is similar to it. A group holds what is linked by similar pairs, one after the other.
        equal_groups: int64 (samples,), the same for equal texts alone.
        texts: int64 (pairs,), places of the texts that have an earlier similar one, in ascending order.
        earlier: int64 (pairs,), the place of the most similar earlier text that was found; one of the first
            `first` texts where the text stands behind them and such a one is similar.
        similarities: float32 (pairs,), Jaccard similarity of their features, above the threshold; 1.0 where they are
            the same.
        equal: bool (pairs,), whether both are equal but for case, white space and composition (NFC); else they are near
            duplicates, also at similarity 1.0: other punctuation or another order.
    """

    groups: Places
    equal_groups: Places
    texts: Places
    earlier: Places
    similarities: npt.NDArray[np.float32]
    equal: npt.NDArray[np.bool_]


def similar_texts(
    texts: Sequence[str], *, threshold: float = NEAR_THRESHOLD, first: int | None = None, n_jobs: int | None = None
) -> SimilarTexts:
    """Find texts that equal earlier texts, or nearly do.

    Features of a text are its distinct words in lower case, without punctuation and apostrophes; of Korean, Chinese and
    Japanese all pairs of neighbouring characters inside words, of Thai, Lao, Khmer and Burmese all triples. Two texts
    are near duplicates if they have the same features, or if they share s of u distinct ones and
    s >= threshold * (u + 2). The 2 keeps short texts apart: "this is good" and "this is not good" share 3 of 4 words.
    Case, punctuation, white space and the order of words change nothing. Texts without a letter or a digit are never
    near duplicates, only equal.

    Pairs are verified, so none below the threshold is returned. Texts with the same features are always found; other
    pairs with the probability with which their sketches (80 values in 20 bands) agree in a band: 0.94 at a similarity
    of 0.6, 0.996 at 0.7, 1.0 from 0.8 on. The sketches of long texts leave out the words that more than 5 % of the
    texts have, so it is the similarity of the other words that counts there. The work for a text is bounded: of many
    similar texts, the earlier ones that its sketch resembles most are compared.

    Args:
        texts: to compare; of a split, first the training texts, then the validation texts.
        threshold: Jaccard similarity from which texts are near duplicates; 0.5 to 1.0.
        first: number of training texts. A validation text is then paired with a training text where one is similar,
            even if another validation text is more so. All texts if not given.
        n_jobs: threads; all cores if not given. The result does not depend on it.

    Raises:
        TypeError: texts are one str or no list, or a number is none.
        ValueError: a text holds a lone surrogate, or a number is out of its range.

    Source:
        Fast similarity sketching: Dahlgaard, Knudsen and Thorup 2017. Bands: Indyk and Motwani 1998.

    Example:
        >>> found = similar_texts(["Good movie!!", "A bad one.", "good   movie", "GOOD   MOVIE!!"])
        >>> found.groups.tolist(), found.texts.tolist(), found.earlier.tolist(), found.equal.tolist()
        ([0, 1, 0, 0], [2, 3], [0, 0], [False, True])
    """
    items = as_texts(texts)
    threshold = real_number("threshold", threshold)
    if not LEAST_THRESHOLD <= threshold <= 1:
        raise ValueError(f"threshold must be from {LEAST_THRESHOLD} to 1.0, got {threshold}")
    if first is not None:
        check_number("first", first, 0, len(items))
    equal_groups, groups, earlier, similarities = _core.similar_texts(
        items, threshold=threshold, first=len(items) if first is None else int(first), threads=thread_count(n_jobs)
    )
    paired = np.flatnonzero(earlier >= 0)
    earlier = earlier[paired]
    return SimilarTexts(
        groups=groups,
        equal_groups=equal_groups,
        texts=paired,
        earlier=earlier,
        similarities=similarities[paired],
        equal=equal_groups[paired] == equal_groups[earlier],
    )
