"""Predictions for many texts or series, in batches."""

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
"""Maximum number of characters of texts, or steps of series, per batch."""


@dataclass(frozen=True)
class Request:
    """The input of an evaluation.

    Args:
        model: a fitted model of texts or series.
        inputs: texts or series; 1 or more.
        labels: one per input, in a form that the task of the model accepts.
        seed: random seed of the bootstrap resamples.
        progress: progress callback, called with the step's name, the number done and the total.
        reject_below: probability below which labels are rejected; `None`: no rejection.
        name: returns the display name of the input at an index in the list of mistakes; by default the input itself.
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
        """The task of a classification model.

        Raises:
            AttributeError: it is a regression model.
        """
        task = self.model.task
        if not isinstance(task, Classification):
            raise AttributeError(f"a model of {type(task).__name__} has no classes and no probabilities")
        return task

    def shown(self, position: int) -> str:
        """Return the display name of an input."""
        return str(self.inputs[position]) if self.name is None else self.name(position)


def input_batches(request: Request) -> Iterator[tuple[slice, Inputs]]:
    """Yield the slice of each batch and its inputs; call the progress callback."""
    start, total = 0, len(request.inputs)
    while start < total:
        stop, characters = start, 0
        while stop < min(total, start + INPUTS_TOGETHER) and characters < CHARACTERS_TOGETHER:
            characters += len(request.inputs[stop])
            stop += 1
        yield slice(start, stop), request.inputs[start:stop]
        request.progress("predicting", stop, total)
        start = stop
