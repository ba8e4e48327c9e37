"""Detection of duplicate and near-duplicate texts."""

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
"""Lowest Jaccard similarity of near duplicates."""
LEAST_THRESHOLD = 0.5
"""Lowest threshold allowed; below it too many pairs would be missed."""

Places = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class SimilarTexts:
    """Groups of similar texts, and the most similar earlier text of each.

    Attributes:
        groups: int64 (samples,), index of the first text of each text's group; the text's own index if no other text
            is similar. Groups are the connected components of the similar pairs.
        equal_groups: int64 (samples,), the same for equal texts only.
        texts: int64 (pairs,), indices of the texts that have an earlier similar text, ascending.
        earlier: int64 (pairs,), index of the most similar earlier text found; for a text after the first `first` ones,
            a similar text among these is preferred.
        similarities: float32 (pairs,), Jaccard similarity of their features, above the threshold; 1.0 if the features
            are the same.
        equal: bool (pairs,), whether both are equal after normalization of case, white space and composition (NFC);
            otherwise near duplicates, also at similarity 1.0, with other punctuation or word order.
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
    """Find duplicates and near duplicates of earlier texts.

    The features of a text are its distinct words in lower case, without punctuation and apostrophes; for Korean,
    Chinese and Japanese all character bigrams inside words, for Thai, Lao, Khmer and Burmese all character trigrams.
    Two texts are near duplicates if they have the same features, or if they share s of u distinct ones and
    s >= threshold * (u + 2). The 2 separates short texts: "this is good" and "this is not good" share 3 of 4 words.
    Case, punctuation, white space and word order are ignored. Texts without a letter or a digit can be equal, but
    never near duplicates.

    All pairs are verified, so none below the threshold is returned. Texts with the same features are always found;
    other pairs are found if their sketches (80 values in 20 bands) agree in a band, with probability 0.94 at a
    similarity of 0.6, 0.996 at 0.7 and 1.0 from 0.8 on. The sketches of long texts ignore words that occur in more than
    5 % of the texts, so this probability depends on the similarity of the other words. The work per text is bounded:
    if many texts are similar, only the earlier texts with the most similar sketches are compared.

    Args:
        texts: texts to compare; for a split, first the training texts, then the validation texts.
        threshold: lowest Jaccard similarity of near duplicates; 0.5 to 1.0.
        first: number of training texts. A validation text is then paired with a similar training text, if there is
            one, even if another validation text is more similar. All texts if not given.
        n_jobs: number of threads; all cores if not given. The result does not depend on it.

    Raises:
        TypeError: texts are a single str or not a list, or a setting is not a number.
        ValueError: a text contains a lone surrogate, or a setting is out of range.

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
