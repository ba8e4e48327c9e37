"""Predictions of a trained model by Keras."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from malmoi.foundation.imports import import_keras
from malmoi.models.neural.engines.held_out import as_input
from malmoi.models.neural.samples import Inputs

if TYPE_CHECKING:
    import keras

__all__ = ["Forward", "forward"]

BLOCK = 256
SMALL_BLOCK = 32
"""Block size of networks whose work depends on the length, small so that a single text is predicted quickly."""

Forward = Callable[[Inputs], npt.NDArray[np.float32]]


def forward(model: keras.Model) -> Forward:
    """Return a function from samples to the model's outputs, float32 (samples, outputs).

    On JAX it uses blocks of a constant size, and samples are truncated to their own length, so that the prediction of
    a text does not depend on the others, bit for bit.
    """
    if import_keras().backend.backend() != "jax":
        return lambda samples: _by_keras(model, samples)
    import jax

    program = jax.jit(
        lambda trainable, fixed, inputs: model.stateless_call(trainable, fixed, as_input(inputs), training=False)[0]
    )

    def run(samples: Inputs) -> npt.NDArray[np.float32]:
        groups = (model.trainable_variables, model.non_trainable_variables)
        weights = [[variable.value for variable in group] for group in groups]
        outputs = np.zeros((len(samples), model.output_shape[-1]), dtype=np.float32)
        for rows, inputs in _blocks(samples):
            outputs[rows] = np.asarray(program(*weights, inputs))[: len(rows)]
        return outputs

    return run


def _by_keras(model: keras.Model, samples: Inputs) -> npt.NDArray[np.float32]:
    if not len(samples):
        return np.zeros((0, model.output_shape[-1]), dtype=np.float32)
    return np.asarray(model.predict(as_input(samples.inputs), verbose=0), dtype=np.float32)


def _blocks(samples: Inputs) -> Iterator[tuple[npt.NDArray[np.intp], tuple[npt.NDArray[np.generic], ...]]]:
    """Yield row numbers of samples, and their truncated inputs padded to one block size."""
    size = BLOCK if samples.lengths is None else SMALL_BLOCK
    widths = samples.all_widths
    places = samples.places_in(widths)
    for place, width in enumerate(widths):
        rows = np.flatnonzero(places == place)
        for start in range(0, len(rows), size):
            block = rows[start : start + size]
            inputs = tuple(samples.cut(array[block], width) for array in samples.inputs)
            missing = size - len(block)
            yield block, tuple(np.pad(array, [(0, missing)] + [(0, 0)] * (array.ndim - 1)) for array in inputs)
