import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

from malmoi.metrics.classification import (
    PROBABILITY_FLOOR,
    accuracy,
    balanced_accuracy_and_macro_f1,
    class_scores,
    confusion_matrix,
    log_loss,
)
from malmoi.metrics.intervals import Score, resample_counts, resampled_means, resamples_of
from malmoi.metrics.scores import Share

PAIRS = st.integers(1, 6).flatmap(
    lambda classes: st.tuples(
        st.just(classes),
        st.lists(st.tuples(st.integers(0, classes - 1), st.integers(0, classes - 1)), min_size=1, max_size=60),
    )
)


def test_a_confusion_matrix_followed_by_hand():
    confusion = confusion_matrix(np.array([0, 0, 0, 1, 1, 2]), np.array([0, 0, 1, 1, 0, 1]), 4)
    assert confusion.tolist() == [[2, 1, 0, 0], [1, 1, 0, 0], [0, 1, 0, 0], [0, 0, 0, 0]]
    assert accuracy(confusion) == Share(3, 6)
    scores = class_scores(confusion, "abcd")
    assert (scores[0].precision, scores[0].recall, scores[0].f1) == (2 / 3, 2 / 3, 2 / 3)
    assert (scores[2].label, scores[2].precision, scores[2].recall, scores[2].f1) == ("c", None, 0.0, 0.0)
    assert (scores[3].precision, scores[3].recall, scores[3].f1, scores[3].support) == (None, None, None, 0)
    balanced, macro = balanced_accuracy_and_macro_f1(confusion)
    assert balanced.value == pytest.approx((2 / 3 + 1 / 2 + 0) / 3)
    assert macro.value == pytest.approx((2 / 3 + 2 * 1 / (2 + 3) + 0) / 3)


@settings(max_examples=40)
@given(PAIRS)
def test_scores_are_those_of_scikit_learn(data):
    classes, pairs = data
    truth, predicted = map(np.array, zip(*pairs, strict=True))
    confusion = confusion_matrix(truth, predicted, classes)
    labels = list(range(classes))
    balanced, macro = balanced_accuracy_and_macro_f1(confusion)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert confusion.tolist() == metrics.confusion_matrix(truth, predicted, labels=labels).tolist()
        assert balanced.value == pytest.approx(metrics.balanced_accuracy_score(truth, predicted))
        assert macro.value == pytest.approx(metrics.f1_score(truth, predicted, average="macro", zero_division=0))
        expected = metrics.precision_recall_fscore_support(truth, predicted, labels=labels, zero_division=np.nan)
    for score, precision, recall, f1, support in zip(class_scores(confusion, labels), *expected, strict=True):
        found = [np.nan if value is None else value for value in (score.precision, score.recall)]
        assert found == pytest.approx([precision, recall], nan_ok=True)
        assert score.support == support
        assert score.f1 == pytest.approx(f1) if score.f1 is not None else np.isnan(f1)
    for score in (balanced, macro):
        assert 0 <= score.low <= score.value <= score.high <= 1
        assert score.samples == len(pairs)


def test_the_bootstrap_over_cells_is_that_over_samples():
    random = np.random.default_rng(0)
    truth = random.integers(3, size=300)
    predicted = np.where(random.random(300) < 0.7, truth, random.integers(3, size=300))
    drawn = random.integers(300, size=(1000, 300))
    values = np.zeros(1000)
    for one in range(3):
        real, said = truth[drawn] == one, predicted[drawn] == one
        values += 2 * (real & said).sum(axis=1) / (real.sum(axis=1) + said.sum(axis=1)) / 3
    assert values[0] == pytest.approx(metrics.f1_score(truth[drawn[0]], predicted[drawn[0]], average="macro"))
    macro = balanced_accuracy_and_macro_f1(confusion_matrix(truth, predicted, 3))[1]
    assert (macro.low, macro.high) == pytest.approx(tuple(np.percentile(values, [2.5, 97.5])), abs=0.01)


def test_a_perfect_model_and_one_that_is_always_wrong_have_the_bounds_of_accuracy():
    places = np.arange(40) % 4
    for predicted, right in ((places, 40), ((places + 1) % 4, 0)):
        for score in balanced_accuracy_and_macro_f1(confusion_matrix(places, predicted, 4)):
            assert (score.low, score.high) == Share(right, 40).interval
            assert score.value == right / 40


def test_one_class_in_the_data_and_a_class_that_is_never_predicted():
    balanced, macro = balanced_accuracy_and_macro_f1(confusion_matrix(np.zeros(10, int), np.zeros(10, int), 2))
    assert (balanced.value, macro.value) == (1, 1)
    always = confusion_matrix(np.array([0, 1] * 50), np.zeros(100, int), 2)
    balanced, macro = balanced_accuracy_and_macro_f1(always)
    assert balanced.value == 0.5
    assert macro.value == pytest.approx((2 * 50 / 150 + 0) / 2)
    assert (balanced.low, balanced.high) == (0.5, 0.5)  # whatever is drawn, one recall is 1 and the other 0


def test_many_classes_of_which_few_are_used():
    truth = np.array([5000, 7, 7, 9000])
    balanced, macro = balanced_accuracy_and_macro_f1(confusion_matrix(truth, np.array([5000, 7, 9000, 9000]), 10_000))
    assert balanced.value == pytest.approx((1 + 0.5 + 1) / 3)
    assert macro.value == pytest.approx((1 + 2 / 3 + 2 / 3) / 3)


@settings(max_examples=25)
@given(st.lists(st.floats(0.01, 0.99), min_size=1, max_size=50))
def test_log_loss_is_that_of_scikit_learn(values):
    probabilities = np.array(values)
    expected = metrics.log_loss(
        np.ones(len(values)), np.stack([1 - probabilities, probabilities], axis=1), labels=[0, 1]
    )
    score = log_loss(probabilities)
    assert score.value == pytest.approx(expected)
    assert score.low <= score.value <= score.high


def test_probabilities_of_0_and_1_have_a_finite_loss():
    assert log_loss(np.array([0.0], np.float32)).value == pytest.approx(-np.log(PROBABILITY_FLOOR))
    certain = log_loss(np.ones(5, np.float32))
    assert (certain.value, certain.low, certain.high) == (0, 0, 0)
    assert log_loss(np.array([1 + 1e-7])).value == 0


def test_wrong_calls_are_refused():
    with pytest.raises(ValueError, match="same number of labels, 1 or more, got 0 and 0"):
        confusion_matrix(np.array([], int), np.array([], int), 2)
    with pytest.raises(ValueError, match="same number of labels, 1 or more, got 1 and 2"):
        confusion_matrix(np.array([0]), np.array([0, 1]), 2)
    with pytest.raises(ValueError, match="true_probabilities must have 1 number or more, got 0"):
        log_loss(np.array([]))
    for wrong in (-0.1, 1.1, np.nan):
        with pytest.raises(ValueError, match="true_probabilities must be from 0 to 1"):
            log_loss(np.array([0.5, wrong]))


# Intervals


def test_a_score_shows_its_interval():
    assert str(Score(0.5, 0.25, 0.75, 12)) == "0.500 (95 % interval 0.250 to 0.750)"
    assert Score(0.5, 0.25, 0.75, 12).to_json() == {"value": 0.5, "low": 0.25, "high": 0.75, "samples": 12}
    assert Score.of_share(Share(5, 10)) == Score(0.5, *Share(5, 10).interval, 10)


def test_resamples_are_as_large_as_the_data_and_the_same_for_a_seed():
    counts = np.concatenate(list(resample_counts(7, seed=3)))
    assert counts.shape == (1000, 7)
    assert (counts.sum(axis=1) == 7).all()
    assert (counts == np.concatenate(list(resample_counts(7, seed=3)))).all()
    assert (counts != np.concatenate(list(resample_counts(7, seed=4)))).any()
    assert [resamples_of(samples) for samples in (1, 12_500, 25_000, 10**7)] == [1000, 1000, 500, 200]
    parts = list(resample_counts(30_000, seed=0))
    assert len(parts) > 1  # memory is bounded
    assert sum(map(len, parts)) == resamples_of(30_000)


def test_resampled_means_are_those_of_the_drawn_values():
    values = np.random.default_rng(0).normal(size=(30, 2))
    counts = np.concatenate(list(resample_counts(30, seed=1)))
    assert np.allclose(resampled_means(values, seed=1), counts @ values / 30)


def test_the_interval_of_a_mean_is_that_of_the_central_limit_theorem():
    losses = np.random.default_rng(0).exponential(size=4000)
    score = log_loss(np.exp(-losses))
    half = 1.96 * losses.std() / np.sqrt(4000)
    assert (score.low, score.high) == pytest.approx((score.value - half, score.value + half), abs=0.006)
