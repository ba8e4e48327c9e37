import numpy as np
import pytest

import malmoi.evaluation
from malmoi import Flatten, MalmoiError
from malmoi.networks import Plan, build_model
from malmoi.training import OPTIMIZERS, Samples, TrainingSettings, fit, fit_with_keras, forward

keras = pytest.importorskip("keras")


def samples(count, classes, seed=0):
    random = np.random.default_rng(seed)
    ids = random.integers(0, 20, (count, 6)).astype(np.int32)
    return Samples(ids, (ids[:, 0] % classes).astype(np.int32))


def model(classes=2, seed=0, hidden=(5,)):
    return build_model(Plan(Flatten(hidden), 20, 6, 4, classes, True), seed=seed)


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
    again = trained.fit(samples(40, 2).ids, samples(40, 2).targets, verbose=0)
    assert set(again.history) == {"loss", "accuracy"}


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimizer_learns(optimizer):
    settings = TrainingSettings(optimizer, epochs=12, learning_rate=0.05)
    losses = [row.loss for row in fit(model(), samples(64, 2), None, settings).rows]
    assert losses[-1] < losses[0]


def test_a_loss_that_is_no_number_ends_it():
    settings = TrainingSettings("sgd", learning_rate=1e38, epochs=3)
    with pytest.raises(MalmoiError, match=r"the loss is .* after epoch .; lower learning_rate"):
        fit(model(3), samples(64, 3), None, settings)


def test_answers_do_not_depend_on_the_company():
    answer = forward(model(3))
    ids = samples(600, 3).ids
    together = answer(ids)
    alone = np.concatenate([answer(ids[row : row + 1]) for row in range(0, 600, 50)])
    assert together[::50].tobytes() == alone.tobytes()
    assert together.shape == (600, 3)
    assert answer(ids[:0]).shape == (0, 3)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"optimizer": "adamm"}, "optimizer must be one of adadelta, .*sgd, got 'adamm'"),
        ({"learning_rate": 0}, "learning_rate must be above 0 and finite, got 0"),
        ({"learning_rate": float("nan")}, "learning_rate must be above 0 and finite, got nan"),
        ({"epochs": 0}, "epochs must be 1 or more, got 0"),
        ({"batch_size": 0}, "batch_size must be 1 or more, got 0"),
        ({"learning_rate": 10**400}, "learning_rate must be a number that a float can hold, got 1000"),
        ({"seed": -1}, "seed must be from 0 to 2147483647, got -1"),
    ],
)
def test_settings_out_of_range_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        TrainingSettings(**settings)


def test_validation_by_position_equals_validation_in_blocks(monkeypatch):
    monkeypatch.setattr(malmoi.evaluation, "POSITION_BLOCK", 64)
    training, validation = samples(37, 3), samples(301, 3, seed=1)
    by_position = fit(model(3, hidden=(8,)), training, validation, TrainingSettings(epochs=2))
    monkeypatch.setattr(malmoi.evaluation, "WORTH_SHARE", 0)
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
    answer, ids = forward(trained), samples(5, 3).ids
    before = answer(ids)
    trained.set_weights(other.get_weights())
    assert answer(ids).tobytes() == forward(other)(ids).tobytes() != before.tobytes()
