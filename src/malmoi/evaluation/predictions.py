"""Predictions for many texts, a batch at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from malmoi.foundation.progress import Progress, silent
from malmoi.models.base import FittedModel

__all__ = ["Request", "text_batches"]

TEXTS_TOGETHER = 8_192
CHARACTERS_TOGETHER = 16_000_000


@dataclass(frozen=True)
class Request:
    """What is evaluated.

    Args:
        model: a fitted model of texts.
        texts: 1 or more.
        labels: as many, in a form that the task of the model takes.
        seed: random seed of the resamples of intervals.
        progress: progress callback.
        reject_below: probability below which labels are rejected; `None`: none is.
    """

    model: FittedModel
    texts: list[str]
    labels: Any
    seed: int = 0
    progress: Progress = silent
    reject_below: float | None = None


def text_batches(request: Request) -> Iterator[tuple[slice, list[str]]]:
    """Yield where a batch stands among the texts, and the batch; tell how far the work is."""
    start, total = 0, len(request.texts)
    while start < total:
        stop, characters = start, 0
        while stop < min(total, start + TEXTS_TOGETHER) and characters < CHARACTERS_TOGETHER:
            characters += len(request.texts[stop])
            stop += 1
        yield slice(start, stop), request.texts[start:stop]
        request.progress("predicting", stop, total)
        start = stop
