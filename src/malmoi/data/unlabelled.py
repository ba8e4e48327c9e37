"""Unlabelled texts without those that a model is measured on."""

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
"""Texts that are compared at once, which bounds the memory of the comparison."""


def are_among(texts: list[str], others: list[str]) -> npt.NDArray[np.bool_]:
    """Return whether each text equals one of the others, bool (texts,), as `Corpus.split` compares texts.

    Texts are compared in lower case and in composed form (NFC), with every run of white space as one space and none at
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
    """Return the unlabelled texts that equal no held-out text, and how many were removed.

    Texts are equal as `are_among` compares them. Empty texts are removed and counted too. Texts that equal each other
    alone are all kept, in their order.

    Args:
        unlabelled: texts to learn from without labels.
        held_out: texts that a model is measured on.

    Raises:
        TypeError: one of them is one str or no list, or an item is no str.
        ValueError: a text holds half a character (a lone surrogate).

    Example:
        >>> without_texts(["So  good!", "fine", " ", "fine"], ["so good!"])
        (['fine', 'fine'], 2)
    """
    texts = text_list(unlabelled)
    kept = list(compress(texts, (~are_among(texts, ["", *text_list(held_out)])).tolist()))
    return kept, len(texts) - len(kept)
