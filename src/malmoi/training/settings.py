"""How a model is trained, and on what."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, fields
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from malmoi.errors import real_number, shorten, whole_number
from malmoi.evaluation import Objective
from malmoi.startup import import_keras

if TYPE_CHECKING:
    import keras

__all__ = ["OPTIMIZERS", "Samples", "TrainingSettings", "compile_model"]

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
WIDTHS = 4
WORTH_CUTTING = 0.85
WORTH_COMPILING = 2000
"""Samples, below which a program for every width would take longer to make than it saves."""
POOL_BATCHES = 32


@dataclass(frozen=True)
class Samples:
    """What a model learns from, or is measured on.

    Args:
        inputs: int32 (samples, length) ids; or float32 (samples, length, features) values and, for a network that
            tells steps from padding, bool (samples, length) which are there.
        targets: int32 (samples,) classes from 0; float32 (samples, labels) zeros and ones; or float32 (samples,
            numbers).
        weights: float32 (samples,), how much each counts in the loss; all 1 without them.
        lengths: int64 (samples,), steps that are there; `None` where batches must not be cut to what they need.
        pad_left: whether they stand at the end of the row.
    """

    inputs: tuple[npt.NDArray[Any], ...]
    targets: npt.NDArray[Any]
    weights: npt.NDArray[np.float32] | None = None
    lengths: npt.NDArray[np.int64] | None = None
    pad_left: bool = False

    def __len__(self) -> int:
        return len(self.targets)

    @property
    def length(self) -> int:
        """Steps of a row."""
        return int(self.inputs[0].shape[1])

    @property
    def all_widths(self) -> tuple[int, ...]:
        """Lengths to which rows may be cut; sorted."""
        if self.lengths is None:
            return (self.length,)
        return tuple(sorted({-(-self.length * part // WIDTHS) for part in range(1, WIDTHS + 1)}))

    @cached_property
    def widths(self) -> tuple[int, ...]:
        """Lengths to which rows are cut in training; one where that saves little."""
        widths = self.all_widths
        if len(widths) == 1 or len(self) < WORTH_COMPILING:
            return (self.length,)
        share = np.asarray(widths)[self.places_in(widths)].mean() / self.length
        return widths if share < WORTH_CUTTING else (self.length,)

    def places_in(self, widths: tuple[int, ...]) -> npt.NDArray[np.int64]:
        """Which of these widths each sample needs, int64 (samples,)."""
        if self.lengths is None or len(widths) == 1:
            return np.zeros(len(self), dtype=np.int64)
        return np.searchsorted(widths, np.minimum(self.lengths, self.length))

    def width_places(self) -> npt.NDArray[np.int64]:
        """Which of `widths` each sample needs in training, int64 (samples,)."""
        return self.places_in(self.widths)

    def cut(self, array: Any, width: int) -> Any:
        """Rows (samples, length, ...) with their first or last steps only."""
        return array[:, self.length - width :] if self.pad_left else array[:, :width]

    def fingerprint(self) -> str:
        """Tells whether two sets of samples are the same."""
        digest = hashlib.sha256(str((len(self), self.pad_left)).encode())
        arrays = (*self.inputs, self.targets, self.weights, self.lengths)
        for array in arrays:
            if array is not None:
                digest.update(f"{array.dtype}{array.shape}".encode())
                digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()


@dataclass(frozen=True)
class TrainingSettings:
    """How a model is trained.

    Args:
        optimizer: one of Keras' optimizers, by name.
        learning_rate: above 0; `None` is the optimizer's own default.
        epochs: passes over the training data; 1 or more.
        batch_size: samples a step; 1 or more.
        seed: decides the order of the samples.
        patience: epochs without a smaller validation loss after which training stops, and the best epoch's weights
            are kept; 1 or more. `None`: all epochs, and the last weights.
        embedding_learning_rate: of the embedding alone; `None` is that of all else.

    Raises:
        TypeError: a setting is of the wrong kind.
        ValueError: a setting is out of its range.
    """

    optimizer: str = "rmsprop"
    learning_rate: float | None = None
    epochs: int = 10
    batch_size: int = 32
    seed: int = 0
    patience: int | None = None
    embedding_learning_rate: float | None = None

    def __post_init__(self) -> None:
        if self.optimizer not in OPTIMIZERS:
            raise ValueError(f"optimizer must be one of {', '.join(OPTIMIZERS)}, got {shorten(self.optimizer)}")
        for name in ("learning_rate", "embedding_learning_rate"):
            self._check_rate(name)
        for name in ("epochs", "batch_size", "seed", *(() if self.patience is None else ("patience",))):
            object.__setattr__(self, name, whole_number(name, getattr(self, name)))
        for name in ("epochs", "batch_size", *(() if self.patience is None else ("patience",))):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be 1 or more, got {getattr(self, name)}")
        if not 0 <= self.seed < 2**31:
            raise ValueError(f"seed must be from 0 to {2**31 - 1}, got {self.seed}")

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
        """Tells whether two trainings go the same way; the number of epochs may differ."""
        return repr([(field.name, getattr(self, field.name)) for field in fields(self) if field.name != "epochs"])


def compile_model(model: keras.Model, settings: TrainingSettings, objective: Objective) -> None:
    """Give the model its loss, its optimizer and its metric, as `keras.Model.compile` does."""
    optimizer = import_keras().optimizers.get(settings.optimizer)
    if settings.learning_rate is not None:
        optimizer.learning_rate = settings.learning_rate
    if settings.embedding_learning_rate is not None:
        _slow_down_embedding(model, optimizer, settings.embedding_learning_rate)
    model.compile(
        optimizer=optimizer, loss=objective.keras_loss(model.output_shape[-1]), metrics=[objective.keras_metric()]
    )


def _slow_down_embedding(model: keras.Model, optimizer: Any, rate: float) -> None:
    """Let the optimizer take steps of another size in the embedding."""
    share = rate / float(optimizer.learning_rate)
    vectors = embedding_of(model)
    take_step = optimizer.update_step

    def update_step(gradient: Any, variable: Any, learning_rate: Any) -> None:
        take_step(gradient, variable, learning_rate * share if variable is vectors else learning_rate)

    optimizer.update_step = update_step


def embedding_of(model: keras.Model) -> Any:
    """The variable of the word vectors; `None` where there is none."""
    embeddings = import_keras().layers.Embedding
    return next((layer.embeddings for layer in model.layers if isinstance(layer, embeddings)), None)
