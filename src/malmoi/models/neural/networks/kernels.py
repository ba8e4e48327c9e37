"""The inner loops of networks on JAX, each with its own way back.

What JAX derives by itself is right and slow on processors: it adds up a weight's gradient at every step of time, and
sends gradients through windows of which nothing was kept. Here a recurrent weight's gradient is one product at the
end, and a pooled convolution's goes only where the largest values stood. `tests/test_kernels.py` keeps them equal to
Keras' own layers.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import jax

__all__ = ["CELL_KERNELS", "strongest"]

FAR_BELOW = -1e9

_States: TypeAlias = "list[jax.Array]"
_Kept: TypeAlias = "tuple[jax.Array, ...]"
"""What a step keeps for the way back."""
_Step: TypeAlias = "Callable[[jax.Array, jax.Array, _States], tuple[_States, _Kept]]"
_Back: TypeAlias = "tuple[jax.Array, jax.Array | None, list[jax.Array | float]]"
"""Gradients of the inputs' share, of the product with the state where it is another, and of the states before."""
_StepBack: TypeAlias = "Callable[[_States, _States, _Kept], _Back]"
_Saved: TypeAlias = "tuple[_States, _Kept, jax.Array, jax.Array, jax.Array, jax.Array]"


def strongest(inputs: jax.Array, kernel: jax.Array, bias: jax.Array, there: jax.Array) -> jax.Array:
    """Convolve with zeros beyond the ends, relu, and keep the largest value over the real tokens.

    Args:
        inputs: (samples, length, channels), zeros where there is no token.
        kernel: (width, channels, filters).
        bias: (filters,).
        there: bool (samples, length).

    Returns:
        (samples, filters); zeros for a sample without tokens.
    """
    return _strongest()(inputs, kernel.astype(inputs.dtype), bias.astype(inputs.dtype), there)


@cache
def _strongest() -> jax.custom_vjp[jax.Array]:
    import jax

    numpy = jax.numpy

    def forward(
        inputs: jax.Array, kernel: jax.Array, bias: jax.Array, there: jax.Array
    ) -> tuple[jax.Array, tuple[jax.Array, ...]]:
        dimensions = ("NWC", "WIO", "NWC")
        answers = jax.lax.conv_general_dilated(inputs, kernel, (1,), "SAME", dimension_numbers=dimensions)
        answers = numpy.where(there[:, :, None], answers, FAR_BELOW)
        places = answers.argmax(1)
        largest = numpy.take_along_axis(answers, places[:, None], 1)[:, 0]
        features = numpy.maximum(largest + bias, 0) * there.any(1, keepdims=True).astype(inputs.dtype)
        return features, (inputs, kernel, places, features > 0)

    def backward(kept: tuple[jax.Array, ...], gradients: jax.Array) -> tuple[jax.Array | None, ...]:
        inputs, kernel, places, is_on = kept
        width, length = kernel.shape[0], inputs.shape[1]
        left = (width - 1) // 2
        gradients = gradients * is_on
        padded = numpy.pad(inputs, ((0, 0), (left, width - 1 - left), (0, 0)))
        filters = kernel.transpose(2, 0, 1)

        def one(total: jax.Array, sample: tuple[jax.Array, jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
            row, places, gradients = sample
            windows = places[:, None] + numpy.arange(width)
            share = gradients[:, None, None]
            return total + share * row[windows], numpy.zeros_like(row).at[windows].add(share * filters)

        total, back = jax.lax.scan(one, numpy.zeros_like(filters), (padded, places, gradients))
        return back[:, left : left + length], total.transpose(1, 2, 0), gradients.sum(0), None

    run = jax.custom_vjp(lambda *arguments: forward(*arguments)[0])
    run.defvjp(forward, backward)
    return run


def _recurrent(
    cell: str, inputs: jax.Array, mask: jax.Array | None, *weights: jax.Array, backwards: bool
) -> tuple[jax.Array, list[jax.Array]]:
    """All outputs (samples, time, units) in the order of reading, and the last one in the place of every state.

    An LSTM's memory is not among them: no network here goes on from a state.

    Args:
        inputs: (samples, time, channels).
        mask: bool (samples, time); a step that is not there changes nothing. `None`: all are there.
        weights: kernel (channels, gates x units), recurrent kernel (units, gates x units), bias.
        backwards: read from the end.
    """
    import jax

    numpy = jax.numpy
    kernel, recurrent, bias = weights
    mask = numpy.ones(inputs.shape[:2], bool) if mask is None else mask
    if backwards:
        inputs, mask = inputs[:, ::-1], mask[:, ::-1]
    # Time first, as the loop needs it.
    steps, there = numpy.swapaxes(inputs, 0, 1), numpy.swapaxes(mask, 0, 1)[:, :, None]
    outer, inner = bias if cell == "gru" else (bias, numpy.zeros_like(bias))
    outputs = _loop(cell)(steps, kernel, outer, recurrent, inner, there)
    last = outputs[-1]
    return numpy.swapaxes(outputs, 0, 1), [last, last] if cell == "lstm" else [last]


CELL_KERNELS: dict[str, Callable[..., tuple[jax.Array, list[jax.Array]]]] = {
    cell: partial(_recurrent, cell) for cell in ("simple", "gru", "lstm")
}
"""The loop over time of every kind of cell."""


@cache
def _loop(cell: str) -> jax.custom_vjp[jax.Array]:
    """From inputs (time, samples, channels) to states (time, samples, units)."""
    import jax

    step, step_back, states = {
        "simple": (_simple, _simple_back, 1),
        "gru": (_gru, _gru_back, 1),
        "lstm": (_lstm, _lstm_back, 2),
    }[cell]
    forward, backward = partial(_ahead, step, states), partial(_back, step_back, states)
    run = jax.custom_vjp(lambda *arguments: forward(*arguments)[0])
    run.defvjp(forward, backward)
    return run


def _ahead(
    step: _Step,
    states: int,
    inputs: jax.Array,
    kernel: jax.Array,
    outer: jax.Array,
    recurrent: jax.Array,
    inner: jax.Array,
    there: jax.Array,
) -> tuple[jax.Array, _Saved]:
    """Outputs, and what the way back needs; the inputs of all steps go through the kernel in one product."""
    import jax

    numpy = jax.numpy
    inputs = jax.lax.optimization_barrier(inputs)  # lies in memory as it is read, here and on the way back
    start = [numpy.zeros((inputs.shape[1], recurrent.shape[0]), inputs.dtype)] * states

    def ahead(before: _States, at: tuple[jax.Array, jax.Array]) -> tuple[_States, tuple[jax.Array, _States, _Kept]]:
        inputs, there = at
        after, kept = step(inputs, before[0] @ recurrent + inner, before)
        after = [numpy.where(there, new, old) for new, old in zip(after, before, strict=True)]
        return after, (after[0], before, kept)

    _, (outputs, befores, kept) = jax.lax.scan(ahead, start, (_product(inputs, kernel) + outer, there))
    return outputs, (befores, kept, inputs, kernel, recurrent, there)


def _back(step_back: _StepBack, states: int, saved: _Saved, gradients: jax.Array) -> tuple[jax.Array | None, ...]:
    import jax

    numpy = jax.numpy
    befores, kept, inputs, kernel, recurrent, there = saved
    start = [numpy.zeros(gradients.shape[1:], gradients.dtype)] * states

    def back(
        after: _States, at: tuple[jax.Array, _States, _Kept, jax.Array]
    ) -> tuple[_States, tuple[jax.Array, jax.Array | None]]:
        gradient, before, kept, there = at
        after = [after[0] + gradient, *after[1:]]
        masked = [numpy.where(there, value, 0) for value in after]
        to_inputs, to_product, to_before = step_back(masked, before, kept)
        through = (to_inputs if to_product is None else to_product) @ recurrent.T
        to_before[0] = to_before[0] + through
        passed = [numpy.where(there, own, past) for own, past in zip(to_before, after, strict=True)]
        return passed, (to_inputs, to_product)

    _, (to_inputs, to_products) = jax.lax.scan(back, start, (gradients, befores, kept, there), reverse=True)
    to_products = to_inputs if to_products is None else to_products
    to_kernel, to_recurrent = _weights_gradient(inputs, to_inputs), _weights_gradient(befores[0], to_products)
    to_outer, to_inner = to_inputs.sum((0, 1)), to_products.sum((0, 1))
    return _product(to_inputs, kernel.T), to_kernel, to_outer, to_recurrent, to_inner, None


def _product(rows: jax.Array, matrix: jax.Array) -> jax.Array:
    """(time, samples, a) and (a, b) to (time, samples, b), as one product of matrices."""
    return (rows.reshape(-1, rows.shape[-1]) @ matrix).reshape(*rows.shape[:-1], matrix.shape[-1])


def _weights_gradient(inputs: jax.Array, gradients: jax.Array) -> jax.Array:
    """(time, samples, a) and (time, samples, b) to (a, b)."""
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
    let_in, forget, out = (jax.nn.sigmoid(gates[:, units * at : units * (at + 1)]) for at in (0, 1, 3))
    new = jax.numpy.tanh(gates[:, 2 * units : 3 * units])
    memory = forget * before[1] + let_in * new
    shown = jax.numpy.tanh(memory)
    return [out * shown, memory], (let_in, forget, new, out, shown)


def _lstm_back(after: _States, before: _States, kept: _Kept) -> _Back:
    import jax

    let_in, forget, new, out, shown = kept
    memory = after[1] + after[0] * out * (1 - shown * shown)
    gradient = jax.numpy.concatenate(
        [
            memory * new * let_in * (1 - let_in),
            memory * before[1] * forget * (1 - forget),
            memory * let_in * (1 - new * new),
            after[0] * shown * out * (1 - out),
        ],
        axis=-1,
    )
    return gradient, None, [0.0, memory * forget]


def _gru(inputs: jax.Array, product: jax.Array, before: _States) -> tuple[_States, _Kept]:
    import jax

    units = before[0].shape[-1]
    gates = jax.nn.sigmoid(inputs[:, : 2 * units] + product[:, : 2 * units])
    keep, reset = gates[:, :units], gates[:, units:]
    inner = product[:, 2 * units :]
    new = jax.numpy.tanh(inputs[:, 2 * units :] + reset * inner)
    return [keep * before[0] + (1 - keep) * new], (keep, reset, inner, new)


def _gru_back(after: _States, before: _States, kept: _Kept) -> _Back:
    import jax

    keep, reset, inner, new = kept
    to_new = after[0] * (1 - keep) * (1 - new * new)
    to_keep = after[0] * (before[0] - new) * keep * (1 - keep)
    to_reset = to_new * inner * reset * (1 - reset)
    to_inputs = jax.numpy.concatenate([to_keep, to_reset, to_new], axis=-1)
    to_product = jax.numpy.concatenate([to_keep, to_reset, to_new * reset], axis=-1)
    return to_inputs, to_product, [after[0] * keep]
