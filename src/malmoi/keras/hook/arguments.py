"""Old arguments of constructors: renamed, removed, or with another effect in Keras 3."""

from __future__ import annotations

import functools
import importlib
import inspect
import warnings
from collections.abc import Callable, Mapping, Sequence
from types import ModuleType
from typing import Any

import numpy as np

from malmoi.keras.hook.patches import Patches
from malmoi.keras.models.old_training import decayed_rate
from malmoi.keras.old_names import ARGUMENTS, DROPPED_ARGUMENTS, OPTIMIZERS

__all__ = ["like", "patch_arguments", "translated"]

SIZED = ("Activation", "Conv2D", "MaxPooling2D", "RepeatVector")
"""Layers without renamed arguments that also accept NumPy integers."""
SAME_POSITIONS = {"SGD": 2, "RMSprop": 2, "Adagrad": 1, "Adadelta": 3, "Adam": 4, "Adamax": 4, "Nadam": 4}
"""Positional arguments of optimizers that are the same in Keras 2, `tf.keras` and Keras 3."""
HARD_SIGMOID = (
    "hard_sigmoid has another slope in Keras 3, clip(x / 6 + 0.5, 0, 1); "
    "for that of Keras 2, clip(0.2 x + 0.5, 0, 1), pass keras.backend.hard_sigmoid"
)
SEQUENCE_LAYERS = frozenset({"LSTM", "GRU", "SimpleRNN", "Conv1D", "Convolution1D"})
"""Layers for which `input_dim` is the number of features of a step."""
MODEL_ARGUMENTS = {"input": "inputs", "output": "outputs"}


def translated(
    owner: str, arguments: Mapping[str, Any], renamed: Mapping[str, str], dropped: Sequence[str] = ()
) -> dict[str, Any]:
    """Return arguments under their new names, without those that no longer exist.

    Args:
        owner: name of the class or function, for messages.
        arguments: the keyword arguments.
        renamed: new names by old names.
        dropped: arguments that no longer exist; a warning names each.

    Raises:
        TypeError: an argument is given under both names.
    """
    new = {}
    for name, value in arguments.items():
        if name in dropped:
            warnings.warn(f"{owner}: {name} has no effect in Keras 3", UserWarning, stacklevel=4)
            continue
        current = renamed.get(name, name)
        if current in new or (current != name and current in arguments):
            raise TypeError(f"{owner} got {name}, the old name of {current}, and {current}")
        new[current] = value
    return new


def patch_arguments(keras: ModuleType, patches: Patches) -> None:
    """Make constructors of layers, optimizers and callbacks, and `to_categorical`, take their old arguments."""
    layer = keras.layers.Layer
    patches.set(
        layer,
        "__init__",
        _layer_init(layer.__init__),
        "keras.layers.Layer",
        "accepts batch_input_shape and input_length",
    )
    patches.set(keras.Sequential, "add", _add(keras), "keras.Sequential", "uses batch_input_shape of the first layer")
    places = [
        ("keras.layers", keras.layers),
        ("keras.optimizers", keras.optimizers),
        ("keras.callbacks", keras.callbacks),
    ]
    done: set[type] = set()
    for name, renamed in {**{layer: {} for layer in SIZED}, **ARGUMENTS}.items():
        where, owner = next(((w, o) for w, o in places if isinstance(getattr(o, name, None), type)), ("", None))
        cls = getattr(owner, name, None)
        if cls is None or cls in done:
            continue
        done.add(cls)
        dropped = DROPPED_ARGUMENTS.get(name, ())
        init = _class_init(name, cls.__init__, renamed, dropped)
        effect = f"accepts {', '.join([*renamed, *dropped, 'NumPy integers'])}"
        patches.set(cls, "__init__", init, f"{where}.{name}", effect)
    _patch_model(keras, patches)
    function = keras.utils.to_categorical
    patches.set(
        keras.utils,
        "to_categorical",
        _renaming(function, ARGUMENTS["to_categorical"]),
        "keras.utils",
        "accepts nb_classes",
    )
    patches.set(layer, "add_weight", _add_weight(layer.add_weight), "keras.layers.Layer", "accepts the name first")
    weights = property(layer.trainable_weights.fget, lambda self, weights: None)
    patches.set(layer, "trainable_weights", weights, "keras.layers.Layer", "may be assigned; add_weight tracks weights")
    optimizer = keras.optimizers.Optimizer
    patches.set(optimizer, "lr", property(_get_rate, _set_rate), "keras.optimizers.Optimizer", "is learning_rate")


def _patch_model(keras: ModuleType, patches: Patches) -> None:
    """Make `Model(input=, output=)` a functional model; Python calls `__new__` and `__init__` with equal arguments."""
    functional = importlib.import_module("keras.src.models.functional").Functional
    new, init = keras.Model.__new__, functional.__init__

    def create(cls: type, *args: Any, **kwargs: Any) -> Any:
        return new(cls, *args, **translated("Model", kwargs, MODEL_ARGUMENTS))

    def initialize(self: Any, *args: Any, **kwargs: Any) -> None:
        init(self, *args, **translated("Model", kwargs, MODEL_ARGUMENTS))

    effect = "accepts input and output"
    patches.set(keras.Model, "__new__", staticmethod(functools.wraps(new)(create)), "keras.Model", effect)
    patches.set(functional, "__init__", like(init, initialize), "keras.Model", effect)


def _renaming(function: Callable[..., Any], renamed: Mapping[str, str]) -> Callable[..., Any]:
    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **translated(function.__name__, kwargs, renamed))

    return call


def like(original: Callable[..., Any], init: Callable[..., None]) -> Callable[..., None]:
    """Give a constructor the name and signature of the original, from which Keras reads the arguments."""
    functools.update_wrapper(init, original)
    init.__signature__ = inspect.signature(original)  # type: ignore[attr-defined]  # functions have it on request
    return init


def _class_init(
    name: str, original: Callable[..., None], renamed: Mapping[str, str], dropped: Sequence[str]
) -> Callable[..., None]:
    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        _refuse_mode(name, kwargs)
        kwargs = translated(name, kwargs, renamed, dropped)
        if name == "Embedding" and "input_length" in kwargs:
            _name_shape(kwargs, (kwargs.pop("input_length"),))
        if name in SEQUENCE_LAYERS and "input_length" not in kwargs and kwargs.get("input_dim") is not None:
            kwargs.setdefault("input_shape", (None, _as_int(kwargs.pop("input_dim"))))
        if "hard_sigmoid" in (*args, kwargs.get("activation"), kwargs.get("recurrent_activation")):
            warnings.warn(HARD_SIGMOID, UserWarning, stacklevel=2)
        if name in OPTIMIZERS:
            _check_positions(name, args)
            args, kwargs = _with_decay(original, args, kwargs)
            if kwargs.get("epsilon", 0.0) is None:  # the default, in Keras 2
                del kwargs["epsilon"]
        original(self, *map(_as_int, args), **{key: _as_int(value) for key, value in kwargs.items()})

    return like(original, init)


def _layer_init(original: Callable[..., None]) -> Callable[..., None]:
    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        batch = kwargs.pop("batch_input_shape", None)
        if batch is not None:
            _name_shape(kwargs, tuple(batch[1:]))
        if kwargs.get("input_length") is not None and kwargs.get("input_dim") is not None:
            _name_shape(kwargs, (kwargs.pop("input_length"), kwargs.pop("input_dim")))
        original(self, *args, **kwargs)
        if batch is not None and batch[0] is not None:
            self._old_batch_size = int(batch[0])

    return like(original, init)


def _add_weight(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def add_weight(self: Any, *args: Any, **kwargs: Any) -> Any:
        if args and isinstance(args[0], str):
            kwargs["name"], args = args[0], args[1:]
        return original(self, *args, **kwargs)

    return add_weight


def _name_shape(arguments: dict[str, Any], shape: tuple[Any, ...]) -> None:
    """Give the shape of a sample, so that a Sequential model is built when the layer is added."""
    if None not in shape:
        arguments.setdefault("input_shape", tuple(map(_as_int, shape)))


def _add(keras: ModuleType) -> Callable[..., None]:
    original = keras.Sequential.add

    @functools.wraps(original)
    def add(self: Any, layer: Any, *args: Any, **kwargs: Any) -> None:
        size = getattr(layer, "_old_batch_size", None)
        if size is not None and not self.layers:
            original(self, keras.layers.InputLayer(batch_shape=(size, *layer._input_shape_arg)))
        original(self, layer, *args, **kwargs)

    return add


def _refuse_mode(name: str, arguments: Mapping[str, Any]) -> None:
    """Check that `mode` of Keras 1 has its default: others have no equal.

    Raises:
        TypeError: it has another value.
    """
    if name == "BatchNormalization" and arguments.get("mode", 0) != 0:
        raise TypeError("BatchNormalization has no mode in Keras 3; only 0, the default, may be given")


def _check_positions(name: str, args: tuple[Any, ...]) -> None:
    """Check that Keras 2 and Keras 3 agree about the positional arguments of an optimizer.

    Raises:
        TypeError: they mean other arguments.
    """
    most = SAME_POSITIONS[name]
    if len(args) > most:
        fault = f"{name} got {len(args)} positional arguments, and Keras 2 and 3 have another order after {most}"
        raise TypeError(f"{fault}; name them, as in decay=1e-6")


def _with_decay(
    original: Callable[..., None], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Replace `decay` by its schedule: the rate divided by 1 + decay * steps."""
    decay = kwargs.pop("decay", 0.0)
    if not decay:
        return args, kwargs
    import keras

    default = inspect.signature(original).parameters["learning_rate"].default
    rate = args[0] if args else kwargs.get("learning_rate", default)
    schedule = decayed_rate(keras, rate, decay)
    if args:
        return (schedule, *args[1:]), kwargs
    return args, kwargs | {"learning_rate": schedule}


def _as_int(value: Any) -> Any:
    """Return NumPy integers as int: Keras 3 refuses them as sizes."""
    return int(value) if isinstance(value, np.integer) else value


def _get_rate(optimizer: Any) -> Any:
    return optimizer.learning_rate


def _set_rate(optimizer: Any, rate: Any) -> None:
    optimizer.learning_rate = rate
