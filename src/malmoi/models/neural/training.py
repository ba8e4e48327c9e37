"""Epoch after epoch: what is best, when to stop, whom to tell, what to keep for a next time."""

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
"""Of every parameter there is a gradient, and two numbers of the optimizer, beside its value."""
OUT_OF_MEMORY = ("RESOURCE_EXHAUSTED", "out of memory", "Out of memory", "bad_alloc")


class Engine(Protocol):
    """What runs one epoch."""

    def run(self, epoch: int) -> tuple[EpochRow, int | None]:
        """Train one epoch, from 0; its figures, and the first step, from 1, whose loss was no finite number."""

    def copies(self, *, whole: bool) -> Copies:
        """Copies of the weights by name; with `whole` of all that the next epoch depends on."""

    def restore(self, values: Copies) -> None:
        """Take what `copies` gave."""

    def give(self) -> None:
        """Put the weights into the model."""

    def take(self) -> None:
        """Take weights and learning rate from the model, which a callback may have changed."""


@dataclass
class _Run:
    """One training under way."""

    engine: Engine
    settings: TrainingSettings
    history: History = field(default_factory=History)
    best: Copies | None = None

    def is_best(self) -> bool:
        """Whether the last epoch is the best one."""
        return self.history.best_epoch == len(self.history)

    def is_patience_over(self) -> bool:
        """Whether too many epochs brought nothing better."""
        patience, rows = self.settings.patience, self.history.rows
        return patience is not None and bool(rows) and len(rows) - self.history.best_epoch >= patience

    def stop(self, note: str) -> None:
        """Say why training ended before its time."""
        self.history = replace(self.history, note=note)

    def keep_best(self) -> None:
        """Go back to the best epoch's weights."""
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
    """Train a model in place; where it fails, the model is of no more use.

    Args:
        model: inputs to outputs, as `build_model` makes it.
        training: 1 sample or more.
        validation: samples that are only looked at, after every epoch.
        settings: how to train.
        objective: what is made small.
        callbacks: of Keras; where one wants to hear of every batch, Keras' own steps are used.
        checkpoint: a file that is written after every epoch; where it is there, training goes on from it.
        with_keras: use Keras' own steps on any backend.
        progress: hears of every epoch.

    Raises:
        MalmoiError: the loss is no finite number in the first epoch, a callback fails, or memory does not suffice.
        DataError: the checkpoint is of another training.
        FormatError: the checkpoint is damaged.
    """
    _require_memory(model)
    compile_model(model, settings, objective)
    slow = with_keras or import_keras().backend.backend() != "jax" or any(map(_hears_batches, callbacks))
    engine: Engine = (KerasEngine if slow else JaxEngine)(model, training, validation, settings, objective, callbacks)
    run = _Run(engine, settings)
    kept = None if checkpoint is None else _Kept(Path(checkpoint), _fingerprint(settings, training, validation, slow))
    with _told_of_memory(), nullcontext() if kept is None else claimed(kept.path):
        if kept is not None:
            kept.resume(run)
        _run_epochs(run, _Hearers(model, engine, callbacks), kept, progress)
    engine.give()
    # A fresh optimizer: the old one's values would count as parameters in `summary()`, and nobody needs them.
    compile_model(model, settings, objective)
    return run.history


def _run_epochs(run: _Run, hearers: _Hearers, kept: _Kept | None, progress: Progress) -> None:
    settings = run.settings
    hearers.begin()
    for epoch in range(len(run.history), settings.epochs):
        if run.is_patience_over() or run.history.note is not None or not _run_epoch(run, hearers, epoch):
            break
        progress("training", epoch + 1, settings.epochs)
        if kept is not None:
            kept.write(run)
    if settings.patience is not None:
        if run.is_patience_over() and run.history.note is None and len(run.history) < settings.epochs:
            run.stop(f"stopped: no smaller loss in {settings.patience} epochs")
        run.keep_best()
    hearers.end()


def _run_epoch(run: _Run, hearers: _Hearers, epoch: int) -> bool:
    """Train one epoch; whether its loss is a finite number."""
    hearers.before(epoch)
    start = time.perf_counter()
    row, bad_step = run.engine.run(epoch)
    row = replace(row, seconds=time.perf_counter() - start)
    if bad_step is not None or not math.isfinite(row.watched):
        _stop_at(run, row, bad_step, epoch)
        return False
    run.history.rows.append(row)
    logger.info("epoch %d: loss %.4f, watched loss %.4f", epoch + 1, row.loss, row.watched)
    if run.is_best():
        run.best = run.engine.copies(whole=False)
    if epoch == 0:
        release_memory()  # what compiling took
    if hearers.after(epoch, row):
        run.stop(f"stopped by a callback after epoch {epoch + 1}")
    return True


def _stop_at(run: _Run, row: EpochRow, step: int | None, epoch: int) -> None:
    """The loss is lost: go back to the best weights so far, or give up where there are none."""
    where = f"in step {step} of epoch {epoch + 1}" if step is not None else f"on validation after epoch {epoch + 1}"
    bad = row.loss if step is not None else row.watched
    if run.best is None:
        raise MalmoiError(f"the loss is {bad} {where}, before anything was learned; lower learning_rate")
    best = run.history.best_epoch
    note = f"stopped: the loss is {bad} {where}; the weights of epoch {best} are kept; lower learning_rate"
    run.history = replace(run.history, kept_epoch=best, note=note)
    logger.warning("%s", note)
    warnings.warn(note, RuntimeWarning, stacklevel=7)
    run.engine.restore(run.best)


@contextmanager
def _told_of_memory() -> Iterator[None]:
    try:
        yield
    except Exception as error:
        if isinstance(error, MemoryError) or any(sign in str(error) for sign in OUT_OF_MEMORY):
            cure = "lower batch_size, max_length, max_tokens, the embedding's dimension or the network's units"
            raise MalmoiError(f"memory does not suffice for this training; {cure}") from error
        raise


def _require_memory(model: keras.Model) -> None:
    """Refuse a training for which this machine has too little memory; an accelerator has its own."""
    if import_keras().backend.backend() == "jax":
        import jax

        if jax.default_backend() != "cpu":
            return
    size = COPY_BYTES * STEP_COPIES * model.count_params()
    require_memory("this training", address_space=size, memory=size)


def _hears_batches(callback: keras.callbacks.Callback) -> bool:
    base = import_keras().callbacks.Callback
    return any(getattr(type(callback), name, getattr(base, name)) is not getattr(base, name) for name in BATCH_HOOKS)


def _fingerprint(settings: TrainingSettings, training: Samples, validation: Samples | None, slow: bool) -> str:
    held_out = "" if validation is None else validation.fingerprint()
    return "|".join([settings.fingerprint(), training.fingerprint(), held_out, str(slow)])


@dataclass
class _Hearers:
    """Keras' callbacks, which see the model as it is after every epoch."""

    model: keras.Model
    engine: Engine
    callbacks: Sequence[keras.callbacks.Callback]

    def begin(self) -> None:
        """Say that training begins."""
        self.model.stop_training = False
        for callback in self.callbacks:
            callback.set_model(self.model)
            callback.set_params({"epochs": None, "steps": None, "verbose": 0})
        self._tell(lambda callback: callback.on_train_begin({}), "before training")

    def before(self, epoch: int) -> None:
        """Say that an epoch begins."""
        if self.callbacks:
            self.engine.give()
            self._tell(lambda callback: callback.on_epoch_begin(epoch, {}), f"before epoch {epoch + 1}")
            self.engine.take()

    def after(self, epoch: int, row: EpochRow) -> bool:
        """Say what an epoch brought; whether somebody wants to stop."""
        if not self.callbacks:
            return False
        self.engine.give()
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
        self._tell(lambda callback: callback.on_epoch_end(epoch, dict(logs)), f"after epoch {epoch + 1}")
        self.engine.take()
        return bool(self.model.stop_training)

    def end(self) -> None:
        """Say that training is over."""
        if self.callbacks:
            self.engine.give()
            self._tell(lambda callback: callback.on_train_end({}), "after training")
            self.engine.take()

    def _tell(self, call: Callable[[keras.callbacks.Callback], object], when: str) -> None:
        for callback in self.callbacks:
            try:
                call(callback)
            except Exception as error:
                name, said = type(callback).__name__, shorten(error)
                raise MalmoiError(f"the callback {name} failed {when}: {said}; nothing was learned") from error


@dataclass
class _Kept:
    """The file from which a training that was cut off goes on."""

    path: Path
    fingerprint: str

    def resume(self, run: _Run) -> None:
        """Go on from the file, where it is there."""
        found = read_checkpoint(self.path, self.fingerprint, run.engine.copies(whole=True))
        if found is not None:
            run.history, run.best = found.history, found.best
            run.engine.restore(found.state)

    def write(self, run: _Run) -> None:
        """Write all that the next epoch depends on."""
        state = run.engine.copies(whole=True)
        write_checkpoint(self.path, self.fingerprint, Checkpoint(run.history, state, run.best))
