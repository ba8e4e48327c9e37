"""Predictions of a trained network by the core, without Keras; samples are independent of each other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from malmoi import _core
from malmoi.foundation.threads import thread_count
from malmoi.models.neural.networks import EMBEDDING, Plan, Program
from malmoi.models.neural.samples import Inputs
from malmoi.models.state import Arrays

__all__ = ["NativeForward", "with_own_table"]

BLOCK_BYTES = 2**24
"""Maximum size of the inputs per call of the core, in bytes."""
SAMPLE_BYTES = 2**25
"""Maximum memory of the values per thread, in bytes, unless one sample needs more."""
WORKING_BYTES = 2**28
"""Maximum memory of all threads, in bytes, unless one sample needs more."""
TOGETHER = 24
"""Maximum number of samples per thread and block."""


@dataclass(frozen=True)
class NativeForward:
    """The forward pass of a network with its weights.

    Args:
        program: its operations.
        forward: the forward pass in the core.
        table: word vectors (rows, dimension); `None` for series.
        units: units of the output layer.
    """

    program: Program
    forward: _core.ForwardPass
    table: npt.NDArray[np.float32] | None
    units: int

    @classmethod
    def of(cls, plan: Plan, program: Program, weights: Arrays) -> NativeForward:
        """Create the forward pass.

        Args:
            plan: the network and its shapes.
            program: its operations.
            weights: float32, of the program's shapes; read-only word vectors are shared, others are copied.
        """
        table = _unchanging(weights[EMBEDDING]) if plan.rows else None
        return cls(program, program.built(weights, plan.activation), table, plan.units)

    def __call__(self, samples: Inputs) -> npt.NDArray[np.float32]:
        """Return outputs float32 (samples, units); samples are truncated to their own length, as in training."""
        outputs = np.zeros((len(samples), self.units), dtype=np.float32)
        widths = samples.all_widths
        places = samples.places_in(widths)
        for place, width in enumerate(widths):
            rows = np.flatnonzero(places == place)
            row_bytes = sum(array[:1, :1].nbytes for array in samples.inputs) * width
            size = max(BLOCK_BYTES // max(row_bytes, 1), 1)
            for start in range(0, len(rows), size):
                block = rows[start : start + size]
                first, end = int(block[0]), int(block[-1]) + 1
                together = slice(first, end) if end - first == len(block) else block  # a slice copies nothing
                inputs = [samples.cut(array[together], width) for array in samples.inputs]
                outputs[block] = self._outputs(inputs, len(block), width)
        return outputs

    def _outputs(self, inputs: list[npt.NDArray[np.generic]], count: int, width: int) -> npt.NDArray[np.float32]:
        sample_bytes, threads = self.program.sample_bytes(width), thread_count()
        together = max(min(TOGETHER, -(-count // threads), SAMPLE_BYTES // sample_bytes), 1)
        threads = max(min(threads, WORKING_BYTES // (together * sample_bytes)), 1)
        if self.table is not None:
            ids = np.ascontiguousarray(inputs[0], np.int32)
            return self.forward.of_ids(ids, self.table, together=together, threads=threads)
        values = np.ascontiguousarray(inputs[0], np.float32)
        mask = np.ones(values.shape[:2], np.bool_) if len(inputs) == 1 else np.ascontiguousarray(inputs[1], np.bool_)
        return self.forward.of_values(values, mask.view(np.uint8), together=together, threads=threads)


def with_own_table(weights: Arrays) -> Arrays:
    """Return weights with a read-only copy of the word vectors, which a forward pass then shares."""
    table = weights.get(EMBEDDING)
    if table is None:
        return weights
    return {**weights, EMBEDDING: _read_only_copy(table)}


def _read_only_copy(array: npt.NDArray[np.generic]) -> npt.NDArray[np.float32]:
    found = np.array(array, np.float32, order="C")
    found.setflags(write=False)
    return found


def _unchanging(array: npt.NDArray[np.generic]) -> npt.NDArray[np.float32]:
    """Return the array if it is read-only, else a copy, so that predictions cannot change."""
    can_change = array.flags.writeable or not array.flags.c_contiguous or array.dtype != np.float32
    return _read_only_copy(array) if can_change else array.view(np.float32)
