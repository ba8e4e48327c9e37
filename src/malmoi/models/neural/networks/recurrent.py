"""One word after the other."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from malmoi.foundation.imports import import_keras
from malmoi.foundation.validation import shorten
from malmoi.models.neural.networks.base import Network
from malmoi.models.neural.networks.kernels import CELL_KERNELS
from malmoi.models.neural.networks.layers import check_choice, glorot, new_seed
from malmoi.models.neural.networks.weights import orthogonal

if TYPE_CHECKING:
    import keras

__all__ = ["Recurrent"]

CELLS = ("simple", "gru", "lstm")


@dataclass(frozen=True)
class Recurrent(Network):
    """A cell that reads a text word by word and keeps a state, then dense layers; padding is skipped.

    Args:
        cell: "simple", "gru" or "lstm".
        units: units of the state.
        layers: recurrent layers; each but the last returns its state after every token.
        bidirectional: also read from the end, and join both states.
        hidden: units of the hidden layers (relu), one number or several; none by default.
        dropout: dropout rate before each dense layer and between recurrent layers; 0 or more, below 1.
        l2: L2 penalty of the cells' and the dense layers' weights; 0 or more.

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

    def __post_init__(self) -> None:
        self.check_dense()
        check_choice("cell", self.cell, CELLS)
        self.check_count("units")
        self.check_count("layers")
        if not isinstance(self.bidirectional, bool):
            raise TypeError(f"bidirectional must be True or False, got {shorten(self.bidirectional)}")

    def build(self, vectors: keras.KerasTensor, mask: keras.KerasTensor, seeds: np.random.Generator) -> Any:
        """Add the layers between the embedding and the output layer."""
        layers = import_keras().layers
        features = vectors
        for number in range(1, self.layers + 1):
            if number > 1 and self.dropout:
                dropout = layers.Dropout(self.dropout, seed=new_seed(seeds), name=f"dropout_{self.cell}_{number}")
                features = dropout(features)
            name = f"{self.cell}_{number}"
            several = number < self.layers
            if self.bidirectional:
                there, back = (self._layer(f"{name}_{way}", seeds, several=several) for way in ("forward", "backward"))
                back.go_backwards = True
                layer = layers.Bidirectional(there, backward_layer=back, name=name)
                for initializer in ("kernel_initializer", "recurrent_initializer"):  # Keras has made a copy of it
                    setattr(layer.forward_layer.cell, initializer, getattr(there.cell, initializer))
            else:
                layer = self._layer(name, seeds, several=several)
            features = layer(features, mask=mask)
        return self.dense(features, seeds)

    def _layer(self, name: str, seeds: np.random.Generator, *, several: bool) -> Any:
        initial = orthogonal(new_seed(seeds))
        return _recurrent_layers()[self.cell](
            self.units,
            return_sequences=several,
            kernel_initializer=glorot(seeds),
            recurrent_initializer=initial,
            kernel_regularizer=self.penalty(),
            recurrent_regularizer=self.penalty(),
            name=name,
        )

    def parameter_count(self, length: int, dimension: int, outputs: int) -> int:
        """Parameters behind the embedding, the output layer's included, known before anything is built."""
        ways = 2 if self.bidirectional else 1
        before, cells = dimension, 0
        for _ in range(self.layers):
            cells += ways * self._cell_parameters(before)
            before = ways * self.units
        return cells + self.dense_parameters(before, outputs)

    def _cell_parameters(self, inputs: int) -> int:
        if self.cell == "gru":
            return 3 * self.units * (inputs + self.units + 2)
        return (4 if self.cell == "lstm" else 1) * self.units * (inputs + self.units + 1)


@cache
def _recurrent_layers() -> dict[str, Any]:
    """Keras' layers, whose loop over time is ours on JAX; weights, names and results are Keras' own."""
    keras = import_keras()
    kinds = {"simple": keras.layers.SimpleRNN, "gru": keras.layers.GRU, "lstm": keras.layers.LSTM}
    return {cell: _with_own_loop(keras, kind, cell) for cell, kind in kinds.items()}


def _with_own_loop(keras: Any, kind: Any, cell: str) -> Any:
    class Layer(kind):  # type: ignore[misc]
        """A layer of Keras' with our loop over time."""

        def inner_loop(self, sequences: Any, initial_state: Any, mask: Any, training: bool = False) -> Any:
            """Last output (samples, units), all outputs (samples, time, units), last states."""
            if keras.backend.backend() != "jax":
                return super().inner_loop(sequences, initial_state, mask, training=training)
            kernels = (self.cell.kernel, self.cell.recurrent_kernel, self.cell.bias)
            weights = [keras.ops.cast(weight, sequences.dtype) for weight in kernels]
            outputs, states = CELL_KERNELS[cell](sequences, mask, *weights, backwards=self.go_backwards)
            return outputs[:, -1], outputs, states

    Layer.__name__ = Layer.__qualname__ = f"Fast{kind.__name__}"
    return keras.saving.register_keras_serializable(package="malmoi")(Layer)
