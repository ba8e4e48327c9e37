"""Loading of models from HDF5 files and JSON of Keras 1.2 to 2.15, which Keras 3 refuses or reads differently."""

from __future__ import annotations

import importlib
import inspect
import os
import warnings
from collections.abc import Mapping
from typing import Any

from malmoi.errors import DataError
from malmoi.foundation.imports import import_keras
from malmoi.foundation.json_values import parsed_json
from malmoi.foundation.validation import shorten
from malmoi.keras.models.old_configs import model_config

__all__ = ["load_model", "model_from_json"]


def load_model(
    filepath: str | os.PathLike[str],
    custom_objects: Mapping[str, Any] | None = None,
    compile: bool = True,  # noqa: A002 (the name in Keras)
    **kwargs: Any,
) -> Any:
    """Load a model from a file of any Keras release; HDF5 files of Keras 1.2 to 2.15 give their old predictions.

    `hard_sigmoid` of such a file is that of Keras 2, clip(0.2 x + 0.5); Keras 3 has another one. Layers with code in
    their configuration (`Lambda`) are refused, as in Keras. The state of the optimizer is not restored.

    Args:
        filepath: the file; other formats than HDF5 are loaded by Keras.
        custom_objects: own layers and functions of the model, by name.
        compile: whether to compile the model as before; a warning says so if that is not possible.
        **kwargs: further arguments of Keras' function, such as `safe_mode`, for other formats.

    Returns:
        A `keras.Model`.

    Raises:
        DataError: the HDF5 file has no model, or a part of it cannot be restored.
        MissingExtraError: Keras or its backend is not installed.

    Example:
        >>> from pathlib import Path
        >>> from tempfile import TemporaryDirectory
        >>> import keras
        >>> with TemporaryDirectory() as folder:
        ...     path = Path(folder, "model.h5")
        ...     keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)]).save(path)
        ...     load_model(path).output_shape
        (None, 2)
    """
    keras = import_keras()
    h5py = importlib.import_module("h5py")

    path = os.fspath(filepath)
    if not (os.path.isfile(path) and h5py.is_hdf5(path)):
        return keras.saving.load_model(path, custom_objects=custom_objects, compile=compile, **kwargs)
    with h5py.File(path, "r") as file:
        if "model_config" not in file.attrs:
            cure = "build the model, then call its load_weights"
            raise DataError(f"{path} must contain a model, but it has weights only; {cure}")
        model = _from_config(_text(file.attrs["model_config"]), custom_objects, path)
        training = parsed_json(_text(file.attrs["training_config"])) if "training_config" in file.attrs else None
    model.load_weights(path)
    if compile and training:
        try:
            model.compile(**_compile_arguments(keras, training))
        except (KeyError, TypeError, ValueError) as error:
            warnings.warn(f"the model is not compiled: {shorten(error)}; call compile", UserWarning, stacklevel=2)
    return model


def model_from_json(json_string: str, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """Return a model, with new weights, from the JSON of `to_json` of any Keras release.

    Args:
        json_string: the JSON.
        custom_objects: own layers and functions of the model, by name.

    Returns:
        A `keras.Model`.

    Raises:
        DataError: the JSON has no model, or a part of it cannot be restored.
        MissingExtraError: Keras or its backend is not installed.

    Example:
        >>> old = '{"class_name": "Dense", "config": {"units": 2, "batch_input_shape": [null, 3]}}'
        >>> model = model_from_json('{"class_name": "Sequential", "config": [' + old + "]}")
        >>> model.output_shape
        (None, 2)
    """
    return _from_config(json_string, custom_objects, "json_string")


def _text(value: str | bytes) -> str:
    return value.decode("utf-8") if isinstance(value, bytes) else value


def _from_config(text: str, custom_objects: Mapping[str, Any] | None, name: str) -> Any:
    keras = import_keras()
    try:
        saved = parsed_json(text)
        kind, config = saved["class_name"], saved["config"]
        if "module" in saved:  # of Keras 3
            return keras.saving.deserialize_keras_object(saved, custom_objects=custom_objects)
        builder = keras.Sequential if kind == "Sequential" else keras.Model
        if kind not in {"Sequential", "Model", "Functional"}:
            raise DataError(f"{name} must contain a Sequential or functional model, got {shorten(kind)}")
        with keras.saving.custom_object_scope(dict(custom_objects or {})):
            return builder.from_config(model_config(kind, config))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise DataError(f"{name} must contain a model that Keras 3 can build: {error}") from error


def _compile_arguments(keras: Any, training: Mapping[str, Any]) -> dict[str, Any]:
    """Return arguments of `compile` from the configuration of the training."""
    saved = training["optimizer_config"]
    name = str(saved["class_name"]).rpartition(">")[2]
    kinds = {kind.lower(): getattr(keras.optimizers, kind) for kind in dir(keras.optimizers)}
    optimizer = kinds[name.lower()]
    config = {"learning_rate" if key == "lr" else key: value for key, value in saved["config"].items()}
    if config.get("decay"):
        schedules = keras.optimizers.schedules
        config["learning_rate"] = schedules.InverseTimeDecay(config["learning_rate"], 1, config["decay"])
    known = inspect.signature(optimizer.__init__).parameters.keys() - {"name", "kwargs", "self"}
    arguments = {key: value for key, value in config.items() if key in known and value is not None}
    if isinstance(arguments.get("learning_rate"), dict):
        arguments["learning_rate"] = keras.optimizers.schedules.deserialize(arguments["learning_rate"])
    compiled = {"optimizer": optimizer(**arguments), "loss": _by_name(keras.losses, training["loss"])}
    metrics = training.get("metrics") or []
    if len(metrics) == 1 and isinstance(metrics[0], list):
        metrics = metrics[0]
    if metrics:
        compiled["metrics"] = [_by_name(keras.metrics, metric) for metric in metrics]
    return compiled


def _by_name(module: Any, saved: Any) -> Any:
    """Return a loss or metric: its name, or its class with its settings."""
    if not isinstance(saved, dict) or "class_name" not in saved:
        return saved
    settings = dict(saved.get("config") or {})
    if saved["class_name"] == "MeanMetricWrapper" or "fn" in settings:
        return settings.get("name", settings.get("fn"))
    settings.pop("dtype", None)
    if settings.get("reduction") == "auto":
        del settings["reduction"]
    return getattr(module, saved["class_name"])(**settings)
