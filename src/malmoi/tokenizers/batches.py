"""Batches of texts of bounded size for the core."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise

from malmoi import _core
from malmoi.data.texts import Texts
from malmoi.foundation.progress import Progress

__all__ = ["batches", "count_batches", "whole_or_refused"]

TEXTS_TOGETHER = 1_000_000


CHARACTERS_TOGETHER = 64_000_000
"""Approximate size of a batch (for a column in bytes): tokens can be numbered with 32 bits, and interrupts are handled
between batches."""


def batches(texts: Texts) -> list[Texts]:
    """Split texts into batches of bounded size; no texts give one empty batch."""
    return [texts[start:end] for start, end in pairwise(_cuts(texts))]


def _cuts(texts: Texts) -> list[int]:
    if not isinstance(texts, list):
        return texts.cuts(most_texts=TEXTS_TOGETHER, most_bytes=CHARACTERS_TOGETHER)
    if len(texts) <= TEXTS_TOGETHER and sum(map(len, texts)) <= CHARACTERS_TOGETHER:
        return [0, len(texts)]
    cuts, characters = [0], 0
    for end, text in enumerate(texts, start=1):
        characters += len(text)
        if end - cuts[-1] >= TEXTS_TOGETHER or characters >= CHARACTERS_TOGETHER:
            cuts.append(end)
            characters = 0
    if cuts[-1] < len(texts):
        cuts.append(len(texts))
    return cuts


def count_batches(add: Callable[[Texts], None], prepared: list[Texts], progress: Progress, doing: str) -> None:
    """Add every batch to a tally of the core, and call the progress callback after each."""
    done, total = 0, sum(map(len, prepared))
    for batch in prepared:
        add(batch)
        done += len(batch)
        progress(doing, done, total)


@contextmanager
def whole_or_refused(tally: _core.GramTally | _core.TokenTally) -> Iterator[None]:
    """Invalidate a tally if counting is interrupted after texts were added, so that they cannot be counted twice."""
    before = tally.texts
    try:
        yield
    except BaseException:
        if tally.texts > before:
            tally.lose()
        raise
