"""Calibrators: against scipy and scikit-learn, what always holds, JSON."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from scipy.special import expit, log_softmax
from sklearn.isotonic import IsotonicRegression

from malmoi.metrics.calibrators import Isotonic, Temperature, calibrator_from, fitted_calibrator, log_losses

FINITE = st.floats(-30, 30, width=32)


def sample(samples=300, outputs=1, seed=0, *, steepness=3.0):
    """Scores that are too sure by a factor, and classes."""
    random = np.random.default_rng(seed)
    scores = random.normal(size=(samples, outputs)).astype(np.float32)
    if outputs == 1:
        classes = (random.random(samples) < expit(scores[:, 0])).astype(np.int64)
    else:
        classes = np.array([random.choice(outputs, p=np.exp(row)) for row in log_softmax(scores.astype(float), axis=1)])
    return scores * np.float32(steepness), classes


def mean_loss(probabilities, classes):
    return -np.log(probabilities[np.arange(len(classes)), classes].clip(1e-7)).mean()


# Temperature


@pytest.mark.parametrize("steepness", [0.3, 1.0, 5.0])
@pytest.mark.parametrize("weighted", [False, True])
def test_a_temperature_minimizes_the_log_loss_of_two_classes(steepness, weighted):
    scores, classes = sample(steepness=steepness)
    weights = np.random.default_rng(1).random(300).astype(np.float32) if weighted else None
    found = fitted_calibrator("temperature", scores, classes, "sigmoid", weights)

    def loss(logarithm):
        sides = np.where(classes == 1, 1, -1) * scores[:, 0].astype(float) / np.exp(logarithm)
        return np.average(np.logaddexp(0, -sides), weights=weights)

    best = minimize_scalar(loss, bounds=(np.log(0.02), np.log(50)), method="bounded", options={"xatol": 1e-6}).x
    assert np.log(found.temperature) == pytest.approx(best, abs=5e-3)
    assert found.temperature == pytest.approx(steepness, rel=0.4)


def test_a_temperature_minimizes_the_log_loss_of_several_classes_and_of_several_labels():
    scores, classes = sample(400, outputs=4)
    found = fitted_calibrator("auto", scores, classes, "softmax")
    loss = lambda logarithm: -log_softmax(scores.astype(float) / np.exp(logarithm), axis=1)[range(400), classes].mean()  # noqa: E731
    assert np.log(found.temperature) == pytest.approx(minimize_scalar(loss, bracket=(-1, 1)).x, abs=5e-3)
    rows = (np.random.default_rng(2).random((400, 4)) < expit(scores / 3)).astype(np.float32)
    found = fitted_calibrator("auto", scores, rows, "sigmoid")
    loss = lambda logarithm: np.logaddexp(0, (1 - 2 * rows) * scores.astype(float) / np.exp(logarithm)).mean()  # noqa: E731
    assert np.log(found.temperature) == pytest.approx(minimize_scalar(loss, bracket=(-1, 1)).x, abs=5e-3)
    assert found.temperature == pytest.approx(3.0, rel=0.4)


def test_a_temperature_stays_within_its_bounds():
    scores = np.array([[1.0], [-1.0]] * 5, dtype=np.float32)
    assert fitted_calibrator("temperature", scores, np.array([1, 0] * 5), "sigmoid").temperature < 0.025
    assert fitted_calibrator("temperature", scores, np.array([0, 1] * 5), "sigmoid").temperature > 45
    nothing = np.zeros((0, 1), np.float32)
    assert fitted_calibrator("auto", nothing, np.zeros(0, int), "sigmoid") == Temperature(1.0)
    assert fitted_calibrator("temperature", scores, np.ones(10), "sigmoid", np.zeros(10, np.float32)) == Temperature()


@settings(max_examples=40)
@given(
    rows=st.lists(st.lists(FINITE, min_size=3, max_size=3), max_size=5),
    temperature=st.floats(0.02, 50),
)
def test_probabilities_are_between_0_and_1_and_sum_to_1(rows, temperature):
    scores = np.array(rows, dtype=np.float32).reshape(-1, 3) * 100
    soft, apart = Temperature(temperature).apply(scores, "softmax"), Temperature(temperature).apply(scores, "sigmoid")
    for found in (soft, apart):
        assert (found.dtype, found.shape) == (np.float32, scores.shape)
        assert np.isfinite(found).all()
        assert ((found >= 0) & (found <= 1)).all()
    assert np.abs(soft.sum(axis=1) - 1).max(initial=0) < 1e-6
    assert np.array_equal(apart > 0.5, scores > 1e-4) or (np.abs(scores) <= 1e-4 * temperature + 1e-3).any()


def test_a_temperature_is_applied_before_the_link():
    scores = np.array([[1.0, 2.0, -1.0]], dtype=np.float32)
    assert Temperature(2.0).apply(scores, "sigmoid") == pytest.approx(expit(scores / 2), abs=1e-6)
    assert Temperature(2.0).apply(scores, "softmax") == pytest.approx(np.exp(log_softmax(scores / 2)), abs=1e-6)


# Isotonic regression


def by_scikit_learn(scores, classes, weights=None):
    model = IsotonicRegression(out_of_bounds="clip")
    return model.fit_transform(scores[:, 0].astype(float), classes, sample_weight=weights)


@pytest.mark.parametrize("weighted", [False, True])
def test_blocks_are_those_of_scikit_learn(weighted):
    scores, classes = sample(200)
    weights = np.random.default_rng(1).choice([0.5, 1.0, 2.0], size=200).astype(np.float32) if weighted else None
    counted = np.ones(200) if weights is None else weights.astype(float)
    found = fitted_calibrator("isotonic", scores, classes, "sigmoid", weights)
    values = by_scikit_learn(scores, classes, counted)
    levels = np.unique(values.round(9))
    assert len(found.scores) == len(levels)
    knots = []
    for level in levels:  # each block: its mean score, and its share with one sample of either class added
        block = np.abs(values - level) < 1e-8
        total = counted[block].sum()
        mean = (counted[block] * scores[block, 0]).sum() / total
        knots.append((mean, ((counted * classes)[block].sum() + 1) / (total + 2)))
    assert found.scores == pytest.approx([mean for mean, _ in knots], abs=1e-5)
    assert found.probabilities == pytest.approx(np.maximum.accumulate([share for _, share in knots]), abs=1e-6)


@settings(max_examples=40)
@given(pairs=st.lists(st.tuples(FINITE, st.booleans(), st.floats(0, 3, width=32)), min_size=1, max_size=20))
def test_an_isotonic_function_rises_and_is_never_sure(pairs):
    scores = np.array([[score] for score, _, _ in pairs], dtype=np.float32)
    classes, weights = np.array([one for _, one, _ in pairs]), np.array([one for *_, one in pairs], dtype=np.float32)
    found = fitted_calibrator("isotonic", scores, classes.astype(int), "sigmoid", weights)
    grid = np.linspace(-1e6, 1e6, 101, dtype=np.float32)[:, None]
    shares = found.apply(np.sort(np.concatenate([grid, scores]), axis=0), "sigmoid")
    assert shares.dtype == np.float32
    assert np.isfinite(shares).all()
    assert ((shares > 0) & (shares < 1)).all()
    assert (np.diff(shares[:, 0]) >= 0).all()
    assert list(found.scores) == sorted(found.scores)


def test_equal_scores_have_the_share_of_all_of_them():
    scores = np.zeros((8, 1), np.float32)
    for classes in ([0, 0, 0, 0, 1, 1, 1, 1], [1, 1, 1, 1, 0, 0, 0, 0], [0, 1] * 4):
        found = fitted_calibrator("isotonic", scores, np.array(classes), "sigmoid")
        assert found.apply(scores[:1], "sigmoid")[0, 0] == pytest.approx(0.5)
        assert len(found.scores) == len(set(found.scores))


def test_isotonic_regression_of_nothing_is_a_half():
    nothing = fitted_calibrator("isotonic", np.zeros((0, 1), np.float32), np.zeros(0, int), "sigmoid")
    assert nothing.apply(np.ones((2, 1), np.float32), "sigmoid").tolist() == [[0.5], [0.5]]


@pytest.mark.parametrize(("outputs", "link"), [(3, "softmax"), (2, "sigmoid")])
def test_isotonic_regression_is_of_two_classes(outputs, link):
    rule = "calibration must be 'temperature' or 'auto' for more than two classes, got 'isotonic'"
    with pytest.raises(ValueError, match=rule):
        fitted_calibrator("isotonic", np.zeros((4, outputs), np.float32), np.zeros(4, int), link)


def test_the_better_one_is_chosen_where_there_are_enough_samples():
    scores, classes = sample(4_000)
    assert isinstance(fitted_calibrator("auto", scores, classes, "sigmoid"), Temperature)
    bent = np.where(scores > 0, scores / 50, scores * 3).astype(np.float32) - 1  # no temperature undoes this
    assert isinstance(fitted_calibrator("auto", bent, classes, "sigmoid"), Isotonic)
    assert isinstance(fitted_calibrator("auto", bent[:900], classes[:900], "sigmoid"), Temperature)
    assert isinstance(fitted_calibrator("isotonic", bent[:900], classes[:900], "sigmoid"), Isotonic)


def test_samples_without_weight_do_not_choose_the_calibration():
    scores, classes = sample(2_000)
    bent = np.where(scores > 0, scores / 50, scores * 3).astype(np.float32) - 1
    both, labels = np.concatenate([scores, bent[:1_000]]), np.concatenate([classes, classes[:1_000]])
    weights = np.concatenate([np.zeros(2_000), np.ones(1_000)]).astype(np.float32)
    alone = fitted_calibrator("auto", bent[:1_000], classes[:1_000], "sigmoid")
    assert type(fitted_calibrator("auto", both, labels, "sigmoid", weights)) is type(alone) is Isotonic


def test_classes_in_turns_do_not_mislead_the_choice():
    scores, classes = sample(4_000)
    half = min((classes == 0).sum(), (classes == 1).sum())
    zeros, ones = np.flatnonzero(classes == 0)[:half], np.flatnonzero(classes == 1)[:half]
    order = np.stack([zeros, ones], axis=1).reshape(-1)
    bent = np.where(scores > 0, scores / 50, scores * 3).astype(np.float32) - 1
    found = fitted_calibrator("auto", bent[order], classes[order], "sigmoid")
    shares = found.apply(bent[order], "sigmoid")[:, 0]
    best = fitted_calibrator("isotonic", bent[order], classes[order], "sigmoid").apply(bent[order], "sigmoid")[:, 0]
    losses = [mean_loss(np.stack([1 - one, one], axis=1), classes[order]) for one in (shares, best)]
    assert losses[0] < losses[1] + 0.01


def test_log_losses_are_in_nats_and_never_infinite():
    shares = np.array([[0.25, 0.75], [1.0, 0.0]], dtype=np.float32)
    assert log_losses(shares, np.array([1, 1]), "softmax") == pytest.approx([-np.log(0.75), -np.log(1e-7)])
    assert log_losses(shares, np.array([[1, 0], [1, 0]]), "sigmoid")[0] == pytest.approx(-np.log(0.25))
    assert log_losses(shares[:, :1], np.array([1, 1]), "sigmoid") == pytest.approx([-np.log(0.25), 0.0], abs=1e-6)


# Files


@pytest.mark.parametrize(
    "calibrator",
    [Temperature(), Temperature(0.37), Isotonic((0.0,), (0.5,)), Isotonic((-1.5, 0.25), (0.1, 0.75))],
    ids=str,
)
def test_json_gives_the_same_calibrator(calibrator):
    again = calibrator_from(json.loads(json.dumps(calibrator.to_json())))
    assert again == calibrator
    assert str(again) in ("temperature 1", "temperature 0.37", "isotonic, 1 knots", "isotonic, 2 knots")


ISOTONIC = {"kind": "isotonic", "scores": [0.0, 1.0], "probabilities": [0.2, 0.8]}


@pytest.mark.parametrize(
    "saved",
    [
        None,
        [1],
        {},
        {"kind": "platt", "temperature": 1.0},
        {"kind": "temperature"},
        {"kind": "temperature", "temperature": "1"},
        {"kind": "temperature", "temperature": True},
        {"kind": "temperature", "temperature": 0.0},
        {"kind": "temperature", "temperature": -1.0},
        {"kind": "temperature", "temperature": float("nan")},
        {"kind": "isotonic"},
        {**ISOTONIC, "scores": []},
        {**ISOTONIC, "scores": [], "probabilities": []},
        {**ISOTONIC, "scores": [0.0]},
        {**ISOTONIC, "scores": [0.0, float("inf")]},
        {**ISOTONIC, "scores": [0.0, "1"]},
        {**ISOTONIC, "probabilities": [0.1, float("nan")]},
        {**ISOTONIC, "probabilities": None},
    ],
    ids=str,
)
def test_damaged_json_is_refused(saved):
    with pytest.raises(ValueError, match="calibration must be a temperature or isotonic, found"):
        calibrator_from(saved)


@pytest.mark.parametrize(
    "saved",
    [
        {"kind": "temperature", "temperature": float("inf")},
        {"kind": "temperature", "temperature": 1e-320},
        {**ISOTONIC, "scores": [1.0, 0.0]},
        {**ISOTONIC, "probabilities": [0.8, 0.2]},
        {**ISOTONIC, "probabilities": [-0.1, 0.8]},
        {**ISOTONIC, "probabilities": [0.1, 2.0]},
    ],
    ids=str,
)
def test_calibrators_that_give_no_probabilities_are_refused(saved):
    with pytest.raises(ValueError, match="calibration must be a temperature or isotonic, found"):
        calibrator_from(saved)
