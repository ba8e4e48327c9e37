import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import malmoi as mm
from malmoi import Average, Conv, Flatten, Hashed, Learned, Pretrained, Recurrent
from malmoi.models.neural.networks import Plan, build_model

pytest.importorskip("keras")
jax = pytest.importorskip("jax")


def plan(network, **changes):
    settings = {"rows": 10_000, "length": 100, "dimension": 100, "trainable": True, **changes}
    classes = settings.pop("classes", 2)
    output = {"units": 1, "activation": "sigmoid"} if classes == 2 else {"units": classes, "activation": "softmax"}
    return Plan(network, **output, **settings)


@pytest.mark.parametrize(
    ("network", "changes", "parameters"),
    [
        (Flatten(), {"length": 20, "dimension": 8}, 80_161),
        (Flatten(hidden=32), {"trainable": False}, 1_320_065),
        (Flatten(hidden=(8, 4), dropout=0.5), {"rows": 50, "length": 6, "dimension": 3, "classes": 5}, 363),
        (Average(), {}, 1_000_101),
        (Conv(100, (3, 4, 5)), {"dimension": 50, "classes": 6, "rows": 10}, 62_606),
        (Conv(8, 3, layers=3, hidden=4), {"rows": 10, "dimension": 5}, 50 + 8 * 16 + 2 * 8 * 25 + 36 + 5),
        (Recurrent("simple", 8), {"rows": 10, "dimension": 5}, 50 + 8 * 14 + 9),
        (Recurrent("lstm", 32), {"rows": 10, "dimension": 32}, 320 + 8353),
        (Recurrent("gru", 8, layers=2, bidirectional=True), {"rows": 10, "dimension": 5}, None),
    ],
)
def test_parameters_are_known_before_building(network, changes, parameters):
    asked = plan(network, **changes)
    assert asked.parameter_count == (parameters or asked.parameter_count)
    assert build_model(asked).count_params() == asked.parameter_count


def test_the_summary_is_that_of_the_notes():
    lines = []
    build_model(plan(Flatten(hidden=32), trainable=False)).summary(print_fn=lambda text, **_: lines.append(text))
    assert "1,320,065" in "".join(lines)
    assert "Non-trainable params: 1,000,000" in "".join(lines)


def test_weights_load_into_the_same_network_built_by_hand(tmp_path):
    import keras

    model = build_model(plan(Flatten(hidden=32)), seed=3)
    model.save_weights(tmp_path / "x.weights.h5")
    by_hand = keras.Sequential(
        [
            keras.Input((100,)),
            keras.layers.Embedding(10_000, 100),
            keras.layers.Flatten(),
            keras.layers.Dense(32, activation="relu"),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )
    by_hand.load_weights(tmp_path / "x.weights.h5")
    for ours, theirs in zip(model.weights, by_hand.weights, strict=True):
        assert np.array_equal(ours, theirs)


def test_the_seed_decides_the_first_weights():
    small = plan(Flatten(4), rows=9, length=3, dimension=2)
    first, again, other = (build_model(small, seed=seed).get_weights() for seed in (1, 1, 2))
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not np.array_equal(first[0], other[0])


def test_a_matrix_fills_the_first_rows():
    matrix = np.arange(6, dtype=np.float32).reshape(3, 2)
    weights = build_model(plan(Flatten(), rows=5, length=3, dimension=2), matrix=matrix).get_weights()[0]
    assert weights.tolist() == [[0, 1], [2, 3], [4, 5], [0, 0], [0, 0]]


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Flatten(hidden=0), ValueError, r"hidden must be 1 or more, got \(0,\)"),
        (lambda: Flatten(dropout=1), ValueError, "dropout must be 0 or more and below 1, got 1"),
        (lambda: Flatten(hidden=True), TypeError, "hidden must be a whole number, got True"),
        (lambda: Flatten(hidden="32"), TypeError, "hidden must be a whole number, got '3'"),
        (lambda: Flatten(hidden=(3, 2.5)), TypeError, "hidden must be a whole number, got 2.5"),
        (lambda: Flatten(dropout="x"), TypeError, "dropout must be a number, got 'x'"),
        (lambda: Learned(8.0), TypeError, "dimension must be a whole number, got 8.0"),
        (lambda: Learned(8, trainable=1), TypeError, "trainable must be True or False, got 1"),
        (lambda: Learned(0), ValueError, "dimension must be 1 or more, got 0"),
        (lambda: Pretrained("glove.txt"), TypeError, r"open a file: WordVectors.open\(path\)"),
        (lambda: build_model(plan(Flatten(), rows=2**40)), ValueError, "parameters, got"),
        (lambda: Flatten(l2=-1), ValueError, "l2 must be 0 or more and finite, got -1"),
        (lambda: Average("sum"), ValueError, "pooling must be one of mean, max, got 'sum'"),
        (lambda: Conv(0), ValueError, "filters must be 1 or more, got 0"),
        (lambda: Conv(widths=()), ValueError, r"widths must be one or more distinct numbers, got \(\)"),
        (lambda: Conv(widths=(3, 3)), ValueError, r"widths must be one or more distinct numbers, got \(3, 3\)"),
        (lambda: Conv(layers=1.5), TypeError, "layers must be a whole number, got 1.5"),
        (lambda: Recurrent("rnn"), ValueError, "cell must be one of simple, gru, lstm, got 'rnn'"),
        (lambda: Recurrent(units=-3), ValueError, "units must be 1 or more, got -3"),
        (lambda: Recurrent(bidirectional=1), TypeError, "bidirectional must be True or False, got 1"),
        (lambda: Hashed(buckets=0), ValueError, "buckets must be from 1 to 2147483646, got 0"),
        (lambda: Hashed(ngrams=(2, 1)), ValueError, "ngrams must be the smallest and the largest n"),
        (lambda: Learned(learning_rate=0), ValueError, "learning_rate must be above 0 and finite, got 0"),
        (
            lambda: build_model(plan(Conv(widths=101))),
            ValueError,
            "not be shorter than the network's widest window, 101, got 100",
        ),
        (lambda: build_model(plan(Flatten)), TypeError, "network must be a network such as Flatten"),
        (lambda: build_model(plan(lambda vectors: vectors, rows=9)), ValueError, "must return a Keras tensor"),
        (
            lambda: build_model(plan(Flatten(), precision="half")),
            ValueError,
            "precision must be one of float32, bfloat16",
        ),
    ],
)
def test_impossible_networks_are_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_whole_numbers_of_numpy_become_plain():
    assert repr(Flatten(np.array([3, 2]), np.float64(0.5))) == "Flatten(hidden=(3, 2), dropout=0.5, l2=0.0)"
    assert repr(Learned(np.int32(8))) == "Learned(dimension=8, trainable=True, learning_rate=None)"


MASKED = [
    Average(),
    Average("max", hidden=3),
    Conv(4, (1, 2, 3)),
    Conv(3, 2, layers=2, pooling="mean"),
    Recurrent("simple", 3),
    Recurrent("lstm", 3, layers=2),
    Recurrent("gru", 3, bidirectional=True),
    lambda vectors, mask: Recurrent("lstm", 3).build(vectors, mask, np.random.default_rng(0)),
]
BUILT = {}


def answer_of(network):
    if network not in BUILT:
        model = build_model(plan(network, rows=9, length=8, dimension=4, classes=3), seed=1)
        for weight in model.trainable_variables:  # large enough that a difference would show
            weight.assign(np.random.default_rng(len(weight.shape)).normal(size=weight.shape))
        BUILT[network] = jax.jit(model)
    return lambda ids: np.asarray(BUILT[network](np.asarray([ids], np.int32)))[0]


@pytest.mark.parametrize("network", MASKED, ids=lambda network: "function" if callable(network) else repr(network))
@settings(max_examples=15)
@given(st.lists(st.integers(1, 8), min_size=0, max_size=6), st.sampled_from([0, 2]))
def test_padding_changes_no_answer(network, ids, more):
    answer, missing = answer_of(network), 8 - len(ids)
    left, right = [0] * missing + ids, ids + [0] * missing
    assert np.allclose(answer(left), answer(right), atol=1e-6)
    if not callable(network):  # a function is built for one length
        assert np.allclose(answer([0] * more + left), answer(right + [0] * more), atol=1e-6)


def test_padding_does_change_what_flatten_answers():
    answer = answer_of(Flatten())
    assert not np.allclose(answer([0, 0, 0, 0, 0, 0, 3, 4]), answer([3, 4, 0, 0, 0, 0, 0, 0]), atol=1e-3)


def test_a_function_is_a_network_and_its_seed_is_the_models():
    import keras

    def network(vectors):
        return keras.layers.Dense(5)(keras.layers.GlobalMaxPooling1D()(vectors))

    first, again, other = (build_model(plan(network, rows=9), seed=seed).get_weights() for seed in (1, 1, 2))
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not np.array_equal(first[1], other[1])


def test_layers_compute_in_the_precision_that_was_asked_for():
    import keras

    model = build_model(plan(Recurrent("gru", 4), rows=9, precision="bfloat16"))
    assert model.get_layer("gru_1").compute_dtype == "bfloat16"
    assert {weight.dtype for weight in model.weights} == {"float32"}
    assert model.get_layer("probabilities").compute_dtype == "float32"
    assert keras.config.dtype_policy().name == "float32"


def test_own_layers_are_rebuilt_from_a_file_of_keras(tmp_path):
    import keras

    model = build_model(plan(Conv(4, (2, 3)), rows=9, length=8, dimension=4))
    model.save(tmp_path / "m.keras")
    ids = np.arange(8, dtype=np.int32)[None]
    assert np.allclose(keras.models.load_model(tmp_path / "m.keras")(ids), model(ids))
    assert mm.Conv(4).widest == 5
