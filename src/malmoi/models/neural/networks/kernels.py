"""Inner loops of networks on JAX, with custom backward passes.

JAX's automatic differentiation is slow here on CPUs: it accumulates a weight's gradient at every time step, and
sends gradients through windows that the max pooling discarded. Here a recurrent weight's gradient is one matrix product
at the end, and the gradient of a pooled convolution only visits the positions of the maxima. `tests/test_kernels.py`
compares them with Keras' own layers.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import jax

__all__ = ["CELL_KERNELS", "max_pooled_convolution"]

FAR_BELOW = -1e9

_States: TypeAlias = "list[jax.Array]"
_Kept: TypeAlias = "tuple[jax.Array, ...]"
"""Values of a step that the backward pass needs."""
_Step: TypeAlias = "Callable[[jax.Array, jax.Array, _States], tuple[_States, _Kept]]"
_Back: TypeAlias = "tuple[jax.Array, jax.Array | None, list[jax.Array | float]]"
"""Gradients of the input product, of the state product if it differs, and of the previous states."""
_StepBack: TypeAlias = "Callable[[_States, _States, _Kept], _Back]"
_Saved: TypeAlias = "tuple[_States, _Kept, jax.Array, jax.Array, jax.Array, jax.Array]"


def max_pooled_convolution(inputs: jax.Array, kernel: jax.Array, bias: jax.Array, mask: jax.Array) -> jax.Array:
    """Convolve with zero padding, apply max pooling over the real tokens, and a relu.

    Args:
        inputs: (samples, length, channels), zeros at masked steps.
        kernel: (width, channels, filters).
        bias: (filters,).
        mask: bool (samples, length).

    Returns:
        (samples, filters); zeros for a sample without tokens.
    """
    return _max_pooled_convolution()(inputs, kernel.astype(inputs.dtype), bias.astype(inputs.dtype), mask)


@cache
def _max_pooled_convolution() -> jax.custom_vjp[jax.Array]:
    import jax

    numpy = jax.numpy

    def forward(
        inputs: jax.Array, kernel: jax.Array, bias: jax.Array, mask: jax.Array
    ) -> tuple[jax.Array, tuple[jax.Array, ...]]:
        dimensions = ("NWC", "WIO", "NWC")
        outputs = jax.lax.conv_general_dilated(inputs, kernel, (1,), "SAME", dimension_numbers=dimensions)
        outputs = numpy.where(mask[:, :, None], outputs, FAR_BELOW)
        positions = outputs.argmax(1)
        largest = numpy.take_along_axis(outputs, positions[:, None], 1)[:, 0]
        features = numpy.maximum(largest + bias, 0) * mask.any(1, keepdims=True).astype(inputs.dtype)
        return features, (inputs, kernel, positions, features > 0)

    def backward(kept: tuple[jax.Array, ...], gradients: jax.Array) -> tuple[jax.Array | None, ...]:
        inputs, kernel, positions, is_active = kept
        width, length = kernel.shape[0], inputs.shape[1]
        left = (width - 1) // 2
        gradients = gradients * is_active
        padded = numpy.pad(inputs, ((0, 0), (left, width - 1 - left), (0, 0)))
        filters = kernel.transpose(2, 0, 1)

        def add_sample(total: jax.Array, sample: tuple[jax.Array, jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
            row, positions, gradients = sample
            windows = positions[:, None] + numpy.arange(width)
            share = gradients[:, None, None]
            return total + share * row[windows], numpy.zeros_like(row).at[windows].add(share * filters)

        total, to_inputs = jax.lax.scan(add_sample, numpy.zeros_like(filters), (padded, positions, gradients))
        return to_inputs[:, left : left + length], total.transpose(1, 2, 0), gradients.sum(0), None

    run = jax.custom_vjp(lambda *arguments: forward(*arguments)[0])
    run.defvjp(forward, backward)
    return run


def _recurrent(
    cell: str, inputs: jax.Array, mask: jax.Array | None, *weights: jax.Array, backwards: bool
) -> tuple[jax.Array, list[jax.Array]]:
    """Return all outputs (samples, time, units) in the order of reading, and the last output as every final state.

    The cell state of an LSTM is not returned, as no network here continues from a state.

    Args:
        inputs: (samples, time, channels).
        mask: bool (samples, time); the state does not change at masked steps. `None`: all steps are real.
        weights: kernel (channels, gates x units), recurrent kernel (units, gates x units), bias.
        backwards: whether to read in reverse.
    """
    import jax

    numpy = jax.numpy
    kernel, recurrent, bias = weights
    mask = numpy.ones(inputs.shape[:2], bool) if mask is None else mask
    if backwards:
        inputs, mask = inputs[:, ::-1], mask[:, ::-1]
    # The scan needs time as the first axis.
    steps, step_mask = numpy.swapaxes(inputs, 0, 1), numpy.swapaxes(mask, 0, 1)[:, :, None]
    outer, inner = bias if cell == "gru" else (bias, numpy.zeros_like(bias))
    outputs = _loop(cell)(steps, kernel, outer, recurrent, inner, step_mask)
    last = outputs[-1]
    return numpy.swapaxes(outputs, 0, 1), [last, last] if cell == "lstm" else [last]


CELL_KERNELS: dict[str, Callable[..., tuple[jax.Array, list[jax.Array]]]] = {
    cell: partial(_recurrent, cell) for cell in ("simple", "gru", "lstm")
}
"""The loop over time of every type of cell."""


@cache
def _loop(cell: str) -> jax.custom_vjp[jax.Array]:
    """Return a function from inputs (time, samples, channels) to states (time, samples, units)."""
    import jax

    step, step_back, states = {
        "simple": (_simple, _simple_back, 1),
        "gru": (_gru, _gru_back, 1),
        "lstm": (_lstm, _lstm_back, 2),
    }[cell]
    forward, backward = partial(_forward_pass, step, states), partial(_backward_pass, step_back, states)
    run = jax.custom_vjp(lambda *arguments: forward(*arguments)[0])
    run.defvjp(forward, backward)
    return run


def _forward_pass(
    step: _Step,
    states: int,
    inputs: jax.Array,
    kernel: jax.Array,
    outer: jax.Array,
    recurrent: jax.Array,
    inner: jax.Array,
    mask: jax.Array,
) -> tuple[jax.Array, _Saved]:
    """Return outputs and values for the backward pass; the kernel is applied to all steps in one product."""
    import jax

    numpy = jax.numpy
    inputs = jax.lax.optimization_barrier(inputs)  # fixes the memory layout for the forward and the backward pass
    start = [numpy.zeros((inputs.shape[1], recurrent.shape[0]), inputs.dtype)] * states

    def run_step(before: _States, at: tuple[jax.Array, jax.Array]) -> tuple[_States, tuple[jax.Array, _States, _Kept]]:
        inputs, mask = at
        after, kept = step(inputs, before[0] @ recurrent + inner, before)
        after = [numpy.where(mask, new, old) for new, old in zip(after, before, strict=True)]
        return after, (after[0], before, kept)

    _, (outputs, befores, kept) = jax.lax.scan(run_step, start, (_product(inputs, kernel) + outer, mask))
    return outputs, (befores, kept, inputs, kernel, recurrent, mask)


def _backward_pass(
    step_back: _StepBack, states: int, saved: _Saved, gradients: jax.Array
) -> tuple[jax.Array | None, ...]:
    import jax

    numpy = jax.numpy
    befores, kept, inputs, kernel, recurrent, mask = saved
    start = [numpy.zeros(gradients.shape[1:], gradients.dtype)] * states

    def run_step_back(
        after: _States, at: tuple[jax.Array, _States, _Kept, jax.Array]
    ) -> tuple[_States, tuple[jax.Array, jax.Array | None]]:
        gradient, before, kept, mask = at
        after = [after[0] + gradient, *after[1:]]
        real = [numpy.where(mask, value, 0) for value in after]
        to_inputs, to_product, to_before = step_back(real, before, kept)
        through = (to_inputs if to_product is None else to_product) @ recurrent.T
        to_before[0] = to_before[0] + through
        passed = [numpy.where(mask, new, old) for new, old in zip(to_before, after, strict=True)]
        return passed, (to_inputs, to_product)

    _, (to_inputs, to_products) = jax.lax.scan(run_step_back, start, (gradients, befores, kept, mask), reverse=True)
    to_products = to_inputs if to_products is None else to_products
    to_kernel, to_recurrent = _weights_gradient(inputs, to_inputs), _weights_gradient(befores[0], to_products)
    to_outer, to_inner = to_inputs.sum((0, 1)), to_products.sum((0, 1))
    return _product(to_inputs, kernel.T), to_kernel, to_outer, to_recurrent, to_inner, None


def _product(rows: jax.Array, matrix: jax.Array) -> jax.Array:
    """Multiply (time, samples, a) by (a, b) to (time, samples, b), as one matrix product."""
    return (rows.reshape(-1, rows.shape[-1]) @ matrix).reshape(*rows.shape[:-1], matrix.shape[-1])


def _weights_gradient(inputs: jax.Array, gradients: jax.Array) -> jax.Array:
    """Multiply (time, samples, a), transposed, by (time, samples, b) to (a, b)."""
    return inputs.reshape(-1, inputs.shape[-1]).T @ gradients.reshape(-1, gradients.shape[-1])


def _simple(inputs: jax.Array, product: jax.Array, before: _States) -> tuple[_States, _Kept]:
    import jax

    state = jax.numpy.tanh(inputs + product)
    return [state], (state,)


def _simple_back(after: _States, before: _States, kept: _Kept) -> _Back:
    (state,) = kept
    return after[0] * (1 - state * state), None, [0.0]


def _lstm(inputs: jax.Array, product: jax.Array, before: _States) -> tuple[_States, _Kept]:
    import jax

    gates = inputs + product
    units = before[0].shape[-1]
    input_gate, forget_gate, output_gate = (jax.nn.sigmoid(gates[:, units * at : units * (at + 1)]) for at in (0, 1, 3))
    candidate = jax.numpy.tanh(gates[:, 2 * units : 3 * units])
    cell_state = forget_gate * before[1] + input_gate * candidate
    activated = jax.numpy.tanh(cell_state)
    return [output_gate * activated, cell_state], (input_gate, forget_gate, candidate, output_gate, activated)


def _lstm_back(after: _States, before: _States, kept: _Kept) -> _Back:
    import jax

    input_gate, forget_gate, candidate, output_gate, activated = kept
    cell_state = after[1] + after[0] * output_gate * (1 - activated * activated)
    gradient = jax.numpy.concatenate(
        [
            cell_state * candidate * input_gate * (1 - input_gate),
            cell_state * before[1] * forget_gate * (1 - forget_gate),
            cell_state * input_gate * (1 - candidate * candidate),
            after[0] * activated * output_gate * (1 - output_gate),
        ],
        axis=-1,
    )
    return gradient, None, [0.0, cell_state * forget_gate]


def _gru(inputs: jax.Array, product: jax.Array, before: _States) -> tuple[_States, _Kept]:
    import jax

    units = before[0].shape[-1]
    gates = jax.nn.sigmoid(inputs[:, : 2 * units] + product[:, : 2 * units])
    update_gate, reset_gate = gates[:, :units], gates[:, units:]
    inner = product[:, 2 * units :]
    candidate = jax.numpy.tanh(inputs[:, 2 * units :] + reset_gate * inner)
    return [update_gate * before[0] + (1 - update_gate) * candidate], (update_gate, reset_gate, inner, candidate)


def _gru_back(after: _States, before: _States, kept: _Kept) -> _Back:
    import jax

    update_gate, reset_gate, inner, candidate = kept
    to_new = after[0] * (1 - update_gate) * (1 - candidate * candidate)
    to_update = after[0] * (before[0] - candidate) * update_gate * (1 - update_gate)
    to_reset = to_new * inner * reset_gate * (1 - reset_gate)
    to_inputs = jax.numpy.concatenate([to_update, to_reset, to_new], axis=-1)
    to_product = jax.numpy.concatenate([to_update, to_reset, to_new * reset_gate], axis=-1)
    return to_inputs, to_product, [after[0] * update_gate]
