"""Arguments of an estimator's `fit` other than the data."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Protocol, TypedDict

from malmoi.foundation.progress import Progress

__all__ = ["EpochCallback", "FitOptions"]


class EpochCallback(Protocol):
    """A Keras callback with `on_epoch_end`."""

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float] | None = None) -> object:
        """Handle the end of an epoch."""


class FitOptions(TypedDict):
    """Options of models with epochs, and the progress callback."""

    checkpoint: str | os.PathLike[str] | None
    callbacks: Sequence[EpochCallback]
    progress: Progress
