"""Values that say which network stands between the token ids and the labels, and build it from Keras layers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from malmoi.arrays import Matrix
from malmoi.errors import real_number, shorten, whole_number
from malmoi.startup import import_keras
from malmoi.wordvectors import WordVectors

if TYPE_CHECKING:
    import keras

__all__ = ["NETWORKS", "Embedding", "Flatten", "Learned", "Network", "Plan", "Pretrained", "build_model"]

LARGEST_PLAN = 2**31


@dataclass(frozen=True)
class Learned:
    """Word vectors that are learned with the task, from small random numbers.

    Args:
        dimension: numbers in a vector; 1 or more.
        trainable: `False` in a loaded model whose pretrained vectors were frozen.
    """

    dimension: int = 100
    trainable: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "dimension", whole_number("dimension", self.dimension))
        _check_flag("trainable", self.trainable)
        if self.dimension < 1:
            raise ValueError(f"dimension must be 1 or more, got {self.dimension}")


@dataclass(frozen=True)
class Pretrained:
    """Word vectors from a file; zeros for a word that the file lacks.

    Args:
        vectors: the opened file.
        trainable: whether training may change them.
    """

    vectors: WordVectors
    trainable: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.vectors, WordVectors):
            raise TypeError(f"vectors must be WordVectors, got {self.vectors!r}; open a file: WordVectors.open(path)")
        _check_flag("trainable", self.trainable)

    @property
    def dimension(self) -> int:
        """Numbers in a vector."""
        return self.vectors.dimension


Embedding: TypeAlias = Learned | Pretrained


def _check_flag(name: str, value: object) -> None:
    if not isinstance(value, bool):
        raise TypeError(f"{name} must be True or False, got {shorten(value)}")


@dataclass(frozen=True)
class Flatten:
    """Every word's vector at its place in one long row, then dense layers: the notes' first network.

    It treats the same word at two places as two different things, so it needs many labels.

    Args:
        hidden: units of the hidden layers (relu), one number or several; none by default.
        dropout: share of the values that training switches off before each dense layer; below 1.

    Example:
        >>> Flatten(hidden=32).parameter_count(length=100, dimension=100, outputs=1)
        320065
    """

    hidden: int | tuple[int, ...] = ()
    dropout: float = 0.0

    def __post_init__(self) -> None:
        several: Iterable[int] = self.hidden if isinstance(self.hidden, Iterable) else (self.hidden,)
        hidden = tuple(whole_number("hidden", units) for units in several)
        object.__setattr__(self, "hidden", hidden)
        object.__setattr__(self, "dropout", real_number("dropout", self.dropout))
        if any(units < 1 for units in hidden):
            raise ValueError(f"hidden must be units of 1 or more, got {hidden}")
        if not 0 <= self.dropout < 1:
            raise ValueError(f"dropout must be 0 or more and below 1, got {self.dropout}")

    @property
    def units(self) -> tuple[int, ...]:
        """Units of each hidden layer."""
        return self.hidden if isinstance(self.hidden, tuple) else (self.hidden,)

    def build(self, vectors: keras.KerasTensor, seeds: np.random.Generator) -> keras.KerasTensor:
        """Add the layers between the embedding (samples, length, dimension) and the output layer."""
        layers = import_keras().layers
        features = layers.Flatten(name="flatten")(vectors)
        for number, units in enumerate(self.units, 1):
            features = self._dropped(features, number, seeds)
            dense = layers.Dense(units, activation="relu", kernel_initializer=_glorot(seeds), name=f"dense_{number}")
            features = dense(features)
        return self._dropped(features, len(self.units) + 1, seeds)

    def _dropped(self, features: keras.KerasTensor, number: int, seeds: np.random.Generator) -> keras.KerasTensor:
        if not self.dropout:
            return features
        layers = import_keras().layers
        return layers.Dropout(self.dropout, seed=_seed(seeds), name=f"dropout_{number}")(features)

    def parameter_count(self, length: int, dimension: int, outputs: int) -> int:
        """Parameters behind the embedding, the output layer's included, known before anything is built."""
        widths = (length * dimension, *self.units, outputs)
        return sum((before + 1) * after for before, after in pairwise(widths))


Network: TypeAlias = Flatten

NETWORKS: dict[str, type[Flatten]] = {"Flatten": Flatten}
"""Every kind of network by its name in a model file."""


@dataclass(frozen=True)
class Plan:
    """All that decides the shapes of a model.

    Args:
        network: what stands between the embedding and the output.
        rows: rows of the embedding, padding and unknown included.
        length: tokens of a text.
        dimension: numbers of a word vector.
        classes: kinds of labels; 2 or more.
        trainable: whether training may change the embedding.
    """

    network: Network
    rows: int
    length: int
    dimension: int
    classes: int
    trainable: bool

    @property
    def outputs(self) -> int:
        """Units of the output layer: one for two classes, else one a class."""
        return 1 if self.classes == 2 else self.classes

    def check(self) -> None:
        """Refuse a model that no memory could hold.

        Raises:
            ValueError: it would have more than 2,147,483,648 parameters.
        """
        if self.parameter_count > LARGEST_PLAN:
            cure = "lower max_tokens, max_length, dimension or hidden"
            raise ValueError(
                f"a model must have {LARGEST_PLAN:,} parameters at most, got {self.parameter_count:,}; {cure}"
            )

    @property
    def parameter_count(self) -> int:
        """All parameters of the model, known before anything is built."""
        behind = self.network.parameter_count(self.length, self.dimension, self.outputs)
        return self.rows * self.dimension + behind


def build_model(plan: Plan, *, matrix: Matrix | None = None, seed: int = 0) -> keras.Model:
    """Build the Keras model: ids (samples, length) to probabilities (samples, outputs).

    Args:
        plan: shapes and kinds.
        matrix: float32 (rows or fewer, dimension), the first rows of the embedding; random numbers without it.
        seed: decides the first weights; the same seed gives the same ones.

    Raises:
        ValueError: the model would have more than 2,147,483,648 parameters.
    """
    plan.check()
    keras = import_keras()
    seeds = np.random.default_rng(seed)
    uniform = keras.initializers.RandomUniform(-0.05, 0.05, seed=_seed(seeds))
    embedding = keras.layers.Embedding(
        plan.rows, plan.dimension, trainable=plan.trainable, name="embedding",
        embeddings_initializer="zeros" if matrix is not None else uniform,
    )  # fmt: skip
    ids = keras.Input((plan.length,), dtype="int32", name="ids")
    features = plan.network.build(embedding(ids), seeds)
    activation = "sigmoid" if plan.outputs == 1 else "softmax"
    output = keras.layers.Dense(
        plan.outputs, activation=activation, kernel_initializer=_glorot(seeds), name="probabilities"
    )
    model = keras.Model(ids, output(features), name="malmoi")
    if matrix is not None:
        missing = plan.rows - len(matrix)
        embedding.set_weights([np.pad(matrix, ((0, missing), (0, 0))) if missing else matrix])
    return model


def _seed(seeds: np.random.Generator) -> int:
    return int(seeds.integers(2**31))


def _glorot(seeds: np.random.Generator) -> Any:
    return import_keras().initializers.GlorotUniform(seed=_seed(seeds))
