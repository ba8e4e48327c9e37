"""Functions of the old `keras.backend`, by those of `keras.ops`."""

from __future__ import annotations

import ast
import functools
from collections.abc import Callable
from types import ModuleType
from typing import Any

from malmoi.keras.hook.patches import Patches
from malmoi.keras.models.old_configs import hard_sigmoid_of_keras_2
from malmoi.keras.old_backend import ADDED, CURES, OPS, RENAMED_KEYWORDS

__all__ = ["patch_backend"]


def patch_backend(keras: ModuleType, patches: Patches) -> None:
    """Add the functions that `keras.backend` lacks."""
    functions = {name: (_old(getattr(keras.ops, new), name), f"is keras.ops.{new}") for name, new in OPS.items()}
    functions |= {name: (function, "has its old meaning") for name, function in _old_functions(keras).items()}
    for name, (function, effect) in functions.items():
        if not hasattr(keras.backend, name):
            patches.set(keras.backend, name, function, "keras.backend", effect)
    patches.set(keras.backend, "__getattr__", _explain, "keras.backend", "says what replaces a removed function")


def _explain(name: str) -> object:
    """Say what replaces a function that `keras.backend` does not have.

    Raises:
        AttributeError: always.
    """
    fault = f"module 'keras.backend' has no attribute {name!r}"
    raise AttributeError(f"{fault} in Keras 3; {CURES[name]}" if name in CURES else fault)


def _old_functions(keras: ModuleType) -> dict[str, Callable[..., Any]]:
    """Return functions whose arguments or results differ from those of `keras.ops`."""
    ops = keras.ops
    return {
        "batch_flatten": lambda x: ops.reshape(x, (ops.shape(x)[0], -1)),
        "dtype": lambda x: keras.backend.standardize_dtype(x.dtype),
        "flatten": lambda x: ops.reshape(x, (-1,)),
        "hard_sigmoid": hard_sigmoid_of_keras_2,
        "int_shape": lambda x: tuple(x.shape),
        "l2_normalize": lambda x, axis=None: ops.divide(x, ops.sqrt(ops.maximum(ops.sum(x * x, axis, True), 1e-12))),
        "ndim": lambda x: len(x.shape),
        "repeat": lambda x, n: ops.repeat(ops.expand_dims(x, 1), n, axis=1),
        "set_value": lambda x, value: x.assign(value),
        "sqrt": lambda x: ops.sqrt(ops.maximum(x, 0)),
        "variable": lambda value, dtype=None, name=None: keras.Variable(
            value, dtype=dtype or keras.config.floatx(), name=name
        ),
        "relu": lambda x, alpha=0.0, max_value=None, threshold=0.0: keras.activations.relu(
            x, alpha, max_value, threshold
        ),
        "bias_add": ops.add,
        "binary_crossentropy": ops.binary_crossentropy,
        "categorical_crossentropy": ops.categorical_crossentropy,
        "sparse_categorical_crossentropy": ops.sparse_categorical_crossentropy,
        "switch": ops.where,
        "random_normal": lambda shape, mean=0.0, stddev=1.0, dtype=None, seed=None: keras.random.normal(
            shape, mean, stddev, dtype, seed
        ),
        "random_uniform": lambda shape, minval=0.0, maxval=1.0, dtype=None, seed=None: keras.random.uniform(
            shape, minval, maxval, dtype, seed
        ),
        "update": lambda x, new_x: x.assign(new_x),
        "update_add": lambda x, increment: x.assign_add(increment),
    }


def _old(function: Callable[..., Any], name: str) -> Callable[..., Any]:
    """Return a function of `keras.ops` that takes the old names of arguments, and has the old default of one."""
    renamed = RENAMED_KEYWORDS.get(name, {})
    position, argument, written = ADDED.get(name, (0, "", "None"))
    default = ast.literal_eval(written)

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        kwargs = {renamed.get(key, key): value for key, value in kwargs.items()}
        if argument and len(args) < position:
            kwargs.setdefault(argument, default)
        return function(*args, **kwargs)

    return call
