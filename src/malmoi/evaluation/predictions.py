"""Predictions for many texts or series, a batch at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from malmoi.foundation.progress import Progress, silent
from malmoi.models.base import FittedModel
from malmoi.models.task import Classification

__all__ = ["Inputs", "Request", "input_batches"]

INPUTS_TOGETHER = 8_192
Inputs: TypeAlias = Sequence[str] | Sequence[npt.NDArray[np.float32]]
CHARACTERS_TOGETHER = 16_000_000
"""Characters of texts, or steps of series."""


@dataclass(frozen=True)
class Request:
    """What is evaluated.

    Args:
        model: a fitted model of texts or series.
        inputs: texts or series; 1 or more.
        labels: as many, in a form that the task of the model takes.
        seed: random seed of the resamples of intervals.
        progress: progress callback.
        reject_below: probability below which labels are rejected; `None`: none is.
        name: what stands for the input at a position in the list of mistakes; the input itself, if not given.
    """

    model: FittedModel
    inputs: Inputs
    labels: object
    seed: int = 0
    progress: Progress = silent
    reject_below: float | None = None
    name: Callable[[int], str] | None = None

    @property
    def classification(self) -> Classification:
        """The task of a model that predicts labels.

        Raises:
            AttributeError: the model predicts numbers.
        """
        task = self.model.task
        if not isinstance(task, Classification):
            raise AttributeError(f"a model of {type(task).__name__} has no classes and no probabilities")
        return task

    def shown(self, position: int) -> str:
        """Return what stands for an input in the list of mistakes."""
        return str(self.inputs[position]) if self.name is None else self.name(position)


def input_batches(request: Request) -> Iterator[tuple[slice, Inputs]]:
    """Yield where a batch stands among the inputs, and the batch; tell how far the work is."""
    start, total = 0, len(request.inputs)
    while start < total:
        stop, characters = start, 0
        while stop < min(total, start + INPUTS_TOGETHER) and characters < CHARACTERS_TOGETHER:
            characters += len(request.inputs[stop])
            stop += 1
        yield slice(start, stop), request.inputs[start:stop]
        request.progress("predicting", stop, total)
        start = stop
