"""MiniRocket's features, and the classifier and the regressor on them."""

import pickle
from itertools import accumulate, pairwise

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import malmoi as mm
import reference
from malmoi.models.linear.folds import Fold
from malmoi.models.minirocket.ridge import Ridge as MiniRidge
from malmoi.persistence import FRONT, load
from test_bag_files import arrays_changed, returning_nothing, with_value
from test_storage import rewritten

RANDOM = np.random.default_rng(5)
STEPS = np.arange(60)
WIDTHS = np.tile([3.0, 5.0], 20)
X = [np.sin(STEPS / width + RANDOM.uniform(0, 6)) + RANDOM.normal(0, 0.3, 60) for width in WIDTHS]
Y = ["fast" if width == 3 else "slow" for width in WIDTHS]
NEW = [np.sin(STEPS / width + RANDOM.uniform(0, 6)) + RANDOM.normal(0, 0.3, 60) for width in WIDTHS]
PAIRS = [np.stack([one, RANDOM.normal(0, 100, 60)], axis=1) for one in X]
RAGGED = [one[: 40 + place % 20] for place, one in enumerate(X)]
SMALL = {"kernels": 840}


def small(**settings):
    return mm.MiniRocketClassifier(**{**SMALL, **settings})


@pytest.mark.parametrize("series", [X[:3], PAIRS[:3], [X[0][:5], X[1][:1]], [X[0], X[1][:9], X[2][:30]]])
def test_features_are_those_of_the_definition(series):
    series = [np.round(10 * one) for one in series]  # whole numbers, whose sums are exact in any order
    model = mm.MiniRocket(kernels=84 * 9, padding=None).fit(series)
    found, learned = model.transform(series), model.convolutions_
    ends = [0, *accumulate(learned.channel_counts.tolist())]
    channels = [learned.chosen[start:end].tolist() for start, end in pairwise(ends)]
    for row, one in zip(found, series, strict=True):
        given = np.asarray(one, dtype=np.float32).reshape(len(one), -1).tolist()
        expected = reference.minirocket_features(
            given, learned.dilations.tolist(), learned.counts.tolist(), channels, learned.biases.tolist()
        )
        assert np.array_equal(row, np.array(expected, dtype=np.float32))
    assert found.dtype == np.float32


def test_features_do_not_depend_on_other_series_or_threads_or_on_positive_factors():
    model = mm.MiniRocket(**SMALL).fit(X)
    together = model.transform(X)
    assert np.array_equal(np.concatenate([model.transform([one]) for one in X]), together)
    assert np.array_equal(clone(model).set_params(n_jobs=3).fit(X).transform(X), together)
    doubled = [4 * np.asarray(one) for one in X]
    assert np.array_equal(clone(model).fit(doubled).transform(doubled), together)
    assert not np.array_equal(clone(model).set_params(seed=1).fit(X).transform(X), together)
    assert model.get_feature_names_out().shape == (840,)
    assert model.transform([]).shape == (0, 840)


def test_the_number_of_kernels_is_rounded_down_and_shorter_series_are_filled_up():
    assert mm.MiniRocket(kernels=1000).fit(X).transform(X[:2]).shape == (2, 924)
    filled = mm.MiniRocket(**SMALL).fit(X)
    short = X[0][:20]
    zeros = np.concatenate([short, np.zeros(40)])
    assert np.array_equal(filled.transform([short]), filled.transform([zeros]))
    plain = mm.MiniRocket(**SMALL, padding=None).fit(X)
    assert not np.array_equal(plain.transform([short]), plain.transform([zeros]))


@pytest.mark.parametrize("classes", [2, 3])
def test_the_classifier_is_a_logistic_regression_on_standardized_features(classes):
    labels = [f"{place % classes}" for place in range(len(X))]
    model = small(linear="logistic", C=10.0).fit(X, labels)
    features = mm.MiniRocket(**SMALL, padding=None).fit(X)
    scaler = StandardScaler().fit(features.transform(X).astype(np.float64))
    used = (features.transform(X).std(axis=0) > 0).sum()
    rows = scaler.transform(features.transform(X)) / np.sqrt(used)
    # scikit-learn's penalty for several classes is the same; two classes have one output.
    peer = LogisticRegression(C=10.0, max_iter=10_000, tol=1e-8).fit(rows, labels)
    expected = peer.decision_function(scaler.transform(features.transform(NEW)) / np.sqrt(used))
    probabilities = model.predict_proba(NEW).astype(np.float64)
    found = np.log(probabilities)
    found = found[:, 1] - found[:, 0] if classes == 2 else found - found.mean(axis=1, keepdims=True)
    expected = expected if classes == 2 else expected - expected.mean(axis=1, keepdims=True)
    temperature = model.fitted.calibrator.temperature
    assert np.abs(found * temperature - expected).max() < 0.02 * np.abs(expected).max()


@pytest.mark.parametrize("classes", [2, 3])
def test_or_a_ridge_regression_with_probabilities_by_a_temperature(classes):
    labels = [f"{place % classes}" for place in range(len(X))]
    model = small(linear="ridge", C=10.0).fit(X, labels)
    features = mm.MiniRocket(**SMALL, padding=None).fit(X)
    scaler = StandardScaler().fit(features.transform(X).astype(np.float64))
    used = (features.transform(X).std(axis=0) > 0).sum()
    truth = np.where(np.array(labels)[:, None] == model.classes_, 1, -1)
    peer = Ridge(alpha=0.1).fit(scaler.transform(features.transform(X)) / np.sqrt(used), truth)
    expected = peer.predict(scaler.transform(features.transform(NEW)) / np.sqrt(used))
    found = np.log(model.predict_proba(NEW).astype(np.float64))
    found = (found - found.mean(axis=1, keepdims=True)) * model.fitted.calibrator.temperature / 8
    expected = expected - expected.mean(axis=1, keepdims=True)
    assert np.abs(found * (2 if classes == 2 else 1) - expected).max() < 0.01
    assert model.facts_.linear == "ridge"


def test_held_out_scores_of_a_ridge_regression_are_of_models_that_did_not_see_them():
    rows = RANDOM.normal(size=(20, 40))
    targets = RANDOM.normal(size=(20, 2))
    ridge = MiniRidge(rows @ rows.T, targets, 2)
    folds = [Fold(np.arange(20)[np.arange(20) % 4 != one], np.arange(20)[np.arange(20) % 4 == one]) for one in range(4)]
    found = ridge.held_out(folds, 0.5)
    for number, fold in enumerate(folds):
        peer = Ridge(alpha=2.0).fit(rows[fold.training], targets[fold.training])
        assert np.allclose(found[5 * number : 5 * number + 5], peer.predict(rows[fold.held_out]), atol=1e-4)
    peer = Ridge(alpha=2.0).fit(rows, targets)
    coefficients, bias, scores = ridge.fitted(0.5)
    assert np.allclose(rows.T @ coefficients, peer.coef_.T)
    assert np.allclose(bias, peer.intercept_)
    assert np.allclose(scores, peer.predict(rows))


def test_a_ridge_regression_with_weights_is_refused():
    weights = np.linspace(1, 2, 40)
    with pytest.raises(ValueError, match='linear must be "logistic" or "auto" for more than 4,096 series or diff'):
        small(linear="ridge").fit(X, Y, sample_weight=weights)
    assert small().fit(X, Y, sample_weight=weights).facts_.linear == "logistic"


def test_the_regressor_is_a_ridge_regression_on_standardized_features():
    model = mm.MiniRocketRegressor(**SMALL, C=10.0).fit(X, WIDTHS)
    features = mm.MiniRocket(**SMALL, padding=None).fit(X)
    scaler = StandardScaler().fit(features.transform(X).astype(np.float64))
    used = (features.transform(X).std(axis=0) > 0).sum()
    mean, deviation = WIDTHS.mean(), WIDTHS.std()
    peer = Ridge(alpha=0.1).fit(scaler.transform(features.transform(X)) / np.sqrt(used), (WIDTHS - mean) / deviation)
    expected = peer.predict(scaler.transform(features.transform(NEW)) / np.sqrt(used)) * deviation + mean
    found = model.predict(NEW)
    assert found.dtype == np.float64
    assert np.abs(found - expected).max() < 0.01
    assert model.score(NEW, WIDTHS) > 0.8
    assert (model.target_scale_.means, model.target_scale_.scales) == ([4.0], [1.0])
    several = mm.MiniRocketRegressor(**SMALL, C=10.0).fit(X, np.stack([WIDTHS, -WIDTHS], axis=1)).predict(NEW)
    assert np.allclose(several, np.stack([found, 8 - found - 8], axis=1), atol=0.02)


def test_it_learns_and_says_what_it_chose():
    model = small().fit(X, Y)
    assert model.score(NEW, Y) > 0.9
    assert model.classes_.tolist() == ["fast", "slow"]
    assert (model.length_, model.n_features_in_, model.facts_.samples, model.facts_.held_out) == (60, 1, 40, 40)
    assert model.facts_.C in [C for C, _ in model.facts_.tried]
    assert model.facts_.compared == ()
    shown = dict(model.fitted.summary())
    assert shown["features"] == "840, MiniRocket's 84 kernels at 6 dilations"
    assert "40 held-out series" in shown["calibration"]
    ragged = small().fit(RAGGED, Y)
    assert [name for name, _ in ragged.facts_.compared] == [
        "normalize None, padded",
        "normalize None, not padded",
    ]
    assert len(small().fit(PAIRS, Y).facts_.compared) == 2


def test_probabilities_of_noise_are_unsure():
    noise = RANDOM.normal(size=(60, 30))
    labels = RANDOM.integers(0, 2, 60)
    sure = small().fit(noise, labels).predict_proba(RANDOM.normal(size=(200, 30))).max(axis=1)
    assert sure.mean() < 0.75


@pytest.mark.parametrize(
    ("setting", "series"),
    [
        ({"kernels": 1680}, X),
        ({"normalize": "series"}, [one + place for place, one in enumerate(PAIRS)]),
        ({"normalize": "training"}, PAIRS),
        ({"padding": None}, RAGGED),
        ({"C": 0.1}, X),
        ({"linear": "logistic"}, X),
        ({"class_weight": {"fast": 9.0}, "C": 0.1}, X),
        ({"seed": 1}, X),
    ],
)
def test_every_setting_changes_the_predictions(setting, series):
    plain = {"normalize": None, "padding": "zeros", "C": 1.0}
    first = small(**plain).fit(series, Y)
    assert not np.array_equal(
        small(**{**plain, **setting}).fit(series, Y).predict_proba(NEW_OF(series)),
        (first.predict_proba(NEW_OF(series))),
    )


def NEW_OF(series):
    return [one[:50] for one in series[:10]]


def test_missing_numbers_are_interpolated_and_told_apart():
    gaps = [np.where(RANDOM.random(60) < 0.2, np.nan, one) for one in X]
    with pytest.raises(mm.DataError, match=r"X\[0\] must be finite, got nan at step \d+, feature 0"):
        small().fit(gaps, Y)
    model = small(missing="indicate").fit(gaps, Y)
    assert model.score(NEW, Y) > 0.8
    everywhere = model.predict_proba([np.full(60, np.nan)])
    assert np.isfinite(everywhere).all()
    with pytest.raises(mm.DataError, match=r"X\[0\] must be finite, got inf at step 3, feature 0"):
        model.predict([np.where(STEPS == 3, np.inf, X[0])])


@pytest.mark.parametrize("series", [X, RAGGED, PAIRS, [np.zeros(3)] * 20 + [np.ones(1)] * 20])
def test_the_same_seed_gives_the_same_file_at_any_number_of_threads(series, tmp_path):
    files = [small(n_jobs=jobs).fit(series, Y).save(tmp_path / str(jobs)).read_bytes() for jobs in (1, 2, 5)]
    assert files[0] == files[1] == files[2]


@pytest.mark.parametrize("kind", [mm.MiniRocketClassifier, mm.MiniRocketRegressor])
def test_saved_and_copied_models_predict_the_same_bits(kind, tmp_path):
    model = kind(**SMALL, missing="indicate").fit(RAGGED, Y if kind is mm.MiniRocketClassifier else WIDTHS)
    loaded = load(model.save(tmp_path / "m.malmoi"), verify=True)
    assert type(loaded) is kind
    for one in (loaded, pickle.loads(pickle.dumps(model)), kind.from_fitted(model.fitted)):
        assert np.array_equal(one.fitted.outputs(NEW), model.fitted.outputs(NEW))
        assert one.facts_ == model.facts_
        assert one.get_params() == {**model.get_params(), "n_jobs": one.n_jobs}
    assert model.predict([]).shape == (0,)
    assert dict(type(model.fitted).describe(model.fitted.to_state().header))["steps"] == 59


def test_names_of_features_are_kept_and_checked(tmp_path):
    polars = pytest.importorskip("polars")
    tables = [polars.DataFrame({"flow": one[:, 0], "noise": one[:, 1]}) for one in PAIRS]
    model = load(small().fit(tables, Y).save(tmp_path / "m.malmoi"))
    assert model.feature_names_in_.tolist() == ["flow", "noise"]
    with pytest.raises(mm.DataError, match="must have the columns"):
        model.predict([tables[0].rename({"flow": "rate"})])
    assert np.array_equal(model.predict(tables), model.predict(PAIRS))


def test_several_labels_a_series():
    truth = [["fast"] if label == "fast" else ["slow", "low"] for label in Y]
    model = small().fit(X, truth)
    assert model.predict_proba(NEW).shape == (40, 3)
    assert model.score(NEW, truth) > 0.8


def test_scikit_learn_searches_and_pipelines_take_it():
    found = GridSearchCV(small(), {"C": [1.0, 100.0]}, cv=2).fit(np.array(X), Y)
    assert found.best_score_ > 0.8
    assert cross_val_score(small(), np.array(X), Y, cv=2).mean() > 0.8
    pipeline = make_pipeline(mm.MiniRocket(**SMALL), StandardScaler(), LogisticRegression()).fit(np.array(X), Y)
    assert pipeline.score(np.array(NEW), Y) > 0.8
    for one in (small(), mm.MiniRocketRegressor()):
        with pytest.raises(NotFittedError, match="is not fitted; call fit first"):
            one.predict(X)
    with pytest.raises(NotFittedError, match="this MiniRocket is not fitted; call fit first"):
        mm.MiniRocket().transform(X)


@pytest.mark.parametrize(
    ("series", "labels", "error", "message"),
    [
        (X, Y[:5], ValueError, "y must have 40 items, one per series, got 5"),
        (X, ["a"] * 40, mm.DataError, "class"),
        (X[0], Y[:2], TypeError, r"X must have 2 or 3 axes \(samples, time, features\), got 1"),
        ([], [], mm.DataError, "labels must have 2 classes or more, got no labels"),
        ([X[0], PAIRS[0]], ["a", "b"], mm.DataError, r"X\[1\] must have 1 features, as X\[0\] has, got 2"),
        ([X[0], X[1][:0]], ["a", "b"], mm.DataError, r"X\[1\] must be numbers"),
        ([["a"], ["b"]], ["a", "b"], mm.DataError, r"X\[0\] must be numbers"),
    ],
)
def test_data_that_cannot_be_used(series, labels, error, message):
    with pytest.raises(error, match=message):
        small().fit(series, labels)


@pytest.mark.parametrize(
    ("setting", "error", "message"),
    [
        ({"kernels": 83}, ValueError, "kernels must be 84 or more"),
        ({"normalize": "both"}, ValueError, "normalize must be one of series, training or None, got 'both'"),
        ({"padding": "ones"}, ValueError, "padding must be 'auto', 'zeros' or None, got 'ones'"),
        ({"C": 0}, ValueError, 'C must be "auto", or above 0'),
        ({"missing": "drop"}, ValueError, "missing must be 'refuse' or 'indicate', got 'drop'"),
        ({"class_weight": "equal"}, ValueError, 'class_weight must be "balanced" or a dict'),
        ({"seed": -1}, ValueError, "seed must be 0 or more"),
        ({"linear": "svm"}, ValueError, "linear must be 'auto', 'ridge' or 'logistic', got 'svm'"),
    ],
)
def test_settings_that_are_refused(setting, error, message):
    with pytest.raises(error, match=message):
        small(**setting).fit(X, Y)


def test_labels_of_the_transformer_cannot_decide_anything():
    with pytest.raises(ValueError, match='padding must not be "auto", which needs labels; use MiniRocketClassifier'):
        mm.MiniRocket(padding="auto").fit(X)


def test_numbers_that_float32_rounds_away_are_told():
    with pytest.warns(UserWarning, match=r"X\[0\] varies by 2\.\d+ around 1e\+08 in feature 0, which float32 rounds"):
        small().fit([one + 1e8 for one in X], Y)
    assert small().fit([one + 1e4 for one in X], Y).score([one + 1e4 for one in NEW], Y) > 0.9


def test_odd_series_are_learned_from():
    rare = small().fit(X, ["only", *Y[1:]])
    assert len(rare.classes_) == 3
    assert small().fit(X[:2], Y[:2]).facts_.held_out == 0
    constant = small().fit(np.zeros((6, 20)), ["a", "b"] * 3)
    assert np.allclose(constant.predict_proba(np.zeros((1, 20))), 0.5, atol=1e-3)
    assert small().fit([one[:1] for one in X], Y).predict([[1.0]]).shape == (1,)
    long = small().fit([np.tile(one, 500) for one in X[:4]], Y[:4])
    assert long.predict([np.tile(X[0], 2000), X[0][:3]]).shape == (2,)
    with pytest.raises(mm.DataError, match=r"X\[0\] must have 1 features, got 2"):
        long.predict(PAIRS)
    weighted = small(C=1.0).fit(X, Y, sample_weight=np.where(np.array(Y) == "fast", 1e-3, 1))
    assert (weighted.predict(X) == "slow").mean() > 0.8


def test_the_estimators_of_series_fit_minirocket_unless_a_network_is_named(tmp_path):
    for estimator, targets, kind in (
        (mm.SeriesClassifier, Y, mm.MiniRocketClassifier),
        (mm.SeriesRegressor, WIDTHS, mm.MiniRocketRegressor),
    ):
        model, own = estimator(seed=3).fit(X, targets), kind(seed=3).fit(X, targets)
        assert np.array_equal(model.predict(NEW), own.predict(NEW))
        assert model.facts_ == own.facts_
        assert type(load(model.save(tmp_path / f"{kind.__name__}.malmoi"))) is kind
        assert clone(estimator(recipe="minirocket", seed=3)).fit(X, targets).facts_ == own.facts_
        for name in ("history_", "network_", "training_", "scale_"):
            with pytest.raises(AttributeError, match=f"a {kind.__name__} has no {name}; only networks have it"):
                getattr(model, name)


@pytest.mark.parametrize(
    ("settings", "options", "message"),
    [
        ({"epochs": 3}, {}, "epochs has no effect on the recipe 'auto', which is not a network; leave it out, or pass"),
        ({"recipe": "minirocket", "optimizer": "sgd"}, {}, "optimizer has no effect on the recipe 'minirocket'"),
        ({}, {"validation": 0.2}, "validation has no effect on the recipe 'auto'"),
        ({}, {"checkpoint": "c"}, "checkpoint has no effect on the recipe 'auto'"),
        ({"recipe": "rocket"}, {}, "recipe must be 'auto', 'minirocket', 'flatten', 'average', 'conv' or 'recurrent'"),
        ({"network": mm.Conv(), "recipe": "conv"}, {}, "recipe must be 'auto' if a network is given, got 'conv'"),
    ],
)
def test_options_of_networks_are_refused_without_one(settings, options, message):
    with pytest.raises(ValueError, match=message):
        mm.SeriesClassifier(**settings).fit(X, Y, **options)
    with pytest.raises(TypeError, match=r"network must be a network such as Conv\(\), got 'auto'"):
        mm.SeriesClassifier("auto").fit(X, Y)
    assert type(mm.SeriesClassifier(recipe="conv").check_settings().network) is mm.Conv


def test_biases_of_long_series_come_from_some_of_their_steps():
    long = [np.tile(one, 200) for one in X[:8]]  # 12,000 steps
    model = small().fit(long, Y[:8])
    assert model.score([np.tile(one, 200) for one in NEW], Y) > 0.9


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    return small(kernels=168).fit(PAIRS, Y).save(tmp_path_factory.mktemp("rocket") / "m.malmoi")


def test_a_file_cut_or_changed_anywhere_is_refused(saved, tmp_path):
    content, path = bytearray(saved.read_bytes()), tmp_path / "m.malmoi"
    for place in {*range(0, FRONT.size + 20, 7), *range(0, len(content), len(content) // 40)}:
        path.write_bytes(content[:place])
        with pytest.raises(mm.FormatError, match=r"m\.malmoi"):
            load(path)
        content[place] ^= 1 << place % 8
        path.write_bytes(content)
        with pytest.raises(mm.FormatError, match=r"m\.malmoi"):
            load(path)
        content[place] ^= 1 << place % 8


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda header: header["preparation"].update(length=2**40),
            "preparation.length must be at most 16777216, found 1099511627776",
        ),
        (lambda header: header["preparation"].update(normalize="odd"), "preparation.normalize must be one of"),
        (
            lambda header: header["preparation"].update(padding="ones"),
            "preparation.padding must be one of zeros, None, found 'ones'",
        ),
        (lambda header: header["facts"].update(C=-1.0), r"facts.C must be from 0 to 1e\+06, found -1.0"),
        (lambda header: header["facts"].update(linear="odd"), "facts.linear must be one of ridge, logistic"),
        (lambda header: header["facts"].update(samples=-1), "facts.samples must be 0 or more"),
        (lambda header: header["facts"].update(tried=[1]), r"facts.tried\[0\] must be a list of 2, found 1"),
        (lambda header: header["settings"].update(kernels=1), "kernels must be 84 or more"),
        (lambda header: header["settings"].update(odd=1), "settings must have .*, has the unknown 'odd'"),
        (lambda header: header.update(feature_names=["a"]), "feature_names must be 2, found 1"),
    ],
)
def test_headers_that_are_not_of_such_a_model(saved, tmp_path, change, message):
    path = rewritten(saved, tmp_path / "m.malmoi", returning_nothing(change))
    with pytest.raises(mm.FormatError, match=message):
        load(path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda arrays: arrays.update({"convolutions/dilations": arrays["convolutions/dilations"] + 1}),
            "must be consistent",
        ),
        (
            lambda arrays: arrays.update({"convolutions/counts": arrays["convolutions/counts"] * 2**40}),
            "must be consistent",
        ),
        (
            lambda arrays: arrays.update({"convolutions/chosen": arrays["convolutions/chosen"] + 5}),
            "must be consistent",
        ),
        (lambda arrays: arrays.update({"convolutions/channel_counts": np.ones(3, np.int64)}), "must be consistent"),
        (
            lambda arrays: arrays.update({"convolutions/channel_counts": np.ones(3)}),
            r"convolutions/channel_counts must be int64 of 1 axis, found float64 \(3,\)",
        ),
        (lambda arrays: arrays.pop("convolutions/biases"), "convolutions/biases must be finite"),
        (with_value("convolutions/biases", np.nan), "convolutions/biases must be finite"),
        (lambda arrays: arrays.update({"linear/weights": arrays["linear/weights"][:, 1:]}), "linear/weights must be"),
        (with_value("linear/bias", np.inf), "linear/bias must be finite"),
        (
            lambda arrays: arrays.update({"scale/means": arrays["scale/means"][:1]}),
            "scale must have the same number of means",
        ),
        (lambda arrays: arrays.update({"example/0": arrays["example/0"][:, :1]}), "example/0 must be float32"),
    ],
)
def test_arrays_that_are_not_of_such_a_model(saved, tmp_path, change, message):
    path = rewritten(saved, tmp_path / "m.malmoi", lambda header: None, arrays_changed(change))
    with pytest.raises(mm.FormatError, match=message):
        load(path)
