"""The training loop over epochs: early stopping, callbacks, checkpoints."""

from __future__ import annotations

import math
import os
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from malmoi.errors import MalmoiError
from malmoi.foundation.files import claimed
from malmoi.foundation.imports import import_keras, release_memory
from malmoi.foundation.log import logger
from malmoi.foundation.memory import require_memory
from malmoi.foundation.progress import Progress, silent
from malmoi.foundation.validation import shorten
from malmoi.models.history import EpochRow, History
from malmoi.models.neural.checkpoint import Checkpoint, Copies, read_checkpoint, write_checkpoint
from malmoi.models.neural.engines.jax_engine import JaxEngine
from malmoi.models.neural.engines.keras_engine import KerasEngine
from malmoi.models.neural.engines.objective import Objective
from malmoi.models.neural.samples import Samples
from malmoi.models.neural.settings import TrainingSettings, compile_model

if TYPE_CHECKING:
    import keras

__all__ = ["Engine", "fit"]

BATCH_HOOKS = ("on_batch_begin", "on_batch_end", "on_train_batch_begin", "on_train_batch_end")
COPY_BYTES, STEP_COPIES = 4, 3
"""Size of a float32, and arrays per parameter beside its value: one gradient and two values of the optimizer."""
OUT_OF_MEMORY = ("RESOURCE_EXHAUSTED", "out of memory", "Out of memory", "bad_alloc")


class Engine(Protocol):
    """Interface of the code that runs one epoch."""

    def run(self, epoch: int) -> tuple[EpochRow, int | None]:
        """Train one epoch, counted from 0; return its row, and the first step, from 1, with a non-finite loss."""

    def copies(self, *, whole: bool) -> Copies:
        """Return copies of the weights by name; with `whole` also of all other state of the training."""

    def restore(self, values: Copies) -> None:
        """Restore the values of `copies`."""

    def write_model(self) -> None:
        """Copy the weights into the model."""

    def read_model(self) -> None:
        """Copy weights and learning rate from the model, which a callback may have changed."""


@dataclass
class _Run:
    """The state of a training."""

    engine: Engine
    settings: TrainingSettings
    history: History = field(default_factory=History)
    best: Copies | None = None

    def is_best(self) -> bool:
        """Return whether the last epoch is the best one."""
        return self.history.best_epoch == len(self.history)

    def is_patience_over(self) -> bool:
        """Return whether the loss has not decreased for `patience` epochs."""
        patience, rows = self.settings.patience, self.history.rows
        return patience is not None and bool(rows) and len(rows) - self.history.best_epoch >= patience

    def stop(self, note: str) -> None:
        """Record why training stopped early."""
        self.history = replace(self.history, note=note)

    def keep_best(self) -> None:
        """Restore the weights of the best epoch."""
        if self.best is not None and self.history.best_epoch != len(self.history):
            self.history = replace(self.history, kept_epoch=self.history.best_epoch)
            self.engine.restore(self.best)


def fit(
    model: keras.Model,
    training: Samples,
    validation: Samples | None,
    settings: TrainingSettings,
    objective: Objective,
    *,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    checkpoint: str | os.PathLike[str] | None = None,
    with_keras: bool = False,
    progress: Progress = silent,
) -> History:
    """Train a model in place; after an error the model cannot be used.

    Args:
        model: maps inputs to outputs; from `build_model`.
        training: training set, 1 sample or more.
        validation: validation set, evaluated after every epoch.
        settings: settings of the training loop.
        objective: loss and metric.
        callbacks: Keras callbacks; if one has batch methods, the training loop of Keras is used.
        checkpoint: file that is written after every epoch; if it exists, training is resumed from it.
        with_keras: use the training loop of Keras on any backend.
        progress: progress callback, called with the step's name, the number done and the total.

    Raises:
        MalmoiError: the loss is not finite in the first epoch, a callback fails, or there is not enough memory.
        DataError: the checkpoint is from another training.
        FormatError: the checkpoint is damaged.
    """
    _require_memory(model)
    compile_model(model, settings, objective)
    slow = with_keras or import_keras().backend.backend() != "jax" or any(map(_has_batch_methods, callbacks))
    engine: Engine = (KerasEngine if slow else JaxEngine)(model, training, validation, settings, objective, callbacks)
    run = _Run(engine, settings)
    kept = None if checkpoint is None else _Kept(Path(checkpoint), _fingerprint(settings, training, validation, slow))
    with _memory_errors(), nullcontext() if kept is None else claimed(kept.path):
        if kept is not None:
            kept.resume(run)
        _run_epochs(run, _Callbacks(model, engine, callbacks), kept, progress)
    engine.write_model()
    # A new optimizer: the state of the old one would count as parameters in `summary()`.
    compile_model(model, settings, objective)
    return run.history


def _run_epochs(run: _Run, callbacks: _Callbacks, kept: _Kept | None, progress: Progress) -> None:
    settings = run.settings
    callbacks.begin()
    for epoch in range(len(run.history), settings.epochs):
        if run.is_patience_over() or run.history.note is not None or not _run_epoch(run, callbacks, epoch):
            break
        progress("training", epoch + 1, settings.epochs)
        if kept is not None:
            kept.write(run)
    if settings.patience is not None:
        if run.is_patience_over() and run.history.note is None and len(run.history) < settings.epochs:
            run.stop(f"stopped: no smaller loss in {settings.patience} epochs")
        run.keep_best()
    callbacks.end()


def _run_epoch(run: _Run, callbacks: _Callbacks, epoch: int) -> bool:
    """Train one epoch; return whether its loss is finite."""
    callbacks.before(epoch)
    start = time.perf_counter()
    row, bad_step = run.engine.run(epoch)
    row = replace(row, seconds=time.perf_counter() - start)
    if bad_step is not None or not math.isfinite(row.monitored_loss):
        _stop_at(run, row, bad_step, epoch)
        return False
    run.history.rows.append(row)
    logger.info("epoch %d: loss %.4f, monitored loss %.4f", epoch + 1, row.loss, row.monitored_loss)
    if run.is_best():
        run.best = run.engine.copies(whole=False)
    if epoch == 0:
        release_memory()  # of compilation
    if callbacks.after(epoch, row):
        run.stop(f"stopped by a callback after epoch {epoch + 1}")
    return True


def _stop_at(run: _Run, row: EpochRow, step: int | None, epoch: int) -> None:
    """Handle a non-finite loss: restore the best weights so far, or raise an error without any."""
    where = f"in step {step} of epoch {epoch + 1}" if step is not None else f"on validation after epoch {epoch + 1}"
    bad = row.loss if step is not None else row.monitored_loss
    if run.best is None:
        raise MalmoiError(f"the loss is {bad} {where}, before the first epoch was completed; lower learning_rate")
    best = run.history.best_epoch
    note = f"stopped: the loss is {bad} {where}; the weights of epoch {best} are kept; lower learning_rate"
    run.history = replace(run.history, kept_epoch=best, note=note)
    logger.warning("%s", note)
    warnings.warn(note, RuntimeWarning, stacklevel=7)
    run.engine.restore(run.best)


@contextmanager
def _memory_errors() -> Iterator[None]:
    try:
        yield
    except Exception as error:
        if isinstance(error, MemoryError) or any(sign in str(error) for sign in OUT_OF_MEMORY):
            cure = "lower batch_size, max_length, max_tokens, the embedding's dimension or the network's units"
            raise MalmoiError(f"there is not enough memory for this training; {cure}") from error
        raise


def _require_memory(model: keras.Model) -> None:
    """Raise an error if this machine has too little memory for the training; accelerators are not checked."""
    if import_keras().backend.backend() == "jax":
        import jax

        if jax.default_backend() != "cpu":
            return
    size = COPY_BYTES * STEP_COPIES * model.count_params()
    require_memory("this training", address_space=size, memory=size)


def _has_batch_methods(callback: keras.callbacks.Callback) -> bool:
    base = import_keras().callbacks.Callback
    return any(getattr(type(callback), name, getattr(base, name)) is not getattr(base, name) for name in BATCH_HOOKS)


def _fingerprint(settings: TrainingSettings, training: Samples, validation: Samples | None, slow: bool) -> str:
    held_out = "" if validation is None else validation.fingerprint()
    return "|".join([settings.fingerprint(), training.fingerprint(), held_out, str(slow)])


@dataclass
class _Callbacks:
    """Keras callbacks, which get the current model after every epoch."""

    model: keras.Model
    engine: Engine
    callbacks: Sequence[keras.callbacks.Callback]

    def begin(self) -> None:
        """Call `on_train_begin`."""
        self.model.stop_training = False
        for callback in self.callbacks:
            callback.set_model(self.model)
            callback.set_params({"epochs": None, "steps": None, "verbose": 0})
        self._call(lambda callback: callback.on_train_begin({}), "before training")

    def before(self, epoch: int) -> None:
        """Call `on_epoch_begin`."""
        if self.callbacks:
            self.engine.write_model()
            self._call(lambda callback: callback.on_epoch_begin(epoch, {}), f"before epoch {epoch + 1}")
            self.engine.read_model()

    def after(self, epoch: int, row: EpochRow) -> bool:
        """Call `on_epoch_end`; return whether a callback requests to stop."""
        if not self.callbacks:
            return False
        self.engine.write_model()
        logs = {
            name: value
            for name, value in [
                ("loss", row.loss),
                ("accuracy", row.accuracy),
                ("error", row.error),
                ("val_loss", row.validation_loss),
                ("val_accuracy", row.validation_accuracy),
                ("val_error", row.validation_error),
            ]
            if value is not None
        }
        self._call(lambda callback: callback.on_epoch_end(epoch, dict(logs)), f"after epoch {epoch + 1}")
        self.engine.read_model()
        return bool(self.model.stop_training)

    def end(self) -> None:
        """Call `on_train_end`."""
        if self.callbacks:
            self.engine.write_model()
            self._call(lambda callback: callback.on_train_end({}), "after training")
            self.engine.read_model()

    def _call(self, method: Callable[[keras.callbacks.Callback], object], when: str) -> None:
        for callback in self.callbacks:
            try:
                method(callback)
            except Exception as error:
                name, said = type(callback).__name__, shorten(error)
                raise MalmoiError(f"the callback {name} failed {when}: {said}; the model is unchanged") from error


@dataclass
class _Kept:
    """The checkpoint file of an interrupted training."""

    path: Path
    fingerprint: str

    def resume(self, run: _Run) -> None:
        """Resume from the file, if it exists."""
        found = read_checkpoint(self.path, self.fingerprint, run.engine.copies(whole=True))
        if found is not None:
            run.history, run.best = found.history, found.best
            run.engine.restore(found.state)

    def write(self, run: _Run) -> None:
        """Write all state that the next epoch depends on."""
        state = run.engine.copies(whole=True)
        write_checkpoint(self.path, self.fingerprint, Checkpoint(run.history, state, run.best))
