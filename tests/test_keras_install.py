"""The import hook: what it adds to Keras, and that nothing of it remains."""

import importlib
import json
import pickle
import subprocess
import sys

import numpy as np
import pytest

from malmoi.keras import old_names

keras = pytest.importorskip("keras")
pytest.importorskip("jax")
pytestmark = pytest.mark.filterwarnings("ignore")

MODULES = [
    "keras",
    "keras.backend",
    "keras.callbacks",
    "keras.constraints",
    "keras.datasets",
    "keras.initializers",
    "keras.layers",
    "keras.losses",
    "keras.metrics",
    "keras.models",
    "keras.optimizers",
    "keras.preprocessing",
    "keras.preprocessing.sequence",
    "keras.regularizers",
    "keras.utils",
]


def snapshot():
    """Everything that the hook may change: names of modules, attributes of their classes, finders and modules."""
    found = {}
    for name in MODULES:  # in old releases an import replaces the attribute of the package
        importlib.import_module(name)
    for name in MODULES:
        module = importlib.import_module(name)
        found |= {f"{name}.{key}": id(value) for key, value in vars(module).items()}
        for key, value in vars(module).items():
            if isinstance(value, type) and value.__module__.startswith("keras."):
                found |= {f"{name}.{key}.{member}": id(of) for member, of in vars(value).items()}
    found["objects"] = sorted(keras.saving.get_custom_objects())
    found["finders"] = list(map(id, sys.meta_path))
    found["modules"] = sorted(name for name in sys.modules if name.startswith(("tensorflow", "keras_preprocessing")))
    return found


@pytest.fixture(scope="module")
def before():
    return snapshot()


@pytest.fixture
def hook(before):
    hook = importlib.import_module("malmoi.keras.install")
    hook.install()
    yield hook
    hook.uninstall()


@pytest.fixture
def samples():
    random = np.random.default_rng(0)
    return random.random((20, 4)), random.integers(0, 2, 20)


def dense(**arguments):
    model = keras.Sequential([keras.layers.Dense(1, input_dim=4, activation="sigmoid")])
    model.compile(**({"optimizer": "sgd", "loss": "binary_crossentropy"} | arguments))
    return model


def test_uninstalling_restores_everything(before):
    hook = importlib.import_module("malmoi.keras.install")
    hook.install()
    for name in (
        "keras.preprocessing.text",
        "tensorflow.keras.layers",
        "keras_preprocessing.sequence",
        "keras.layers.core",
    ):
        importlib.import_module(name)
    assert snapshot() != before
    hook.uninstall()
    assert snapshot() == before
    assert hook.changes() == []
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("keras.preprocessing.text")
    hook.uninstall()
    assert snapshot() == before


def test_installing_twice_changes_nothing_more(hook):
    once, state = hook.changes(), snapshot()
    hook.install()
    assert hook.changes() == once
    assert snapshot() == state
    hook.uninstall()
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("keras_preprocessing")


def test_every_change_is_listed_and_is_there(hook, before):
    after = snapshot()
    listed = {change.name for change in hook.changes()}
    changed = {name for name in before if name.startswith("keras.") and after.get(name) != before[name]}
    replaced = {name for name in changed if name.rpartition(".")[0] not in changed}  # not the members of another class
    added = {f"{module}.{name}" for module in MODULES for name in vars(importlib.import_module(module))} - before.keys()
    assert {name.rpartition(".")[2] for name in replaced} <= {name.rpartition(".")[2] for name in listed}
    assert added <= listed
    for change in hook.changes():
        if "names of" in change.effect:
            importlib.import_module(change.name)
        assert change.effect


@pytest.mark.parametrize("module", ["preprocessing.text", "preprocessing.sequence"])
@pytest.mark.parametrize("root", [*old_names.ROOTS, "keras_preprocessing"])
def test_text_and_sequence_are_those_of_malmoi_under_every_old_name(hook, root, module):
    name = f"{root}.{module}" if root != "keras_preprocessing" else f"{root}.{module.rpartition('.')[2]}"
    found = importlib.import_module(name)
    ours = importlib.import_module(f"malmoi.keras.{module}")
    for public in set(ours.__all__) - {"pad_sequences"}:
        assert getattr(found, public) is getattr(ours, public)


@pytest.mark.parametrize(
    ("statement", "expression"),
    [
        ("import keras", "keras.preprocessing.text.Tokenizer"),
        ("from keras.src.preprocessing.text import Tokenizer", "Tokenizer"),
        ("import tensorflow as tf; tf.random.set_seed(1); tf.set_random_seed(2)", "tf"),
        ("import keras_preprocessing", "keras_preprocessing.text.Tokenizer"),
        ("from keras.layers.core import *", "Dense"),
        ("from keras.layers.embeddings import Embedding", "Embedding"),
        ("from keras.layers.merge import concatenate", "concatenate"),
        ("from keras.engine import Input, Model", "Model"),
        ("from keras.engine.topology import Layer", "Layer"),
        ("from keras.utils import np_utils", "np_utils.to_categorical"),
        ("from keras.utils.np_utils import to_categorical", "to_categorical"),
        ("from keras.optimizers import adam", "adam"),
        ("from keras.constraints import maxnorm", "maxnorm"),
        ("from keras import objectives", "objectives.binary_crossentropy"),
        ("import tensorflow as tf", "tf.keras.layers.LSTM"),
        ("from tensorflow import keras as k", "k.Sequential"),
        ("from tensorflow.keras.layers.experimental.preprocessing import TextVectorization", "TextVectorization"),
        ("from tensorflow.python.keras.layers import GRU", "GRU"),
        ("from tensorflow.keras.preprocessing import text_dataset_from_directory as t", "t"),
        ("from keras.datasets import imdb, reuters", "imdb.load_data, reuters.load_data"),
        ("from keras import backend as K", "K.mean, K.argmax, K.get_value"),
    ],
)
def test_old_imports_work(hook, statement, expression):
    names = {}
    exec(statement, names)
    assert eval(expression, names) is not None


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("from keras.layers import CuDNNLSTM", "keras.layers.CuDNNLSTM was removed: replace it by LSTM"),
        ("from tensorflow.keras.layers import CuDNNGRU", "CuDNNGRU was removed: replace it by GRU"),
        ("from keras.layers import Merge", "removed: use Add"),
        ("from keras.wrappers.scikit_learn import KerasClassifier", "removed: use keras.wrappers"),
        ("import tensorflow.data", "No module named 'tensorflow.data'"),
        ("import keras.layers.nonsense", "No module named 'keras.layers.nonsense'"),
    ],
)
def test_removed_names_are_explained(hook, statement, fault):
    with pytest.raises(ImportError, match=fault):
        exec(statement, {})
    assert not hasattr(keras.layers, "CuDNNLSTM")


def test_a_removed_function_that_has_the_name_of_a_module_is_explained(hook):
    from keras.layers import merge

    with pytest.raises(TypeError, match=r"keras\.layers\.merge was removed: use Add"):
        merge([], mode="concat")


def test_the_stand_in_has_only_keras(hook):
    import tensorflow as tf

    assert tf.keras is keras
    with pytest.raises(AttributeError, match=r"TensorFlow is not installed, so there is no tensorflow\.data"):
        tf.data  # noqa: B018
    from keras.src.utils.module_utils import tensorflow

    assert not tensorflow.available
    dense().predict(np.zeros((2, 4)), verbose=0)


# Arguments.


def test_layers_take_their_old_arguments(hook):
    from keras.layers import GRU, LSTM, Convolution1D, Dense, Dropout, Embedding, MaxPooling1D

    assert Dense(output_dim=3, init="uniform", activation="tanh").units == 3
    assert Dense(np.int64(3)).units == 3
    assert Dropout(p=0.25).rate == 0.25
    assert Convolution1D(nb_filter=4, filter_length=3, border_mode="same").get_config()["padding"] == "same"
    assert MaxPooling1D(pool_length=2).pool_size == (2,)
    assert LSTM(output_dim=5, dropout_W=0.1, dropout_U=0.2).recurrent_dropout == 0.2
    assert Embedding(np.max([3, 9]) + 1, 4).input_dim == 10
    with pytest.warns(UserWarning, match="GRU: implementation has no effect in Keras 3"):
        GRU(3, implementation=2)
    with pytest.raises(TypeError, match="Dense got output_dim, the old name of units, and units"):
        Dense(units=3, output_dim=4)
    with pytest.raises((TypeError, ValueError), match="nonsense"):
        Dense(3, nonsense=1)


def test_shapes_of_the_first_layer_build_the_model(hook):
    from keras.layers import LSTM, Dense, Embedding, Flatten

    matrix = np.arange(20, dtype="float32").reshape(10, 2)
    model = keras.Sequential()
    model.add(Embedding(10, 2, input_length=4))
    model.add(Flatten())
    model.add(Dense(1))
    assert model.output_shape == (None, 1)
    model.layers[0].set_weights([matrix])
    assert model.layers[0].get_weights()[0].tolist() == matrix.tolist()
    assert keras.Sequential([LSTM(3, input_dim=2, input_length=5)]).input_shape == (None, 5, 2)
    stateful = keras.Sequential([LSTM(3, batch_input_shape=(6, 5, 2), stateful=True), Dense(1)])
    assert stateful.input_shape == (6, 5, 2)
    assert keras.models.clone_model(stateful).input_shape == (6, 5, 2)
    assert keras.Sequential([LSTM(3, input_dim=2)]).input_shape == (None, None, 2)
    assert keras.Sequential([Embedding(10, 2, input_length=None), Flatten()]).built is False


def test_layers_still_come_back_from_their_configuration(hook):
    layer = keras.layers.LSTM(3, dropout_W=0.1)
    again = keras.layers.LSTM.from_config(layer.get_config())
    assert again.get_config() == layer.get_config()

    class Own(keras.layers.Dense):
        def __init__(self, units, factor, **kwargs):
            super().__init__(units, **kwargs)
            self.factor = factor

    assert Own(3, 2.0).units == 3
    assert keras.layers.Dense.__init__.__name__ == "__init__"


@pytest.mark.parametrize("name", old_names.OPTIMIZERS)
def test_optimizers_take_lr_and_decay(hook, name):
    optimizer = getattr(keras.optimizers, name)(lr=0.25)
    assert float(optimizer.lr) == 0.25
    optimizer.lr = 0.5
    assert float(optimizer.learning_rate) == 0.5


@pytest.mark.parametrize("arguments", [((0.5,), {}), ((), {"lr": 0.5}), ((0.5, 0.9), {})])
def test_decay_divides_the_rate_as_before(hook, arguments):
    args, kwargs = arguments
    optimizer = keras.optimizers.SGD(*args, decay=0.5, **kwargs)
    rates = [float(optimizer.learning_rate)]
    for step in range(1, 4):
        optimizer.iterations.assign(step)
        rates.append(float(optimizer.learning_rate))
    assert rates == pytest.approx([0.5 / (1 + 0.5 * step) for step in range(4)])


def test_optimizers_take_none_for_the_default_epsilon(hook, samples):
    model = dense(optimizer=keras.optimizers.Adam(lr=0.1, epsilon=None, decay=0.0))
    model.fit(*samples, epochs=1, verbose=0)
    assert model.optimizer.epsilon == 1e-7


def test_states_are_reset(hook):
    model = keras.Sequential([keras.layers.LSTM(2, batch_input_shape=(3, 4, 1), stateful=True)])
    x = np.ones((3, 4, 1))
    first = np.asarray(model(x))
    assert not np.allclose(model(x), first)
    model.reset_states()
    np.testing.assert_allclose(model(x), first)


def test_functional_models_take_their_old_arguments(hook):
    inputs = keras.Input((4,))
    outputs = keras.layers.Dense(2)(inputs)
    model = keras.Model(input=inputs, output=outputs)
    assert model.output_shape == keras.Model(inputs, outputs).output_shape == (None, 2)
    assert keras.Model(inputs=[inputs], outputs=[outputs], name="m").name == "m"
    assert keras.models.clone_model(model).output_shape == (None, 2)
    assert keras.Model.from_config(model.get_config()).output_shape == (None, 2)

    class Own(keras.Model):
        def call(self, x):
            return x * 2

    assert Own()(np.ones((1, 2))).shape == (1, 2)


@pytest.mark.parametrize(
    ("name", "arguments"), [("SGD", (0.1, 0.9, 1e-6, True)), ("RMSprop", (0.1, 0.9, 1e-8)), ("Adagrad", (0.1, 1e-8))]
)
def test_positional_arguments_of_another_meaning_are_refused(hook, name, arguments):
    with pytest.raises(TypeError, match="Keras 2 and 3 have another order after"):
        getattr(keras.optimizers, name)(*arguments)


def test_another_hard_sigmoid_is_said(hook):
    with pytest.warns(UserWarning, match="hard_sigmoid has another slope in Keras 3"):
        keras.layers.LSTM(2, recurrent_activation="hard_sigmoid")
    from keras import backend as K  # noqa: N812

    layer = keras.layers.Activation(K.hard_sigmoid)
    assert np.asarray(layer(np.float32([1.0]))).tolist() == pytest.approx([0.7])


def test_attention_layers_of_old_scripts_are_built(hook):
    from keras import backend as K  # noqa: N812

    class Attention(keras.layers.Layer):
        def build(self, input_shape):
            self.W = self.add_weight("W", (input_shape[-1], 1), initializer="ones")
            self.trainable_weights = [self.W]
            super().build(input_shape)

        def call(self, x):
            weights = K.softmax(K.squeeze(K.dot(K.tanh(x), self.W), -1))
            return K.sum(x * K.expand_dims(weights), axis=1)

    layer = Attention()
    assert layer(np.ones((2, 3, 4), "float32")).shape == (2, 4)
    assert len(layer.trainable_weights) == 1


def test_to_categorical_takes_its_old_argument(hook):
    assert keras.utils.to_categorical([0, 2], nb_classes=4).shape == (2, 4)
    assert keras.utils.to_categorical([0, 2], num_classes=3).shape == (2, 3)


# Methods.


def test_generator_methods_train_and_predict(hook, samples):
    x, y = samples
    model = dense()
    batches = ([x, y] for _ in iter(int, 1))
    history = model.fit_generator(batches, 2, epochs=3, verbose=0, validation_data=(x, y), workers=1)
    assert len(history.history["val_loss"]) == 3
    assert model.fit_generator(batches, steps_per_epoch=2, nb_epoch=2, verbose=0).epoch == [0, 1]
    assert model.predict_generator((x for _ in range(3)), steps=3).shape == (60, 1)
    assert model.evaluate_generator(((x, y) for _ in range(3)), 3) == pytest.approx(
        model.evaluate(x, y, verbose=0), rel=1e-5
    )
    with pytest.raises(TypeError, match="samples_per_epoch counted samples; Keras 3 needs steps_per_epoch"):
        model.fit_generator(batches, samples_per_epoch=40, nb_epoch=1)
    with pytest.warns(UserWarning, match="workers and use_multiprocessing have no effect"):
        model.fit_generator(batches, 1, workers=3, verbose=0)


def test_several_workers_do_not_mix_the_batches(hook):
    """With two workers, Keras itself returns the predictions of the batches as 1, 2, 3, 0."""

    class Numbers(keras.utils.Sequence):
        def __len__(self):
            return 4

        def __getitem__(self, index):
            return np.full((2, 3), index, "float32"), np.full((2, 1), index, "float32")

    model = keras.Sequential([keras.layers.Dense(1, use_bias=False, kernel_initializer="ones")])
    with pytest.warns(UserWarning, match="workers and use_multiprocessing have no effect"):
        found = model.predict(Numbers(), workers=2, use_multiprocessing=True, verbose=0)
    assert found[::2, 0].tolist() == [0, 3, 6, 9]


@pytest.mark.skipif(
    tuple(map(int, keras.__version__.split(".")[:2])) < (3, 10), reason="before, Keras keeps the first batches"
)
def test_validation_takes_the_next_batches_of_a_generator(hook, samples):
    drawn = []

    def batches():
        for number in range(100):
            drawn.append(number)
            yield samples

    counts = []
    counting = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: counts.append(len(drawn)))
    dense().fit(*samples, validation_data=batches(), validation_steps=5, epochs=3, verbose=0, callbacks=[counting])
    assert counts == [5, 10, 15]


def test_fit_takes_lists_of_numbers(hook, samples):
    x, y = samples
    model = dense()
    model.fit(x.tolist(), y.tolist(), nb_epoch=1, validation_data=(x.tolist(), y.tolist()), verbose=0)
    assert model.evaluate(x, list(y), verbose=0) == pytest.approx(model.evaluate(x, y, verbose=0))
    np.testing.assert_array_equal(model.predict(x.tolist(), verbose=0), model.predict(x, verbose=0))


def test_classes_are_those_of_keras_2(hook, samples):
    x, _ = samples
    binary = dense()
    assert binary.predict_classes(x).tolist() == (binary.predict(x, verbose=0) > 0.5).astype(int).tolist()
    several = keras.Sequential([keras.layers.Dense(3, input_shape=(4,), activation="softmax")])
    assert several.predict_classes(x).tolist() == several.predict(x, verbose=0).argmax(axis=-1).tolist()
    np.testing.assert_array_equal(several.predict_proba(x), several.predict(x, verbose=0))


@pytest.mark.parametrize("name", ["w.h5", "w.hdf5", "w.weights.h5"])
def test_weights_are_saved_under_old_names(hook, tmp_path, name):
    model, other = dense(), dense()
    model.save_weights(str(tmp_path / name))
    other.load_weights(str(tmp_path / name))
    for mine, its in zip(model.get_weights(), other.get_weights(), strict=True):
        assert mine.tolist() == its.tolist()


@pytest.mark.parametrize("loss", ["mse", "mae", "kld"])
def test_models_with_short_names_of_losses_are_loaded(hook, tmp_path, samples, loss):
    model = dense(loss=loss)
    model.save(str(tmp_path / "m.h5"))
    again = keras.models.load_model(str(tmp_path / "m.h5"))
    assert again.evaluate(*samples, verbose=0) == pytest.approx(model.evaluate(*samples, verbose=0))


# Callbacks.


@pytest.mark.parametrize(("metric", "other"), [("accuracy", "acc"), ("acc", "accuracy")])
def test_accuracy_has_both_names(hook, samples, metric, other):
    model = dense(metrics=[metric])
    stop = keras.callbacks.EarlyStopping(monitor=f"val_{other}", patience=0)
    assert stop.mode == "max"
    history = model.fit(*samples, validation_split=0.5, epochs=4, verbose=0, callbacks=[stop]).history
    assert history[other] == history[metric]
    assert history[f"val_{other}"] == history[f"val_{metric}"]
    assert other in history
    assert list(history) == [metric, "loss", f"val_{metric}", "val_loss"]
    assert history.get("nonsense") is None
    assert stop.best == max(history[f"val_{metric}"])
    with pytest.raises(KeyError):
        history["nonsense"]


def test_own_callbacks_find_accuracy_by_either_name(hook, samples):
    seen = []

    class Own(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs={}):  # noqa: B006  (as old code has it)
            seen.append((logs.get("acc"), logs["accuracy"], "acc" in logs, sorted(logs)))

    dense(metrics=["accuracy"]).fit(*samples, epochs=1, verbose=0, callbacks=[Own()])
    assert seen[0][0] == seen[0][1] is not None
    assert seen[0][2:] == (True, ["accuracy", "loss"])


def test_what_a_callback_adds_to_the_logs_reaches_the_others(hook, samples, tmp_path):
    class Own(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            logs["val_f1"] = 0.5

    stop = keras.callbacks.EarlyStopping("val_f1", mode="max", patience=1)
    saved = keras.callbacks.ModelCheckpoint(str(tmp_path / "w-{val_f1:.2f}-{acc:.0f}.hdf5"))
    reduce = keras.callbacks.ReduceLROnPlateau("loss", patience=5)
    model = dense(metrics=["accuracy"])
    history = model.fit(*samples, epochs=5, verbose=0, callbacks=[Own(), stop, saved, reduce]).history
    assert history["val_f1"] == [0.5, 0.5]
    assert history["lr"] == history["learning_rate"]
    assert sorted(set(history)) == ["accuracy", "learning_rate", "loss", "val_f1"]
    assert next(tmp_path.iterdir()).name.startswith("w-0.50-")
    assert type(pickle.loads(pickle.dumps(history))) is dict


def test_own_callbacks_are_as_before_after_the_hook(hook, samples):
    seen = []

    class Own(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            seen.append(type(logs))

    hook.uninstall()
    dense().fit(*samples, epochs=1, verbose=0, callbacks=[Own()])
    assert seen == [dict]


def test_metrics_are_named_as_before(hook, samples):
    model = dense(metrics=["accuracy", "mse"])
    values = model.evaluate(*samples, verbose=0)
    assert dict(zip(model.metrics_names, values, strict=True)).keys() == {"loss", "accuracy", "mse"}


def test_compile_takes_metrics_third_and_one_list_for_several_outputs(hook, samples):
    x, y = samples
    model = dense()
    model.compile("sgd", "mse", ["mae"])
    assert len(model.evaluate(x, y, verbose=0)) == 2
    with pytest.raises(TypeError, match="compile takes 4 positional arguments"):
        model.compile("sgd", "mse", ["mae"], None, "temporal")
    inputs = keras.Input((4,))
    both = keras.Model(inputs, [keras.layers.Dense(1, name="a")(inputs), keras.layers.Dense(1, name="b")(inputs)])
    both.compile("sgd", loss="mse", loss_weights=[1.0, 0.2], metrics=["mae"])
    history = both.fit(x, [y, y], epochs=1, verbose=0).history
    assert {"a_mae", "b_mae", "loss"} <= set(history)


@pytest.mark.parametrize("arguments", [{}, {"save_weights_only": True}, {"monitor": "val_acc", "save_best_only": True}])
@pytest.mark.parametrize("name", ["best-{epoch:02d}.hdf5", "best-{epoch:02d}.h5"])
def test_checkpoints_have_old_names(hook, tmp_path, samples, name, arguments):
    model = dense(metrics=["accuracy"])
    saved = keras.callbacks.ModelCheckpoint(str(tmp_path / name), **arguments)
    model.fit(*samples, validation_split=0.5, epochs=1, verbose=0, callbacks=[saved])
    other = dense()
    other.load_weights(str(tmp_path / name.format(epoch=1)))
    assert other.get_weights()[0].tolist() == model.get_weights()[0].tolist()


def test_checkpoints_are_saved_in_periods(hook, tmp_path, samples):
    saved = keras.callbacks.ModelCheckpoint(str(tmp_path / "{epoch}.h5"), period=2)
    dense().fit(*samples, epochs=5, verbose=0, callbacks=[saved])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["2.h5", "4.h5"]


# The backend.


def test_backend_functions_have_their_old_defaults(hook):
    from keras import backend as K  # noqa: N812

    x = np.arange(6.0, dtype="float32").reshape(2, 3)
    assert np.asarray(K.argmax(x)).tolist() == [2, 2]
    assert np.asarray(K.argmax(x, 0)).tolist() == [1, 1, 1]
    assert np.asarray(K.concatenate([x, x])).shape == (2, 6)
    assert np.asarray(K.concatenate([x, x], axis=0)).shape == (4, 3)
    assert np.asarray(K.expand_dims(x)).shape == (2, 3, 1)
    assert np.asarray(K.cumsum(x)).tolist() == x.cumsum(0).tolist()
    assert np.asarray(K.gather(x, [1])).tolist() == x[[1]].tolist()
    assert np.asarray(K.sum(x, axis=1, keepdims=True)).tolist() == x.sum(1, keepdims=True).tolist()
    assert K.int_shape(x) == (2, 3)
    assert K.ndim(x) == 2
    variable = K.variable(x)
    K.set_value(variable, x + 1)
    assert K.get_value(variable).tolist() == (x + 1).tolist()
    assert K.epsilon() == keras.config.epsilon()
    zero = K.variable(0)
    K.set_value(zero, 0.5)
    assert K.get_value(zero) == 0.5
    assert np.asarray(K.sqrt(np.float32([-1, 4]))).tolist() == [0, 2]
    assert np.asarray(K.relu(np.float32([-2, 3]), alpha=0.5, max_value=2)).tolist() == [-1, 2]
    assert np.asarray(K.constant([1, 2])).dtype == np.float32
    assert np.asarray(K.permute_dimensions(x, pattern=(1, 0))).shape == (3, 2)
    with pytest.raises(AttributeError, match=r"has no attribute 'function' in Keras 3; call a model"):
        K.function  # noqa: B018
    assert not hasattr(K, "nonsense")
    assert np.asarray(K.clip(x, min_value=1, max_value=2)).tolist() == x.clip(1, 2).tolist()
    assert np.asarray(K.hard_sigmoid(np.float32([-3, 0, 1, 3]))).tolist() == pytest.approx([0, 0.5, 0.7, 1])
    assert np.asarray(K.repeat(x, 4)).shape == (2, 4, 3)
    assert np.asarray(K.batch_flatten(np.ones((2, 3, 4)))).shape == (2, 12)
    np.testing.assert_allclose(np.linalg.norm(K.l2_normalize(x, axis=1), axis=1), 1, rtol=1e-6)


# In a process of its own.


def test_an_old_script_runs_in_a_fresh_process(tmp_path):
    pickled = tmp_path / "t.pickle"
    (tmp_path / "old.py").write_text(
        f"""
import malmoi.keras.install
import pickle
from keras.preprocessing.text import Tokenizer
from tensorflow.keras.preprocessing.sequence import pad_sequences
tokenizer = Tokenizer(nb_words=10)
tokenizer.fit_on_texts(["so good", "so bad"])
pickle.dump(tokenizer, open({str(pickled)!r}, "wb"))
old = open({str(pickled)!r}, "rb").read().replace(b"malmoi.keras.preprocessing.tokenizer", b"keras_preprocessing.text")
print(pad_sequences(tokenizer.texts_to_sequences(["so bad"]), 3).tolist(), malmoi.keras.install.changes() != [])
"""
    )
    done = subprocess.run([sys.executable, "old.py"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout.splitlines()[-1:] == ["[[0, 1, 3]] True"], done.stderr


def test_pickles_of_old_modules_load(hook):
    content = b"ckeras_preprocessing.text\nTokenizer\n)\x81}X\x0a\x00\x00\x00word_index}X\x01\x00\x00\x00aK\x01ssb."
    assert pickle.loads(b"\x80\x02" + content).texts_to_sequences(["a"]) == [[1]]
    assert json.loads(pickle.loads(b"\x80\x02" + content).to_json())["class_name"] == "Tokenizer"


def test_an_installed_tensorflow_is_left_alone(hook, tmp_path, monkeypatch):
    hook.uninstall()
    (tmp_path / "tensorflow").mkdir()
    (tmp_path / "tensorflow" / "__init__.py").write_text("real = True")
    monkeypatch.syspath_prepend(tmp_path)
    hook.install()
    import tensorflow

    assert tensorflow.real
    assert keras.layers.TextVectorization.__module__.startswith("keras.")
    assert not any(change.name.startswith("tensorflow") for change in hook.changes())
    monkeypatch.delitem(sys.modules, "tensorflow")
