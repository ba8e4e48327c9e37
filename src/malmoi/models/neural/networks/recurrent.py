"""Recurrent networks for texts and for series."""

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
"""Maximum number of steps of a series for the recurrent cells, unless `stride` is set."""
SHORTENING_WIDTH = 2
"""Width of the first convolution, in strides."""


@dataclass(frozen=True)
class Recurrent(Network):
    """A recurrent network with masked padding, then dense layers.

    Settings that are `None` depend on the data. For texts the last state is used. For series the mean and the maximum
    of all states are used, and series of more than 100 steps are first shortened by a convolution.

    Args:
        cell: recurrent cell: "simple", "gru" or "lstm".
        units: units of the recurrent state; 1 or more.
        layers: number of stacked recurrent layers; 1 or more.
        bidirectional: whether to also read in reverse, and concatenate both states.
        hidden: units of the hidden layers (relu), one number or several; none by default.
        dropout: dropout rate before each dense layer and between recurrent layers; 0 or more, below 1.
        l2: L2 penalty of the cells' and the dense layers' weights; 0 or more.
        pooling: pooling of the states over time: "last", "mean", "max" or "mean_max" (both); "last": the last state;
            `None`: "last" for texts, "mean_max" for series.
        stride: stride of a first convolution, twice as wide, with batch normalization; 1: no convolution; `None`: 1 for
            texts; for series such that at most 100 steps are left.

    Raises:
        TypeError: a setting has the wrong type.
        ValueError: a setting is out of range.

    Source:
        "simple": Elman 1990; "gru": Cho et al. 2014; "lstm": Hochreiter and Schmidhuber 1997.

    Example:
        >>> Recurrent("lstm", 32).parameter_count(length=100, dimension=32, outputs=1)
        8353
        >>> Recurrent("lstm", 32, bidirectional=True).parameter_count(length=100, dimension=32, outputs=1)
        16705
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
        """Return the network with defaults for texts in place of settings that are `None`.

        :meta private:
        """
        return self._decided("last", 1)

    def for_series(self, length: int) -> Recurrent:
        """Return the network with defaults for series of a length in place of settings that are `None`.

        :meta private:
        """
        return self._decided("mean_max", -(-length // SERIES_LENGTH))

    def _decided(self, pooling: str, stride: int) -> Recurrent:
        return replace(self, pooling=self.pooling or pooling, stride=self.stride or stride)

    @property
    def convolves(self) -> bool:
        """Whether the network has, or may have, a convolution.

        :meta private:
        """
        return self.stride != 1

    def build(
        self, vectors: keras.KerasTensor, mask: keras.KerasTensor, seeds: np.random.Generator
    ) -> keras.KerasTensor:
        """Add the layers between the embedding or the series and the output layer.

        :meta private:
        """
        network = self.for_texts()
        if network.stride != 1:
            vectors, mask = network._shortened(vectors, mask, seeds)
        states = network._states(vectors, mask, seeds)
        return network.dense(states if network.pooling == "last" else pooled(states, mask, str(network.pooling)), seeds)

    def _shortened(
        self, vectors: keras.KerasTensor, mask: keras.KerasTensor, seeds: np.random.Generator
    ) -> tuple[keras.KerasTensor, keras.KerasTensor]:
        """Apply the strided convolution; return its features and their mask."""
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
        """Return the states of all steps (samples, length, units), or the last state (samples, units)."""
        layers = import_keras().layers
        features = vectors
        for number in range(1, self.layers + 1):
            if number > 1 and self.dropout:
                dropout = layers.Dropout(self.dropout, seed=new_seed(seeds), name=f"dropout_{self.cell}_{number}")
                features = dropout(features)
            name = f"{self.cell}_{number}"
            several = number < self.layers or self.pooling != "last"
            if self.bidirectional:
                forward = self._layer(f"{name}_forward", seeds, several=several)
                backward = self._layer(f"{name}_backward", seeds, several=several, go_backwards=True)
                with copies_draw_alike():  # Keras makes a copy of the first layer
                    layer = layers.Bidirectional(forward, backward_layer=backward, name=name)
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
        """Add the same layers to a forward pass of the core.

        :meta private:
        """
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
        """Return the number of parameters after the embedding or the series, output layer included.

        The network is not built.

        Args:
            length: length of the samples, in tokens or steps.
            dimension: embedding dimension, or number of features of the series.
            outputs: units of the output layer: 1 for two classes, else the number of classes or targets.

        Returns:
            The number of parameters, trainable or not; settings that are `None` count as for texts.
        """
        network = self.for_texts()
        ways, stride = 2 if network.bidirectional else 1, int(network.stride or 1)
        shortening = 0
        if stride > 1:
            shortening = (SHORTENING_WIDTH * stride * dimension + 1) * self.units + 4 * self.units
            dimension = self.units
        width = ways * self.units
        cells = ways * (self._cell_parameters(dimension) + (self.layers - 1) * self._cell_parameters(width))
        features = width * (2 if network.pooling == "mean_max" else 1)
        return shortening + cells + self.dense_parameters(features, outputs)

    def _cell_parameters(self, inputs: int) -> int:
        if self.cell == "gru":
            return 3 * self.units * (inputs + self.units + 2)
        return (4 if self.cell == "lstm" else 1) * self.units * (inputs + self.units + 1)


@cache
def _recurrent_layers() -> dict[str, type[keras.layers.RNN]]:
    """Return Keras' layers with a custom loop over time on JAX; weights, names and results are the same as Keras'."""
    keras = import_keras()
    kinds = {"simple": keras.layers.SimpleRNN, "gru": keras.layers.GRU, "lstm": keras.layers.LSTM}
    return {cell: _with_custom_loop(kind, cell) for cell, kind in kinds.items()}


def _with_custom_loop(kind: type[keras.layers.RNN], cell: str) -> type[keras.layers.RNN]:
    keras = import_keras()

    class Layer(kind):  # type: ignore[misc]
        """A recurrent layer of Keras with a custom loop over time."""

        def inner_loop(
            self,
            sequences: jax.Array,
            initial_state: list[jax.Array],
            mask: jax.Array | None,
            training: bool = False,
        ) -> tuple[jax.Array, jax.Array, list[jax.Array]]:
            """Return the last output (samples, units), all outputs (samples, time, units), and the last states."""
            if keras.backend.backend() != "jax":
                outputs: tuple[jax.Array, jax.Array, list[jax.Array]]
                outputs = super().inner_loop(sequences, initial_state, mask, training=training)
                return outputs
            kernels = (self.cell.kernel, self.cell.recurrent_kernel, self.cell.bias)
            weights = [keras.ops.cast(weight, sequences.dtype) for weight in kernels]
            all_outputs, states = CELL_KERNELS[cell](sequences, mask, *weights, backwards=self.go_backwards)
            return all_outputs[:, -1], all_outputs, states

    Layer.__name__ = Layer.__qualname__ = f"Fast{kind.__name__}"
    keras.saving.register_keras_serializable(package="malmoi")(Layer)
    return Layer
