"""Functions of the old `keras.backend`, by those of `keras.ops`."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from types import ModuleType
from typing import Any

from malmoi.keras.install.patches import Patches
from malmoi.keras.models.old_configs import hard_sigmoid_of_keras_2
from malmoi.keras.old_names import BACKEND_AXES, BACKEND_FUNCTIONS

__all__ = ["patch_backend"]


def patch_backend(keras: ModuleType, patches: Patches) -> None:
    """Add the functions that `keras.backend` lacks."""
    functions: dict[str, tuple[Callable[..., Any], str]] = {}
    for name, new in BACKEND_FUNCTIONS.items():
        functions[name] = getattr(keras.ops, new), f"is keras.ops.{new}"
    for name, (new, axis) in BACKEND_AXES.items():
        functions[name] = _with_axis(getattr(keras.ops, new), axis), f"is keras.ops.{new} with axis={axis}"
    functions |= {name: (function, "has its old meaning") for name, function in _old_functions(keras).items()}
    for name, (function, effect) in functions.items():
        if not hasattr(keras.backend, name):
            patches.set(keras.backend, name, function, "keras.backend", effect)


def _old_functions(keras: ModuleType) -> dict[str, Callable[..., Any]]:
    """Return functions whose arguments or results differ from those of `keras.ops`."""
    ops = keras.ops
    return {
        "batch_flatten": lambda x: ops.reshape(x, (ops.shape(x)[0], -1)),
        "clip": lambda x, min_value, max_value: ops.clip(x, min_value, max_value),  # noqa: PLW0108 (the old names)
        "dtype": lambda x: keras.backend.standardize_dtype(x.dtype),
        "flatten": lambda x: ops.reshape(x, (-1,)),
        "hard_sigmoid": hard_sigmoid_of_keras_2,
        "int_shape": lambda x: tuple(x.shape),
        "l2_normalize": lambda x, axis=None: ops.divide(x, ops.sqrt(ops.maximum(ops.sum(x * x, axis, True), 1e-12))),
        "ndim": lambda x: len(x.shape),
        "repeat": lambda x, n: ops.repeat(ops.expand_dims(x, 1), n, axis=1),
        "reverse": lambda x, axes: ops.flip(x, axes),  # noqa: PLW0108
        "set_value": lambda x, value: x.assign(value),
        "stop_gradient": ops.stop_gradient,
        "variable": keras.Variable,
    }


def _with_axis(function: Callable[..., Any], default: int) -> Callable[..., Any]:
    position = list(inspect.signature(function).parameters).index("axis")

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        if len(args) <= position:
            kwargs.setdefault("axis", default)
        return function(*args, **kwargs)

    return call
