"""Texts in batches of bounded size, as the core takes them."""

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
"""A batch has not much more than this (a column: bytes), so that its tokens can be numbered by 32 bits, and an
interrupt is noticed."""


def batches(texts: Texts) -> list[Texts]:
    """Cut texts into batches of bounded size; one empty batch where there are none."""
    return [texts[start:end] for start, end in pairwise(_cuts(texts))]


def _cuts(texts: Texts) -> list[int]:
    if not isinstance(texts, list):
        return texts.cuts(most_texts=TEXTS_TOGETHER, most_bytes=CHARACTERS_TOGETHER)
    if len(texts) <= TEXTS_TOGETHER and sum(map(len, texts)) <= CHARACTERS_TOGETHER:
        return [0, len(texts)]
    cuts, characters = [0], 0
    for place, text in enumerate(texts):
        characters += len(text)
        if place + 1 - cuts[-1] >= TEXTS_TOGETHER or characters >= CHARACTERS_TOGETHER:
            cuts.append(place + 1)
            characters = 0
    if cuts[-1] < len(texts):
        cuts.append(len(texts))
    return cuts


def count_batches(add: Callable[[Texts], None], prepared: list[Texts], progress: Progress, doing: str) -> None:
    """Hand every batch to the core, and say how many texts are done."""
    done, total = 0, sum(map(len, prepared))
    for batch in prepared:
        add(batch)
        done += len(batch)
        progress(doing, done, total)


@contextmanager
def whole_or_refused(tally: _core.GramTally | _core.TokenTally) -> Iterator[None]:
    """Refuse a tally from now on where work ends early after texts were counted: else they might be counted twice."""
    before = tally.texts
    try:
        yield
    except BaseException:
        if tally.texts > before:
            tally.lose()
        raise
