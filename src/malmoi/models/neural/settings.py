"""Settings of the training loop."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from malmoi.foundation.imports import import_keras
from malmoi.foundation.library_changes import bear_name_of_keras
from malmoi.foundation.limits import check_limit
from malmoi.foundation.validation import real_number, shorten, whole_number
from malmoi.models.neural.engines.objective import Objective
from malmoi.models.neural.samples import Samples

if TYPE_CHECKING:
    import jax
    import keras

__all__ = ["OPTIMIZERS", "SCHEDULES", "Schedule", "TrainingSettings", "compile_model"]

OPTIMIZERS = (
    "adadelta",
    "adafactor",
    "adagrad",
    "adam",
    "adamax",
    "adamw",
    "ftrl",
    "lion",
    "nadam",
    "rmsprop",
    "sgd",
)
POOL_BATCHES = 32
SCHEDULES = ("cosine", "constant")
WARMING_UP = 0.05
"""Share of the steps of a "cosine" schedule with an increasing learning rate."""


@dataclass(frozen=True)
class Schedule:
    """A learning rate schedule.

    "cosine": linear warm-up over the first twentieth of the steps, then decay to 0 along half a cosine (Loshchilov and
    Hutter 2017); later steps have the rate of the last one.

    Args:
        kind: one of `SCHEDULES`.
        steps: steps of the whole training; 1 or more.
    """

    kind: str
    steps: int

    def share(self, step: keras.Variable) -> jax.Array:
        """Return the factor of the learning rate in a step, a Keras tensor; steps are counted from 0."""
        ops = import_keras().ops
        warm = max(round(WARMING_UP * self.steps), 1)
        place = ops.cast(step, "float32")
        progress = ops.clip((place - warm) / max(self.steps - warm, 1), 0.0, 1.0 - 1.0 / (self.steps + 1))
        return ops.minimum((place + 1) / warm, 0.5 * (1 + ops.cos(math.pi * progress)))


@dataclass(frozen=True)
class TrainingSettings:
    """Settings of the training loop; the defaults are in the estimators.

    Args:
        optimizer: name of a Keras optimizer.
        learning_rate: above 0; `None`: the optimizer's default.
        epochs: passes over the training data; 1 or more.
        batch_size: samples per step; 1 or more.
        seed: random seed of the order of the samples.
        patience: epochs without a smaller validation loss after which training stops, and the best epoch's weights
            are kept; 1 or more. `None`: all epochs, and the last weights.
        embedding_learning_rate: learning rate of the embedding; `None`: the same as for all other weights.
        schedule: learning rate schedule; `None`: a constant learning rate.
        stepwise: whether each step is a separate program on CPUs, instead of an epoch: inside a loop, XLA's
            convolutions are about ten times slower there.
    Raises:
        TypeError: a setting has the wrong type.
        ValueError: a setting is out of range.
    """

    optimizer: str
    learning_rate: float | None
    epochs: int
    batch_size: int
    seed: int
    patience: int | None
    embedding_learning_rate: float | None
    schedule: Schedule | None = None
    stepwise: bool = False

    def __post_init__(self) -> None:
        if self.optimizer not in OPTIMIZERS:
            raise ValueError(f"optimizer must be one of {', '.join(OPTIMIZERS)}, got {shorten(self.optimizer)}")
        for name in ("learning_rate", "embedding_learning_rate"):
            self._check_rate(name)
        for name in ("epochs", "batch_size", "seed", *(() if self.patience is None else ("patience",))):
            object.__setattr__(self, name, whole_number(name, getattr(self, name)))
        for name in ("epochs", "batch_size", *(() if self.patience is None else ("patience",))):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be 1 or more, got {shorten(getattr(self, name))}")
            check_limit("count", name, getattr(self, name))
        if not 0 <= self.seed < 2**31:
            raise ValueError(f"seed must be from 0 to {2**31 - 1}, got {shorten(self.seed)}")

    def _check_rate(self, name: str) -> None:
        if getattr(self, name) is None:
            return
        rate = real_number(name, getattr(self, name))
        if not 0 < rate < math.inf:
            raise ValueError(f"{name} must be above 0 and finite, got {rate}")
        object.__setattr__(self, name, rate)

    def order(self, epoch: int, samples: Samples) -> npt.NDArray[np.int64]:
        """Return the order of the samples in one epoch; it is the same on every machine.

        If batches are truncated to their longest sample, samples of similar length are batched together: every 32
            batches
        are sorted by width, then the batches are shuffled.
        """
        random = np.random.default_rng((self.seed, epoch))
        order = random.permutation(len(samples))
        if len(samples.widths) == 1:
            return order
        places = samples.width_places()
        pool = self.batch_size * POOL_BATCHES
        for start in range(0, len(order), pool):
            part = order[start : start + pool]
            order[start : start + pool] = part[np.argsort(places[part], kind="stable")]
        whole = len(order) // self.batch_size
        batches = order[: whole * self.batch_size].reshape(whole, self.batch_size)
        return np.concatenate([batches[random.permutation(whole)].reshape(-1), order[whole * self.batch_size :]])

    def fingerprint(self) -> str:
        """Return a str that is equal for equivalent trainings; the number of epochs is ignored without a schedule."""
        values = [(field.name, getattr(self, field.name)) for field in fields(self) if field.name != "epochs"]
        return repr([(name, value) for name, value in values if name not in ("schedule", "stepwise") or value])


def compile_model(model: keras.Model, settings: TrainingSettings, objective: Objective) -> None:
    """Compile the model with its loss, optimizer and metric, as `keras.Model.compile` does."""
    optimizer = import_keras().optimizers.get(settings.optimizer)
    if settings.learning_rate is not None:
        optimizer.learning_rate = settings.learning_rate
    rate, embedding_rate = float(optimizer.learning_rate), settings.embedding_learning_rate
    if embedding_rate is not None or settings.schedule is not None:
        pace = _Pace(embedding_of(model), None if embedding_rate is None else embedding_rate / rate, settings.schedule)
        optimizer = _paced(type(optimizer), pace)(learning_rate=rate)
    model.compile(optimizer=optimizer, loss=objective.keras_loss(), metrics=[objective.keras_metric()])


@dataclass(frozen=True)
class _Pace:
    """Factors of an optimizer's learning rate.

    Args:
        vectors: the variable of the word vectors.
        vectors_share: factor for the word vectors; `None`: 1.
        schedule: learning rate schedule; `None`: constant.
    """

    vectors: keras.Variable | None
    vectors_share: float | None
    schedule: Schedule | None

    def rate(self, rate: jax.Array, variable: keras.Variable, step: keras.Variable) -> jax.Array:
        """Return the learning rate of a variable in a step, from that of the optimizer."""
        if self.schedule is not None:
            rate = rate * self.schedule.share(step)
        return rate * self.vectors_share if self.vectors_share is not None and variable is self.vectors else rate


def _paced(kind: type[keras.Optimizer], pace: _Pace) -> type[keras.Optimizer]:
    """Return a subclass of an optimizer that scales its learning rate, which a callback may still set."""

    class Paced(kind):  # type: ignore[misc]
        def update_step(self, gradient: jax.Array, variable: keras.Variable, learning_rate: jax.Array) -> None:
            super().update_step(gradient, variable, pace.rate(learning_rate, variable, self.iterations))

    bear_name_of_keras(Paced, "keras.optimizers")
    return Paced


def embedding_of(model: keras.Model) -> keras.Variable | None:
    """Return the variable of the word vectors; `None` without one."""
    embeddings = import_keras().layers.Embedding
    return next((layer.embeddings for layer in model.layers if isinstance(layer, embeddings)), None)
