"""Networks of series that learn by default: what is chosen, what follows the length, what is refused."""

import logging

import numpy as np
import pytest

import malmoi as mm
from malmoi.models.history import EpochRow, History
from malmoi.models.neural.engines.keras_engine import KerasEngine
from malmoi.models.neural.series_preparation import averaged
from malmoi.models.neural.series_settings import SeriesSettings
from malmoi.models.neural.series_training import SeriesTraining, share_to_set_aside
from malmoi.models.neural.settings import Schedule
from malmoi.models.normalization import Normalization

keras = pytest.importorskip("keras")
RANDOM = np.random.default_rng(8)
SMALL = mm.Conv(2, 3, later_widths=2)
STEPS = np.arange(30)
WAVES = np.stack([np.sin(STEPS / (2 + place % 2) + RANDOM.uniform(0, 6)) for place in range(24)])
LABELS = np.where(np.arange(24) % 2, "slow", "fast")
RAGGED = [one[: 20 + place % 10] for place, one in enumerate(WAVES)]


def chosen(samples, classes=2, share=0.0, **settings):
    return SeriesTraining.of(settings_of(**settings), samples, classes, share)


def settings_of(**settings):
    return mm.SeriesClassifier(mm.Recurrent(), **settings).check_settings()


def test_steps_follow_classes_and_series():
    assert (chosen(24).steps, chosen(24).epochs, chosen(24).batch_size) == (600, 300, 16)
    assert chosen(100, classes=52).steps == 3_003
    assert chosen(2_000).steps == 63 * 10
    assert chosen(100_000).epochs == 1
    assert (chosen(24, epochs=3).steps, chosen(24, steps=5).steps, chosen(24, batch_size=8).epochs) == (6, 6, 200)
    assert chosen(2_000, share=0.1).patience == 2
    for settings, samples, share in [
        ({}, 999, 0),
        ({}, 1_000, 0.1),
        ({"steps": 9}, 1_000, 0),
        ({"epochs": 1}, 1_000, 0),
    ]:
        assert share_to_set_aside(settings_of(**settings), samples, validated=False) == share
    assert share_to_set_aside(settings_of(), 1_000, validated=True) == 0


def test_a_schedule_rises_and_falls():
    shares = np.asarray(Schedule("cosine", 100).share(np.arange(120)))
    assert shares[:5] == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0])
    assert (np.diff(shares[5:]) <= 0).all()
    assert 0 < shares[-1] == shares[-2] < 0.01


def test_both_engines_learn_the_same(monkeypatch):
    settings = {"steps": 6, "batch_size": 10, "learning_rate": 0.01}
    fast = mm.SeriesClassifier(SMALL, **settings).fit(RAGGED, LABELS, validation=0.3)
    monkeypatch.setattr("malmoi.models.neural.training.JaxEngine", KerasEngine)
    slow = mm.SeriesClassifier(SMALL, **settings).fit(RAGGED, LABELS, validation=0.3)
    assert np.allclose(fast.predict_proba(RAGGED), slow.predict_proba(RAGGED), atol=2e-3)
    assert fast.history_.rows[0].loss == pytest.approx(slow.history_.rows[0].loss, rel=1e-3)


def test_a_training_that_was_cut_off_goes_on_with_the_schedule(tmp_path):
    class Stop(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            if epoch == 2:
                raise RuntimeError("power cut")

    model = mm.SeriesClassifier(mm.Average(), steps=10)
    whole = model.fit(WAVES, LABELS).predict_proba(WAVES)
    with pytest.raises(mm.MalmoiError, match="power cut"):
        model.fit(WAVES, LABELS, checkpoint=tmp_path / "c", callbacks=[Stop()])
    assert np.allclose(model.fit(WAVES, LABELS, checkpoint=tmp_path / "c").predict_proba(WAVES), whole, atol=1e-5)
    with pytest.raises(mm.DataError, match="other data or settings"):
        mm.SeriesClassifier(mm.Average(), steps=20).fit(WAVES, LABELS, checkpoint=tmp_path / "c")


@pytest.mark.parametrize(
    "network", [mm.Conv(2, later_widths=3), mm.Recurrent(units=4, stride=2, bidirectional=True)], ids=["conv", "gru"]
)
def test_series_alone_short_or_long_predict_as_in_company(network, tmp_path):
    model = mm.SeriesClassifier(network, steps=2, max_time_steps=15).fit(RAGGED, LABELS)
    assert model.averaged_steps_ == 2
    assert ("resolution", "means of 2 steps (max_time_steps)") in model.fitted.summary()
    mixed = [RAGGED[0][:1], RAGGED[1], np.tile(RAGGED[2], 3)]
    alone = np.concatenate([model.predict_proba([one]) for one in mixed])
    assert np.allclose(model.predict_proba(mixed), alone, atol=1e-6)
    loaded = mm.load(model.save(tmp_path / "m.malmoi"), verify=True)
    assert (loaded.get_params(), loaded.training_) == (model.get_params(), model.training_)
    assert loaded.predict_proba(mixed).tobytes() == model.predict_proba(mixed).tobytes()
    assert loaded.network_.count_params() == model.fitted.network.plan.parameter_count


def test_a_long_history_prints_some_epochs_and_keeps_all():
    history = History([EpochRow(1.0 / (1 + number), 0.5) for number in range(300)], kept_epoch=299)
    assert [int(line.split()[0]) for line in str(history).splitlines()[1:]] == [1, *range(6, 295, 6), 299, 300]
    assert len(history.table) == 300


def test_what_is_left_open_follows_the_data():
    assert mm.Conv().for_series(12).widths == (4,)
    assert mm.Conv().for_series(500).widths == (9, 19, 39)
    assert mm.Conv(widths=3, pooling="max", norm="none").for_series(500).widths == (3,)
    assert (mm.Recurrent().for_series(100).stride, mm.Recurrent().for_series(101).stride) == (1, 2)
    assert mm.Conv().for_texts() == mm.Conv(100, (3, 4, 5), 1, "max", later_widths=(), norm="none")
    assert mm.Recurrent().for_texts() == mm.Recurrent(pooling="last", stride=1)


def test_files_of_before_keep_the_last_state_and_their_scale():
    from malmoi.models.neural.header import network_from
    from malmoi.models.state import State

    old = {"kind": "Recurrent", "cell": "gru", "units": 3, "layers": 1, "bidirectional": False}
    settings = {"missing": "refuse", "standardize": True, "optimizer": "adam", "learning_rate": None, "epochs": 2}
    settings |= {"batch_size": 4, "seed": 0, "patience": None, "precision": "float32"}
    state = State({"network": {**old, "hidden": [], "dropout": 0.0, "l2": 0.0}, "settings": settings}, {})
    assert network_from(state) == mm.Recurrent(units=3, pooling="last", stride=1)
    read = SeriesSettings.from_state(state, None)
    assert (read.normalize, read.schedule, read.steps, read.max_time_steps) == ("training", "constant", None, None)


def test_each_series_has_its_own_scale():
    gaps = np.array([[1, 7], [np.nan, 7], [3, 7]], np.float32)
    own = Normalization.of("series", [gaps])
    assert np.array_equal(own.apply(gaps), [[-1, 0], [np.nan, 0], [1, 0]], equal_nan=True)
    assert Normalization.of(None, [gaps]).apply(gaps[::2]).tolist() == [[1, 7], [3, 7]]
    first, second = (
        mm.SeriesClassifier(mm.Average(), steps=2, normalize="series").fit(scale * WAVES + shift, LABELS)
        for scale, shift in ((1, 0), (50, 1000))
    )
    assert np.allclose(first.predict_proba(WAVES), second.predict_proba(50 * WAVES + 1000), atol=1e-2)


def test_steps_in_a_row_are_averaged_without_missing_numbers():
    series = np.array([[1], [3], [np.nan], [5], [np.nan], [np.nan], [7]], np.float32)
    assert np.array_equal(averaged(series, 2), [[2], [5], [np.nan], [7]], equal_nan=True)
    assert averaged(series, 1) is series


def test_many_series_set_some_aside(caplog):
    series, labels = np.tile(WAVES[:, :6], (42, 1)), np.tile(LABELS, 42)
    labels[0] = "rare"  # the only one of its class is learned from
    with caplog.at_level(logging.INFO, "malmoi"):
        model = mm.SeriesClassifier(mm.Average(), max_time_steps=3).fit(series, labels)
    assert model.validation_samples_ == 100
    assert model.training_.patience is not None
    assert "10% of the series held out for early stopping" in caplog.text
    assert "every 2 are averaged" in caplog.text
    assert "rare" in model.classes_


def test_a_regressor_learns_by_default():
    inputs, targets = mm.windows(np.sin(np.arange(220) / 4) + RANDOM.normal(0, 0.05, 220), length=16)
    model = mm.SeriesRegressor(mm.Flatten()).fit(inputs[:160], targets[:160])
    assert np.abs(model.predict(inputs[160:]) - targets[160:]).mean() < 0.2


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"steps": 5, "epochs": 2}, ValueError, "epochs must be None if steps is given, got 2 and 5; pass only one"),
        ({"steps": 0}, ValueError, "steps must be 1 or more, got 0"),
        ({"max_time_steps": 1.5}, TypeError, "max_time_steps must be a whole number, got 1.5"),
        ({"schedule": "linear"}, ValueError, "schedule must be one of cosine, constant, got 'linear'"),
        ({"normalize": "each"}, ValueError, "normalize must be one of series, training or None, got 'each'"),
    ],
)
def test_settings_that_are_refused(settings, error, message):
    with pytest.raises(error, match=message):
        mm.SeriesClassifier(mm.Conv(), **settings).fit(WAVES, LABELS)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: mm.Conv(pooling="all"), "pooling must be one of max, mean, mean_max, got 'all'"),
        (lambda: mm.Conv(norm="layer"), "norm must be one of batch, none, got 'layer'"),
        (lambda: mm.Recurrent(pooling="sum"), "pooling must be one of last, mean, max, mean_max, got 'sum'"),
        (lambda: mm.Recurrent(stride=0), "stride must be 1 or more, got 0"),
    ],
)
def test_networks_that_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_one_series_given_as_an_array_and_one_series():
    with pytest.raises(TypeError, match=r"X must have 2 or 3 axes \(samples, time, features\), got 1.*wrap"):
        mm.SeriesClassifier(mm.Conv()).fit(WAVES[0], ["a", "b"])
    with pytest.raises(mm.DataError, match="labels must have 2 classes or more, got only 'a'"):
        mm.SeriesClassifier(mm.Conv()).fit(WAVES[:1], ["a"])
    with pytest.raises(ValueError, match=r"y must have 24 items, one per series, got 1; wrap a single series: \[X\]"):
        mm.SeriesRegressor().fit(WAVES, [1.0])
    with pytest.raises(mm.DataError, match=r"X\[0\] must be numbers .*, got 1.0; wrap a single series: \[X\]"):
        mm.SeriesRegressor().fit([1.0, 2.0], [1.0, 2.0])
    assert mm.SeriesRegressor(mm.Average(), steps=1).fit(WAVES[:1], [1.0]).predict(WAVES[:1]).shape == (1,)


def test_a_series_of_a_million_steps_is_averaged_first():
    series = [np.zeros(1_000_000, np.float32), np.ones(10, np.float32)]
    model = mm.SeriesClassifier(mm.Average(), steps=1).fit(series, ["a", "b"])
    assert (model.averaged_steps_, model.predict(series).shape) == (1_000, (2,))
