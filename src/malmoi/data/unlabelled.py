"""Removal of held-out texts from unlabelled texts."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import compress

import numpy as np
import numpy.typing as npt

from malmoi import _core
from malmoi.data.texts import text_list
from malmoi.foundation.threads import thread_count

__all__ = ["are_among", "without_texts"]

BLOCK = 1 << 17
"""Number of texts compared at once, which bounds memory."""


def are_among(texts: list[str], others: list[str]) -> npt.NDArray[np.bool_]:
    """Return a mask bool (texts,) of the texts that equal one of the others after normalization.

    As in `Corpus.split`, texts are compared in lower case and NFC, with runs of white space as one space and none at
    the ends.

    Args:
        texts: str without lone surrogates.
        others: the same.
    """
    found = np.empty(len(texts), dtype=np.bool_)
    step = max(BLOCK, 4 * len(others))  # the others are read again for every block
    for start in range(0, len(texts), step):
        firsts = _core.first_equals(others + texts[start : start + step], thread_count())
        found[start : start + step] = np.asarray(firsts[len(others) :]) < len(others)
    return found


def without_texts(unlabelled: Sequence[str], held_out: Sequence[str]) -> tuple[list[str], int]:
    """Return the unlabelled texts that equal no held-out text, and the number of removed texts.

    Texts are compared after normalization, as in `are_among`. Empty texts are removed and counted too. Duplicates among
    the unlabelled texts are kept, in their order.

    Args:
        unlabelled: texts to train on without labels.
        held_out: texts of the validation or test set.

    Raises:
        TypeError: an argument is a single str or not a list, or an item is not a str.
        ValueError: a text contains a lone surrogate.

    Example:
        >>> without_texts(["So  good!", "fine", " ", "fine"], ["so good!"])
        (['fine', 'fine'], 2)
    """
    texts = text_list(unlabelled)
    kept = list(compress(texts, (~are_among(texts, ["", *text_list(held_out)])).tolist()))
    return kept, len(texts) - len(kept)
