import numpy as np
import pytest

from malmoi import Flatten, Learned, Pretrained
from malmoi.networks import Plan, build_model

pytest.importorskip("keras")


def plan(network, **changes):
    settings = {"rows": 10_000, "length": 100, "dimension": 100, "classes": 2, "trainable": True, **changes}
    return Plan(network, **settings)


@pytest.mark.parametrize(
    ("network", "changes", "parameters"),
    [
        (Flatten(), {"length": 20, "dimension": 8}, 80_161),
        (Flatten(hidden=32), {"trainable": False}, 1_320_065),
        (Flatten(hidden=(8, 4), dropout=0.5), {"rows": 50, "length": 6, "dimension": 3, "classes": 5}, 363),
    ],
)
def test_parameters_are_known_before_building(network, changes, parameters):
    asked = plan(network, **changes)
    assert asked.parameter_count == parameters
    assert build_model(asked).count_params() == parameters


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
        (lambda: Flatten(hidden=0), ValueError, r"hidden must be units of 1 or more, got \(0,\)"),
        (lambda: Flatten(dropout=1), ValueError, "dropout must be 0 or more and below 1, got 1"),
        (lambda: Flatten(hidden=True), TypeError, "hidden must be a whole number, got True"),
        (lambda: Flatten(hidden="32"), TypeError, "hidden must be a whole number, got '3'"),
        (lambda: Flatten(hidden=(3, 2.5)), TypeError, "hidden must be a whole number, got 2.5"),
        (lambda: Flatten(dropout="x"), TypeError, "dropout must be a number, got 'x'"),
        (lambda: Learned(8.0), TypeError, "dimension must be a whole number, got 8.0"),
        (lambda: Learned(8, trainable=1), TypeError, "trainable must be True or False, got 1"),
        (lambda: Learned(0), ValueError, "dimension must be 1 or more, got 0"),
        (lambda: Pretrained("glove.txt"), TypeError, r"open a file: WordVectors.open\(path\)"),
        (lambda: build_model(plan(Flatten(), rows=2**40)), ValueError, "parameters at most, got"),
    ],
)
def test_impossible_networks_are_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_whole_numbers_of_numpy_become_plain():
    assert repr(Flatten(np.array([3, 2]), np.float64(0.5))) == "Flatten(hidden=(3, 2), dropout=0.5)"
    assert repr(Learned(np.int32(8))) == "Learned(dimension=8, trainable=True)"
