"""First weights are those that Keras' initializers draw."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from malmoi import Conv, Flatten, Recurrent
from malmoi.models.neural.networks import Plan, build_model, weights

keras = pytest.importorskip("keras")
jax = pytest.importorskip("jax")


ROUNDING = 0 if jax.__version_info__ >= (0, 7, 2) else 3e-7
"""XLA of before multiplies and adds with two roundings."""


@settings(max_examples=20)
@given(st.integers(0, 2**31 - 1), st.floats(-2, 2, width=16), st.floats(0.125, 2, width=16))
def test_numbers_are_those_of_jax(seed, low, width):
    drawn = weights.uniform_numbers(seed, (7, 31), low, low + width)
    key = np.array([seed, 0], np.uint32)
    theirs = jax.random.uniform(key, (7, 31), minval=low, maxval=low + width)
    assert np.allclose(drawn, theirs, rtol=ROUNDING, atol=ROUNDING)
    assert drawn.dtype == np.float32


def test_a_block_ends_where_the_next_begins():
    drawn = weights.uniform_numbers(3, (weights.BLOCK + 5,), 0, 1)
    assert np.array_equal(drawn, jax.random.uniform(np.array([3, 0], np.uint32), (weights.BLOCK + 5,)))
    assert len(np.unique(drawn)) > 0.99 * len(drawn)


@pytest.mark.parametrize("shape", [(5, 3), (3, 4, 8), (1, 1)])
def test_every_kind_is_keras_own(shape):
    of_keras = keras.initializers
    for ours, theirs, tolerance in [
        (weights.random_uniform(9, -0.05, 0.05), of_keras.RandomUniform(-0.05, 0.05, seed=9), ROUNDING),
        (weights.glorot_uniform(9), of_keras.GlorotUniform(seed=9), ROUNDING),
        (weights.orthogonal(9), of_keras.Orthogonal(seed=9), 1e-5),
    ]:
        assert np.allclose(ours(shape), theirs(shape), rtol=0, atol=tolerance)
        assert ours(shape).dtype == np.float32


@pytest.mark.parametrize("network", [Flatten(3), Conv(2, 2), Recurrent("gru", 2, bidirectional=True)], ids=repr)
def test_a_saved_network_knows_keras_initializers(network):
    model = build_model(Plan(network, 9, 4, 3, 1, "sigmoid"))
    again = type(model).from_config(model.get_config())
    dense = again.get_layer("probabilities")
    assert type(dense.kernel_initializer) is keras.initializers.GlorotUniform
    for ours, theirs in zip(model.get_weights(), again.get_weights(), strict=True):
        assert np.allclose(ours, theirs, atol=1e-5)
