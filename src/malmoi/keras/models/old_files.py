"""Loading of models from HDF5 files and JSON of Keras 1.2 to 2.15, which Keras 3 refuses or reads differently."""

from __future__ import annotations

import importlib
import os
import warnings
from collections.abc import Mapping
from typing import Any

from malmoi.errors import DataError
from malmoi.foundation.imports import import_keras
from malmoi.foundation.json_values import parsed_json
from malmoi.foundation.validation import shorten
from malmoi.keras.models.old_configs import model_config
from malmoi.keras.models.old_training import SHORT_LOSSES, compile_arguments

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
        **kwargs: further arguments of Keras' function, such as `safe_mode`, for files of Keras 3.

    Returns:
        A `keras.Model`.

    Raises:
        DataError: the HDF5 file has no model, or a part of it cannot be restored.
        MissingExtraError: Keras or its backend is not installed.
        TypeError: a further argument would have no effect.

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
    own = dict(custom_objects or {})
    if not (os.path.isfile(path) and h5py.is_hdf5(path)):
        return keras.saving.load_model(path, custom_objects=own, compile=compile, **kwargs)
    with h5py.File(path, "r") as file:
        if "model_config" not in file.attrs:
            cure = "build the model, then call its load_weights"
            raise DataError(f"{path} must contain a model, but it has weights only; {cure}")
        version = _text(file.attrs.get("keras_version", "2"))
        config, training = (_text(file.attrs.get(name, "")) for name in ("model_config", "training_config"))
    if not version.startswith(("1", "2")):
        named = {short: getattr(keras.losses, name) for short, name in SHORT_LOSSES.items()}
        return keras.saving.load_model(path, custom_objects=named | own, compile=compile, **kwargs)
    if kwargs:
        raise TypeError(f"{', '.join(kwargs)} would have no effect for an HDF5 file of old Keras; leave it out")
    model = _from_config(config, own, path)
    try:
        model.load_weights(path)
    except (KeyError, OSError, ValueError) as error:
        raise DataError(f"{path} must contain the weights of its model: {error}") from error
    if compile and training:
        _compile(keras, model, training, own)
    return model


def _compile(keras: Any, model: Any, training: str, custom_objects: Mapping[str, Any]) -> None:
    """Compile a model as before, or warn that it is not compiled."""
    try:
        with keras.saving.custom_object_scope(dict(custom_objects)):
            model.compile(**compile_arguments(keras, parsed_json(training), custom_objects))
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        warnings.warn(f"the model is not compiled: {shorten(str(error))}; call compile", UserWarning, stacklevel=3)


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
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise DataError(f"{name} must contain a model that Keras 3 can build: {error}") from error
