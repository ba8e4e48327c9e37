"""Our loops on JAX equal Keras' own layers, forwards and backwards."""

import numpy as np
import pytest

from malmoi.networks.convolution import _pooled_convolution
from malmoi.networks.layers import pooled, zeroed
from malmoi.networks.recurrent import _recurrent_layers

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
    "none": None,
}


def values_and_gradients(function, *arguments):
    """The function's values, and the gradients of a weighted sum of them."""
    shape = jax.eval_shape(function, *arguments).shape
    weights = np.random.default_rng(1).normal(size=shape).astype(np.float32)
    places = tuple(range(len(arguments)))
    gradients = jax.jit(jax.grad(lambda *values: (function(*values) * weights).sum(), places))(*arguments)
    return [jax.jit(function)(*arguments), *jax.tree.leaves(gradients)]


@pytest.mark.parametrize("mask", MASKS, ids=str)
@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("several", [False, True])
@pytest.mark.parametrize("cell", LAYERS)
def test_recurrent_loops_equal_keras_layers(cell, several, backwards, mask):
    mask = MASKS[mask]
    inputs = RANDOM.normal(size=(4, 7, 3)).astype(np.float32)
    settings = {"units": 5, "return_sequences": several, "go_backwards": backwards}
    ours, theirs = _recurrent_layers()[cell](**settings), LAYERS[cell](**settings)
    ours.build(inputs.shape)
    theirs.build(inputs.shape)
    weights = [RANDOM.normal(size=value.shape).astype(np.float32) for value in theirs.get_weights()]

    def run(layer):
        def function(inputs, weights):
            return layer.stateless_call(weights, layer.non_trainable_variables, inputs, mask=mask)[0]

        return values_and_gradients(function, inputs, weights)

    for our, their in zip(run(ours), run(theirs), strict=True):
        assert np.allclose(our, their, atol=2e-5), np.abs(our - their).max()


@pytest.mark.parametrize("mask", ["left", "right", "holes"])
@pytest.mark.parametrize("width", [1, 2, 3, 4, 9])
def test_the_pooled_convolution_equals_convolving_then_pooling(width, mask):
    mask = MASKS[mask]
    inputs = np.asarray(zeroed(RANDOM.normal(size=(4, 7, 3)).astype(np.float32), mask))
    settings = {"filters": 6, "kernel_size": width, "padding": "same", "activation": "relu"}
    ours, theirs = _pooled_convolution()(**settings), keras.layers.Conv1D(**settings)
    theirs.build(inputs.shape)
    ours.build(inputs.shape)
    weights = [RANDOM.normal(size=value.shape).astype(np.float32) for value in theirs.get_weights()]
    fast = values_and_gradients(lambda x, w: ours.stateless_call(w, [], x, mask)[0], inputs, weights)
    slow = values_and_gradients(lambda x, w: pooled(theirs.stateless_call(w, [], x)[0], mask, "max"), inputs, weights)
    for our, their in zip(fast, slow, strict=True):
        assert np.allclose(our, their, atol=2e-5), np.abs(our - their).max()
