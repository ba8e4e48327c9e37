"""A trained network: its shapes, its weights, and a Keras model of them."""

from __future__ import annotations

import sys
import threading
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, TypedDict

import numpy as np
import numpy.typing as npt

from malmoi.foundation.imports import accelerator_is_running, import_keras
from malmoi.models.neural.engines.native import NativeForward, with_own_table
from malmoi.models.neural.engines.prediction import Forward, forward
from malmoi.models.neural.networks import Plan, Program, build_model, forward_program
from malmoi.models.neural.networks.weights import without_drawing
from malmoi.models.neural.samples import Inputs
from malmoi.models.state import Arrays

if TYPE_CHECKING:
    import jax
    import keras

__all__ = ["TrainedNetwork"]


class _Pickled(TypedDict):
    """Content of a pickle; in older versions the weights are a list in the order of the Keras model."""

    plan: Plan
    weights: Arrays | list[npt.NDArray[np.float32]]


@dataclass(frozen=True)
class _Weights:
    """Weights by their paths, and the values of the Keras model's variables from which they were copied."""

    arrays: Arrays
    values: tuple[jax.Array, ...] = ()

    @classmethod
    def of_model(cls, model: keras.Model) -> _Weights:
        """Copy the weights of a Keras model."""
        values = tuple(weight.value for weight in model.weights)
        names = [weight.path for weight in model.weights]
        return cls({name: np.asarray(value) for name, value in zip(names, values, strict=True)}, values)

    def is_of(self, model: keras.Model) -> bool:
        """Return whether the model still has these weights; always false on backends whose arrays are mutable."""
        if sys.modules["keras"].backend.backend() != "jax":
            return False
        weights = model.weights
        return len(weights) == len(self.values) and all(
            weight.value is value for weight, value in zip(weights, self.values, strict=True)
        )


class TrainedNetwork:
    """A network with its weights; it only changes if the user changes its Keras model.

    Built-in networks predict with the core, in float32. Custom functions and `precision="bfloat16"` need Keras, and if
    JAX uses an accelerator in this process, all predictions run on it.

    Args:
        plan: its shapes.
        weights: float32, by their paths in Keras.
    """

    def __init__(self, plan: Plan, weights: Arrays) -> None:
        self.plan = plan
        self._weights = _Weights(weights)
        self._model: keras.Model | None = None
        self._native: tuple[_Weights, NativeForward] | None = None
        self._building = threading.Lock()

    @classmethod
    def of_model(cls, plan: Plan, model: keras.Model) -> TrainedNetwork:
        """Return the network of a trained Keras model of the plan."""
        found = _Weights.of_model(model)
        network = cls(plan, found.arrays)
        network._weights, network._model = found, model
        return network

    @classmethod
    def from_weights(cls, plan: Plan, weights: Arrays) -> TrainedNetwork:
        """Return the network with weights by their paths.

        Raises:
            ValueError: the weights do not fit the plan.
        """
        plan.check()
        stored = sum(array.size for array in weights.values() if array.dtype == np.float32)
        if plan.parameter_count != stored:
            raise ValueError(f"its settings need {plan.parameter_count} parameters, it holds {stored}")
        program = forward_program(plan)
        if program is None:
            return cls.of_model(plan, _model_with(plan, weights))
        _check_shapes(program.shapes, weights)
        return cls(plan, with_own_table({name: weights[name] for name in program.shapes}))

    @cached_property
    def _program(self) -> Program | None:
        return forward_program(self.plan) if self.plan.precision == "float32" else None

    @cached_property
    def _on_keras(self) -> Forward:
        return forward(self.model)

    @property
    def model(self) -> keras.Model:
        """The Keras model, built on first access; predictions use later changes of it."""
        with self._building:
            if self._model is None:
                model = _model_with(self.plan, self._weights.arrays)
                self._weights = _Weights.of_model(model)
                self._model = model
            return self._model

    @property
    def weights(self) -> Arrays:
        """The weights by their paths."""
        return self._current().arrays

    @property
    def parameter_count(self) -> int:
        """Number of parameters, including layers of a custom function."""
        return sum(array.size for array in self._current().arrays.values())

    def outputs(self, samples: Inputs) -> npt.NDArray[np.float32]:
        """Return outputs float32 (samples, units)."""
        if self._program is None or accelerator_is_running():
            import_keras()  # raises an error in a forked process without JAX
            return self._on_keras(samples)
        weights, native = self._current(), self._native
        if native is None or native[0] is not weights:
            native = self._native = weights, NativeForward.of(self.plan, self._program, weights.arrays)
        return native[1](samples)

    def _current(self) -> _Weights:
        """Return the current weights, updated if the user has changed the Keras model."""
        model = self._model
        if model is not None and not self._weights.is_of(model):
            self._weights = _Weights.of_model(model)
        return self._weights

    def __getstate__(self) -> _Pickled:
        """Return the weights for copies and pickles; the Keras model is built again on first access."""
        return {"plan": self.plan, "weights": {name: np.array(array) for name, array in self.weights.items()}}

    def __setstate__(self, state: _Pickled) -> None:
        """Restore the weights; in pickles of older versions they are a list in the order of the Keras model."""
        plan, weights = state["plan"], state["weights"]
        if isinstance(weights, dict):
            self.__init__(plan, weights)  # type: ignore[misc]
            return
        with without_drawing():
            model = build_model(plan)
        model.set_weights(weights)
        self.__init__(plan, _Weights.of_model(model).arrays)  # type: ignore[misc]


def _check_shapes(shapes: dict[str, tuple[int, ...]], weights: Arrays) -> None:
    for name, shape in shapes.items():
        array = weights.get(name)
        if array is None or array.shape != shape or array.dtype != np.float32:
            raise ValueError(f"{name} must be float32 {shape}")


def _model_with(plan: Plan, weights: Arrays) -> keras.Model:
    """Build the Keras model of a plan with weights by their paths."""
    with without_drawing():
        model = build_model(plan)
    _check_shapes({weight.path: tuple(weight.shape) for weight in model.weights}, weights)
    for weight in model.weights:
        weight.assign(weights[weight.path])
    return model
