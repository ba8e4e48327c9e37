"""Models that old Keras releases saved: HDF5 files and JSON, written here as those releases wrote them."""

import json

import numpy as np
import pytest

from malmoi.errors import DataError
from malmoi.keras.models import load_model, model_from_json

keras = pytest.importorskip("keras")
h5py = pytest.importorskip("h5py")
RANDOM = np.random.default_rng(0)
TRAINING = {
    "optimizer_config": {"class_name": "Adam", "config": {"lr": 0.01, "beta_1": 0.8, "decay": 0.0, "epsilon": None}},
    "loss": "mse",
    "metrics": ["accuracy"],
    "loss_weights": None,
}


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def old_hard_sigmoid(x):
    return np.clip(0.2 * x + 0.5, 0, 1)


def dense(units, **config):
    return {"class_name": "Dense", "config": {"name": "d", "units": units, "activation": "linear", **config}}


def weights(*shapes):
    return [RANDOM.normal(size=shape).astype("float32") for shape in shapes]


@pytest.fixture
def saved(tmp_path):
    """Write a file: configuration of the model, weights by layer, and perhaps that of the training."""

    def write(kind, config, layers, training=None, encode=False):
        path = tmp_path / "model.h5"
        with h5py.File(path, "w") as file:
            text = json.dumps({"class_name": kind, "config": config})
            file.attrs["model_config"] = text.encode() if encode else text
            if training is not None:
                file.attrs["training_config"] = json.dumps(training)
            group = file.create_group("model_weights")
            group.attrs["layer_names"] = [name.encode() for name in layers]
            for name, arrays in layers.items():
                names = [f"{name}/w{number}:0".encode() for number in range(len(arrays))]
                layer = group.create_group(name)
                layer.attrs["weight_names"] = names
                for weight, array in zip(names, arrays, strict=True):
                    layer[weight.decode()] = array
        return path

    return write


@pytest.mark.parametrize("encode", [False, True])
@pytest.mark.parametrize("form", ["list", "dictionary"])
def test_first_layers_have_the_shape_of_the_input(saved, form, encode):
    layers = [dense(2, batch_input_shape=[None, 3]), {"class_name": "Dropout", "config": {"rate": 0.5, "name": "o"}}]
    config = layers if form == "list" else {"name": "s", "layers": layers}
    kernel, bias = weights((3, 2), (2,))
    model = load_model(saved("Sequential", config, {"d": [kernel, bias], "o": []}, TRAINING, encode))
    x = RANDOM.random((5, 3)).astype("float32")
    np.testing.assert_allclose(model.predict(x, verbose=0), x @ kernel + bias, rtol=1e-5)
    assert model.input_shape == (None, 3)
    assert model.compiled
    assert (float(model.optimizer.learning_rate), model.optimizer.beta_1) == pytest.approx((0.01, 0.8))
    assert model.optimizer.epsilon == 1e-7


def lstm(x, kernel, recurrent, bias, gate):
    state, memory = np.zeros((2, len(x), recurrent.shape[0]))
    for step in range(x.shape[1]):
        i, f, c, o = np.split(x[:, step] @ kernel + state @ recurrent + bias, 4, axis=1)
        memory = gate(f) * memory + gate(i) * np.tanh(c)
        state = gate(o) * np.tanh(memory)
    return state


def gru(x, kernel, recurrent, bias, gate):
    state = np.zeros((len(x), recurrent.shape[0]))
    units = recurrent.shape[0]
    for step in range(x.shape[1]):
        z, r, h = np.split(x[:, step] @ kernel + bias, 3, axis=1)
        z = gate(z + state @ recurrent[:, :units])
        r = gate(r + state @ recurrent[:, units : 2 * units])
        state = z * state + (1 - z) * np.tanh(h + (r * state) @ recurrent[:, 2 * units :])
    return state


@pytest.mark.parametrize(("activation", "gate"), [("hard_sigmoid", old_hard_sigmoid), ("sigmoid", sigmoid)])
@pytest.mark.parametrize(("kind", "gates", "compute"), [("LSTM", 4, lstm), ("GRU", 3, gru)])
def test_recurrent_layers_compute_as_before(saved, kind, gates, compute, activation, gate):
    arrays = weights((3, 4 * gates), (4, 4 * gates), (4 * gates,))
    config = {"name": "r", "units": 4, "recurrent_activation": activation, "implementation": 1, "time_major": False}
    layer = {"class_name": kind, "config": {**config, "batch_input_shape": [None, 6, 3]}}
    model = load_model(saved("Sequential", [layer], {"r": arrays}))
    x = 3 * RANDOM.normal(size=(5, 6, 3)).astype("float32")
    np.testing.assert_allclose(model.predict(x, verbose=0), compute(x, *arrays, gate), rtol=1e-4, atol=1e-5)
    again = keras.models.clone_model(model)
    again.set_weights(model.get_weights())
    np.testing.assert_allclose(again.predict(x, verbose=0), model.predict(x, verbose=0))


def test_layers_inside_wrappers_are_found(saved):
    inner = {"class_name": "LSTM", "config": {"name": "r", "units": 2, "recurrent_activation": "hard_sigmoid"}}
    inner["config"]["return_sequences"] = True
    layers = [
        {
            "class_name": "Bidirectional",
            "config": {"name": "b", "layer": inner, "merge_mode": "sum", "batch_input_shape": [None, 4, 3]},
        },
        {"class_name": "TimeDistributed", "config": {"name": "t", "layer": dense(1)}},
    ]
    forward, backward = weights((3, 8), (2, 8), (8,)), weights((3, 8), (2, 8), (8,))
    kernel, bias = weights((2, 1), (1,))
    model = load_model(saved("Sequential", layers, {"b": [*forward, *backward], "t": [kernel, bias]}))
    x = RANDOM.normal(size=(2, 4, 3)).astype("float32")
    last = lstm(x, *forward, old_hard_sigmoid) + lstm(x[:, -1:], *backward, old_hard_sigmoid)
    np.testing.assert_allclose(model.predict(x, verbose=0)[:, -1], last @ kernel + bias, rtol=1e-4, atol=1e-5)


def test_functional_models_of_keras_2(saved):
    config = {
        "name": "m",
        "layers": [
            {
                "class_name": "InputLayer",
                "config": {
                    "batch_input_shape": [None, 3],
                    "dtype": "float32",
                    "sparse": False,
                    "ragged": False,
                    "name": "i",
                },
                "name": "i",
                "inbound_nodes": [],
            },
            {**dense(2, name="a"), "name": "a", "inbound_nodes": [[["i", 0, 0, {}]]]},
            {**dense(2, name="b"), "name": "b", "inbound_nodes": [[["i", 0, 0, {}]]]},
            {
                "class_name": "Concatenate",
                "config": {"name": "c", "axis": -1},
                "name": "c",
                "inbound_nodes": [[["a", 0, 0, {}], ["b", 0, 0, {}]]],
            },
        ],
        "input_layers": [["i", 0, 0]],
        "output_layers": [["c", 0, 0]],
    }
    first, second = weights((3, 2), (2,)), weights((3, 2), (2,))
    x = RANDOM.random((4, 3)).astype("float32")
    expected = np.concatenate([x @ kernel + bias for kernel, bias in (first, second)], axis=1)
    for kind in ("Model", "Functional"):
        model = load_model(saved(kind, config, {"i": [], "a": first, "b": second, "c": []}))
        np.testing.assert_allclose(model.predict(x, verbose=0), expected, rtol=1e-5)


def test_settings_that_keras_3_refuses_are_translated():
    config = [
        {
            "class_name": "Embedding",
            "config": {"input_dim": 9, "output_dim": 2, "input_length": 4, "batch_input_shape": [5, 4]},
        },
        {"class_name": "SpatialDropout1D", "config": {"rate": 0.1, "noise_shape": None, "trainable": True}},
        {"class_name": "BatchNormalization", "config": {"axis": [2]}},
        {"class_name": "GRU", "config": {"units": 3, "reset_after": True}},
        {"class_name": "Sequential", "config": {"name": "inner", "layers": [dense(2, batch_input_shape=[None, 3])]}},
    ]
    model = model_from_json(json.dumps({"class_name": "Sequential", "config": config, "keras_version": "2.2.4"}))
    assert model.input_shape == (5, 4)
    assert model.output_shape == (5, 2)
    assert model.layers[3].reset_after


def test_json_of_keras_3_and_other_formats_go_to_keras(tmp_path):
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    assert model_from_json(model.to_json()).output_shape == (None, 2)
    model.save(tmp_path / "m.keras")
    assert load_model(tmp_path / "m.keras").get_weights()[0].tolist() == model.get_weights()[0].tolist()
    with pytest.raises((OSError, ValueError)):
        load_model(tmp_path / "none.h5")


@pytest.mark.parametrize(
    "training",
    [
        {**TRAINING, "optimizer_config": {"class_name": "Custom>Adam", "config": {"learning_rate": 0.5}}},
        {**TRAINING, "optimizer_config": {"class_name": "SGD", "config": {"lr": 0.5, "decay": 0.1, "nesterov": True}}},
        {
            **TRAINING,
            "loss": {"class_name": "BinaryCrossentropy", "config": {"reduction": "auto", "from_logits": True}},
        },
        {
            **TRAINING,
            "optimizer_config": {
                "class_name": "Adam",
                "config": {
                    "learning_rate": {
                        "class_name": "ExponentialDecay",
                        "config": {"initial_learning_rate": 0.1, "decay_steps": 9, "decay_rate": 0.5, "name": None},
                    }
                },
            },
        },
        {
            **TRAINING,
            "metrics": [
                [{"class_name": "MeanMetricWrapper", "config": {"name": "acc", "dtype": "float32", "fn": "acc"}}]
            ],
        },
    ],
)
def test_training_goes_on_as_before(saved, training):
    path = saved("Sequential", [dense(1, batch_input_shape=[None, 3])], {"d": weights((3, 1), (1,))}, training)
    model = load_model(path)
    assert model.compiled
    model.fit(np.ones((4, 3)), np.ones((4, 1)), verbose=0)
    assert not load_model(path, compile=False).compiled


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {"loss": {"class_name": "MeanSquaredError", "config": {"reduction": "sum", "fn": "mean_squared_error"}}},
            16.0,
        ),
        ({"loss_weights": [3.0]}, 12.0),
        ({"loss": {"class_name": "Huber", "config": {"reduction": "auto", "delta": 1.0, "fn": "huber"}}}, 1.5),
        ({"loss": {"class_name": "function", "config": "mean_absolute_error"}}, 2.0),
        ({"loss": "own"}, 7.0),
    ],
)
def test_losses_keep_their_settings(saved, changes, expected):
    """The model predicts 0, and the targets are 2."""
    layer = [dense(1, batch_input_shape=[None, 3])]
    zeros = [np.zeros((3, 1), "float32"), np.zeros(1, "float32")]
    path = saved("Sequential", layer, {"d": zeros}, {**TRAINING, "metrics": None, **changes})
    model = load_model(path, custom_objects={"own": lambda target, output: keras.ops.mean(0 * output) + 7})
    found = model.evaluate(np.ones((4, 3)), np.full((4, 1), 2.0), verbose=0)
    assert found == pytest.approx(expected)


@pytest.mark.parametrize("name", ["deserialize", "Loss", "get"])
def test_only_classes_of_losses_are_made(saved, name):
    training = {**TRAINING, "loss": {"class_name": name, "config": {}}}
    path = saved("Sequential", [dense(1, batch_input_shape=[None, 3])], {"d": weights((3, 1), (1,))}, training)
    if name != "Loss":
        with pytest.warns(UserWarning, match="the model is not compiled"):
            assert not load_model(path).compiled


def test_files_of_keras_3_are_left_to_keras(tmp_path):
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, activation="hard_sigmoid")])
    model.compile("sgd", "mse")
    model.save(tmp_path / "m.h5")
    x = RANDOM.normal(size=(5, 3)).astype("float32")
    again = load_model(tmp_path / "m.h5")
    np.testing.assert_array_equal(again.predict(x, verbose=0), model.predict(x, verbose=0))
    assert again.compiled


def test_arguments_without_effect_are_refused(saved):
    path = saved("Sequential", [dense(1, batch_input_shape=[None, 3])], {"d": weights((3, 1), (1,))})
    with pytest.raises(TypeError, match="safe_mode would have no effect for an HDF5 file of old Keras"):
        load_model(path, safe_mode=False)


def test_missing_weights_are_refused(saved):
    path = saved("Sequential", [dense(2, batch_input_shape=[None, 3])], {})
    with pytest.raises(DataError, match="must contain the weights of its model"):
        load_model(path)


def test_a_training_that_cannot_be_restored_is_said(saved):
    training = {**TRAINING, "optimizer_config": {"class_name": "TFOptimizer", "config": {}}}
    path = saved("Sequential", [dense(1, batch_input_shape=[None, 3])], {"d": weights((3, 1), (1,))}, training)
    with pytest.warns(UserWarning, match="the model is not compiled: .*; call compile"):
        model = load_model(path)
    assert not model.compiled


def test_own_layers_are_found(saved):
    @keras.saving.register_keras_serializable("tests")
    class Own(keras.layers.Dense):
        pass

    layer = {"class_name": "Own", "config": {"name": "d", "units": 1, "batch_input_shape": [None, 3]}}
    path = saved("Sequential", [layer], {"d": weights((3, 1), (1,))})
    assert isinstance(load_model(path, custom_objects={"Own": Own}).layers[0], Own)
    with pytest.raises(DataError, match="must contain a model that Keras 3 can build"):
        load_model(path)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("{", "must contain a model that Keras 3 can build"),
        ("[]", "must contain a model that Keras 3 can build"),
        (
            '{"class_name": "Dense", "config": {"units": 2}}',
            "must contain a Sequential or functional model, got 'Dense'",
        ),
        ('{"class_name": "Sequential", "config": {}}', "can build: 'layers'"),
        ('{"class_name": "Sequential", "config": [{"class_name": "CuDNNLSTM", "config": {}}]}', "can build"),
    ],
)
def test_json_of_something_else_is_refused(text, fault):
    with pytest.raises(DataError, match=fault):
        model_from_json(text)


def test_files_with_weights_only_are_refused(tmp_path):
    with h5py.File(tmp_path / "w.h5", "w") as file:
        file.attrs["layer_names"] = [b"d"]
    with pytest.raises(DataError, match="it has weights only; build the model, then call its load_weights"):
        load_model(tmp_path / "w.h5")
