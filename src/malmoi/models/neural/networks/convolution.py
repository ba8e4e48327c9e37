"""Windows of words, wherever they stand."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from malmoi.foundation.imports import import_keras
from malmoi.models.neural.networks.base import Network
from malmoi.models.neural.networks.kernels import strongest
from malmoi.models.neural.networks.layers import check_choice, glorot, pooled, units_of, zeroed

if TYPE_CHECKING:
    import keras

__all__ = ["Conv"]

POOLINGS = ("max", "mean")


@dataclass(frozen=True)
class Conv(Network):
    """Filters over windows of some words, the strongest answer of each in the whole text, then dense layers.

    Beyond a text's ends there are zeros, whether by padding or not, so that padding changes nothing.

    Args:
        filters: filters of each width.
        widths: tokens of a window, one number or several, which work side by side.
        layers: convolutions one after another, each of the same width.
        pooling: "max" or "mean" over the text.
        hidden: units of the hidden layers (relu), one number or several; none by default.
        dropout: dropout rate before each dense layer; 0 or more, below 1.
        l2: L2 penalty of the filters' and the dense layers' weights; 0 or more.

    Source:
        Kim 2014, "Convolutional neural networks for sentence classification".

    Example:
        >>> Conv(filters=100, widths=(3, 4, 5)).parameter_count(length=50, dimension=50, outputs=6)
        62106
    """

    filters: int = 100
    widths: int | tuple[int, ...] = (3, 4, 5)
    layers: int = 1
    pooling: str = "max"
    hidden: int | tuple[int, ...] = ()
    dropout: float = 0.0
    l2: float = 0.0

    def __post_init__(self) -> None:
        self.check_dense()
        object.__setattr__(self, "widths", units_of("widths", self.widths))
        self.check_count("filters")
        self.check_count("layers")
        if not self.every_width or len(set(self.every_width)) < len(self.every_width):
            raise ValueError(f"widths must be one or more, each once, got {self.widths}")
        check_choice("pooling", self.pooling, POOLINGS)

    @property
    def every_width(self) -> tuple[int, ...]:
        """Words of each window."""
        return self.widths if isinstance(self.widths, tuple) else (self.widths,)

    @property
    def widest(self) -> int:
        """Steps that a sample must have."""
        return max(self.every_width)

    def build(self, vectors: keras.KerasTensor, mask: keras.KerasTensor, seeds: np.random.Generator) -> Any:
        """Add the layers between the embedding and the output layer."""
        layers = import_keras().layers
        branches = []
        for width in self.every_width:
            features = vectors
            for number in range(1, self.layers + 1):
                last = number == self.layers and self.pooling == "max"
                convolution = (_pooled_convolution() if last else layers.Conv1D)(
                    self.filters,
                    width,
                    padding="same",
                    activation="relu",
                    kernel_initializer=glorot(seeds),
                    kernel_regularizer=self.penalty(),
                    name=f"conv_{width}_{number}",
                )
                inputs = zeroed(features, mask)
                features = convolution(inputs, mask) if last else convolution(inputs)
            branches.append(features if self.pooling == "max" else pooled(features, mask, self.pooling))
        joined = branches[0] if len(branches) == 1 else layers.Concatenate(name="widths")(branches)
        return self.dense(joined, seeds)

    def parameter_count(self, length: int, dimension: int, outputs: int) -> int:
        """Parameters behind the embedding, the output layer's included, known before anything is built."""
        first = sum((width * dimension + 1) * self.filters for width in self.every_width)
        later = sum((width * self.filters + 1) * self.filters for width in self.every_width) * (self.layers - 1)
        return first + later + self.dense_parameters(self.filters * len(self.every_width), outputs)


@cache
def _pooled_convolution() -> Any:
    """Keras' convolution, of which only the strongest answer of each filter is kept."""
    keras = import_keras()

    @keras.saving.register_keras_serializable(package="malmoi")
    class PooledConv1D(keras.layers.Conv1D):  # type: ignore[misc, name-defined]
        """A convolution and the largest value of each filter over the real tokens: (samples, filters)."""

        def call(self, inputs: Any, there: Any) -> Any:
            """Convolve, and pool where the mask is true."""
            if keras.backend.backend() != "jax":
                return pooled(super().call(inputs), there, "max")
            return strongest(inputs, self.kernel.value, self.bias.value, there)

        def compute_output_spec(self, inputs: Any, there: Any) -> Any:
            """What comes out, without computing it."""
            return keras.KerasTensor((inputs.shape[0], self.filters), dtype=self.compute_dtype)

        def compute_output_shape(self, input_shape: Any, there_shape: Any = None) -> Any:
            """(samples, filters)."""
            return (input_shape[0], self.filters)

    return PooledConv1D
