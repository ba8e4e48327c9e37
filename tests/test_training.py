import json

import numpy as np
import pytest

import malmoi.models.neural.engines.held_out
import malmoi.models.neural.samples
from malmoi import Average, Conv, DataError, Flatten, FormatError, MalmoiError, Recurrent
from malmoi.models.neural.engines.objective import Objective
from malmoi.models.neural.engines.prediction import forward
from malmoi.models.neural.networks import Plan, build_model
from malmoi.models.neural.samples import Samples
from malmoi.models.neural.settings import OPTIMIZERS
from malmoi.models.neural.settings import TrainingSettings as AllSettings
from malmoi.models.neural.training import fit as fit_with

keras = pytest.importorskip("keras")


def TrainingSettings(
    optimizer="rmsprop",
    learning_rate=None,
    epochs=10,
    batch_size=32,
    seed=0,
    patience=None,
    embedding_learning_rate=None,
):
    """The settings of `EmbeddingClassifier`, but for those that are given."""
    return AllSettings(optimizer, learning_rate, epochs, batch_size, seed, patience, embedding_learning_rate)


def fit(model, training, validation, settings, objective=None, **options):
    """Train a classifier, unless another objective is given."""
    loss = "binary_crossentropy" if model.output_shape[-1] == 1 else "sparse_categorical_crossentropy"
    return fit_with(model, training, validation, settings, objective or Objective(loss), **options)


def samples(count, classes, seed=0):
    random = np.random.default_rng(seed)
    ids = random.integers(0, 20, (count, 6)).astype(np.int32)
    return Samples((ids,), (ids[:, 0] % classes).astype(np.int32))


def model(classes=2, seed=0, hidden=(5,), rows=20, network=None):
    output = (1, "sigmoid") if classes == 2 else (classes, "softmax")
    return build_model(Plan(network or Flatten(hidden), rows, 6, 4, *output), seed=seed)


def fit_with_keras(model, training, validation, settings, **more):
    return fit(model, training, validation, settings, with_keras=True, **more)


@pytest.mark.parametrize(
    ("classes", "optimizer", "validated", "hidden"),
    [
        (2, "rmsprop", True, (5,)),  # validation in blocks
        (2, "rmsprop", True, (8,)),  # validation by position
        (3, "adam", True, (8, 3)),
        (3, "adam", True, ()),
        (3, "rmsprop", False, (5,)),
    ],
)
def test_the_compiled_loop_equals_keras_own_steps(classes, optimizer, validated, hidden):
    settings = TrainingSettings(optimizer, epochs=3, batch_size=8)
    validation = samples(300, classes, seed=1) if validated else None
    fast, slow = model(classes, hidden=hidden), model(classes, hidden=hidden)
    ours = fit(fast, samples(37, classes), validation, settings)
    theirs = fit_with_keras(slow, samples(37, classes), validation, settings)
    assert len(ours) == 3
    columns = ["loss", "accuracy", "validation_loss", "validation_accuracy"] if validated else ["loss", "accuracy"]
    for column in columns:
        assert ours.table[column].to_list() == pytest.approx(theirs.table[column].to_list(), rel=1e-4)
    for a, b in zip(fast.get_weights(), slow.get_weights(), strict=True):
        assert np.allclose(a, b, atol=1e-5)


def test_the_same_seed_gives_the_same_bytes():
    settings = TrainingSettings(epochs=2, seed=4)
    runs = []
    for _ in range(2):
        trained = model(seed=4)
        fit(trained, samples(50, 2), None, settings)
        runs.append([weights.tobytes() for weights in trained.get_weights()])
    assert runs[0] == runs[1]


def test_the_model_stays_a_compiled_keras_model():
    trained = model()
    fit(trained, samples(40, 2), None, TrainingSettings(epochs=1))
    assert type(trained.optimizer) is keras.optimizers.RMSprop
    lines = []
    trained.summary(print_fn=lambda text, **_: lines.append(text))
    assert f"Total params: {trained.count_params()} " in "".join(lines)
    again = trained.fit(samples(40, 2).inputs[0], samples(40, 2).targets, verbose=0)
    assert set(again.history) == {"loss", "accuracy"}


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimizer_learns(optimizer):
    settings = TrainingSettings(optimizer, epochs=12, learning_rate=0.05)
    losses = [row.loss for row in fit(model(), samples(64, 2), None, settings).rows]
    assert losses[-1] < losses[0]


def test_a_loss_that_is_no_number_ends_it():
    settings = TrainingSettings("sgd", learning_rate=1e38, epochs=3)
    with pytest.raises(
        MalmoiError, match=r"the loss is (nan|inf) in step \d of epoch 1, before the first epoch was completed; lower"
    ):
        fit(model(3), samples(64, 3), None, settings)


def only(samples, rows):
    lengths = None if samples.lengths is None else samples.lengths[rows]
    inputs = tuple(array[rows] for array in samples.inputs)
    return Samples(inputs, samples.targets[rows], lengths=lengths, pad_left=samples.pad_left)


@pytest.mark.parametrize("network", [Flatten(), Recurrent("lstm", 3), Conv(4, (2, 3))], ids=repr)
def test_answers_do_not_depend_on_the_company(network):
    answer = forward(model(3, network=network))
    ids = np.sort(samples(600, 3).inputs[0])  # padding, which is 0, on the left
    lengths = None if network == Flatten() else np.count_nonzero(ids, axis=1)
    every = Samples((ids,), np.zeros(600, np.int32), lengths=lengths, pad_left=True)
    together = answer(every)
    alone = np.concatenate([answer(only(every, slice(row, row + 1))) for row in range(0, 600, 50)])
    assert together[::50].tobytes() == alone.tobytes()
    assert together.shape == (600, 3)
    assert answer(only(every, slice(0, 0))).shape == (0, 3)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"optimizer": "adamm"}, "optimizer must be one of adadelta, .*sgd, got 'adamm'"),
        ({"learning_rate": 0}, "learning_rate must be above 0 and finite, got 0"),
        ({"learning_rate": float("nan")}, "learning_rate must be above 0 and finite, got nan"),
        ({"epochs": 0}, "epochs must be 1 or more, got 0"),
        ({"batch_size": 0}, "batch_size must be 1 or more, got 0"),
        ({"learning_rate": 10**400}, "learning_rate must be within the range of a float, got 1000"),
        ({"patience": 0}, "patience must be 1 or more, got 0"),
        ({"embedding_learning_rate": -1.0}, "embedding_learning_rate must be above 0 and finite, got -1"),
        ({"seed": -1}, "seed must be from 0 to 2147483647, got -1"),
    ],
)
def test_settings_out_of_range_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        TrainingSettings(**settings)


def test_validation_by_position_equals_validation_in_blocks(monkeypatch):
    monkeypatch.setattr(malmoi.models.neural.engines.held_out, "POSITION_BLOCK", 64)
    training, validation = samples(37, 3), samples(301, 3, seed=1)
    by_position = fit(model(3, hidden=(8,)), training, validation, TrainingSettings(epochs=2))
    monkeypatch.setattr(malmoi.models.neural.engines.held_out, "WORTH_SHARE", 0)
    in_blocks = fit(model(3, hidden=(8,)), training, validation, TrainingSettings(epochs=2))
    for column in ("loss", "accuracy", "validation_loss", "validation_accuracy"):
        assert by_position.table[column].to_list() == pytest.approx(in_blocks.table[column].to_list(), rel=1e-5)


def test_a_batch_is_no_larger_than_the_samples():
    huge, fitting = model(3), model(3)
    fit(huge, samples(20, 3), None, TrainingSettings(epochs=1, batch_size=10**9))
    fit(fitting, samples(20, 3), None, TrainingSettings(epochs=1, batch_size=20))
    for ours, theirs in zip(huge.get_weights(), fitting.get_weights(), strict=True):
        assert ours.tobytes() == theirs.tobytes()


def test_weights_that_are_set_after_the_first_answer_are_used():
    trained, other = model(3, seed=1), model(3, seed=2)
    answer, asked = forward(trained), samples(5, 3)
    before = answer(asked)
    trained.set_weights(other.get_weights())
    assert answer(asked).tobytes() == forward(other)(asked).tobytes() != before.tobytes()


def padded(count, classes, seed=0, longest=6):
    """Rows padded on the left, many of them short."""
    random = np.random.default_rng(seed)
    lengths = random.integers(0, longest + 1, count) * (random.random(count) < 0.5) + 1
    lengths = np.minimum(lengths, longest)
    ids = random.integers(1, 400, (count, longest)).astype(np.int32)
    ids[np.arange(longest) < longest - lengths[:, None]] = 0
    return Samples((ids,), (ids[:, -1] % classes).astype(np.int32), lengths=lengths, pad_left=True)


@pytest.mark.parametrize(
    ("network", "optimizer"),
    [
        (Average(), "rmsprop"),
        (Average(), "sgd"),
        (Average(), "adagrad"),
        (Conv(4, (2, 3), l2=0.01), "adam"),
        (Recurrent("gru", 3), "rmsprop"),
    ],
    ids=repr,
)
def test_changing_few_rows_and_cutting_batches_equals_keras_own_steps(network, optimizer, monkeypatch):
    monkeypatch.setattr(malmoi.models.neural.samples, "WORTH_COMPILING", 0)
    settings = TrainingSettings(optimizer, 0.02, epochs=3, batch_size=8, embedding_learning_rate=0.05)
    training, validation = padded(61, 3, longest=3), padded(20, 3, seed=1, longest=3)
    fast, slow = model(3, network=network, rows=400), model(3, network=network, rows=400)
    assert len(training.widths) > 1
    ours = fit(fast, training, validation, settings)
    theirs = fit_with_keras(slow, training, validation, settings)
    for column in ("loss", "accuracy", "validation_loss", "validation_accuracy"):
        assert ours.table[column].to_list() == pytest.approx(theirs.table[column].to_list(), rel=1e-3)
    for a, b in zip(fast.get_weights(), slow.get_weights(), strict=True):
        assert np.allclose(a, b, atol=2e-4)


def test_few_rows_are_changed_where_that_is_the_same():
    from malmoi.models.neural.engines.rows import row_rule
    from malmoi.models.neural.settings import compile_model

    def rule(optimizer, rows=400):
        trained, settings = model(3, network=Average(), rows=rows), TrainingSettings(optimizer, batch_size=8)
        compile_model(trained, settings, Objective("binary_crossentropy"))
        return row_rule(trained, padded(61, 3), settings)

    assert rule("rmsprop").words == 48  # 8 texts of 6 words
    assert rule("adam") is None
    assert rule("rmsprop", rows=401).rows == 401


@pytest.mark.parametrize(
    ("loss", "units", "activation"),
    [("binary_crossentropy", 1, "sigmoid"), ("binary_crossentropy", 3, "sigmoid"), ("mean_squared_error", 2, "linear")],
)
def test_weights_and_other_targets_equal_keras_own_steps(loss, units, activation):
    random = np.random.default_rng(0)
    ids = samples(50, 2).inputs[0]
    targets = {
        1: (ids[:, 0] % 2).astype(np.int32),
        3: (ids[:, :3] % 2).astype(np.float32),
        2: random.normal(size=(50, 2)).astype(np.float32),
    }[units]
    objective = Objective(loss, (2.0, 3.0) if loss == "mean_squared_error" else ())
    training = Samples((ids,), targets, random.random(50).astype(np.float32))
    looked_at = Samples((ids[:20],), targets[:20])
    runs = []
    for with_keras in (False, True):
        trained = build_model(Plan(Flatten((5,), l2=0.1), 20, 6, 4, units, activation))
        settings = TrainingSettings(epochs=3, batch_size=8)
        history = fit(trained, training, looked_at, settings, objective, with_keras=with_keras)
        runs.append((history, trained.get_weights()))
    figure = "error" if loss == "mean_squared_error" else "accuracy"
    for column in ("loss", figure, "validation_loss", f"validation_{figure}"):
        assert runs[0][0].table[column].to_list() == pytest.approx(runs[1][0].table[column].to_list(), rel=1e-4)
    assert all(np.allclose(a, b, atol=1e-5) for a, b in zip(runs[0][1], runs[1][1], strict=True))


def test_patience_stops_and_keeps_the_best_weights():
    settings = TrainingSettings("adam", 0.05, epochs=60, batch_size=8, patience=2)
    trained = model()
    history = fit(trained, samples(40, 2), samples(40, 2, seed=1), settings)
    assert len(history) < 60
    assert history.kept_epoch == history.best_epoch == len(history) - 2
    assert history.note == "stopped: no smaller loss in 2 epochs"
    again = model()
    fit(again, samples(40, 2), samples(40, 2, seed=1), TrainingSettings("adam", 0.05, history.best_epoch, 8))
    assert all(np.array_equal(a, b) for a, b in zip(trained.get_weights(), again.get_weights(), strict=True))


def test_a_loss_that_is_lost_later_keeps_the_best_weights():
    class Explode(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 2:
                self.model.optimizer.learning_rate = 1e38

    trained, settings = model(3), TrainingSettings("sgd", 0.1, epochs=5, batch_size=8)
    with pytest.warns(RuntimeWarning, match=r"the loss is (nan|inf) in step \d of epoch 3; the weights of epoch 2 are"):
        history = fit(trained, samples(64, 3), None, settings, callbacks=[Explode()])
    again = model(3)
    fit(again, samples(64, 3), None, TrainingSettings("sgd", 0.1, epochs=2, batch_size=8))
    assert history.kept_epoch == len(history) == 2
    assert all(np.array_equal(a, b) for a, b in zip(trained.get_weights(), again.get_weights(), strict=True))


@pytest.mark.parametrize("network", [Flatten(), Average()])
def test_callbacks_see_every_epoch_and_may_stop_it(network):
    seen = []

    class Watch(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            seen.append((epoch, sorted(logs), float(np.abs(self.model.get_weights()[0]).sum())))
            self.model.stop_training = epoch == 2

    trained, plain = model(network=network, rows=400), model(network=network, rows=400)
    history = fit(trained, padded(61, 2), padded(9, 2), TrainingSettings(epochs=9), callbacks=[Watch()])
    assert [epoch for epoch, _, _ in seen] == [0, 1, 2]
    assert seen[0][1] == ["accuracy", "loss", "val_accuracy", "val_loss"]
    assert len({total for _, _, total in seen}) == 3
    assert history.note == "stopped by a callback after epoch 3"
    fit(plain, padded(61, 2), padded(9, 2), TrainingSettings(epochs=3))
    assert all(np.array_equal(a, b) for a, b in zip(trained.get_weights(), plain.get_weights(), strict=True))


def test_a_callback_that_hears_batches_gets_keras_own_steps():
    batches = []

    class Watch(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            batches.append(batch)

    fit(model(), samples(37, 2), None, TrainingSettings(epochs=2, batch_size=8), callbacks=[Watch()])
    assert batches == [0, 1, 2, 3, 4] * 2


def test_a_schedule_of_keras_changes_the_learning_rate():
    schedule = keras.callbacks.LearningRateScheduler(lambda epoch: 0.0)
    trained, untrained = model(), model()
    fit(trained, samples(37, 2), None, TrainingSettings("sgd", epochs=2), callbacks=[schedule])
    assert all(np.array_equal(a, b) for a, b in zip(trained.get_weights(), untrained.get_weights(), strict=True))


def test_a_callback_that_fails_is_named():
    class Fail(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            raise KeyError("gone")

    with pytest.raises(MalmoiError, match=r"the callback Fail failed after epoch 1: KeyError\('gone'\); the model is"):
        fit(model(), samples(37, 2), None, TrainingSettings(epochs=2), callbacks=[Fail()])


@pytest.mark.parametrize("with_keras", [False, True])
def test_a_training_goes_on_from_its_checkpoint(tmp_path, with_keras):
    def train(epochs, path, **changes):
        trained = model(network=Average(dropout=0.3), rows=400)
        settings = TrainingSettings(epochs=epochs, patience=2, **{"batch_size": 8, **changes})
        history = fit(trained, padded(61, 2), padded(9, 2), settings, checkpoint=path, with_keras=with_keras)
        return trained.get_weights(), history

    path = tmp_path / "state"
    train(2, path)
    gone_on, whole = train(5, path), train(5, None)
    assert gone_on[1] == whole[1]
    assert all(np.array_equal(a, b) for a, b in zip(gone_on[0], whole[0], strict=True))
    again = train(5, path)
    assert all(np.array_equal(a, b) for a, b in zip(again[0], whole[0], strict=True))
    with pytest.raises(DataError, match="is from a training with other data or settings; choose another file"):
        train(5, path, seed=1)
    for end in (10, 200, path.stat().st_size - 1):
        (tmp_path / "cut").write_bytes(path.read_bytes()[:end])
        with pytest.raises(FormatError, match=r"cut is not a checkpoint, or is damaged: .*; delete it"):
            train(5, tmp_path / "cut")
    with pytest.raises(FileNotFoundError, match="no such folder"):
        train(1, tmp_path / "none" / "state")


def test_too_little_memory_says_what_to_lower(monkeypatch):
    from malmoi.models.neural import training as loop

    class Full(loop.JaxEngine):
        def run(self, epoch):
            raise RuntimeError("RESOURCE_EXHAUSTED: Out of memory allocating 9 bytes")

    monkeypatch.setattr(loop, "JaxEngine", Full)
    with pytest.raises(MalmoiError, match="there is not enough memory for this training; lower batch_size"):
        fit(model(), samples(37, 2), None, TrainingSettings())


def test_a_training_that_memory_cannot_hold_is_not_begun(monkeypatch):
    monkeypatch.setattr("malmoi.foundation.memory.memory_left", lambda: 1000)
    with pytest.raises(MalmoiError, match="this training needs 0 MB of memory, but this machine has 0 MB left"):
        fit(model(), samples(37, 2), None, TrainingSettings())


@pytest.mark.parametrize("network", [Average(), Conv(4, (2, 3)), Recurrent("lstm", 3)], ids=repr)
def test_half_precision_comes_near(network):
    losses = []
    for precision in ("float32", "bfloat16"):
        trained = build_model(Plan(network, 400, 6, 4, 1, "sigmoid", precision=precision))
        history = fit(trained, padded(61, 2), padded(20, 2), TrainingSettings(epochs=2, batch_size=8))
        losses.append([row.validation_loss for row in history.rows])
        assert {weight.dtype for weight in trained.weights} == {"float32"}
    assert losses[0] == pytest.approx(losses[1], rel=0.02)
    assert losses[0] != losses[1]


SEVERAL = """
import os
os.environ["XLA_FLAGS"] = "--xla_force_host_platform_device_count=2"
import malmoi as mm
from malmoi.foundation.imports import import_keras
distribution = import_keras().distribution
texts = [f"w{n % 97} w{n % 89} w{n % 7}" for n in range(101)]
for devices in (1, 2):
    if devices == 2:
        distribution.set_distribution(distribution.DataParallel(auto_shard_dataset=False))
    model = mm.EmbeddingClassifier(mm.Average(), max_length=4, embedding=mm.Learned(8), epochs=3, max_tokens=500)
    model.fit(texts, ["x", "y", "y"] * 33 + ["x", "y"], validation=0.2)
    weights = model.network_.weights
    print(len(weights[0].value.devices()), [row.validation_loss for row in model.history_.rows])
"""


def test_several_devices_share_every_batch():
    if keras.backend.backend() != "jax":
        pytest.skip("keras.distribution is JAX's")
    import subprocess
    import sys

    done = subprocess.run([sys.executable, "-c", SEVERAL], capture_output=True, text=True, check=True)
    one, two = done.stdout.splitlines()
    assert (one[0], two[0]) == ("1", "2")
    assert json.loads(one[2:]) == pytest.approx(json.loads(two[2:]), rel=1e-5)
