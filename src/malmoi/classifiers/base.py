"""What estimators with a network share: settings, training, copies, files."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from malmoi.errors import DataError, real_number, shorten
from malmoi.estimators import BaseEstimator
from malmoi.evaluation import Objective
from malmoi.history import History
from malmoi.networks import Plan, build_model
from malmoi.progress import Progress
from malmoi.startup import release_memory
from malmoi.training import Forward, Samples, TrainingSettings, fit, forward

if TYPE_CHECKING:
    import keras

__all__ = ["FitOptions", "NetworkEstimator", "share_of", "stratified_places"]


@dataclass(frozen=True)
class FitOptions:
    """What a call of `fit` says beside the data.

    Args:
        callbacks: of Keras.
        checkpoint: a file from which a training that was cut off goes on.
        progress: hears how far each step is.
    """

    callbacks: Sequence[Any]
    checkpoint: str | os.PathLike[str] | None
    progress: Progress

    def __post_init__(self) -> None:
        if not isinstance(self.callbacks, Sequence) or isinstance(self.callbacks, str):
            raise TypeError(f"callbacks must be a list of keras.callbacks.Callback, got {shorten(self.callbacks)}")
        for place, callback in enumerate(self.callbacks):
            if not hasattr(callback, "on_epoch_end"):
                raise TypeError(f"callbacks[{place}] must be a keras.callbacks.Callback, got {shorten(callback)}")


class NetworkEstimator(BaseEstimator):  # type: ignore[misc]
    """A scikit-learn estimator whose learned part is a Keras model."""

    network_: keras.Model
    history_: History
    settings_: dict[str, Any]
    optimizer: str
    learning_rate: float | None
    epochs: int
    batch_size: int
    patience: int | None
    precision: str
    seed: int

    def _learned_plan(self) -> Plan:
        """The shapes of the network that was learned."""
        raise NotImplementedError

    def _training_settings(self, embedding_learning_rate: float | None = None) -> TrainingSettings:
        return TrainingSettings(
            self.optimizer, self.learning_rate, self.epochs, self.batch_size, self.seed, self.patience,
            embedding_learning_rate,
        )  # fmt: skip

    def _train(
        self, model: keras.Model, training: Samples, validation: Samples | None, settings: TrainingSettings,
        objective: Objective, options: FitOptions,
    ) -> dict[str, Any]:  # fmt: skip
        """Train a model; the learned attributes."""
        release_memory()
        history = fit(
            model, training, validation, settings, objective, callbacks=options.callbacks,
            checkpoint=options.checkpoint, progress=options.progress,
        )  # fmt: skip
        answer = forward(model)
        release_memory()
        return {"network_": model, "_forward": answer, "history_": history}

    def _take_learned(self, learned: dict[str, Any]) -> None:
        """All at once: a fit that fails leaves the old model whole."""
        self.__dict__.update(learned, settings_=self.get_params(deep=False))

    def _take_network(self, model: keras.Model) -> None:
        self.network_ = model
        self._forward: Forward = forward(model)

    def _write(self, path: str | os.PathLike[str], overwrite: bool, examples: Sequence[Any]) -> Path:
        from malmoi.storage import save

        return save(self, path, overwrite=overwrite, examples=examples)

    def _check_is_fitted(self) -> None:
        if not hasattr(self, "network_"):
            from sklearn.exceptions import NotFittedError

            raise NotFittedError(f"this {type(self).__name__} has learned nothing yet; call fit first")

    def __sklearn_is_fitted__(self) -> bool:
        """Whether `fit` was called."""
        return hasattr(self, "network_")

    def __getstate__(self) -> dict[str, Any]:
        """Copies and pickles hold the network's weights; the network is built again."""
        state = {name: value for name, value in super().__getstate__().items() if name != "_forward"}
        if "network_" in state:
            state["network_"] = self.network_.get_weights()
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Build the network again, and give it its weights."""
        weights = state.pop("network_", None)
        super().__setstate__(state)
        if weights is not None:
            network = build_model(self._learned_plan())
            network.set_weights(weights)
            self._take_network(network)


def share_of(validation: object) -> float | None:
    """The share of the training data that `validation` asks for; `None` where it asks for something else.

    Raises:
        ValueError: it is a number that is no share.
    """
    if isinstance(validation, bool) or not isinstance(validation, int | float | np.integer | np.floating):
        return None
    share = real_number("validation", validation)
    if not 0 < share < 1:
        raise ValueError(f"validation must be data, or a share between 0 and 1, got {share}")
    return share


def stratified_places(
    targets: npt.NDArray[Any], share: float, seed: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Where the samples of training and of validation stand; each class, if these are any, gives its share.

    Raises:
        DataError: nothing would be left on one side.
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
        raise DataError(f"validation must be 1 sample or more, got {share} of {len(targets)}; give more samples")
    return training, validation
