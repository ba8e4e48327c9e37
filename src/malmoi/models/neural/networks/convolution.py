"""Convolutional networks for texts and for series."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from malmoi.foundation.imports import import_keras
from malmoi.models.neural.networks.base import Network
from malmoi.models.neural.networks.blocks import NORMS, halved, normalized
from malmoi.models.neural.networks.kernels import max_pooled_convolution
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
    """A convolutional network: parallel filters of several widths, pooling over time, then dense layers.

    Settings that are `None` depend on the data. Texts get one layer of 100 filters of each of the widths 3, 4 and 5,
    and max pooling. Series get 16 filters of each of the widths 9, 19 and 39 (less for short series), two further
    convolutions over all filters, batch normalization, and mean and max pooling of the filters of all three layers.

    Samples are padded with zeros at both ends, and masked steps are zero, so padding has no effect.

    Args:
        filters: filters of each width; `None`: 100 for texts, 16 for series.
        widths: widths of the parallel filters in tokens or steps, one number or several; `None`: 3, 4, 5 for texts; 9,
            19, 39 for series, at most a third of the longest series.
        layers: number of stacked layers; of each width, before the widths are concatenated.
        pooling: pooling over time: "max", "mean" or "mean_max" (both); `None`: "max" for texts, "mean_max" for series.
        hidden: units of the hidden layers (relu), one number or several; none by default.
        dropout: dropout rate before each dense layer; 0 or more, below 1.
        l2: L2 penalty of the filters' and the dense layers' weights; 0 or more.
        later_widths: widths of further convolutions over all filters, each after max pooling of pairs of steps; every
            layer is pooled over time and is an input of the dense layers. `None`: none for texts, 5 and 3 for series.
        norm: normalization after each convolution: "batch" (batch normalization) or "none"; `None`: "none" for texts,
            "batch" for series.

    Raises:
        TypeError: a setting has the wrong type.
        ValueError: a setting is out of range.

    Source:
        Kim 2014, "Convolutional neural networks for sentence classification"; for series Wang, Yan and Oates 2017,
        "Time series classification from scratch with deep neural networks", and Ismail Fawaz and others 2020,
        "InceptionTime", whose first layer has several widths too.

    Example:
        >>> Conv(filters=100, widths=(3, 4, 5)).parameter_count(length=50, dimension=50, outputs=6)
        62106
        >>> Conv(filters=32, widths=5, norm="batch").parameter_count(length=50, dimension=50, outputs=6)
        8358
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
            raise ValueError(f"widths must be one or more distinct numbers, got {self.widths}")
        if self.pooling is not None:
            check_choice("pooling", self.pooling, POOLINGS)
        if self.norm is not None:
            check_choice("norm", self.norm, NORMS)

    def for_texts(self) -> Conv:
        """Return the network with defaults for texts in place of settings that are `None`.

        :meta private:
        """
        return self._decided(TEXT_FILTERS, TEXT_WIDTHS, "max", (), "none")

    def for_series(self, length: int) -> Conv:
        """Return the network with defaults for series of a length in place of settings that are `None`.

        :meta private:
        """
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
        """Widths of the filters of the first layer; the defaults for texts, if `widths` is `None`.

        :meta private:
        """
        return several(TEXT_WIDTHS if self.widths is None else self.widths)

    @property
    def widest(self) -> int:
        """Width of the widest window, in steps.

        :meta private:
        """
        return max(self.every_width)

    @property
    def convolves(self) -> bool:
        """Whether the network has a convolution.

        :meta private:
        """
        return True

    @property
    def shortest(self) -> int:
        """Minimum length of a series, in steps: the widest window that was set.

        :meta private:
        """
        return 1 if self.widths is None else self.widest

    def build(
        self, vectors: keras.KerasTensor, mask: keras.KerasTensor, seeds: np.random.Generator
    ) -> keras.KerasTensor:
        """Add the layers between the embedding or the series and the output layer.

        :meta private:
        """
        network = self.for_texts()
        if network.norm == "none" and not network.later_widths:
            return network.dense(network._side_by_side(vectors, mask, seeds), seeds)
        return network.dense(network._stacked(vectors, mask, seeds), seeds)

    def _side_by_side(
        self, vectors: keras.KerasTensor, mask: keras.KerasTensor, seeds: np.random.Generator
    ) -> keras.KerasTensor:
        """Return the parallel convolutions, each pooled separately and then concatenated."""
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
        """Return the concatenated parallel convolutions followed by further convolutions, all pooled."""
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
        """Add the same layers to a forward pass of the core.

        :meta private:
        """
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
        filters, widths, later = int(network.filters or 0), network.every_width, several(network.later_widths or ())
        joined = filters * len(widths)
        first = sum((width * dimension + 1) * filters for width in widths)
        repeated = sum((width * filters + 1) * filters for width in widths) * (self.layers - 1)
        later_parameters = sum((width * joined + 1) * joined for width in later)
        norms = 4 * joined * (self.layers + len(later)) if network.norm == "batch" else 0
        features = joined * (2 if network.pooling == "mean_max" else 1) * (1 + len(later))
        return first + repeated + later_parameters + norms + self.dense_parameters(features, outputs)


@cache
def _pooled_convolution() -> type[keras.layers.Conv1D]:
    """Return a subclass of Keras' convolution that keeps only the largest activation of each filter."""
    layers, saving, backend = import_keras().layers, import_keras().saving, import_keras().backend

    @saving.register_keras_serializable(package="malmoi")
    class PooledConv1D(layers.Conv1D):  # type: ignore[misc, name-defined]
        """A convolution with max pooling over the real tokens: (samples, filters)."""

        def call(self, inputs: jax.Array, step_mask: jax.Array) -> jax.Array:
            """Convolve, and pool over the steps where the mask is true."""
            if backend.backend() != "jax":
                return pooled(super().call(inputs), step_mask, "max")
            return max_pooled_convolution(inputs, self.kernel.value, self.bias.value, step_mask)

        def compute_output_spec(self, inputs: keras.KerasTensor, step_mask: keras.KerasTensor) -> keras.KerasTensor:
            """Return shape and type of the output."""
            return import_keras().KerasTensor((inputs.shape[0], self.filters), dtype=self.compute_dtype)

        def compute_output_shape(
            self, input_shape: tuple[int | None, ...], step_mask_shape: tuple[int | None, ...] | None = None
        ) -> tuple[int | None, int]:
            """Return (samples, filters)."""
            return (input_shape[0], self.filters)

    return PooledConv1D
