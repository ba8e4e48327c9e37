"""Recurrent networks of texts and of series."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from malmoi.foundation.imports import import_keras
from malmoi.foundation.validation import shorten
from malmoi.models.neural.networks.base import Network
from malmoi.models.neural.networks.blocks import joined, normalized
from malmoi.models.neural.networks.kernels import CELL_KERNELS
from malmoi.models.neural.networks.layers import check_choice, glorot, new_seed, pooled, zeroed
from malmoi.models.neural.networks.program import Program, Value
from malmoi.models.neural.networks.weights import copies_draw_alike, orthogonal

if TYPE_CHECKING:
    import jax
    import keras

__all__ = ["Recurrent"]

CELLS = ("simple", "gru", "lstm")
CELL_LAYERS = {"simple": "simple_rnn_cell", "gru": "gru_cell", "lstm": "lstm_cell"}
"""Keras' names of the cells' weights."""
POOLINGS = ("last", "mean", "max", "mean_max")
SERIES_LENGTH = 100
"""Steps that the cells read of a series at most, unless `stride` says otherwise."""
SHORTENING_WIDTH = 2
"""Width of the convolution in front, in strides."""


@dataclass(frozen=True)
class Recurrent(Network):
    """A recurrent network: a cell that reads step by step and keeps a state, then dense layers; padding is skipped.

    Settings that are `None` follow the data. Of texts the last state goes on. Of series the mean and the maximum of
    all states go on, and series of more than 100 steps are first shortened by a convolution.

    Args:
        cell: "simple", "gru" or "lstm".
        units: units of the state.
        layers: recurrent layers; each but the last returns its state after every token.
        bidirectional: also read from the end, and join both states.
        hidden: units of the hidden layers (relu), one number or several; none by default.
        dropout: dropout rate before each dense layer and between recurrent layers; 0 or more, below 1.
        l2: L2 penalty of the cells' and the dense layers' weights; 0 or more.
        pooling: what goes on to the dense layers: "last", the last state; "mean", "max" or "mean_max", both, of the
            states over time; `None`: "last" for texts, "mean_max" for series.
        stride: steps that a convolution, twice as wide, joins into one before the first cell, with batch
            normalization; 1: no convolution; `None`: 1 for texts; for series so that 100 steps are left at most.

    Source:
        "simple": Elman 1990; "gru": Cho et al. 2014; "lstm": Hochreiter and Schmidhuber 1997.

    Example:
        >>> Recurrent("lstm", 32).parameter_count(length=100, dimension=32, outputs=1)
        8353
    """

    cell: str = "gru"
    units: int = 64
    layers: int = 1
    bidirectional: bool = False
    hidden: int | tuple[int, ...] = ()
    dropout: float = 0.0
    l2: float = 0.0
    pooling: str | None = None
    stride: int | None = None
    older_values = MappingProxyType({"pooling": "last", "stride": 1})

    def __post_init__(self) -> None:
        self.check_dense()
        check_choice("cell", self.cell, CELLS)
        self.check_count("units", "units")
        self.check_count("layers", "layers")
        if not isinstance(self.bidirectional, bool):
            raise TypeError(f"bidirectional must be True or False, got {shorten(self.bidirectional)}")
        if self.pooling is not None:
            check_choice("pooling", self.pooling, POOLINGS)
        if self.stride is not None:
            self.check_count("stride", "stride")

    def for_texts(self) -> Recurrent:
        """Return the network with all that was left open decided for texts."""
        return self._decided("last", 1)

    def for_series(self, length: int) -> Recurrent:
        """Return the network with all that was left open decided for series of a length."""
        return self._decided("mean_max", -(-length // SERIES_LENGTH))

    def _decided(self, pooling: str, stride: int) -> Recurrent:
        return replace(self, pooling=self.pooling or pooling, stride=self.stride or stride)

    @property
    def convolves(self) -> bool:
        """Whether a convolution is in it, or may be."""
        return self.stride != 1

    def build(
        self, vectors: keras.KerasTensor, mask: keras.KerasTensor, seeds: np.random.Generator
    ) -> keras.KerasTensor:
        """Add the layers between the embedding or the series and the output layer."""
        network = self.for_texts()
        if network.stride != 1:
            vectors, mask = network._shortened(vectors, mask, seeds)
        states = network._states(vectors, mask, seeds)
        return network.dense(states if network.pooling == "last" else pooled(states, mask, str(network.pooling)), seeds)

    def _shortened(
        self, vectors: keras.KerasTensor, mask: keras.KerasTensor, seeds: np.random.Generator
    ) -> tuple[keras.KerasTensor, keras.KerasTensor]:
        """A convolution over every so many steps, and the mask of what it gives."""
        stride = int(self.stride or 1)
        steps, mask = joined(zeroed(vectors, mask), mask, stride)
        convolution = import_keras().layers.Conv1D(
            self.units,
            SHORTENING_WIDTH,
            padding="same",
            kernel_initializer=glorot(seeds),
            kernel_regularizer=self.penalty(),
            name="shortening",
        )
        return normalized(convolution(steps), mask, "batch", "shortening"), mask

    def _states(
        self, vectors: keras.KerasTensor, mask: keras.KerasTensor, seeds: np.random.Generator
    ) -> keras.KerasTensor:
        """The states after every step (samples, length, units), or the last one (samples, units)."""
        layers = import_keras().layers
        features = vectors
        for number in range(1, self.layers + 1):
            if number > 1 and self.dropout:
                dropout = layers.Dropout(self.dropout, seed=new_seed(seeds), name=f"dropout_{self.cell}_{number}")
                features = dropout(features)
            name = f"{self.cell}_{number}"
            several = number < self.layers or self.pooling != "last"
            if self.bidirectional:
                there = self._layer(f"{name}_forward", seeds, several=several)
                back = self._layer(f"{name}_backward", seeds, several=several, go_backwards=True)
                with copies_draw_alike():  # Keras makes a copy of the first layer
                    layer = layers.Bidirectional(there, backward_layer=back, name=name)
            else:
                layer = self._layer(name, seeds, several=several)
            features = layer(features, mask=mask)
        return features

    def _layer(
        self, name: str, seeds: np.random.Generator, *, several: bool, go_backwards: bool = False
    ) -> keras.layers.RNN:
        initial = orthogonal(new_seed(seeds))
        return _recurrent_layers()[self.cell](
            self.units,
            return_sequences=several,
            go_backwards=go_backwards,
            kernel_initializer=glorot(seeds),
            recurrent_initializer=initial,
            kernel_regularizer=self.penalty(),
            recurrent_regularizer=self.penalty(),
            name=name,
        )

    def forward(self, program: Program, vectors: Value) -> Value:
        """Add the same to a forward pass of the core."""
        network = self.for_texts()
        features = vectors
        if network.stride != 1:
            steps = program.join(vectors, int(network.stride or 1))
            features = program.convolve(steps, "shortening", self.units, SHORTENING_WIDTH, norm=True)
        for number in range(1, self.layers + 1):
            is_last = number == self.layers and network.pooling == "last"
            features = self._read(program, features, f"{self.cell}_{number}", is_last=is_last)
        if network.pooling != "last":
            features = program.pool(features, str(network.pooling))
        return network.dense_forward(program, features)

    def _read(self, program: Program, features: Value, name: str, *, is_last: bool) -> Value:
        layers = {f"{name}/forward_{name}_forward": False, f"{name}/{name}_backward": True}
        ways = layers if self.bidirectional else {name: False}
        cell = CELL_LAYERS[self.cell]
        return program.side_by_side(
            [
                program.read(features, f"{layer}/{cell}", self.cell, self.units, backward=backward, last=is_last)
                for layer, backward in ways.items()
            ]
        )

    def parameter_count(self, length: int, dimension: int, outputs: int) -> int:
        """Parameters behind the embedding, the output layer's included, known before anything is built."""
        network = self.for_texts()
        ways, stride = 2 if network.bidirectional else 1, int(network.stride or 1)
        shortening = 0
        if stride > 1:
            shortening = (SHORTENING_WIDTH * stride * dimension + 1) * self.units + 4 * self.units
            dimension = self.units
        behind = ways * self.units
        cells = ways * (self._cell_parameters(dimension) + (self.layers - 1) * self._cell_parameters(behind))
        features = behind * (2 if network.pooling == "mean_max" else 1)
        return shortening + cells + self.dense_parameters(features, outputs)

    def _cell_parameters(self, inputs: int) -> int:
        if self.cell == "gru":
            return 3 * self.units * (inputs + self.units + 2)
        return (4 if self.cell == "lstm" else 1) * self.units * (inputs + self.units + 1)


@cache
def _recurrent_layers() -> dict[str, type[keras.layers.RNN]]:
    """Keras' layers, whose loop over time is ours on JAX; weights, names and results are Keras' own."""
    keras = import_keras()
    kinds = {"simple": keras.layers.SimpleRNN, "gru": keras.layers.GRU, "lstm": keras.layers.LSTM}
    return {cell: _with_own_loop(kind, cell) for cell, kind in kinds.items()}


def _with_own_loop(kind: type[keras.layers.RNN], cell: str) -> type[keras.layers.RNN]:
    keras = import_keras()

    class Layer(kind):  # type: ignore[misc]
        """A layer of Keras' with our loop over time."""

        def inner_loop(
            self,
            sequences: jax.Array,
            initial_state: list[jax.Array],
            mask: jax.Array | None,
            training: bool = False,
        ) -> tuple[jax.Array, jax.Array, list[jax.Array]]:
            """Last output (samples, units), all outputs (samples, time, units), last states."""
            if keras.backend.backend() != "jax":
                read: tuple[jax.Array, jax.Array, list[jax.Array]]
                read = super().inner_loop(sequences, initial_state, mask, training=training)
                return read
            kernels = (self.cell.kernel, self.cell.recurrent_kernel, self.cell.bias)
            weights = [keras.ops.cast(weight, sequences.dtype) for weight in kernels]
            outputs, states = CELL_KERNELS[cell](sequences, mask, *weights, backwards=self.go_backwards)
            return outputs[:, -1], outputs, states

    Layer.__name__ = Layer.__qualname__ = f"Fast{kind.__name__}"
    keras.saving.register_keras_serializable(package="malmoi")(Layer)
    return Layer
