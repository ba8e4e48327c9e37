"""The forward pass of a network as operations of the core, with its weights and its memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from malmoi import _core
from malmoi.models.state import Arrays

__all__ = ["Program", "Value"]

FLOAT_BYTES = 4
CONVOLVED_TOGETHER, READ_TOGETHER = 512, 4096
"""Steps of a sequence that the core convolves, or reads, in one block."""
VARIANCE_EPSILON = 1e-3
"""Epsilon of Keras' batch normalization."""

Floats: TypeAlias = npt.NDArray[np.float32]
Argument: TypeAlias = int | str | bool | Floats | list[int] | tuple[Floats, Floats]
Arguments: TypeAlias = Callable[[Arrays], tuple[Argument, ...]]


@dataclass(frozen=True)
class Value:
    """The result of an operation: a sequence, or features of a whole sample.

    Args:
        number: index in the order of computation; 0 is the input.
        channels: channels of each step, or number of features.
        stride: number of input steps per step; 0 for features.
    """

    number: int
    channels: int
    stride: int

    def size_bytes(self, length: int) -> int:
        """Return the bytes for a sample of a length, its mask included."""
        steps = -(-length // self.stride) if self.stride else 1
        return steps * (FLOAT_BYTES * self.channels + 1)


@dataclass(frozen=True)
class _Step:
    """A method of the core's forward pass, and a function from weights to its arguments."""

    method: str
    arguments: Arguments
    sources: tuple[int, ...]
    scratch_bytes: Callable[[int], int]
    options: dict[str, bool] = field(default_factory=dict)


class Program:
    """The operations of a forward pass; each method adds one and registers its weights by their names in Keras.

    Args:
        channels: channels of the input.
        length: steps of a sample.
    """

    def __init__(self, channels: int, length: int) -> None:
        self.length = length
        self.shapes: dict[str, tuple[int, ...]] = {}
        self._steps: list[_Step] = []
        self._values = [Value(0, channels, 1)]

    @property
    def samples(self) -> Value:
        """The input: word vectors or values of series, with a mask of real steps."""
        return self._values[0]

    def convolve(self, source: Value, name: str, filters: int, width: int, *, norm: bool = False) -> Value:
        """Convolve with zero padding and zeros at masked steps, then relu.

        Args:
            source: a sequence.
            name: name of the layer.
            filters: channels of the result.
            width: width of a window, in steps.
            norm: whether batch normalization is applied before the relu.
        """
        kernel = self._weight(f"{name}/kernel", (width, source.channels, filters))
        bias = self._weight(f"{name}/bias", (filters,))
        normalized = f"{name}_norm" if norm else None
        for part in ("gamma", "beta", "moving_mean", "moving_variance") if norm else ():
            self._weight(f"{normalized}/{part}", (filters,))

        def arguments(weights: Arrays) -> tuple[Argument, ...]:
            scale, shift = _scale_and_shift(weights, normalized)
            factors, biases = (weights[name].astype(np.float32, copy=False) for name in (kernel, bias))
            return source.number, width, _rows(factors * scale), _floats(biases * scale + shift)

        def scratch(steps: int) -> int:
            return (min(steps, CONVOLVED_TOGETHER) + width) * source.channels * FLOAT_BYTES

        return self._made("convolve", arguments, [source], filters, source.stride, scratch)

    def dense(self, source: Value, name: str, units: int, *, relu: bool) -> Value:
        """Multiply features with a matrix and add a bias; then apply a relu, if requested."""
        kernel = self._weight(f"{name}/kernel", (source.channels, units))
        bias = self._weight(f"{name}/bias", (units,))
        return self._made(
            "dense",
            lambda weights: (source.number, _rows(weights[kernel]), _floats(weights[bias]), relu),
            [source],
            units,
            0,
        )

    def flatten(self, source: Value) -> Value:
        """Concatenate all steps of a sample."""
        length = self.length
        return self._made("flatten", lambda _: (source.number, length), [source], source.channels * length, 0)

    def halve(self, source: Value) -> Value:
        """Apply max pooling to pairs of steps."""
        return self._made("halve", lambda _: (source.number,), [source], source.channels, 2 * source.stride)

    def join(self, source: Value, stride: int) -> Value:
        """Concatenate the channels of `stride` consecutive steps; the end is padded with zeros."""
        channels = source.channels * stride
        return self._made("join", lambda _: (source.number, stride), [source], channels, stride * source.stride)

    def pool(self, source: Value, pooling: str) -> Value:
        """Pool each channel over the real steps: "mean", "max", or "mean_max", the means followed by the maxima."""
        if pooling == "mean_max":
            return self.side_by_side([self.pool(source, "mean"), self.pool(source, "max")])
        return self._made("pool", lambda _: (source.number, pooling), [source], source.channels, 0)

    def read(self, source: Value, name: str, cell: str, units: int, *, backward: bool, last: bool) -> Value:
        """Read a sequence with a recurrent cell, and return its last state, or the states after every step.

        Args:
            source: a sequence.
            name: name of the cell's layer.
            cell: "simple", "gru" or "lstm".
            units: units of the state.
            backward: whether to read in reverse.
            last: whether to return only the last state.
        """
        gates = {"simple": 1, "gru": 3, "lstm": 4}[cell] * units
        kernel = self._weight(f"{name}/kernel", (source.channels, gates))
        recurrent = self._weight(f"{name}/recurrent_kernel", (units, gates))
        bias = self._weight(f"{name}/bias", (2, gates) if cell == "gru" else (gates,))

        def arguments(weights: Arrays) -> tuple[Argument, ...]:
            biases = weights[bias]
            outer, inner = biases if cell == "gru" else (biases, np.zeros_like(biases))
            pair = _floats(outer), _floats(inner)
            return source.number, cell, _rows(weights[kernel]), _rows(weights[recurrent]), pair

        def scratch(steps: int) -> int:
            return ((min(steps, READ_TOGETHER) + 1) * gates + 2 * units) * FLOAT_BYTES

        options = {"is_backward": backward, "is_last": last}
        return self._made("read", arguments, [source], units, 0 if last else source.stride, scratch, options)

    def side_by_side(self, sources: Sequence[Value]) -> Value:
        """Concatenate channels, or features, in the given order."""
        if len(sources) == 1:
            return sources[0]
        numbers = [source.number for source in sources]
        channels = sum(source.channels for source in sources)
        return self._made("side_by_side", lambda _: (numbers,), sources, channels, sources[0].stride)

    def built(self, weights: Arrays, activation: str) -> _core.ForwardPass:
        """Return the forward pass of the core with weights by name.

        Args:
            weights: float32, of the shapes in `shapes`.
            activation: activation of the output: "linear", "sigmoid" or "softmax".
        """
        forward = _core.ForwardPass(self.samples.channels, activation)
        for step in self._steps:
            getattr(forward, step.method)(*step.arguments(weights), **step.options)
        forward.finish()
        return forward

    def sample_bytes(self, length: int) -> int:
        """Return the peak memory for one sample of a length, in bytes."""
        last_use = {source: place for place, step in enumerate(self._steps) for source in step.sources}
        live = most = self.samples.size_bytes(length)
        for place, step in enumerate(self._steps):
            live += self._values[place + 1].size_bytes(length)
            most = max(most, live + step.scratch_bytes(length))
            done = {source for source in step.sources if last_use[source] == place}
            live -= sum(self._values[source].size_bytes(length) for source in done)
        return most

    def _weight(self, name: str, shape: tuple[int, ...]) -> str:
        self.shapes[name] = shape
        return name

    def _made(
        self,
        method: str,
        arguments: Arguments,
        sources: Sequence[Value],
        channels: int,
        stride: int,
        scratch_bytes: Callable[[int], int] = lambda _: 0,
        options: dict[str, bool] | None = None,
    ) -> Value:
        numbers = tuple(source.number for source in sources)
        self._steps.append(_Step(method, arguments, numbers, scratch_bytes, options or {}))
        self._values.append(Value(len(self._values), channels, stride))
        return self._values[-1]


def _floats(array: npt.ArrayLike) -> Floats:
    return np.ascontiguousarray(array, np.float32)


def _rows(kernel: npt.NDArray[np.generic]) -> Floats:
    """Reshape a kernel to a matrix with one column per output."""
    return _floats(kernel).reshape(-1, kernel.shape[-1])


_Factors: TypeAlias = Floats | np.float32


def _scale_and_shift(weights: Arrays, name: str | None) -> tuple[_Factors, _Factors]:
    """Return scale and shift of batch normalization for each filter."""
    if name is None:
        return np.float32(1), np.float32(0)
    gamma, beta, mean, variance = (
        weights[f"{name}/{part}"].astype(np.float32, copy=False)
        for part in ("gamma", "beta", "moving_mean", "moving_variance")
    )
    scale = gamma / np.sqrt(variance + np.float32(VARIANCE_EPSILON))
    return scale, beta - mean * scale
