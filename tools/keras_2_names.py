"""Adds names of earlier releases to Keras 2.12 to 2.15: those that the scripts of `examples/old_keras` use.

Only names change: modules that were merged, arguments that were renamed, methods that were dropped. Layers, optimizers
and text preprocessing are Keras' own.
"""

from __future__ import annotations

import functools
import importlib.util
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

RENAMED = {
    "nb_epoch": "epochs",
    "max_q_size": "max_queue_size",
    "output_dim": "units",
    "init": "kernel_initializer",
    "input": "inputs",
    "output": "outputs",
}
"""Arguments of Keras 1, which Keras 2 took with a warning."""
LAYER_MODULES = ["convolutional", "core", "embeddings", "merge", "pooling", "recurrent", "wrappers"]


def add() -> None:
    """Change the Keras of this process."""
    for name in ("malmoi", "malmoi.keras", "malmoi.keras.install"):
        sys.modules[name] = types.ModuleType(name)
    import keras
    import tensorflow as tf

    tf.random.set_seed(0)
    _add_modules(keras, tf)
    _add_arguments(keras)
    _add_methods(keras)
    _add_short_names(sys.modules[keras.callbacks.History.__module__].CallbackList)
    # These read `lr` and `decay`; the newer ones ignore `lr` with a warning.
    for module in (keras.optimizers, tf.keras.optimizers):
        module.Adam, module.RMSprop = keras.optimizers.legacy.Adam, keras.optimizers.legacy.RMSprop
    loader = sys.modules[keras.datasets.imdb.load_data.__module__]
    # The tool writes the file that Keras would download to the folder that the script names.
    loader.get_file = lambda path, **_: str(Path(path) / "imdb.npz")


def _add_modules(keras: Any, tf: Any) -> None:
    for name in LAYER_MODULES:
        sys.modules[f"keras.layers.{name}"] = keras.layers
    engine = types.ModuleType("keras.engine")
    engine.Input = keras.Input
    engine.Layer = keras.layers.Layer
    engine.Model = _renaming(keras.Model, RENAMED)
    sys.modules |= {"keras.engine": engine, "keras.engine.topology": engine, "keras.engine.training": engine}
    sys.modules["keras.utils.np_utils"] = keras.utils.np_utils = keras.utils
    sys.modules["tensorflow.python.keras.callbacks"] = tf.keras.callbacks
    if importlib.util.find_spec("keras_preprocessing") is None:
        preprocessing = types.ModuleType("keras_preprocessing")
        sys.modules["keras_preprocessing"] = preprocessing
        for name in ("text", "sequence"):
            module = importlib.import_module(f"keras.preprocessing.{name}")
            sys.modules[f"keras_preprocessing.{name}"] = module
            setattr(preprocessing, name, module)
        # Its pickle names the module of 2018 to 2022.
        preprocessing.text.Tokenizer.__module__ = "keras_preprocessing.text"


def _renaming(function: Callable[..., Any], names: dict[str, str]) -> Callable[..., Any]:
    @functools.wraps(function, updated=())
    def renamed(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **{names.get(name, name): value for name, value in kwargs.items()})

    return renamed


def _add_arguments(keras: Any) -> None:
    keras.layers.Dense.__init__ = _renaming(keras.layers.Dense.__init__, RENAMED)
    embeddings = {"init": "embeddings_initializer"}
    keras.layers.Embedding.__init__ = _renaming(keras.layers.Embedding.__init__, embeddings)
    keras.Model.fit = _renaming(keras.Model.fit, RENAMED)
    keras.Model.fit_generator = _renaming(keras.Model.fit_generator, RENAMED)


def _add_short_names(callback_list: Any) -> None:
    end = callback_list.on_epoch_end

    @functools.wraps(end)
    def with_short_names(self: Any, epoch: int, logs: dict[str, float] | None = None) -> None:
        logs = logs or {}
        end(self, epoch, logs | {name.replace("accuracy", "acc"): value for name, value in logs.items()})

    callback_list.on_epoch_end = with_short_names


def _add_methods(keras: Any) -> None:
    def predict_classes(self: Any, x: Any, batch_size: int = 32, verbose: int = 0) -> np.ndarray:
        scores = self.predict(x, batch_size=batch_size, verbose=verbose)
        return scores.argmax(axis=-1) if scores.shape[-1] > 1 else (scores > 0.5).astype("int32")

    def predict_proba(self: Any, x: Any, batch_size: int = 32, verbose: int = 0) -> np.ndarray:
        return self.predict(x, batch_size=batch_size, verbose=verbose)

    keras.Sequential.predict_classes = predict_classes
    keras.Sequential.predict_proba = predict_proba
