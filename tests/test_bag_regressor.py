"""Ridge regression on n-grams: against scikit-learn, what always holds, wrong calls."""

import copy
import pickle

import numpy as np
import pytest
from sklearn.base import clone, is_regressor
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.validation import check_is_fitted

import malmoi as mm
from reference import bag_matrix, ngram_counts

VOCABULARY = ["so", "good", "bad", "film", "fun", "dull", "not", "very", "plot", "end"]
WORDS = mm.Words(keep_punctuation=True)
TEXTS = ["so good", "really good film", "good fun", "so bad", "really bad film", "bad, dull"] * 4
STARS = [5, 4, 4.5, 1, 2, 1.5] * 4
PAIRS = np.stack([STARS, -np.array(STARS) * 10 + 3], axis=1)


def made(samples, seed=0):
    """Texts, and numbers that are near the sum of their words' numbers."""
    random = np.random.default_rng(seed)
    texts = [" ".join(random.choice(VOCABULARY, size=random.integers(1, 7))) for _ in range(samples)]
    numbers = [sum(VOCABULARY.index(word) for word in text.split()) for text in texts]
    return texts, np.array(numbers) + random.normal(size=samples)


def reference_numbers(texts, numbers, new, weighting, C, weights=None):
    """Numbers of new texts by scikit-learn, on standardized targets, the bias being a column of ones."""
    counts = [ngram_counts(text, [(WORDS, 1, 2)]) for text in [*texts, *new]]
    rows = np.array(bag_matrix(counts, len(texts), weighting))
    rows = np.hstack([rows, np.ones((len(rows), 1))])
    numbers = np.asarray(numbers, dtype=float)
    mean, scale = numbers.mean(axis=0), numbers.std(axis=0)
    model = Ridge(alpha=1 / C, fit_intercept=False).fit(rows[: len(texts)], (numbers - mean) / scale, weights)
    return model.predict(rows[len(texts) :]) * scale + mean


@pytest.mark.parametrize("weighting", ["tfidf", "count", "binary"])
@pytest.mark.parametrize(("C", "difference"), [(1.0, 3e-2), (8.0, 8e-2)])  # the core stops early
def test_numbers_are_those_of_scikit_learn_on_the_same_rows(weighting, C, difference):
    (texts, numbers), (new, _) = made(60), made(30, seed=1)
    model = mm.BagRegressor(WORDS, (1, 2), weighting, C, min_texts=1).fit(texts, numbers)
    expected = reference_numbers(texts, numbers, [*new, ""], weighting, C)
    assert np.abs(model.predict([*new, ""]) - expected).max() < difference * numbers.std()
    assert np.std(expected) > 0.3 * numbers.std()


def test_several_numbers_and_weights():
    (texts, numbers), (new, _) = made(60), made(30, seed=1)
    both = np.stack([numbers, 100 - 3 * numbers**2], axis=1)
    weights = np.random.default_rng(2).choice([0.0, 1.0, 3.0], size=60)
    for given in (None, weights):
        model = mm.BagRegressor(WORDS, (1, 2), C=1.0, min_texts=1).fit(texts, both, sample_weight=given)
        expected = reference_numbers(texts, both, new, "tfidf", 1.0, given)
        assert (np.abs(model.predict(new) - expected) / both.std(axis=0)).max() < 3e-2
        assert model.predict(new).shape == (30, 2)


def test_numbers_have_their_unit():
    (texts, numbers), (new, _) = made(60), made(20, seed=1)
    once = mm.BagRegressor(C=1.0).fit(texts, numbers).predict(new)
    other = mm.BagRegressor(C=1.0).fit(texts, numbers * 1e6 - 7e6).predict(new)
    assert other == pytest.approx(once * 1e6 - 7e6, rel=1e-3, abs=1e3)


def test_the_penalty_is_chosen_by_cross_validation():
    (texts, numbers), (new, truth) = made(150), made(100, seed=1)
    model = mm.BagRegressor(WORDS, (1, 1)).fit(texts, numbers)
    assert len(model.facts_.tried) >= 2
    assert model.facts_.held_out == 150
    assert dict(model.facts_.tried)[model.facts_.C] <= 1.006 * min(dict(model.facts_.tried).values())
    assert model.score(new, truth) > 0.5
    assert model.facts_.training_accuracy is None


@pytest.fixture(scope="module", params=["one", "two", "hashed", "column"])
def model(request):
    numbers = {"two": PAIRS, "column": PAIRS[:, :1]}.get(request.param, STARS)
    return mm.BagRegressor(C=4.0, buckets=500 if request.param == "hashed" else None).fit(TEXTS, numbers)


def test_a_batch_is_its_texts_one_by_one_and_nothing_is_predicted(model):
    texts = [*TEXTS[:6], "", "한글 zzz", "good good good"]
    together = model.predict(texts)
    assert together.dtype == np.float64
    assert together.tobytes() == b"".join(model.predict([text]).tobytes() for text in texts)
    assert model.predict(texts[::-1]).tobytes() == together[::-1].tobytes()
    assert model.predict([]).shape == (0, *together.shape[1:])
    assert np.isfinite(together).all()


def test_the_number_of_threads_changes_no_bit(tmp_path):
    files = []
    for n_jobs in (1, 2, 3):
        fitted = mm.BagRegressor(n_jobs=n_jobs).fit(TEXTS, PAIRS)
        files.append(fitted.save(tmp_path / f"{n_jobs}.malmoi").read_bytes() + fitted.predict(TEXTS).tobytes())
    assert files[0] == files[1] == files[2]


@pytest.mark.parametrize(
    "weighting",
    [
        pytest.param(
            "tfidf",
        ),
        "count",
        "binary",
    ],
)
def test_an_explanation_adds_up_to_the_number(weighting):
    one = mm.BagRegressor(weighting=weighting, C=4.0).fit(TEXTS, STARS)
    two = mm.BagRegressor(weighting=weighting, C=4.0).fit(TEXTS, PAIRS)
    for text in ("so good, good", "dull film", "", "zzz"):
        found = one.explain(text)
        assert (found.label, found.probability, found.method) == (None, None, "exact")
        assert found.score == pytest.approx(one.predict([text])[0], abs=1e-4)
        assert found.bias + sum(feature.weight for feature in found.features) == pytest.approx(found.score, abs=1e-6)
        for place in (0, 1):
            found = two.explain(text, label=place)
            assert (found.label, found.score) == (place, pytest.approx(two.predict([text])[0, place], abs=1e-3))


def test_which_number_is_explained_must_be_said():
    two, one = mm.BagRegressor(C=4.0).fit(TEXTS, PAIRS), mm.BagRegressor(C=4.0).fit(TEXTS, STARS)
    with pytest.raises(ValueError, match="label must be the index of a target, 0 to 1, got None; choose one"):
        two.explain("good")
    for label in (2, -1, True, "a", 0.0):
        with pytest.raises(ValueError, match="label must be the index of a target, 0 to 1, got"):
            two.explain("good", label=label)
    with pytest.raises(ValueError, match="label must be the index of a target, 0 to 0, got 1"):
        one.explain("good", label=1)


def test_a_place_may_be_a_whole_number_of_numpy():
    two = mm.BagRegressor(C=4.0).fit(TEXTS, PAIRS)
    assert two.explain("good", label=np.int64(1)).score == two.explain("good", label=1).score


def test_top_ngrams_raise_or_lower_the_number():
    fitted = mm.BagRegressor(WORDS, (1, 1), C=4.0).fit(TEXTS, STARS)
    assert {one.label for one in fitted.top_ngrams_} == {"lower", "higher"}
    assert next(one.name for one in fitted.top_ngrams_ if one.label == "higher") == "good"
    assert next(one.name for one in fitted.top_ngrams_ if one.label == "lower") == "bad"
    two = mm.BagRegressor(WORDS, (1, 1), C=4.0).fit(TEXTS, PAIRS)
    assert {one.label for one in two.top_ngrams_} == {"number 0", "number 1"}


def test_constant_numbers_and_empty_texts():
    assert mm.BagRegressor().fit(TEXTS, [3.0] * 24).predict(["good", ""]) == pytest.approx([3.0, 3.0], abs=1e-6)
    assert mm.BagRegressor().fit(["a"], [2.0]).predict(["a", "b"]) == pytest.approx([2.0, 2.0], abs=1e-6)
    assert np.isfinite(mm.BagRegressor().fit([*TEXTS, ""], [*STARS, 3]).predict(["", "good"])).all()
    assert mm.BagRegressor(C=1.0).fit(TEXTS, np.array([True, False] * 12)).predict(["x"]).dtype == np.float64


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        (
            {"weighting": "nb"},
            ValueError,
            "weighting must be 'tfidf', 'count' or 'binary' for regression, got 'nb', which",
        ),
        ({"weighting": "idf"}, ValueError, "weighting must be .* got 'idf'"),
        ({"C": 0.0}, ValueError, r'C must be "auto", or above 0 and at most 1e\+06, got 0.0'),
        ({"buckets": 0}, ValueError, "buckets must be 1 or more, got 0"),
        ({"buckets": 5, "max_features": 3}, ValueError, "max_features has no effect with buckets"),
        ({"seed": -3}, ValueError, "seed must be 0 or more, got -3"),
        ({"n_jobs": -2}, ValueError, "n_jobs must be from 1 to 1024, or -1 for all cores, got -2"),
    ],
    ids=str,
)
def test_a_setting_out_of_range_is_refused(given, error, message):
    with pytest.raises(error, match=message):
        mm.BagRegressor(**given).fit(TEXTS, STARS)


@pytest.mark.parametrize(
    ("texts", "numbers", "weights", "error", "message"),
    [
        (TEXTS, [1.0], None, ValueError, "targets must have 24 items, one per text, got 1"),
        (TEXTS, [float("nan")] * 24, None, mm.DataError, r"y\[0\] must be finite, got nan; leave it out"),
        (TEXTS, ["a"] * 24, None, TypeError, r"y must be numbers \(samples,\) or \(samples, targets\), got"),
        ([], [], None, mm.DataError, r"y must have 1 number or more, got shape \(0,\)"),
        (
            TEXTS,
            STARS,
            [1.0] * 3,
            ValueError,
            r"sample_weight must have one number for each of the 24 samples, got \(3,\)",
        ),
        (TEXTS, STARS, [-1.0] * 24, ValueError, "sample_weight must be 0 or more, finite, and not all zero"),
        (TEXTS, STARS, [0.0] * 24, ValueError, "sample_weight must be 0 or more, finite, and not all zero"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_texts_numbers_and_weights_are_checked(texts, numbers, weights, error, message):
    with pytest.raises(error, match=message):
        mm.BagRegressor(C=1.0).fit(texts, numbers, sample_weight=weights)


@pytest.mark.filterwarnings("ignore:overflow:RuntimeWarning")
def test_huge_numbers_are_refused():
    with pytest.raises(mm.DataError, match=r"y must be at most 1e\+100, got 1e\+200; use another unit"):
        mm.BagRegressor(C=1.0).fit(TEXTS, [1e200, -1e200] * 12)


def test_there_are_no_probabilities():
    with pytest.raises(AttributeError, match="no classes and no probabilities"):
        mm.BagRegressor(C=1.0).fit(TEXTS, STARS).fitted.predict_proba(["a"])
    with pytest.raises(NotFittedError, match="this BagRegressor is not fitted; call fit first"):
        mm.BagRegressor().predict(["a"])


def test_scikit_learn_takes_it():
    texts = np.array(TEXTS, dtype=object)
    fitted = mm.BagRegressor(C=4.0).fit(texts, STARS)
    assert is_regressor(fitted)
    check_is_fitted(fitted)
    assert clone(fitted).get_params() == fitted.get_params()
    assert copy.copy(fitted).predict(texts).tobytes() == fitted.predict(texts).tobytes()
    search = GridSearchCV(mm.BagRegressor(), {"C": [1e-6, 16.0]}, cv=3).fit(texts, STARS)
    assert search.best_params_ == {"C": 16.0}
    assert cross_val_score(mm.BagRegressor(C=16.0), texts, STARS, cv=3).min() > 0.8
    pipeline = make_pipeline(FunctionTransformer(lambda some: [one.lower() for one in some]), mm.BagRegressor(C=16.0))
    assert pipeline.fit(texts, STARS).score(texts, STARS) > 0.9
    assert mm.BagRegressor(C=4.0).fit(X=texts, y=STARS).predict(X=texts).tobytes() == fitted.predict(texts).tobytes()


def test_a_fitted_model_is_pickled():
    fitted = mm.BagRegressor(C=4.0).fit(TEXTS, STARS)
    assert pickle.loads(pickle.dumps(fitted)).predict(TEXTS).tobytes() == fitted.predict(TEXTS).tobytes()
