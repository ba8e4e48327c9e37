"""A trained network: its shapes and its weights, which predict by themselves, and a Keras model of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from malmoi.models.neural.engines.prediction import Forward, forward
from malmoi.models.neural.networks import Plan, build_model
from malmoi.models.neural.networks.weights import without_drawing
from malmoi.models.neural.samples import Inputs
from malmoi.models.state import Arrays

if TYPE_CHECKING:
    import keras

__all__ = ["TrainedNetwork"]


class TrainedNetwork:
    """A network with its weights; never changed, but by a user who changes the Keras model that it hands out.

    Args:
        plan: its shapes.
        model: the Keras model of this plan.
    """

    def __init__(self, plan: Plan, model: keras.Model) -> None:
        self.plan = plan
        self.model = model
        self._forward: Forward = forward(model)

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
        with without_drawing():
            model = build_model(plan)
        for weight in model.weights:
            array = weights.get(weight.path)
            if array is None or array.shape != tuple(weight.shape) or array.dtype != np.dtype(weight.dtype):
                raise ValueError(f"{weight.path} must be {weight.dtype} {tuple(weight.shape)}")
            weight.assign(array)
        return cls(plan, model)

    @property
    def weights(self) -> Arrays:
        """The weights by their paths; the seeds of dropout among them."""
        return {weight.path: np.asarray(weight.value) for weight in self.model.weights}

    def outputs(self, samples: Inputs) -> npt.NDArray[np.float32]:
        """Return outputs float32 (samples, units)."""
        return self._forward(samples)

    def __getstate__(self) -> dict[str, Any]:
        """Copies and pickles hold the weights; the Keras model is built again."""
        return {"plan": self.plan, "weights": self.model.get_weights()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Build the Keras model again, and give it its weights."""
        with without_drawing():
            model = build_model(state["plan"])
        model.set_weights(state["weights"])
        self.__init__(state["plan"], model)  # type: ignore[misc]
