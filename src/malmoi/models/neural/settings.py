"""How a model is trained, and on what."""

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
"""Share of the steps of a "cosine" schedule in which the learning rate rises."""


@dataclass(frozen=True)
class Schedule:
    """How the learning rate changes from step to step.

    "cosine": it rises to the learning rate over the first twentieth of the steps, and then falls to 0 along half a
    cosine (Loshchilov and Hutter 2017); steps beyond the last have the last one's rate.

    Args:
        kind: one of `SCHEDULES`.
        steps: of the whole training; 1 or more.
    """

    kind: str
    steps: int

    def share(self, step: keras.Variable) -> jax.Array:
        """Return the share of the learning rate that a step takes, from a Keras tensor; steps count from 0."""
        ops = import_keras().ops
        warm = max(round(WARMING_UP * self.steps), 1)
        place = ops.cast(step, "float32")
        progress = ops.clip((place - warm) / max(self.steps - warm, 1), 0.0, 1.0 - 1.0 / (self.steps + 1))
        return ops.minimum((place + 1) / warm, 0.5 * (1 + ops.cos(math.pi * progress)))


@dataclass(frozen=True)
class TrainingSettings:
    """How a model is trained; estimators have the defaults.

    Args:
        optimizer: one of Keras' optimizers, by name.
        learning_rate: above 0; `None` is the optimizer's own default.
        epochs: passes over the training data; 1 or more.
        batch_size: samples a step; 1 or more.
        seed: decides the order of the samples.
        patience: epochs without a smaller validation loss after which training stops, and the best epoch's weights
            are kept; 1 or more. `None`: all epochs, and the last weights.
        embedding_learning_rate: of the embedding alone; `None` is that of all else.
        schedule: how the learning rate changes from step to step; `None`: it stays.
        stepwise: whether a step is a program by itself on processors, instead of an epoch: inside a loop, XLA's
            convolutions are some ten times slower there.

    Raises:
        TypeError: a setting is of the wrong kind.
        ValueError: a setting is out of its range.
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
        """The order of the samples in one epoch; the same on every machine.

        Where rows are cut to what they need, samples of like length come together: within every 32 batches they are
        sorted by width, then the batches are shuffled.
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
        """Tells whether two trainings go the same way; the number of epochs may differ where there is no schedule."""
        values = [(field.name, getattr(self, field.name)) for field in fields(self) if field.name != "epochs"]
        return repr([(name, value) for name, value in values if name not in ("schedule", "stepwise") or value])


def compile_model(model: keras.Model, settings: TrainingSettings, objective: Objective) -> None:
    """Give the model its loss, its optimizer and its metric, as `keras.Model.compile` does."""
    optimizer = import_keras().optimizers.get(settings.optimizer)
    if settings.learning_rate is not None:
        optimizer.learning_rate = settings.learning_rate
    rate, own = float(optimizer.learning_rate), settings.embedding_learning_rate
    if own is not None or settings.schedule is not None:
        pace = _Pace(embedding_of(model), None if own is None else own / rate, settings.schedule)
        optimizer = _paced(type(optimizer), pace)(learning_rate=rate)
    model.compile(optimizer=optimizer, loss=objective.keras_loss(), metrics=[objective.keras_metric()])


@dataclass(frozen=True)
class _Pace:
    """Which share of an optimizer's learning rate each of its steps takes.

    Args:
        vectors: the variable of the word vectors.
        vectors_share: of the learning rate, for them alone; `None`: that of all else.
        schedule: how it changes from step to step; `None`: it stays.
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
    """A kind of optimizer whose steps take shares of its learning rate, which a callback may still set."""

    class Paced(kind):  # type: ignore[misc]
        def update_step(self, gradient: jax.Array, variable: keras.Variable, learning_rate: jax.Array) -> None:
            super().update_step(gradient, variable, pace.rate(learning_rate, variable, self.iterations))

    bear_name_of_keras(Paced, "keras.optimizers")
    return Paced


def embedding_of(model: keras.Model) -> keras.Variable | None:
    """The variable of the word vectors; `None` where there is none."""
    embeddings = import_keras().layers.Embedding
    return next((layer.embeddings for layer in model.layers if isinstance(layer, embeddings)), None)
