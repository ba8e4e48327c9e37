"""Filters over windows of steps: convolutional networks of texts and of series."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from malmoi.foundation.imports import import_keras
from malmoi.models.neural.networks.base import Network
from malmoi.models.neural.networks.blocks import NORMS, halved, normalized
from malmoi.models.neural.networks.kernels import strongest
from malmoi.models.neural.networks.layers import check_choice, glorot, pooled, several, units_of, zeroed
from malmoi.models.neural.networks.program import Program, Value

if TYPE_CHECKING:
    import jax
    import keras

__all__ = ["Conv"]

POOLINGS = ("max", "mean", "mean_max")
TEXT_FILTERS, TEXT_WIDTHS = 100, (3, 4, 5)
SERIES_FILTERS, SERIES_WIDTHS, SERIES_LATER_WIDTHS = 16, (9, 19, 39), (5, 3)


@dataclass(frozen=True)
class Conv(Network):
    """A convolutional network: filters over windows of several widths side by side, pooled over time, dense layers.

    Settings that are `None` follow the data. Texts get one layer of 100 filters of each of the widths 3, 4 and 5, and
    the maximum of each filter. Series get 16 filters of each of the widths 9, 19 and 39, narrower where the series are
    short, two further convolutions over all filters, batch normalization, and the mean and the maximum of each filter
    of all three layers.

    Beyond the ends there are zeros, whether by padding or not, so that padding changes nothing.

    Args:
        filters: filters of each width; `None`: 100 for texts, 16 for series.
        widths: tokens or steps of a window, one number or several, which work side by side; `None`: 3, 4, 5 for texts;
            9, 19, 39 for series, a third of the longest series at most.
        layers: convolutions one after another, each of the same width, before the widths are joined.
        pooling: "max", "mean" or "mean_max", both, over time; `None`: "max" for texts, "mean_max" for series.
        hidden: units of the hidden layers (relu), one number or several; none by default.
        dropout: dropout rate before each dense layer; 0 or more, below 1.
        l2: L2 penalty of the filters' and the dense layers' weights; 0 or more.
        later_widths: widths of convolutions that follow over all filters together, each behind a max pooling of two
            steps; each layer is pooled over time, and goes to the dense layers. `None`: none for texts, 5 and 3 for
            series.
        norm: "batch": batch normalization behind each convolution; "none"; `None`: "none" for texts, "batch" for
            series.

    Source:
        Kim 2014, "Convolutional neural networks for sentence classification"; for series Wang, Yan and Oates 2017,
        "Time series classification from scratch with deep neural networks", and Ismail Fawaz and others 2020,
        "InceptionTime", whose first layer has several widths too.

    Example:
        >>> Conv(filters=100, widths=(3, 4, 5)).parameter_count(length=50, dimension=50, outputs=6)
        62106
    """

    filters: int | None = None
    widths: int | tuple[int, ...] | None = None
    layers: int = 1
    pooling: str | None = None
    hidden: int | tuple[int, ...] = ()
    dropout: float = 0.0
    l2: float = 0.0
    later_widths: int | tuple[int, ...] | None = None
    norm: str | None = None
    older_values = MappingProxyType({"later_widths": (), "norm": "none"})

    def __post_init__(self) -> None:
        self.check_dense()
        for name in ("widths", "later_widths"):
            if getattr(self, name) is not None:
                object.__setattr__(self, name, units_of(name, getattr(self, name), many="widths", large="width"))
        if self.filters is not None:
            self.check_count("filters", "units")
        self.check_count("layers", "layers")
        if isinstance(self.widths, tuple) and (not self.widths or len(set(self.widths)) < len(self.widths)):
            raise ValueError(f"widths must be one or more, each once, got {self.widths}")
        if self.pooling is not None:
            check_choice("pooling", self.pooling, POOLINGS)
        if self.norm is not None:
            check_choice("norm", self.norm, NORMS)

    def for_texts(self) -> Conv:
        """Return the network with all that was left open decided for texts."""
        return self._decided(TEXT_FILTERS, TEXT_WIDTHS, "max", (), "none")

    def for_series(self, length: int) -> Conv:
        """Return the network with all that was left open decided for series of a length."""
        widths = sorted({min(width, max(length // 3, 1)) for width in SERIES_WIDTHS})
        return self._decided(SERIES_FILTERS, tuple(widths), "mean_max", SERIES_LATER_WIDTHS, "batch")

    def _decided(self, filters: int, widths: tuple[int, ...], pooling: str, later: tuple[int, ...], norm: str) -> Conv:
        return replace(
            self,
            filters=filters if self.filters is None else self.filters,
            widths=widths if self.widths is None else self.widths,
            pooling=self.pooling or pooling,
            later_widths=later if self.later_widths is None else self.later_widths,
            norm=self.norm or norm,
        )

    @property
    def every_width(self) -> tuple[int, ...]:
        """Steps of each window of the first layer; those of texts, if left open."""
        return several(TEXT_WIDTHS if self.widths is None else self.widths)

    @property
    def widest(self) -> int:
        """Steps that the widest window takes."""
        return max(self.every_width)

    @property
    def convolves(self) -> bool:
        """Whether a convolution is in it."""
        return True

    @property
    def shortest(self) -> int:
        """Steps that a series must have: the widest window that the user asked for."""
        return 1 if self.widths is None else self.widest

    def build(
        self, vectors: keras.KerasTensor, mask: keras.KerasTensor, seeds: np.random.Generator
    ) -> keras.KerasTensor:
        """Add the layers between the embedding or the series and the output layer."""
        network = self.for_texts()
        if network.norm == "none" and not network.later_widths:
            return network.dense(network._side_by_side(vectors, mask, seeds), seeds)
        return network.dense(network._stacked(vectors, mask, seeds), seeds)

    def _side_by_side(
        self, vectors: keras.KerasTensor, mask: keras.KerasTensor, seeds: np.random.Generator
    ) -> keras.KerasTensor:
        """Branches of each width, pooled by themselves."""
        layers = import_keras().layers
        branches = []
        for width in self.every_width:
            features = vectors
            for number in range(1, self.layers + 1):
                last = number == self.layers and self.pooling == "max"
                kind = _pooled_convolution() if last else layers.Conv1D
                convolution = self._convolution(kind, f"conv_{width}_{number}", width, seeds, activation="relu")
                inputs = zeroed(features, mask)
                features = convolution(inputs, mask) if last else convolution(inputs)
            branches.append(features if self.pooling == "max" else pooled(features, mask, str(self.pooling)))
        return branches[0] if len(branches) == 1 else layers.Concatenate(name="widths")(branches)

    def _stacked(
        self, vectors: keras.KerasTensor, mask: keras.KerasTensor, seeds: np.random.Generator
    ) -> keras.KerasTensor:
        """Branches of each width that are joined, and the convolutions behind them."""
        layers = import_keras().layers
        branches = []
        for width in self.every_width:
            features = vectors
            for number in range(1, self.layers + 1):
                name = f"conv_{width}_{number}"
                features = self._convolution(layers.Conv1D, name, width, seeds)(zeroed(features, mask))
                features = normalized(features, mask, str(self.norm), name)
            branches.append(features)
        features = branches[0] if len(branches) == 1 else layers.Concatenate(name="widths")(branches)
        filters, found = features.shape[-1], [pooled(features, mask, str(self.pooling))]
        for number, width in enumerate(several(self.later_widths or ()), 1):
            name = f"later_{number}"
            features, mask = halved(features, mask, name)
            convolution = self._convolution(layers.Conv1D, name, width, seeds, filters=filters)
            features = normalized(convolution(features), mask, str(self.norm), name)
            found.append(pooled(features, mask, str(self.pooling)))
        return found[0] if len(found) == 1 else layers.Concatenate(name="layers")(found)

    def _convolution(
        self,
        kind: type[keras.layers.Conv1D],
        name: str,
        width: int,
        seeds: np.random.Generator,
        *,
        filters: int | None = None,
        activation: str | None = None,
    ) -> keras.layers.Conv1D:
        return kind(
            filters or self.filters,
            width,
            padding="same",
            kernel_initializer=glorot(seeds),
            kernel_regularizer=self.penalty(),
            name=name,
            activation=activation,
        )

    def forward(self, program: Program, vectors: Value) -> Value:
        """Add the same to a forward pass of the core."""
        network = self.for_texts()
        filters, norm, pooling = int(network.filters or 0), network.norm == "batch", str(network.pooling)
        branches = []
        for width in network.every_width:
            features = vectors
            for number in range(1, network.layers + 1):
                features = program.convolve(features, f"conv_{width}_{number}", filters, width, norm=norm)
            branches.append(features)
        if not norm and not network.later_widths:
            pooled_branches = [program.pool(branch, pooling) for branch in branches]
            return network.dense_forward(program, program.side_by_side(pooled_branches))
        features = program.side_by_side(branches)
        found = [program.pool(features, pooling)]
        for number, width in enumerate(several(network.later_widths or ()), 1):
            halves = program.halve(features)
            features = program.convolve(halves, f"later_{number}", halves.channels, width, norm=norm)
            found.append(program.pool(features, pooling))
        return network.dense_forward(program, program.side_by_side(found))

    def parameter_count(self, length: int, dimension: int, outputs: int) -> int:
        """Parameters behind the embedding, the output layer's included, known before anything is built."""
        network = self.for_texts()
        filters, widths, later = int(network.filters or 0), network.every_width, several(network.later_widths or ())
        joined = filters * len(widths)
        first = sum((width * dimension + 1) * filters for width in widths)
        repeated = sum((width * filters + 1) * filters for width in widths) * (self.layers - 1)
        behind = sum((width * joined + 1) * joined for width in later)
        norms = 4 * joined * (self.layers + len(later)) if network.norm == "batch" else 0
        features = joined * (2 if network.pooling == "mean_max" else 1) * (1 + len(later))
        return first + repeated + behind + norms + self.dense_parameters(features, outputs)


@cache
def _pooled_convolution() -> type[keras.layers.Conv1D]:
    """Keras' convolution, of which only the strongest answer of each filter is kept."""
    layers, saving, backend = import_keras().layers, import_keras().saving, import_keras().backend

    @saving.register_keras_serializable(package="malmoi")
    class PooledConv1D(layers.Conv1D):  # type: ignore[misc, name-defined]
        """A convolution and the largest value of each filter over the real tokens: (samples, filters)."""

        def call(self, inputs: jax.Array, there: jax.Array) -> jax.Array:
            """Convolve, and pool where the mask is true."""
            if backend.backend() != "jax":
                return pooled(super().call(inputs), there, "max")
            return strongest(inputs, self.kernel.value, self.bias.value, there)

        def compute_output_spec(self, inputs: keras.KerasTensor, there: keras.KerasTensor) -> keras.KerasTensor:
            """What comes out, without computing it."""
            return import_keras().KerasTensor((inputs.shape[0], self.filters), dtype=self.compute_dtype)

        def compute_output_shape(
            self, input_shape: tuple[int | None, ...], there_shape: tuple[int | None, ...] | None = None
        ) -> tuple[int | None, int]:
            """(samples, filters)."""
            return (input_shape[0], self.filters)

    return PooledConv1D
