"""Common parts of fitting networks: options of `fit`, training, validation splits."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from malmoi.errors import DataError
from malmoi.foundation.imports import release_memory
from malmoi.foundation.progress import Progress
from malmoi.foundation.validation import real_number, shorten
from malmoi.models.history import History
from malmoi.models.neural.engines.objective import Objective
from malmoi.models.neural.network import TrainedNetwork
from malmoi.models.neural.networks import Plan
from malmoi.models.neural.samples import Samples
from malmoi.models.neural.settings import TrainingSettings
from malmoi.models.neural.training import fit
from malmoi.models.task import Task

if TYPE_CHECKING:
    import keras

__all__ = [
    "KEPT_EXAMPLES",
    "FitOptions",
    "TrainingData",
    "share_of",
    "stratified_places",
    "trained_network",
]

KEPT_EXAMPLES = 4
"""Training samples that `save` keeps with their predictions."""


@dataclass(frozen=True)
class FitOptions:
    """Arguments of `fit` other than the data.

    Args:
        callbacks: Keras callbacks.
        checkpoint: file from which an interrupted training is resumed.
        progress: progress callback, called with the step's name, the number done and the total.
    """

    callbacks: Sequence[keras.callbacks.Callback]
    checkpoint: str | os.PathLike[str] | None
    progress: Progress

    def __post_init__(self) -> None:
        if not isinstance(self.callbacks, Sequence) or isinstance(self.callbacks, str):
            raise TypeError(f"callbacks must be a list of keras.callbacks.Callback, got {shorten(self.callbacks)}")
        for place, callback in enumerate(self.callbacks):
            if not hasattr(callback, "on_epoch_end"):
                raise TypeError(f"callbacks[{place}] must be a keras.callbacks.Callback, got {shorten(callback)}")


@dataclass(frozen=True)
class TrainingData:
    """Data for training a network.

    Args:
        training: training set.
        validation: validation set, evaluated after every epoch.
        task: the task.
    """

    training: Samples
    validation: Samples | None
    task: Task


def trained_network(
    plan: Plan, model: keras.Model, data: TrainingData, settings: TrainingSettings, options: FitOptions
) -> tuple[TrainedNetwork, History]:
    """Train a Keras model, and return the network with its history."""
    release_memory()
    history = fit(
        model,
        data.training,
        data.validation,
        settings,
        Objective.of(data.task),
        callbacks=options.callbacks,
        checkpoint=options.checkpoint,
        progress=options.progress,
    )
    network = TrainedNetwork.of_model(plan, model)
    release_memory()
    return network, history


def share_of(validation: object) -> float | None:
    """Return the share of the training data to hold out for validation; `None` if `validation` is something else.

    Raises:
        ValueError: it is a number that is not between 0 and 1.
    """
    if isinstance(validation, bool) or not isinstance(validation, int | float | np.integer | np.floating):
        return None
    share = real_number("validation", validation)
    if not 0 < share < 1:
        raise ValueError(f"validation must be data, or a share between 0 and 1, got {share}")
    return share


def stratified_places(
    targets: npt.NDArray[np.generic], share: float, seed: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return indices of a training and a validation set, stratified by class if there are classes.

    Raises:
        DataError: the validation set would be empty.
    """
    random = np.random.default_rng(seed)
    groups = targets if targets.ndim == 1 and targets.dtype.kind == "i" else np.zeros(len(targets), dtype=np.int32)
    held_out = []
    for group in np.unique(groups):
        places = random.permutation(np.flatnonzero(groups == group))
        held_out.append(places[: min(round(share * len(places)), len(places) - 1)])
    validation = random.permutation(np.concatenate(held_out))
    training = random.permutation(np.setdiff1d(np.arange(len(targets)), validation))
    if not len(validation):
        rule = f"validation must have 1 sample or more, got a share of {share} of {len(targets)}"
        raise DataError(f"{rule}; pass more samples")
    return training, validation
