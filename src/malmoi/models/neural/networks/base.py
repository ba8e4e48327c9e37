"""Base class of networks: dense layers, and the interface between embedding and output layer."""

from __future__ import annotations

import inspect
import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

import numpy as np

from malmoi.foundation.imports import import_keras
from malmoi.foundation.library_changes import draw_seeds_from
from malmoi.foundation.limits import check_limit
from malmoi.foundation.validation import real_number, shorten, whole_number
from malmoi.models.neural.networks.layers import glorot, new_seed, units_of
from malmoi.models.neural.networks.program import Program, Value

if TYPE_CHECKING:
    import keras

__all__ = ["FunctionNetwork", "Network", "NetworkFunction", "as_network"]

NetworkFunction: TypeAlias = Callable[..., Any]
"""A function from embeddings (samples, length, dimension), and optionally the mask (samples, length), to features."""


class Network(ABC):
    """A network: the layers between the embedding, or the series, and the output layer.

    Attributes:
        masked: whether padding is masked; such a network accepts samples of any length.
        ordered: whether the result depends on the order of tokens.
        older_values: values of newer fields for files and pickles of older versions.
    """

    hidden: int | tuple[int, ...]
    dropout: float
    l2: float
    masked: ClassVar[bool] = True
    ordered: ClassVar[bool] = True
    older_values: ClassVar[Mapping[str, object]] = MappingProxyType({})

    def __setstate__(self, state: dict[str, object]) -> None:
        """Restore the fields from a pickle, which may come from an older version with fewer fields."""
        self.__dict__.update({**self.older_values, **state})

    @property
    def widest(self) -> int:
        """Width of the widest window, in steps.

        :meta private:
        """
        return 1

    @property
    def convolves(self) -> bool:
        """Whether the network has or may have a convolution; on CPUs each training step is then a separate program.

        :meta private:
        """
        return False

    @property
    def shortest(self) -> int:
        """Minimum length of a series, in steps.

        :meta private:
        """
        return 1

    def for_texts(self) -> Network:
        """Return the network with defaults for texts in place of settings that are `None`.

        :meta private:
        """
        return self

    def for_series(self, length: int) -> Network:
        """Return the network with defaults for series in place of settings that are `None`.

        Args:
            length: length of the longest training series, in steps.

        :meta private:
        """
        return self

    @abstractmethod
    def build(
        self, vectors: keras.KerasTensor, mask: keras.KerasTensor, seeds: np.random.Generator
    ) -> keras.KerasTensor:
        """Add layers to embeddings (samples, length, dimension), with a mask bool (samples, length) of real tokens.

        :meta private:
        """

    def forward(self, program: Program, vectors: Value) -> Value | None:
        """Add the layers of `build` to a forward pass of the core; `None`: predictions use Keras.

        Args:
            program: program to which the operations are added; masks padding if the network does.
            vectors: (samples, length, dimension).

        Returns:
            Features (samples, features) for the output layer.

        :meta private:
        """
        return None

    @abstractmethod
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

    def check_dense(self) -> None:
        """Convert the settings of the dense layers to plain types, and check their ranges.

        :meta private:
        """
        object.__setattr__(self, "hidden", units_of("hidden", self.hidden, many="hidden layers", large="units"))
        object.__setattr__(self, "dropout", real_number("dropout", self.dropout))
        object.__setattr__(self, "l2", real_number("l2", self.l2))
        if not 0 <= self.dropout < 1:
            raise ValueError(f"dropout must be 0 or more and below 1, got {self.dropout}")
        if not 0 <= self.l2 < math.inf:
            raise ValueError(f"l2 must be 0 or more and finite, got {self.l2}")

    def check_count(self, name: str, limit: str) -> None:
        """Convert a setting to a plain whole number of 1 or more.

        Args:
            name: name of the setting.
            limit: name of its upper limit.

        Raises:
            TypeError: it is not a whole number.
            ValueError: it is below 1, or above the limit.

        :meta private:
        """
        count = whole_number(name, getattr(self, name))
        if count < 1:
            raise ValueError(f"{name} must be 1 or more, got {shorten(count)}")
        check_limit(limit, name, count)
        object.__setattr__(self, name, count)

    @property
    def hidden_units(self) -> tuple[int, ...]:
        """Units of each hidden layer.

        :meta private:
        """
        return self.hidden if isinstance(self.hidden, tuple) else (self.hidden,)

    def dense(self, features: keras.KerasTensor, seeds: np.random.Generator) -> keras.KerasTensor:
        """Add the hidden layers to features (samples, features).

        :meta private:
        """
        layers = import_keras().layers
        for number, units in enumerate(self.hidden_units, 1):
            features = self._dropped(features, number, seeds)
            dense = layers.Dense(
                units,
                activation="relu",
                kernel_initializer=glorot(seeds),
                kernel_regularizer=self.penalty(),
                name=f"dense_{number}",
            )
            features = dense(features)
        return self._dropped(features, len(self.hidden_units) + 1, seeds)

    def dense_forward(self, program: Program, features: Value) -> Value:
        """Add the hidden layers to a forward pass of the core.

        :meta private:
        """
        for number, units in enumerate(self.hidden_units, 1):
            features = program.dense(features, f"dense_{number}", units, relu=True)
        return features

    def penalty(self) -> keras.regularizers.Regularizer | None:
        """Return the L2 regularizer of the weights; `None` without one.

        :meta private:
        """
        return import_keras().regularizers.L2(self.l2) if self.l2 else None

    def _dropped(self, features: keras.KerasTensor, number: int, seeds: np.random.Generator) -> keras.KerasTensor:
        if not self.dropout:
            return features
        layers = import_keras().layers
        return layers.Dropout(self.dropout, seed=new_seed(seeds), name=f"dropout_{number}")(features)

    def dense_parameters(self, features: int, outputs: int) -> int:
        """Return the number of parameters of the hidden layers and the output layer.

        :meta private:
        """
        return sum((before + 1) * after for before, after in pairwise((features, *self.hidden_units, outputs)))


@dataclass(frozen=True)
class FunctionNetwork(Network):
    """A network defined by a custom function."""

    function: NetworkFunction
    masked: ClassVar[bool] = False

    @property
    def convolves(self) -> bool:
        """Unknown for custom functions; returns true."""
        return True

    def build(
        self, vectors: keras.KerasTensor, mask: keras.KerasTensor, seeds: np.random.Generator
    ) -> keras.KerasTensor:
        """Call the function and check its result."""
        parameters = inspect.signature(self.function).parameters.values()
        several = sum(parameter.default is parameter.empty for parameter in parameters) > 1
        with draw_seeds_from(new_seed(seeds)):
            features = self.function(vectors, mask) if several else self.function(vectors)
        shape = getattr(features, "shape", None)
        if not isinstance(features, import_keras().KerasTensor) or shape is None or len(shape) != 2:
            got = shorten(features) if shape is None else f"shape {tuple(shape)}"
            raise ValueError(f"network must return a Keras tensor (samples, features), got {got}")
        return features

    def parameter_count(self, length: int, dimension: int, outputs: int) -> int:
        """Unknown for custom functions; returns 0."""
        return 0


def as_network(network: Network | NetworkFunction) -> Network:
    """Return a network; a function becomes a `FunctionNetwork`.

    Raises:
        TypeError: `network` is neither a network nor a function.
    """
    if isinstance(network, Network):
        return network
    if isinstance(network, type) or not callable(network):
        raise TypeError(f"network must be a network such as Flatten(), or a function, got {shorten(network)}")
    return FunctionNetwork(network)
