"""Evaluation on validation samples inside the compiled epoch.

In general the samples go through the model in blocks. For `Flatten` there is a faster way: the contribution of a word
to the first dense layer depends only on the word and its position, and 10,000 texts have about 2,000 distinct words
per position. So the distinct words of each position go through their part of that layer once, and a text is a sum of
rows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

from malmoi.foundation.arrays import Ids
from malmoi.foundation.imports import import_keras
from malmoi.models.neural.engines.objective import Objective

if TYPE_CHECKING:
    import jax
    import keras

__all__ = ["Program", "as_input", "held_out_blocks", "held_out_program", "in_batches", "one_block_program"]

BLOCK = 256
POSITION_BLOCK = 10_000  # below 65,536, so that an index fits into 16 bits
FEW_UNITS = 8
WORTH_SHARE = 0.5

Values: TypeAlias = "list[jax.Array]"
Data: TypeAlias = "tuple[jax.Array, ...]"
"""Arrays on the device; the first is a tuple itself if it holds the inputs of a model."""
Program: TypeAlias = "Callable[[Values, Values, Data], jax.Array]"
"""A function from trainable variables, other variables and data to sums."""
Part = TypeVar("Part")
Arrays: TypeAlias = tuple[npt.NDArray[np.generic], ...]


def held_out_program(
    model: keras.Model, objective: Objective, inputs: Arrays, targets: npt.NDArray[np.generic]
) -> tuple[Data, Program]:
    """Return data on the device, and a function of weights and data that computes `sums` over all samples.

    Args:
        model: maps inputs to outputs.
        objective: defines what is summed.
        inputs: arrays (samples, length, ...) in the form of the model's inputs; 1 sample or more.
        targets: (samples, ...).
    """
    layers = _flatten_chain(model) if targets.ndim == 1 else None
    by_position = None if layers is None else _by_position(inputs[0].astype(np.int32, copy=False), targets)
    if layers is None or by_position is None:
        return held_out_blocks(inputs, targets), _block_program(model, objective)
    return _on_device(by_position), _position_program(model, objective, layers)


def held_out_blocks(inputs: Arrays, targets: npt.NDArray[np.generic]) -> Data:
    """Return inputs, targets and weights on the device, all (blocks, samples, ...)."""
    rows, real = in_batches(np.arange(len(targets)), min(BLOCK, len(targets)))
    return _on_device((tuple(array[rows] for array in inputs), targets[rows], real))


def as_input(arrays: Sequence[Part]) -> Part | list[Part]:
    """Return arrays as the input of a model: a single array, or a list of several."""
    return arrays[0] if len(arrays) == 1 else list(arrays)


def _on_device(arrays: tuple[Arrays | npt.NDArray[np.generic], ...]) -> Data:
    import jax

    placed: Data = jax.tree.map(jax.numpy.asarray, arrays)
    return placed


def in_batches(order: npt.NDArray[np.int64], size: int) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]:
    """Return row numbers and weights, both (batches, size); the last batch is padded with samples of weight 0."""
    batches = -(-len(order) // size)
    rows = np.zeros(batches * size, dtype=np.int32)
    weights = np.zeros(batches * size, dtype=np.float32)
    rows[: len(order)] = order
    weights[: len(order)] = 1
    return rows.reshape(batches, size), weights.reshape(batches, size)


def one_block_program(model: keras.Model, objective: Objective) -> Program:
    """Return a function that computes the `sums` of one block of `held_out_blocks` from the weights."""

    def run(trainable: Values, fixed: Values, block: Data) -> jax.Array:
        inputs, targets, real = block
        outputs, _, losses = model.stateless_call(
            trainable, fixed, as_input(inputs), training=False, return_losses=True
        )
        return objective.sums(outputs, targets, 1.0, real, sum(losses, start=0.0))

    return run


def _block_program(model: keras.Model, objective: Objective) -> Program:
    import jax

    one_block = one_block_program(model, objective)

    def run(trainable: Values, fixed: Values, data: Data) -> jax.Array:
        def evaluate(totals: jax.Array, block: Data) -> tuple[jax.Array, None]:
            return totals + one_block(trainable, fixed, block), None

        return jax.lax.scan(evaluate, jax.numpy.zeros(2), data)[0]

    return run


def _flatten_chain(model: keras.Model) -> list[keras.layers.Layer] | None:
    """Return the embedding, the first dense layer and all later layers, if the model is such a chain; else `None`."""
    layers = import_keras().layers
    chain = [layer for layer in model.layers[1:] if not isinstance(layer, layers.Dropout)]
    kinds = [type(layer) for layer in chain]
    if kinds[:2] != [layers.Embedding, layers.Flatten] or set(kinds[2:]) != {layers.Dense}:
        return None
    penalised = any(layer.kernel_regularizer is not None for layer in chain[2:])
    return None if chain[2].units < FEW_UNITS or penalised else [chain[0], *chain[2:]]


def _by_position(ids: Ids, targets: npt.NDArray[np.generic]) -> tuple[npt.NDArray[np.generic], ...] | None:
    """Return words (blocks, length, words), each sample's index among them (blocks, length, samples), targets, weights.

    `None` if the texts have too many distinct words for this to be faster.
    """
    rows, weights = in_batches(np.arange(len(ids)), min(POSITION_BLOCK, len(ids)))
    places = np.empty((len(rows), ids.shape[1], rows.shape[1]), dtype=np.uint16)
    distinct = []
    for number, block in enumerate(rows):
        for place in range(ids.shape[1]):
            words, places[number, place] = np.unique(ids[block, place], return_inverse=True)
            distinct.append(words)
    most = max(len(words) for words in distinct)
    if most > WORTH_SHARE * rows.shape[1]:
        return None
    padded = [np.pad(words, (0, most - len(words))) for words in distinct]
    return np.stack(padded).reshape(len(rows), ids.shape[1], most), places, targets[rows], weights


def _position_program(model: keras.Model, objective: Objective, layers: list[keras.layers.Layer]) -> Program:
    import jax

    embedding, first, *later_layers = layers

    def run(trainable: Values, fixed: Values, data: Data) -> jax.Array:
        variables = [*model.trainable_variables, *model.non_trainable_variables]
        values = zip(variables, [*trainable, *fixed], strict=True)
        with import_keras().StatelessScope(state_mapping=list(values)):
            vectors, kernel = embedding.embeddings.value, first.kernel.value
            kernels = kernel.reshape(-1, vectors.shape[1], kernel.shape[1])

            def evaluate(totals: jax.Array, block: Data) -> tuple[jax.Array, None]:
                words, places, targets, weights = block
                start = jax.numpy.zeros((targets.shape[0], kernel.shape[1]))

                def add(sums: jax.Array, place: tuple[jax.Array, jax.Array, jax.Array]) -> tuple[jax.Array, None]:
                    part, words, places = place
                    return sums + (vectors[words] @ part)[places.astype(words.dtype)], None

                features = jax.lax.scan(add, start, (kernels, words, places))[0]
                features = first.activation(features + first.bias.value)
                for layer in later_layers:
                    features = layer(features, training=False)
                return totals + objective.sums(features, targets, 1.0, weights), None

            return jax.lax.scan(evaluate, jax.numpy.zeros(2), data)[0]

    return run
