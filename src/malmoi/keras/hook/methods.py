"""Methods of models that Keras 3 does not have, and old arguments of the others."""

from __future__ import annotations

import functools
import os
import warnings
from collections.abc import Callable, Iterator, Mapping
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt

from malmoi.keras.batches import WORKERS, PlainBatches, dataset_class
from malmoi.keras.hook.arguments import translated
from malmoi.keras.hook.patches import Patches
from malmoi.keras.models.old_training import SHORT_LOSSES
from malmoi.keras.old_names import FIT_ARGUMENTS, GENERATOR_METHODS, WORKER_ARGUMENTS

__all__ = ["is_old_name", "patch_methods"]

COUNTS_OF_SAMPLES = {
    "samples_per_epoch": "steps_per_epoch",
    "nb_val_samples": "validation_steps",
    "val_samples": "steps",
}


def patch_methods(keras: ModuleType, patches: Patches) -> None:
    """Add the old methods, and make `fit`, `evaluate`, `predict` and `save_weights` take old arguments and names."""
    model, arguments = keras.Model, ", ".join(["nb_epoch", *WORKER_ARGUMENTS])
    for name in ("fit", "evaluate", "predict"):
        method = _with_old_arguments(getattr(model, name))
        patches.set(model, name, method, "keras.Model", f"accepts lists of numbers, {arguments}")
    for name, new in GENERATOR_METHODS.items():
        method = fit_generator if new == "fit" else _over_generator(new)
        patches.set(model, name, method, "keras.Model", f"calls {new}")
    for method in (predict_classes, predict_proba):
        patches.set(keras.Sequential, method.__name__, method, "keras.Sequential", "calls predict")
    if not hasattr(model, "reset_states"):
        patches.set(model, "reset_states", reset_states, "keras.Model", "resets the states of its recurrent layers")
    patches.set(model, "metrics_names", property(_metrics_names), "keras.Model", "names every metric, loss first")
    arguments = "accepts metrics as the third argument, and one list of metrics for several outputs"
    patches.set(model, "compile", _compile(model.compile), "keras.Model", arguments)
    save_weights = _save_weights(model.save_weights)
    patches.set(model, "save_weights", save_weights, "keras.Model", "accepts names that end in .h5 and .hdf5")
    _name_losses(keras, patches)


def _name_losses(keras: ModuleType, patches: Patches) -> None:
    """Make `load_model` read .h5 files of models whose loss or metric has a short name, which Keras 3 cannot find."""
    table = keras.saving.get_custom_objects()
    for short, name in SHORT_LOSSES.items():
        loss = getattr(keras.losses, name)
        patches.add_entry(table, short, loss, "keras.saving.get_custom_objects()", f"is keras.losses.{name}")


def _with_old_arguments(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        for name, new in COUNTS_OF_SAMPLES.items():
            if name in kwargs:
                raise TypeError(f"{name} counted samples; Keras 3 needs {new}, which counts batches")
        args = tuple(map(_old_data, args))
        kwargs = {name: _old_data(value) for name, value in kwargs.items()}
        kwargs = translated(original.__name__, kwargs, FIT_ARGUMENTS)
        workers = {new: kwargs.pop(old) for old, new in WORKER_ARGUMENTS.items() if old in kwargs}
        if workers.get("workers", 1) > 1 or workers.get("use_multiprocessing"):
            warnings.warn(WORKERS, UserWarning, stacklevel=2)
        validation = kwargs.get("validation_data")
        if isinstance(validation, Iterator) and kwargs.get("validation_steps"):
            kwargs["validation_data"] = drawn(validation, kwargs["validation_steps"])
        return original(self, *args, **kwargs)

    return call


class _Drawn(PlainBatches):
    """The next batches of a generator, as many an epoch as there are steps.

    Keras 3 looks at the first batches of a validation generator, and uses them again in every epoch.
    """

    def __init__(self, generator: Iterator[Any], steps: int) -> None:
        super().__init__()
        self._generator = generator
        self._steps = steps

    def __len__(self) -> int:
        return self._steps

    def __getitem__(self, index: int) -> Any:
        return next(self._generator)


def drawn(generator: Iterator[Any], steps: int) -> Any:
    """Return a dataset of Keras that takes the next batches of a generator in every epoch."""
    return dataset_class(_Drawn, __name__)(generator, steps)


def _old_data(value: Any) -> Any:
    """Return data as Keras 3 accepts them: lists of numbers as arrays, batches of generators as tuples."""
    if isinstance(value, Iterator):
        return (tuple(batch) if isinstance(batch, list | tuple) else (batch,) for batch in value)
    if isinstance(value, tuple):
        return tuple(map(_old_data, value))
    if isinstance(value, list) and value and isinstance(value[0], int | float | np.number | list):
        return np.asarray(value)
    return value


def fit_generator(
    self: Any,
    generator: Any,
    steps_per_epoch: int | None = None,
    epochs: int = 1,
    verbose: int = 1,
    callbacks: Any = None,
    validation_data: Any = None,
    validation_steps: int | None = None,
    validation_freq: int = 1,
    class_weight: Mapping[int, float] | None = None,
    max_queue_size: int = 10,
    workers: int = 1,
    use_multiprocessing: bool = False,
    shuffle: bool = True,
    initial_epoch: int = 0,
    **kwargs: Any,
) -> Any:
    """Train a model on a generator or a dataset: `fit` with the signature of Keras 2."""
    given = {name: kwargs.pop(name) for name in ("nb_epoch", *COUNTS_OF_SAMPLES) if name in kwargs}
    return self.fit(
        generator,
        steps_per_epoch=steps_per_epoch,
        **({} if "nb_epoch" in given else {"epochs": epochs}),
        verbose=verbose,
        callbacks=callbacks,
        validation_data=validation_data,
        validation_steps=validation_steps,
        validation_freq=validation_freq,
        class_weight=class_weight,
        max_queue_size=max_queue_size,
        workers=workers,
        use_multiprocessing=use_multiprocessing,
        shuffle=shuffle,
        initial_epoch=initial_epoch,
        **given,
        **kwargs,
    )


def _over_generator(method: str) -> Callable[..., Any]:
    """Return `evaluate` or `predict` with the signature that it has for generators in Keras 2."""

    def call(
        self: Any,
        generator: Any,
        steps: int | None = None,
        callbacks: Any = None,
        max_queue_size: int = 10,
        workers: int = 1,
        use_multiprocessing: bool = False,
        verbose: int = 0,
        **kwargs: Any,
    ) -> Any:
        settings = {"workers": workers, "use_multiprocessing": use_multiprocessing, "max_queue_size": max_queue_size}
        called = getattr(self, method)
        return called(generator, steps=steps, callbacks=callbacks, verbose=verbose, **settings, **kwargs)

    return call


def predict_classes(self: Any, x: Any, batch_size: int | None = None, verbose: int = 0) -> npt.NDArray[np.int64]:
    """Return the largest output's class, int64 (samples,); for one output, whether it is above 0.5, (samples, 1)."""
    outputs = self.predict(x, batch_size=batch_size, verbose=verbose)
    if outputs.shape[-1] > 1:
        return np.asarray(outputs.argmax(axis=-1))
    return np.asarray((outputs > 0.5).astype(np.int64))


def predict_proba(self: Any, x: Any, batch_size: int | None = None, verbose: int = 0) -> npt.NDArray[np.float32]:
    """Return the outputs of the model: `predict`."""
    return np.asarray(self.predict(x, batch_size=batch_size, verbose=verbose))


def _metrics_names(self: Any) -> list[str]:
    names = []
    for metric in self.metrics:
        parts = getattr(metric, "metrics", None)  # of the metrics that compile got
        names += [metric.name] if parts is None else [part.name for part in parts]
    return names


def _compile(original: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(original)
    def compile(self: Any, *args: Any, **kwargs: Any) -> None:  # noqa: A001  (the name in Keras)
        names = ("optimizer", "loss", "metrics", "loss_weights")
        if len(args) > len(names):
            raise TypeError(f"compile takes {len(names)} positional arguments, {', '.join(names)}; name the others")
        kwargs = dict(zip(names, args, strict=False)) | kwargs
        outputs = len(getattr(self, "outputs", None) or ())
        metrics, loss = kwargs.get("metrics"), kwargs.get("loss")
        if outputs > 1 and isinstance(metrics, list) and not any(isinstance(one, list) for one in metrics):
            kwargs["metrics"] = [metrics] * outputs
        if outputs > 1 and isinstance(loss, str):
            kwargs["loss"] = [loss] * outputs
        original(self, **kwargs)

    return compile


def reset_states(self: Any) -> None:
    """Reset the states of stateful recurrent layers."""
    for layer in self.layers:
        reset = getattr(layer, "reset_state", None) or getattr(layer, "reset_states", None)
        if reset is not None and getattr(layer, "stateful", True):
            reset()


def is_old_name(filepath: str | os.PathLike[str]) -> bool:
    """Return whether a name is that of an HDF5 file, with an ending that Keras 3 refuses for weights."""
    name = os.fspath(filepath)
    return name.endswith((".h5", ".hdf5")) and not name.endswith(".weights.h5")


def _save_weights(original: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(original)
    def save_weights(
        self: Any, filepath: Any, overwrite: bool = True, save_format: str | None = None, **kwargs: Any
    ) -> None:
        if is_old_name(filepath):  # the weights are a part of such a file; `load_weights` reads them, also in old Keras
            self.save(filepath, overwrite=overwrite, include_optimizer=False)
        else:
            original(self, filepath, overwrite, **kwargs)

    return save_weights
