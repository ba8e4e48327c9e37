"""From a network's shapes to a Keras model."""

from __future__ import annotations

import inspect
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import numpy as np

from malmoi.arrays import Matrix
from malmoi.errors import shorten
from malmoi.networks.average import Average
from malmoi.networks.convolution import Conv
from malmoi.networks.flatten import Flatten
from malmoi.networks.layers import glorot, new_seed
from malmoi.networks.recurrent import Recurrent
from malmoi.networks.weights import random_uniform
from malmoi.startup import import_keras
from malmoi.vocabulary import PADDING_ID

if TYPE_CHECKING:
    import keras

__all__ = ["NETWORKS", "Network", "NetworkFunction", "Output", "Plan", "as_network", "build_model"]

LARGEST_PLAN = 2**31
PRECISIONS = ("float32", "bfloat16")

NetworkFunction: TypeAlias = Callable[..., Any]
"""From the word vectors (samples, length, dimension), and the mask (samples, length) if it takes two, to features."""


class Network(Protocol):
    """What stands between the embedding and the output layer."""

    @property
    def widest(self) -> int:
        """Steps that a sample must have."""

    def build(self, vectors: keras.KerasTensor, mask: keras.KerasTensor, seeds: np.random.Generator) -> Any:
        """Add layers to vectors (samples, length, dimension), with a mask bool (samples, length) of real tokens."""

    def parameter_count(self, length: int, dimension: int, outputs: int) -> int:
        """Parameters behind the embedding, the output layer's included, known before anything is built."""


@dataclass(frozen=True)
class _OfFunction:
    """A network that a user's function makes."""

    function: NetworkFunction

    @property
    def widest(self) -> int:
        """Nobody knows."""
        return 1

    def build(self, vectors: keras.KerasTensor, mask: keras.KerasTensor, seeds: np.random.Generator) -> Any:
        """Call it, and look at what came back."""
        parameters = inspect.signature(self.function).parameters.values()
        several = sum(parameter.default is parameter.empty for parameter in parameters) > 1
        # Keras draws the seeds that a layer was not given from Python's generator.
        before = random.getstate()
        random.seed(new_seed(seeds))
        try:
            features = self.function(vectors, mask) if several else self.function(vectors)
        finally:
            random.setstate(before)
        shape = getattr(features, "shape", None)
        if not isinstance(features, import_keras().KerasTensor) or shape is None or len(shape) != 2:
            got = shorten(features) if shape is None else f"shape {tuple(shape)}"
            raise ValueError(f"network must return a Keras tensor (samples, features), got {got}")
        return features

    def parameter_count(self, length: int, dimension: int, outputs: int) -> int:
        """Nobody knows before it is built."""
        return 0


NETWORKS: dict[str, type[Any]] = {kind.__name__: kind for kind in (Flatten, Average, Conv, Recurrent)}
"""Every kind of network by its name in a model file."""


def as_network(network: Network | NetworkFunction) -> Network:
    """A network, also of a function.

    Raises:
        TypeError: it is neither.
    """
    if isinstance(network, tuple(NETWORKS.values())):
        return network  # type: ignore[return-value]
    if isinstance(network, type) or not callable(network):
        raise TypeError(f"network must be a network such as Flatten(), or a function, got {shorten(network)}")
    return _OfFunction(network)


@dataclass(frozen=True)
class Output:
    """What a model answers.

    Args:
        kind: "class": one of several; "labels": any number of several at once; "numbers".
        count: classes, labels or numbers; 2 classes or more, 1 label or number or more.
    """

    kind: str
    count: int

    @property
    def units(self) -> int:
        """Units of the output layer: one for two classes, else one for each."""
        return 1 if (self.kind, self.count) == ("class", 2) else self.count

    @property
    def activation(self) -> str:
        """What makes probabilities of the units, if they are any."""
        if self.kind == "numbers":
            return "linear"
        return "softmax" if self.kind == "class" and self.units > 1 else "sigmoid"


@dataclass(frozen=True)
class Plan:
    """All that decides the shapes of a model.

    Args:
        network: what stands between the embedding, or the series, and the output.
        rows: rows of the embedding, padding and unknown included; 0 for a series, which has none.
        length: tokens of a text, or steps of a series.
        dimension: numbers of a word vector, or of a step.
        output: what it answers.
        trainable: whether training may change the embedding.
        precision: of the layers, "float32" or "bfloat16"; weights are float32 in either.
    """

    network: Network | NetworkFunction
    rows: int
    length: int
    dimension: int
    output: Output
    trainable: bool = True
    precision: str = "float32"

    def check(self) -> None:
        """Refuse a model that no memory could hold, or that sees more than there is.

        Raises:
            TypeError: `network` is none.
            ValueError: it would have more than 2,147,483,648 parameters, or its windows are longer than a sample.
        """
        widest = as_network(self.network).widest
        if widest > self.length:
            rule = f"a sample must be as long as the network's widest window, {widest}, got {self.length}"
            raise ValueError(f"{rule}; raise the length or lower widths")
        if self.precision not in PRECISIONS:
            raise ValueError(f"precision must be one of {', '.join(PRECISIONS)}, got {shorten(self.precision)}")
        if self.parameter_count > LARGEST_PLAN:
            cure = "lower max_tokens, max_length, dimension or hidden"
            raise ValueError(
                f"a model must have {LARGEST_PLAN:,} parameters at most, got {self.parameter_count:,}; {cure}"
            )

    @property
    def parameter_count(self) -> int:
        """All parameters of the model, known before anything is built; those of a function's layers aside."""
        behind = as_network(self.network).parameter_count(self.length, self.dimension, self.output.units)
        return self.rows * self.dimension + behind

    @property
    def masked(self) -> bool:
        """Whether the network can tell tokens from padding, and so take samples of any length."""
        return isinstance(self.network, Average | Conv | Recurrent)


def build_model(plan: Plan, *, matrix: Matrix | None = None, seed: int = 0) -> keras.Model:
    """Build the Keras model: ids (samples, length) to probabilities (samples, outputs).

    A model of series takes values (samples, length, features) instead, and, where its network can tell steps from
    padding, also which steps are there, bool (samples, length).

    Args:
        plan: shapes and kinds.
        matrix: float32 (rows or fewer, dimension), the first rows of the embedding; random numbers without it.
        seed: decides the first weights; the same seed gives the same ones.

    Raises:
        TypeError: `network` is none.
        ValueError: the model would have more than 2,147,483,648 parameters, or a window longer than a sample.
    """
    plan.check()
    keras = import_keras()
    seeds = np.random.default_rng(seed)
    with _computing_in(plan.precision):
        inputs, vectors, mask = _embedded(plan, matrix, seeds) if plan.rows else _series(plan)
        features = as_network(plan.network).build(vectors, mask, seeds)
        output = keras.layers.Dense(
            plan.output.units, activation=plan.output.activation, kernel_initializer=glorot(seeds),
            name="values" if plan.output.kind == "numbers" else "probabilities", dtype="float32",
        )  # fmt: skip
        return keras.Model(inputs, output(features), name="malmoi")


def _embedded(plan: Plan, matrix: Matrix | None, seeds: np.random.Generator) -> tuple[Any, Any, Any]:
    """Ids, their vectors, and where there are any."""
    keras = import_keras()
    uniform = random_uniform(new_seed(seeds), -0.05, 0.05)
    embedding = keras.layers.Embedding(
        plan.rows, plan.dimension, trainable=plan.trainable, name="embedding",
        embeddings_initializer="zeros" if matrix is not None else uniform,
    )  # fmt: skip
    ids = keras.Input((None if plan.masked else plan.length,), dtype="int32", name="ids")
    vectors = embedding(ids)
    if matrix is not None:
        missing = plan.rows - len(matrix)
        embedding.set_weights([np.pad(matrix, ((0, missing), (0, 0))) if missing else matrix])
    return ids, vectors, keras.ops.not_equal(ids, PADDING_ID)


def _series(plan: Plan) -> tuple[Any, Any, Any]:
    """Values, the same again, and where there are any."""
    keras = import_keras()
    length = None if plan.masked else plan.length
    values = keras.Input((length, plan.dimension), dtype="float32", name="values_in_time")
    if not plan.masked:
        everywhere = keras.ops.ones_like(values[:, :, 0], dtype="bool")
        return values, values, everywhere
    there = keras.Input((length,), dtype="bool", name="there")
    return [values, there], values, there


@contextmanager
def _computing_in(precision: str) -> Iterator[None]:
    """Layers that are made here compute in this precision; the user's own policy is as it was afterwards."""
    keras = import_keras()
    if precision == "float32":
        yield
        return
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
