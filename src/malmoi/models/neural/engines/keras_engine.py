"""Training epochs with `keras.Model.fit`, on any backend: the slow reference for tests of the fast loop."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from malmoi.errors import MalmoiError
from malmoi.foundation.imports import import_keras
from malmoi.foundation.validation import shorten
from malmoi.models.history import EpochRow
from malmoi.models.neural.checkpoint import Copies
from malmoi.models.neural.engines.held_out import as_input
from malmoi.models.neural.engines.objective import Objective
from malmoi.models.neural.samples import Samples
from malmoi.models.neural.settings import TrainingSettings

if TYPE_CHECKING:
    import keras

__all__ = ["KerasEngine"]

Logs: TypeAlias = dict[str, float]


class KerasEngine:
    """Runs epochs by `keras.Model.fit`."""

    def __init__(
        self,
        model: keras.Model,
        training: Samples,
        validation: Samples | None,
        settings: TrainingSettings,
        objective: Objective,
        callbacks: Sequence[keras.callbacks.Callback],
    ) -> None:
        self.model, self.training, self.settings = model, training, settings
        self.figure = objective.metric
        self.held_out = None if validation is None else (as_input(validation.inputs), validation.targets)
        self.callbacks = callbacks
        model.optimizer.build(model.trainable_variables)

    def run(self, epoch: int) -> tuple[EpochRow, int | None]:
        """Train one epoch."""
        training, order = self.training, self.settings.order(epoch, self.training)
        batch_callback = _batch_callback(self.callbacks)
        seen = self.model.fit(
            as_input([array[order] for array in training.inputs]),
            training.targets[order],
            sample_weight=None if training.weights is None else training.weights[order],
            batch_size=min(self.settings.batch_size, len(training)),
            shuffle=False,
            verbose=0,
            validation_data=self.held_out,
            callbacks=[batch_callback],
        ).history
        loss, figure, held_out_loss, held_out_figure = (
            float(seen[name][0]) if name in seen else None
            for name in ("loss", self.figure, "val_loss", f"val_{self.figure}")
        )
        figures = {self.figure: figure, f"validation_{self.figure}": held_out_figure}
        row = EpochRow(loss=loss, validation_loss=held_out_loss, **figures)  # type: ignore[arg-type]
        return row, batch_callback.bad_step

    def copies(self, *, whole: bool) -> Copies:
        """Return the model's weights, and with `whole` the optimizer's, by name."""
        return {name: np.array(variable) for name, variable in self._variables(whole).items()}

    def restore(self, values: Copies) -> None:
        """Restore the values of `copies`."""
        variables, copied = self._variables(whole=True), import_keras().ops.copy
        for name, value in values.items():
            # A training step reuses the memory of the variables, and JAX may share the array's memory without a copy.
            variables[name].assign(copied(value))

    def write_model(self) -> None:
        """Do nothing: the model has all weights already."""

    def read_model(self) -> None:
        """Do nothing: the model's weights are used directly."""

    def _variables(self, whole: bool) -> dict[str, keras.Variable]:
        more = self.model.optimizer.variables if whole else []
        weights = {f"model/{number}": variable for number, variable in enumerate(self.model.variables)}
        return weights | {f"optimizer/{number}": variable for number, variable in enumerate(more)}


def _batch_callback(callbacks: Sequence[keras.callbacks.Callback]) -> keras.callbacks.Callback:
    base = import_keras().callbacks.Callback

    class BatchCallback(base):  # type: ignore[misc, valid-type]
        """A callback that checks the loss of every step, and calls the user's callbacks."""

        bad_step: int | None = None

        def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
            """Call the user's callbacks."""
            self._call("on_train_batch_begin", batch, logs)

        def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
            """Check the loss, and call the user's callbacks."""
            if self.bad_step is None and not math.isfinite(float((logs or {}).get("loss", 0.0))):
                self.bad_step = batch + 1
                self.model.stop_training = True
            self._call("on_train_batch_end", batch, logs)

        def _call(self, name: str, batch: int, logs: Logs | None) -> None:
            for callback in callbacks:
                try:
                    getattr(callback, name)(batch, logs)
                except Exception as error:
                    what = f"the callback {type(callback).__name__} failed in step {batch + 1}: {shorten(error)}"
                    raise MalmoiError(f"{what}; the model is unchanged") from error

    return BatchCallback()
