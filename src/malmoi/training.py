"""The training loop: on JAX a whole epoch is one compiled program; other backends use Keras' own steps."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from malmoi.arrays import Ids
from malmoi.errors import MalmoiError, real_number, shorten, whole_number
from malmoi.evaluation import Program, held_out_program, in_batches, weighted_sums
from malmoi.history import EpochRow, History
from malmoi.progress import Progress, silent
from malmoi.startup import import_keras, release_memory

if TYPE_CHECKING:
    import keras

__all__ = ["OPTIMIZERS", "Samples", "TrainingSettings", "fit", "fit_with_keras", "forward"]

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
PREDICTION_BLOCK = 256


@dataclass(frozen=True)
class Samples:
    """Texts as ids, and their classes as numbers.

    Args:
        ids: int32 (samples, length).
        targets: int32 (samples,), from 0.
    """

    ids: Ids
    targets: npt.NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True)
class TrainingSettings:
    """How a model is trained.

    Args:
        optimizer: one of Keras' optimizers, by name.
        learning_rate: above 0; `None` is the optimizer's own default.
        epochs: passes over the training data; 1 or more.
        batch_size: samples a step; 1 or more.
        seed: decides the order of the samples.

    Raises:
        TypeError: a setting is of the wrong kind.
        ValueError: a setting is out of its range.
    """

    optimizer: str = "rmsprop"
    learning_rate: float | None = None
    epochs: int = 10
    batch_size: int = 32
    seed: int = 0

    def __post_init__(self) -> None:
        if self.optimizer not in OPTIMIZERS:
            raise ValueError(f"optimizer must be one of {', '.join(OPTIMIZERS)}, got {shorten(self.optimizer)}")
        if self.learning_rate is not None:
            object.__setattr__(self, "learning_rate", real_number("learning_rate", self.learning_rate))
            if not 0 < self.learning_rate < math.inf:
                raise ValueError(f"learning_rate must be above 0 and finite, got {self.learning_rate}")
        for name in ("epochs", "batch_size", "seed"):
            object.__setattr__(self, name, whole_number(name, getattr(self, name)))
        for name in ("epochs", "batch_size"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be 1 or more, got {getattr(self, name)}")
        if not 0 <= self.seed < 2**31:
            raise ValueError(f"seed must be from 0 to {2**31 - 1}, got {self.seed}")

    def order(self, epoch: int, samples: int) -> npt.NDArray[np.int64]:
        """The order of the samples in one epoch; the same on every machine."""
        return np.random.default_rng((self.seed, epoch)).permutation(samples)


def compile_model(model: keras.Model, settings: TrainingSettings) -> None:
    """Give the model its loss, its optimizer and its metric, as `keras.Model.compile` does."""
    keras = import_keras()
    optimizer = keras.optimizers.get(settings.optimizer)
    if settings.learning_rate is not None:
        optimizer.learning_rate = settings.learning_rate
    binary = model.output_shape[-1] == 1
    loss = keras.losses.BinaryCrossentropy() if binary else keras.losses.SparseCategoricalCrossentropy()
    model.compile(optimizer=optimizer, loss=loss, metrics=["accuracy"])


def fit(
    model: keras.Model,
    training: Samples,
    validation: Samples | None,
    settings: TrainingSettings,
    *,
    progress: Progress = silent,
) -> History:
    """Train a model in place; where it fails, the model is of no more use.

    Args:
        model: ids to probabilities, as `build_model` makes it.
        training: 1 sample or more.
        validation: samples that are only looked at, after every epoch.
        settings: how to train.
        progress: hears of every epoch.

    Raises:
        MalmoiError: the loss is no longer a finite number.
    """
    compile_model(model, settings)
    on_jax = import_keras().backend.backend() == "jax"
    run_epoch, finish = (_jax_epochs if on_jax else _keras_epochs)(model, training, validation, settings)
    history = History()
    for epoch in range(settings.epochs):
        start = time.perf_counter()
        row = run_epoch(epoch)
        seconds = time.perf_counter() - start
        if not math.isfinite(row.loss):
            raise MalmoiError(f"the loss is {row.loss} after epoch {epoch + 1}; lower learning_rate")
        history.rows.append(EpochRow(**{**vars(row), "seconds": seconds}))
        if epoch == 0:
            release_memory()  # what compiling took
        progress("training", epoch + 1, settings.epochs)
    finish()
    # A fresh optimizer: the old one's values would count as parameters in `summary()`, and nobody needs them.
    compile_model(model, settings)
    return history


RunEpoch = Callable[[int], EpochRow]


def fit_with_keras(
    model: keras.Model, training: Samples, validation: Samples | None, settings: TrainingSettings
) -> History:
    """Train through Keras' own steps, on any backend: the slow twin that the fast loop is tested against."""
    compile_model(model, settings)
    run_epoch, _ = _keras_epochs(model, training, validation, settings)
    return History([run_epoch(epoch) for epoch in range(settings.epochs)])


def _keras_epochs(
    model: keras.Model, training: Samples, validation: Samples | None, settings: TrainingSettings
) -> tuple[RunEpoch, Callable[[], None]]:
    held_out = None if validation is None else (validation.ids, validation.targets)

    def run_epoch(epoch: int) -> EpochRow:
        order = settings.order(epoch, len(training))
        seen = model.fit(
            training.ids[order], training.targets[order], batch_size=settings.batch_size, shuffle=False, verbose=0,
            validation_data=held_out,
        ).history  # fmt: skip
        names = ("loss", "accuracy", "val_loss", "val_accuracy")
        return EpochRow(*(float(seen[name][0]) if name in seen else None for name in names))  # type: ignore[arg-type]

    return run_epoch, lambda: None


def _jax_epochs(
    model: keras.Model, training: Samples, validation: Samples | None, settings: TrainingSettings
) -> tuple[RunEpoch, Callable[[], None]]:
    """One compiled program an epoch: a scan over the batches, then a scan over the validation blocks."""
    import jax

    optimizer = model.optimizer
    optimizer.build(model.trainable_variables)
    variables = (model.trainable_variables, model.non_trainable_variables, optimizer.variables)
    # The program reuses the memory of these values; the model gets the last ones back at the end.
    state = [[variable.value for variable in group] for group in variables]
    data = (jax.numpy.asarray(training.ids), jax.numpy.asarray(training.targets))
    held_out, look = None, None
    if validation is not None:
        held_out, look = held_out_program(model, validation.ids, validation.targets)
        release_memory()
    program = jax.jit(_epoch_program(model, look), donate_argnums=0)

    def run_epoch(epoch: int) -> EpochRow:
        nonlocal state
        order, weights = in_batches(settings.order(epoch, len(training)), min(settings.batch_size, len(training)))
        state, sums, held_out_sums = program(state, data, order, weights, held_out)
        loss, right = np.asarray(sums) / len(training)
        if validation is None:
            return EpochRow(float(loss), float(right))
        held_out_loss, held_out_right = np.asarray(held_out_sums) / len(validation)
        return EpochRow(float(loss), float(right), float(held_out_loss), float(held_out_right))

    def finish() -> None:
        for group, values in zip(variables, state, strict=True):
            for variable, value in zip(group, values, strict=True):
                variable.assign(value)

    return run_epoch, finish


def _epoch_program(model: keras.Model, look_at: Program | None) -> Callable[..., Any]:
    import jax

    optimizer = model.optimizer

    def loss_of(trainable: Any, fixed: Any, ids: Any, targets: Any, weights: Any) -> Any:
        probabilities, fixed = model.stateless_call(trainable, fixed, ids, training=True)
        sums = weighted_sums(probabilities, targets, weights)
        return sums[0] / weights.sum(), (fixed, sums)

    gradient_of = jax.value_and_grad(loss_of, has_aux=True)

    def run(state: Any, data: Any, order: Any, weights: Any, held_out: Any) -> Any:
        def step(state: Any, batch: Any) -> Any:
            (trainable, fixed, slots), (rows, weights) = state, batch
            (_, (fixed, sums)), gradients = gradient_of(trainable, fixed, data[0][rows], data[1][rows], weights)
            trainable, slots = optimizer.stateless_apply(slots, gradients, trainable)
            return [trainable, fixed, slots], sums

        state, sums = jax.lax.scan(step, state, (order, weights))
        totals = None if look_at is None else look_at(state[0], state[1], held_out)
        return state, sums.sum(0), totals

    return run


Forward = Callable[[Ids], npt.NDArray[np.float32]]


def forward(model: keras.Model) -> Forward:
    """A function from ids (samples, length) to the model's outputs, float32 (samples, outputs).

    On JAX it works in blocks of one size, so that a text gets the same bits in any company.
    """
    if import_keras().backend.backend() != "jax":
        return lambda ids: np.asarray(model.predict(ids, verbose=0), dtype=np.float32)
    import jax

    program = jax.jit(lambda trainable, fixed, ids: model.stateless_call(trainable, fixed, ids, training=False)[0])

    def run(ids: Ids) -> npt.NDArray[np.float32]:
        groups = (model.trainable_variables, model.non_trainable_variables)
        weights = [[variable.value for variable in group] for group in groups]
        outputs = [np.asarray(program(*weights, block))[:size] for block, size in _prediction_blocks(ids)]
        return np.concatenate(outputs) if outputs else np.zeros((0, model.output_shape[-1]), dtype=np.float32)

    return run


def _prediction_blocks(ids: Ids) -> Iterator[tuple[Ids, int]]:
    for start in range(0, len(ids), PREDICTION_BLOCK):
        block = ids[start : start + PREDICTION_BLOCK]
        size = len(block)
        yield np.pad(block, ((0, PREDICTION_BLOCK - size), (0, 0))), size
