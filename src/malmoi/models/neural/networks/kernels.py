"""The inner loops of networks on JAX, each with its own way back.

What JAX derives by itself is right and slow on processors: it adds up a weight's gradient at every step of time, and
sends gradients through windows of which nothing was kept. Here a recurrent weight's gradient is one product at the
end, and a pooled convolution's goes only where the largest values stood. `tests/test_kernels.py` keeps them equal to
Keras' own layers.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import Any

__all__ = ["CELL_KERNELS", "strongest"]

FAR_BELOW = -1e9


def strongest(inputs: Any, kernel: Any, bias: Any, there: Any) -> Any:
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
def _strongest() -> Any:
    import jax

    numpy = jax.numpy

    def forward(inputs: Any, kernel: Any, bias: Any, there: Any) -> Any:
        dimensions = ("NWC", "WIO", "NWC")
        answers = jax.lax.conv_general_dilated(inputs, kernel, (1,), "SAME", dimension_numbers=dimensions)
        answers = numpy.where(there[:, :, None], answers, FAR_BELOW)
        places = answers.argmax(1)
        largest = numpy.take_along_axis(answers, places[:, None], 1)[:, 0]
        features = numpy.maximum(largest + bias, 0) * there.any(1, keepdims=True).astype(inputs.dtype)
        return features, (inputs, kernel, places, features > 0)

    def backward(kept: Any, gradients: Any) -> Any:
        inputs, kernel, places, is_on = kept
        width, length = kernel.shape[0], inputs.shape[1]
        left = (width - 1) // 2
        gradients = gradients * is_on
        padded = numpy.pad(inputs, ((0, 0), (left, width - 1 - left), (0, 0)))
        filters = kernel.transpose(2, 0, 1)

        def one(total: Any, sample: Any) -> Any:
            row, places, gradients = sample
            windows = places[:, None] + numpy.arange(width)
            share = gradients[:, None, None]
            return total + share * row[windows], numpy.zeros_like(row).at[windows].add(share * filters)

        total, back = jax.lax.scan(one, numpy.zeros_like(filters), (padded, places, gradients))
        return back[:, left : left + length], total.transpose(1, 2, 0), gradients.sum(0), None

    run = jax.custom_vjp(lambda *arguments: forward(*arguments)[0])
    run.defvjp(forward, backward)
    return run


def _recurrent(cell: str, inputs: Any, mask: Any, *weights: Any, backwards: bool) -> tuple[Any, list[Any]]:
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


CELL_KERNELS: dict[str, Callable[..., tuple[Any, list[Any]]]] = {
    cell: partial(_recurrent, cell) for cell in ("simple", "gru", "lstm")
}
"""The loop over time of every kind of cell."""


@cache
def _loop(cell: str) -> Any:
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


def _ahead(step: Any, states: int, inputs: Any, kernel: Any, outer: Any, recurrent: Any, inner: Any, there: Any) -> Any:
    """Outputs, and what the way back needs; the inputs of all steps go through the kernel in one product."""
    import jax

    numpy = jax.numpy
    inputs = jax.lax.optimization_barrier(inputs)  # lies in memory as it is read, here and on the way back
    start = [numpy.zeros((inputs.shape[1], recurrent.shape[0]), inputs.dtype)] * states

    def ahead(before: Any, at: Any) -> Any:
        inputs, there = at
        after, kept = step(inputs, before[0] @ recurrent + inner, before)
        after = [numpy.where(there, new, old) for new, old in zip(after, before, strict=True)]
        return after, (after[0], before, kept)

    _, (outputs, befores, kept) = jax.lax.scan(ahead, start, (_product(inputs, kernel) + outer, there))
    return outputs, (befores, kept, inputs, kernel, recurrent, there)


def _back(step_back: Any, states: int, saved: Any, gradients: Any) -> Any:
    import jax

    numpy = jax.numpy
    befores, kept, inputs, kernel, recurrent, there = saved
    start = [numpy.zeros(gradients.shape[1:], gradients.dtype)] * states

    def back(after: Any, at: Any) -> Any:
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


def _product(rows: Any, matrix: Any) -> Any:
    """(time, samples, a) and (a, b) to (time, samples, b), as one product of matrices."""
    return (rows.reshape(-1, rows.shape[-1]) @ matrix).reshape(*rows.shape[:-1], matrix.shape[-1])


def _weights_gradient(inputs: Any, gradients: Any) -> Any:
    """(time, samples, a) and (time, samples, b) to (a, b)."""
    return inputs.reshape(-1, inputs.shape[-1]).T @ gradients.reshape(-1, gradients.shape[-1])


def _simple(inputs: Any, product: Any, before: list[Any]) -> Any:
    import jax

    state = jax.numpy.tanh(inputs + product)
    return [state], state


def _simple_back(after: list[Any], before: list[Any], state: Any) -> Any:
    return after[0] * (1 - state * state), None, [0.0]


def _lstm(inputs: Any, product: Any, before: list[Any]) -> Any:
    import jax

    gates = inputs + product
    units = before[0].shape[-1]
    let_in, forget, out = (jax.nn.sigmoid(gates[:, units * at : units * (at + 1)]) for at in (0, 1, 3))
    new = jax.numpy.tanh(gates[:, 2 * units : 3 * units])
    memory = forget * before[1] + let_in * new
    shown = jax.numpy.tanh(memory)
    return [out * shown, memory], (let_in, forget, new, out, shown)


def _lstm_back(after: list[Any], before: list[Any], kept: Any) -> Any:
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


def _gru(inputs: Any, product: Any, before: list[Any]) -> Any:
    import jax

    units = before[0].shape[-1]
    gates = jax.nn.sigmoid(inputs[:, : 2 * units] + product[:, : 2 * units])
    keep, reset = gates[:, :units], gates[:, units:]
    inner = product[:, 2 * units :]
    new = jax.numpy.tanh(inputs[:, 2 * units :] + reset * inner)
    return [keep * before[0] + (1 - keep) * new], (keep, reset, inner, new)


def _gru_back(after: list[Any], before: list[Any], kept: Any) -> Any:
    import jax

    keep, reset, inner, new = kept
    to_new = after[0] * (1 - keep) * (1 - new * new)
    to_keep = after[0] * (before[0] - new) * keep * (1 - keep)
    to_reset = to_new * inner * reset * (1 - reset)
    to_inputs = jax.numpy.concatenate([to_keep, to_reset, to_new], axis=-1)
    to_product = jax.numpy.concatenate([to_keep, to_reset, to_new * reset], axis=-1)
    return to_inputs, to_product, [after[0] * keep]
