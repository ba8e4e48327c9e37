"""Build a Keras model from a network and its shapes."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from malmoi.foundation.arrays import Matrix
from malmoi.foundation.imports import import_keras
from malmoi.foundation.library_changes import compute_in
from malmoi.foundation.limits import check_limit, check_prediction, most
from malmoi.foundation.validation import shorten
from malmoi.models.neural.networks.base import Network, NetworkFunction, as_network
from malmoi.models.neural.networks.layers import glorot, new_seed
from malmoi.models.neural.networks.program import FLOAT_BYTES, Program
from malmoi.models.neural.networks.weights import random_uniform
from malmoi.models.task import Activation
from malmoi.tokenizers.vocabulary import PADDING_ID

if TYPE_CHECKING:
    import keras

__all__ = ["EMBEDDING", "Plan", "build_model", "forward_program", "sample_bytes"]

EMBEDDING = "embedding/embeddings"
"""Path of the word vectors in Keras."""
PRECISIONS = ("float32", "bfloat16")

_Inputs: TypeAlias = "tuple[keras.KerasTensor | list[keras.KerasTensor], keras.KerasTensor, keras.KerasTensor]"
"""The model's inputs, the vectors or values of the steps, and the mask of real steps."""


@dataclass(frozen=True)
class Plan:
    """Everything that determines the shapes of a model.

    Args:
        network: network between the embedding, or the series, and the output.
        rows: rows of the embedding, padding and unknown included; 0 for series, which have no embedding.
        length: tokens of a text, or steps of a series.
        dimension: embedding dimension, or number of features of a series.
        units: units of the output layer.
        activation: activation of the output layer.
        trainable: whether the embedding is trainable.
        precision: compute type of the layers, "float32" or "bfloat16"; weights are always float32.
    """

    network: Network | NetworkFunction
    rows: int
    length: int
    dimension: int
    units: int
    activation: Activation
    trainable: bool = True
    precision: str = "float32"

    def check(self) -> None:
        """Check that the model fits into memory, and that its windows fit into a sample.

        Raises:
            TypeError: `network` is not a network.
            ValueError: it would have more than 2,147,483,648 parameters, its windows are longer than a sample, or one
                prediction would need more than 1 GiB.
        """
        check_limit("series length" if not self.rows else "text length", "length", self.length)
        check_limit("dimension", "dimension", self.dimension)
        check_limit("outputs", "outputs", self.units)
        widest = as_network(self.network).widest
        if widest > self.length:
            rule = f"samples must not be shorter than the network's widest window, {widest}, got {self.length}"
            raise ValueError(f"{rule}; increase the length or lower widths")
        if self.precision not in PRECISIONS:
            raise ValueError(f"precision must be one of {', '.join(PRECISIONS)}, got {shorten(self.precision)}")
        if self.parameter_count > most("parameters"):
            cure = "lower max_tokens, max_length, dimension or hidden"
            rule = f"a model must have at most {most('parameters'):,} parameters"
            raise ValueError(f"{rule}, got {self.parameter_count:,}; {cure}")
        check_prediction(sample_bytes(self), "lower max_length, dimension or units")

    @property
    def parameter_count(self) -> int:
        """Number of parameters of the model, without building it; layers of a custom function are not counted."""
        network_parameters = as_network(self.network).parameter_count(self.length, self.dimension, self.units)
        return self.rows * self.dimension + network_parameters

    @property
    def output_layer(self) -> str:
        """Name of the output layer."""
        return "values" if self.activation == "linear" else "probabilities"

    @property
    def masked(self) -> bool:
        """Whether the network masks padding, and so accepts samples of any length."""
        return as_network(self.network).masked


def build_model(plan: Plan, *, matrix: Matrix | None = None, seed: int = 0) -> keras.Model:
    """Build the Keras model: ids (samples, length) to probabilities (samples, outputs).

    A model of series takes values (samples, length, features) instead and, if its network masks padding, also the mask
    of real steps, bool (samples, length).

    Args:
        plan: the network and its shapes.
        matrix: float32 (rows or fewer, dimension), initial values of the first rows of the embedding; random without
            it.
        seed: random seed of the initial weights.

    Raises:
        TypeError: `network` is not a network.
        ValueError: the model would have more than 2,147,483,648 parameters, or a window longer than a sample.
    """
    plan.check()
    keras = import_keras()
    seeds = np.random.default_rng(seed)
    with nullcontext() if plan.precision == "float32" else compute_in("mixed_bfloat16"):
        inputs, vectors, mask = _embedded(plan, matrix, seeds) if plan.rows else _series(plan)
        features = as_network(plan.network).build(vectors, mask, seeds)
        output = keras.layers.Dense(
            plan.units,
            activation=plan.activation,
            kernel_initializer=glorot(seeds),
            name=plan.output_layer,
            dtype="float32",
        )
        return keras.Model(inputs, output(features), name="malmoi")


def forward_program(plan: Plan) -> Program | None:
    """Return the forward pass of a plan as a program of the core; `None` for a network that needs Keras.

    Its `shapes` are the shapes of all weights of the Keras model, all float32, by their paths.
    """
    program = Program(plan.dimension, plan.length)
    if plan.rows:
        program.shapes[EMBEDDING] = (plan.rows, plan.dimension)
    features = as_network(plan.network).forward(program, program.samples)
    if features is None:
        return None
    program.dense(features, plan.output_layer, plan.units, relu=False)
    return program


def sample_bytes(plan: Plan, length: int | None = None) -> int:
    """Return the memory in bytes for the prediction of one sample, without the weights.

    It is computed without building the network; for networks that need Keras it is a lower bound.

    Args:
        plan: the network and its shapes.
        length: steps of the sample; by default those of the plan.
    """
    program, steps = forward_program(plan), length or plan.length
    values = FLOAT_BYTES * steps * plan.dimension if program is None else program.sample_bytes(steps)
    return 2 * values


def _embedded(plan: Plan, matrix: Matrix | None, seeds: np.random.Generator) -> _Inputs:
    """Return ids, their vectors, and the mask of real tokens."""
    keras = import_keras()
    uniform = random_uniform(new_seed(seeds), -0.05, 0.05)
    embedding = keras.layers.Embedding(
        plan.rows,
        plan.dimension,
        trainable=plan.trainable,
        name="embedding",
        embeddings_initializer="zeros" if matrix is not None else uniform,
    )
    ids = keras.Input((None if plan.masked else plan.length,), dtype="int32", name="ids")
    vectors = embedding(ids)
    if matrix is not None:
        missing = plan.rows - len(matrix)
        embedding.set_weights([np.pad(matrix, ((0, missing), (0, 0))) if missing else matrix])
    return ids, vectors, keras.ops.not_equal(ids, PADDING_ID)


def _series(plan: Plan) -> _Inputs:
    """Return the inputs, the values, and the mask of real steps."""
    keras = import_keras()
    length = None if plan.masked else plan.length
    values = keras.Input((length, plan.dimension), dtype="float32", name="values_in_time")
    if not plan.masked:
        everywhere = keras.ops.ones_like(values[:, :, 0], dtype="bool")
        return values, values, everywhere
    mask = keras.Input((length,), dtype="bool", name="there")
    return [values, mask], values, mask
