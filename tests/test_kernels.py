"""Our loops on JAX equal Keras' own layers, forwards and backwards."""

import numpy as np
import pytest

from malmoi.models.neural.networks.convolution import _pooled_convolution
from malmoi.models.neural.networks.layers import pooled, zeroed
from malmoi.models.neural.networks.recurrent import _recurrent_layers

keras = pytest.importorskip("keras")
jax = pytest.importorskip("jax")
if keras.backend.backend() != "jax":
    pytest.skip("the kernels are JAX's", allow_module_level=True)

LAYERS = {"simple": keras.layers.SimpleRNN, "gru": keras.layers.GRU, "lstm": keras.layers.LSTM}
RANDOM = np.random.default_rng(5)
MASKS = {
    "left": np.arange(7) >= np.array([[0], [3], [6], [7]]),
    "right": np.arange(7) < np.array([[7], [3], [1], [0]]),
    "holes": RANDOM.random((4, 7)) > 0.4,
}


def values_and_gradients(function):
    """Compiled: the function's values, and the gradients of a weighted sum of them, by inputs and weights."""

    def total(inputs, weights, mask):
        values = function(inputs, weights, mask)
        return (values * np.random.default_rng(1).normal(size=values.shape).astype(np.float32)).sum(), values

    compiled = jax.jit(jax.value_and_grad(total, (0, 1), has_aux=True))

    def run(*arguments):
        (_, values), gradients = compiled(*arguments)
        return [values, *jax.tree.leaves(gradients)]

    return run


def assert_equal(ours, theirs, *arguments):
    for our, their in zip(ours(*arguments), theirs(*arguments), strict=True):
        assert np.allclose(our, their, atol=2e-5), np.abs(our - their).max()


@pytest.mark.parametrize("masks", [MASKS.values(), [None]], ids=["masks", "no mask"])
@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("cell", LAYERS)
def test_recurrent_loops_equal_keras_layers(cell, backwards, masks):
    settings = {"units": 5, "return_sequences": True, "go_backwards": backwards}
    ours, theirs = _recurrent_layers()[cell](**settings), LAYERS[cell](**settings)
    weights, runs = None, []
    for layer in (ours, theirs):
        layer.build((4, 7, 3))
        weights = weights or [RANDOM.normal(size=value.shape).astype(np.float32) for value in layer.get_weights()]
        fixed = layer.non_trainable_variables
        runs.append(
            values_and_gradients(
                lambda inputs, weights, mask, layer=layer, fixed=fixed: layer.stateless_call(
                    weights, fixed, inputs, mask=mask
                )[0]
            )
        )
    for mask in masks:
        assert_equal(*runs, RANDOM.normal(size=(4, 7, 3)).astype(np.float32), weights, mask)


def test_a_loop_hands_on_every_state_or_the_last():
    inputs = RANDOM.normal(size=(4, 7, 3)).astype(np.float32)
    every, last = (_recurrent_layers()["lstm"](5, return_sequences=several) for several in (True, False))
    states = np.asarray(every(inputs, mask=MASKS["left"]))
    last.build(inputs.shape)
    last.set_weights(every.get_weights())
    assert states.shape == (4, 7, 5)
    assert np.array_equal(states[:, -1], last(inputs, mask=MASKS["left"]))


@pytest.mark.parametrize("width", [1, 2, 3, 4, 9])
def test_the_pooled_convolution_equals_convolving_then_pooling(width):
    settings = {"filters": 6, "kernel_size": width, "padding": "same", "activation": "relu"}
    ours, theirs = _pooled_convolution()(**settings), keras.layers.Conv1D(**settings)
    theirs.build((4, 7, 3))
    ours.build((4, 7, 3))
    weights = [RANDOM.normal(size=value.shape).astype(np.float32) for value in theirs.get_weights()]
    fast = values_and_gradients(lambda x, w, mask: ours.stateless_call(w, [], x, mask)[0])
    slow = values_and_gradients(lambda x, w, mask: pooled(theirs.stateless_call(w, [], x)[0], mask, "max"))
    for mask in MASKS.values():
        inputs = zeroed(RANDOM.normal(size=(4, 7, 3)).astype(np.float32), mask)
        assert_equal(fast, slow, np.asarray(inputs), weights, mask)
