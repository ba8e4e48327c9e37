"""A trained network: its shapes and its weights, which predict by themselves, and a Keras model of them."""

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
    """What a pickle holds; that of an older version has the weights in the order of the Keras model."""

    plan: Plan
    weights: Arrays | list[npt.NDArray[np.float32]]


@dataclass(frozen=True)
class _Weights:
    """Weights by their paths, and the values of the Keras model's variables that they were taken from."""

    arrays: Arrays
    values: tuple[jax.Array, ...] = ()

    @classmethod
    def of_model(cls, model: keras.Model) -> _Weights:
        """Take the weights of a Keras model."""
        values = tuple(weight.value for weight in model.weights)
        names = [weight.path for weight in model.weights]
        return cls({name: np.asarray(value) for name, value in zip(names, values, strict=True)}, values)

    def is_of(self, model: keras.Model) -> bool:
        """Whether the model has them still; JAX's values never change, those of other backends may."""
        if sys.modules["keras"].backend.backend() != "jax":
            return False
        weights = model.weights
        return len(weights) == len(self.values) and all(
            weight.value is value for weight, value in zip(weights, self.values, strict=True)
        )


class TrainedNetwork:
    """A network with its weights; never changed, but by a user who changes the Keras model that it hands out.

    Networks of ours predict by the core alone, in float32. A user's function and `precision="bfloat16"` need Keras,
    and where JAX has an accelerator at work in this process, all predict on it.

    Args:
        plan: its shapes.
        weights: float32 by the paths that Keras gives them.
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
            ValueError: the weights are not those of the plan.
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
        """The Keras model, built when it is asked for; predictions follow what is changed in it later."""
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
        """Parameters, those of a function's layers among them."""
        return sum(array.size for array in self._current().arrays.values())

    def outputs(self, samples: Inputs) -> npt.NDArray[np.float32]:
        """Return outputs float32 (samples, units)."""
        if self._program is None or accelerator_is_running():
            import_keras()  # which refuses where a fork has lost JAX
            return self._on_keras(samples)
        weights, native = self._current(), self._native
        if native is None or native[0] is not weights:
            native = self._native = weights, NativeForward.of(self.plan, self._program, weights.arrays)
        return native[1](samples)

    def _current(self) -> _Weights:
        """The weights as they are now, which are others where the user has changed the Keras model."""
        model = self._model
        if model is not None and not self._weights.is_of(model):
            self._weights = _Weights.of_model(model)
        return self._weights

    def __getstate__(self) -> _Pickled:
        """Copies and pickles hold the weights; the Keras model is built again where it is asked for."""
        return {"plan": self.plan, "weights": {name: np.array(array) for name, array in self.weights.items()}}

    def __setstate__(self, state: _Pickled) -> None:
        """Take the weights; a pickle of an older version has them in the order of the Keras model."""
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
    """The Keras model of a plan with weights by their paths."""
    with without_drawing():
        model = build_model(plan)
    _check_shapes({weight.path: tuple(weight.shape) for weight in model.weights}, weights)
    for weight in model.weights:
        weight.assign(weights[weight.path])
    return model
