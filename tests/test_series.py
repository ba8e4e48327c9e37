import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score

import malmoi as mm
from malmoi.models.standardization import Standardization

pytest.importorskip("keras")
RANDOM = np.random.default_rng(3)
X = RANDOM.normal(size=(48, 6, 2)) * [1.0, 50.0] + [0.0, 1000.0]
Y = np.where(X[:, :, 1].mean(axis=1) > 1000, "high", "low")
RAGGED = [one[: 3 + place % 4] for place, one in enumerate(X)]


def small(network=mm.Average(), **settings):
    return mm.SeriesClassifier(network, **{"epochs": 15, "learning_rate": 0.05, "schedule": "constant", **settings})


def test_windows_are_what_comes_before_and_what_comes_next():
    series = np.arange(20.0).reshape(10, 2)
    inputs, targets = mm.windows(series, length=3, horizon=2, step=2, target=1)
    assert (inputs.shape, inputs.dtype, targets.shape) == ((3, 3, 2), np.float32, (3, 2))
    for place, start in enumerate((0, 2, 4)):
        assert np.array_equal(inputs[place], series[start : start + 3])
        assert np.array_equal(targets[place], series[start + 3 : start + 5, 1])


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((np.arange(4), 4, 1), mm.DataError, r"series must have length \+ horizon = 5 steps or more, got 4"),
        ((np.arange(4), 0), ValueError, "length must be 1 or more, got 0"),
        ((np.arange(4), 2, 0.5), TypeError, "horizon must be a whole number, got 0.5"),
        ((["a"], 1), TypeError, r"series must be numbers \(time,\) or"),
    ],
)
def test_windows_that_cannot_be_cut(arguments, error, message):
    with pytest.raises(error, match=message):
        mm.windows(*arguments)


def test_features_are_standardized_from_the_training_data():
    model = small(epochs=40).fit(X[:40], Y[:40], validation=(X[40:], Y[40:]))
    rows = X[:40].astype(np.float32).reshape(-1, 2)
    assert np.allclose(model.scale_.means, rows.mean(axis=0), rtol=1e-5)
    assert np.allclose(model.scale_.scales, rows.std(axis=0), rtol=1e-4)
    assert model.score(X[:40], Y[:40]) > 0.9
    assert (model.length_, model.n_features_in_, model.validation_samples_) == (6, 2, 8)
    constant = Standardization.of(np.full((5, 1), 7.0))
    assert constant.apply(np.full((2, 1), 7.0)).tolist() == [[0], [0]]


@pytest.mark.parametrize("network", [mm.Average(), mm.Conv(4, (2, 3)), mm.Recurrent("lstm", 4)], ids=repr)
def test_series_of_any_length_answer_alone_as_together(network):
    model = small(network, epochs=2).fit(RAGGED, Y)
    together = model.predict_proba(RAGGED)
    alone = np.concatenate([model.predict_proba([one]) for one in RAGGED[:4]])
    assert np.allclose(together[:4], alone, atol=1e-6)
    assert np.allclose(together.sum(axis=1), 1)
    assert model.predict_proba([np.concatenate([X[0], X[1]])]).shape == (1, 2)
    assert model.predict([]).shape == (0,)


def test_one_feature_needs_no_axis():
    flat, full = (small(epochs=2).fit(data, Y).predict_proba(data) for data in (X[:, :, 0], X[:, :, :1]))
    assert flat.tobytes() == full.tobytes()


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_a_table_gives_its_rows(library):
    table = pytest.importorskip(library).DataFrame({f"step {step}": X[:, step, 0] for step in range(X.shape[1])})
    plain, tabled = (small(epochs=2).fit(data, Y).predict_proba(data) for data in (X[:, :, 0], table))
    assert plain.tobytes() == tabled.tobytes()


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_names_of_features_are_kept_and_checked(library, tmp_path):
    frame = pytest.importorskip(library).DataFrame
    tables = [frame({"°C": one[:, 0], "hPa": one[:, 1]}) for one in RAGGED]
    turned = [frame({"hPa": one[:, 1], "°C": one[:, 0]}) for one in RAGGED]
    rule = r"must have the columns \['°C', 'hPa'\], in this order, as the training series had, got \['hPa', '°C'\]"
    with pytest.raises(mm.DataError, match=f"validation {rule}"):
        small(epochs=1).fit(tables, Y, validation=(turned, Y))
    model, plain = small(epochs=1).fit(tables, Y), small(epochs=1).fit(RAGGED, Y)
    assert not hasattr(plain, "feature_names_in_")
    assert model.predict_proba(tables).tobytes() == plain.predict_proba(RAGGED).tobytes()
    loaded = mm.load(model.save(tmp_path / "m.malmoi"), verify=True)
    for named in (model, loaded, pickle.loads(pickle.dumps(model))):
        assert named.feature_names_in_.tolist() == ["°C", "hPa"]
        assert named.predict(RAGGED).tolist() == plain.predict(tables).tolist()
        with pytest.raises(mm.DataError, match=f"X {rule}"):
            named.predict(turned)
    with pytest.raises(
        mm.DataError, match=r"X\[1\] must have the columns \['°C', 'hPa'\], as X\[0\] has, in this order"
    ):
        model.fit([tables[0], *turned[1:]], Y)
    assert model.feature_names_in_.tolist() == ["°C", "hPa"]
    assert not hasattr(model.fit(RAGGED, Y), "feature_names_in_")


def test_missing_numbers_are_declared_or_refused():
    gaps = X.copy()
    gaps[3, 2, 1] = np.nan
    with pytest.raises(mm.DataError, match=r'X\[3\] must be finite, got nan at step 2, feature 1; pass missing="ind'):
        small().fit(gaps, Y)
    gaps[Y == "high", 4, 0] = np.nan  # where something is missing tells the class
    model = small(missing="indicate", epochs=30).fit(gaps, Y)
    assert model.score(gaps, Y) == 1
    with pytest.raises(mm.DataError, match="must be finite, got inf"):
        model.predict(np.full((1, 6, 2), np.inf))


@pytest.mark.parametrize(
    ("network", "data", "labels", "error", "message"),
    [
        (
            mm.Flatten(),
            RAGGED,
            Y,
            mm.DataError,
            r"X\[0\] must have 6 steps, .* series of equal length, got 3; use Average",
        ),
        (
            mm.Conv(2, 5),
            RAGGED,
            Y,
            mm.DataError,
            r"X\[0\] must not be shorter than the network's widest window, 5 steps, got 3",
        ),
        (mm.Conv(2, 9), X, Y, ValueError, "samples must not be shorter than the network's widest window, 9, got 6"),
        (mm.Average(), X, Y[:-1], ValueError, "y must have 48 items, one per series, got 47"),
        (mm.Average(), X, ["a"] * 48, mm.DataError, "labels must have 2 classes or more, got only 'a'"),
        (mm.Average(), [X[0], X[1][:, :1]] * 24, Y, mm.DataError, r"X\[1\] must have 2 features, as X\[0\] has, got 1"),
        (mm.Average(), [["a", "b"]] * 48, Y, mm.DataError, r"X\[0\] must be numbers \(time, features\), got"),
        (mm.Average(), [[]] * 48, Y, mm.DataError, r"1 step or more, got shape"),
        (mm.Average(), "text", Y, TypeError, "X must be an array"),
        (mm.Average(), X[0, 0], Y, TypeError, r"X must have 2 or 3 axes \(samples, time, features\), got 1"),
    ],
)
def test_series_that_cannot_be_used(network, data, labels, error, message):
    with pytest.raises(error, match=message):
        small(network).fit(data, labels)


def test_settings_are_checked_before_any_work():
    for settings, message in [
        ({"missing": "drop"}, "missing must be one of refuse, indicate, got 'drop'"),
        ({"optimizer": "sgdd"}, "optimizer must be one of adadelta, .*, got 'sgdd'"),
        ({"class_weight": "even"}, 'class_weight must be "balanced" or a dict of weights'),
        ({"precision": "float16"}, "precision must be one of float32, bfloat16"),
    ]:
        with pytest.raises(ValueError, match=message):
            small(**settings).fit(X, Y)
    with pytest.raises(NotFittedError):
        small().predict(X)
    with pytest.raises(mm.DataError, match="X must have 6 steps, as the training series, got 12"):
        small(mm.Flatten(), epochs=1).fit(X, Y).predict(np.concatenate([X, X], axis=1))


def test_a_regressor_answers_in_its_targets_unit():
    inputs, targets = mm.windows(1e4 + 100 * np.sin(np.arange(300) / 4), length=12, horizon=3)
    model = mm.SeriesRegressor(mm.Flatten(), epochs=25, learning_rate=0.01)
    model.fit(inputs[:200], targets[:200], validation=(inputs[200:], targets[200:]), sample_weight=np.ones(200))
    error = np.abs(model.predict(inputs[200:]) - targets[200:]).mean()
    assert error < 10
    assert model.history_.kept.validation_error == pytest.approx(error, rel=1e-2)
    assert "validation error" in str(model.history_)
    assert model.history_.table.columns[-2:] == ["error", "validation_error"]
    flat = clone(model).fit(inputs[:200], targets[:200, 0], validation=0.2)
    assert flat.predict(inputs[:2]).shape == (2,)
    for bad, message in [([np.nan] * 5, r"y\[0\] must be finite"), ([], "y must have 1 number or more")]:
        with pytest.raises(mm.DataError, match=message):
            model.fit(inputs[:5], bad)
    with pytest.raises(TypeError, match="y must be numbers"):
        model.fit(inputs[:1], ["a"])


@pytest.mark.parametrize("kind", ["classifier", "regressor"])
def test_a_saved_model_answers_the_same_bits(kind, tmp_path):
    if kind == "classifier":
        model = small(mm.Conv(3, 2), epochs=2, class_weight={"high": 2.0, "low": 1}, missing="indicate").fit(RAGGED, Y)
    else:
        model = mm.SeriesRegressor(mm.Recurrent("gru", 3), epochs=2).fit(RAGGED, X[:, 0])
    again = model.save(tmp_path / "a.malmoi")
    loaded = mm.load(again, verify=True)
    assert loaded.predict(RAGGED).tobytes() == model.predict(RAGGED).tobytes()
    assert loaded.get_params() == model.get_params()
    assert loaded.save(tmp_path / "b.malmoi").read_bytes() == again.read_bytes()
    for end in range(0, again.stat().st_size, 997):
        (tmp_path / "cut.malmoi").write_bytes(again.read_bytes()[:end])
        with pytest.raises(mm.FormatError, match=r"cut\.malmoi"):
            mm.load(tmp_path / "cut.malmoi")


def test_a_function_cannot_be_saved(tmp_path):
    model = small(lambda vectors, mask: mm.Average().build(vectors, mask, np.random.default_rng(0)), epochs=1)
    model.fit(X, Y)
    with pytest.raises(TypeError, match="network must be a network class of malmoi to be saved"):
        model.save(tmp_path / "m.malmoi")


def test_scikit_learn_searches_and_cross_validates():
    search = GridSearchCV(small(epochs=3), {"network": [mm.Flatten(), mm.Average()], "batch_size": [8]}, cv=2)
    assert search.fit(X, Y).best_params_["network"] in (mm.Flatten(), mm.Average())
    assert len(cross_val_score(mm.SeriesRegressor(mm.Average(), epochs=1), X, X[:, 0, 0], cv=2)) == 2


def test_the_digits_of_scikit_learn_are_read_row_by_row():
    datasets = pytest.importorskip("sklearn.datasets")
    digits = datasets.load_digits()
    images, labels = digits.images[:600], digits.target[:600]
    model = small(mm.Recurrent("gru", 32, pooling="last"), learning_rate=0.01).fit(images[:500], labels[:500])
    assert model.score(images[500:], labels[500:]) > 0.85
