"""What `fit` of an estimator is given of a run beside the data."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Protocol, TypedDict

from malmoi.foundation.progress import Progress

__all__ = ["EpochCallback", "FitOptions"]


class EpochCallback(Protocol):
    """A callback of Keras, by what it is asked for after every epoch."""

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float] | None = None) -> object:
        """Look at an epoch that is over."""


class FitOptions(TypedDict):
    """Options of models that are trained in epochs, and the progress callback."""

    checkpoint: str | os.PathLike[str] | None
    callbacks: Sequence[EpochCallback]
    progress: Progress
