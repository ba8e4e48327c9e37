"""Unlabelled texts without those that a model is measured on."""

from __future__ import annotations

from collections.abc import Sequence

from malmoi import _core
from malmoi.data.texts import as_texts
from malmoi.foundation.threads import thread_count

__all__ = ["without_texts"]

BLOCK = 1 << 17
"""Unlabelled texts that are compared at once, which bounds the memory of the comparison."""


def without_texts(unlabelled: Sequence[str], held_out: Sequence[str]) -> tuple[list[str], int]:
    """Return the unlabelled texts that equal no held-out text, and how many were removed.

    Texts are equal as `Corpus.split` compares them: in lower case and in composed form (NFC), with every run of white
    space as one space and none at the ends. Empty texts are removed and counted too. Texts that equal each other alone
    are all kept, in their order.

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
    texts, excluded = as_texts(unlabelled), ["", *as_texts(held_out)]
    kept: list[str] = []
    step = max(BLOCK, 4 * len(excluded))  # the excluded texts are read again for every block
    for start in range(0, len(texts), step):
        block = texts[start : start + step]
        firsts = _core.first_equals(excluded + block, thread_count())[len(excluded) :]
        kept += [text for text, first in zip(block, firsts, strict=True) if first >= len(excluded)]
    return kept, len(texts) - len(kept)
