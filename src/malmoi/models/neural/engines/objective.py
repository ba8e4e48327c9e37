"""The training loss and its metric, on JAX and in Keras."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from malmoi.foundation.imports import import_keras
from malmoi.models.task import Loss, Task

if TYPE_CHECKING:
    import jax
    import keras

__all__ = ["Objective"]


@dataclass(frozen=True)
class Objective:
    """A loss and the metric that is reported with it.

    Args:
        loss: "binary_crossentropy" and "sparse_categorical_crossentropy" with accuracy, "mean_squared_error" with the
            mean absolute error.
        scale: (targets,), unit of each target, by which the error is multiplied.
    """

    loss: Loss
    scale: tuple[float, ...] = ()

    @classmethod
    def of(cls, task: Task) -> Objective:
        """Return the objective of a task."""
        return cls(task.loss, task.target_units)

    @property
    def is_error(self) -> bool:
        """Whether the metric is an error, not an accuracy."""
        return self.loss == "mean_squared_error"

    @property
    def metric(self) -> Literal["error", "accuracy"]:
        """Name of the metric in a history."""
        return "error" if self.is_error else "accuracy"

    def keras_loss(self) -> keras.losses.Loss:
        """Return the loss for `keras.Model.compile`."""
        losses = import_keras().losses
        if self.is_error:
            return losses.MeanSquaredError()
        return (
            losses.BinaryCrossentropy()
            if self.loss == "binary_crossentropy"
            else losses.SparseCategoricalCrossentropy()
        )

    def keras_metric(self) -> keras.metrics.Metric | str:
        """Return the metric for `keras.Model.compile`."""
        metrics, ops = import_keras().metrics, import_keras().ops
        if self.loss == "sparse_categorical_crossentropy":
            return "accuracy"
        if self.loss == "binary_crossentropy":
            return metrics.BinaryAccuracy(name="accuracy")
        scale = np.asarray(self.scale, dtype=np.float32)

        def error(targets: jax.Array, outputs: jax.Array) -> jax.Array:
            return ops.mean(ops.abs(targets - outputs) * scale, axis=-1)

        return metrics.MeanMetricWrapper(error, name="error")

    def sums(
        self,
        outputs: jax.Array,
        targets: jax.Array,
        weights: jax.Array | float,
        real: jax.Array,
        penalty: jax.Array | float = 0.0,
    ) -> jax.Array:
        """Return loss and metric summed over the real samples, float32 (2,).

        The loss is weighted by `weights`; `penalty`, the regularization loss of the model, is added for each sample.
        """
        import jax

        numpy, losses = jax.numpy, import_keras().losses
        if self.is_error:
            loss = numpy.square(outputs - targets).mean(-1)
            metric = (numpy.abs(outputs - targets) * numpy.asarray(self.scale, outputs.dtype)).mean(-1)
        elif self.loss == "binary_crossentropy":
            targets = targets[:, None] if targets.ndim == 1 else targets
            loss = losses.binary_crossentropy(targets, outputs)
            metric = ((outputs > 0.5) == (targets > 0.5)).mean(-1)
        else:
            loss = losses.sparse_categorical_crossentropy(targets, outputs)
            metric = outputs.argmax(-1).astype(targets.dtype) == targets
        return numpy.stack([((loss * weights + penalty) * real).sum(), (metric * real).sum()])
