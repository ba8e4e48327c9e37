"""Functions of the old `keras.backend`, by those of `keras.ops`."""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import ModuleType
from typing import Any

from malmoi.keras.install.patches import Patches
from malmoi.keras.old_names import BACKEND_AXES, BACKEND_FUNCTIONS

__all__ = ["patch_backend"]


def patch_backend(keras: ModuleType, patches: Patches) -> None:
    """Add the functions that `keras.backend` lacks."""
    functions: dict[str, tuple[Callable[..., Any], str]] = {}
    for name, new in BACKEND_FUNCTIONS.items():
        functions[name] = getattr(keras.ops, new), f"is keras.ops.{new}"
    for name, (new, axis) in BACKEND_AXES.items():
        functions[name] = _with_axis(getattr(keras.ops, new), axis), f"is keras.ops.{new} with axis={axis}"
    functions |= {
        "int_shape": (lambda x: tuple(x.shape), "returns the shape as a tuple"),
        "ndim": (lambda x: len(x.shape), "returns the number of axes"),
        "set_value": (lambda x, value: x.assign(value), "calls assign"),
        "variable": (keras.Variable, "is keras.Variable"),
    }
    for name, (function, effect) in functions.items():
        if not hasattr(keras.backend, name):
            patches.set(keras.backend, name, function, "keras.backend", effect)


def _with_axis(function: Callable[..., Any], default: int) -> Callable[..., Any]:
    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        return function(
            *args, **({"axis": default} | kwargs if len(args) < _POSITION_OF_AXIS.get(call.__name__, 2) else kwargs)
        )

    return call


_POSITION_OF_AXIS = {"take": 3}
