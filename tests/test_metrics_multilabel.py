import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn import metrics

from malmoi.metrics.multilabel import label_scores, multilabel_scores
from malmoi.metrics.scores import Share

ROWS = st.tuples(st.integers(1, 30), st.integers(1, 5)).flatmap(
    lambda shape: st.tuples(hnp.arrays(bool, shape), hnp.arrays(bool, shape))
)


@settings(max_examples=40)
@given(ROWS)
def test_scores_are_those_of_scikit_learn(rows):
    truth, predicted = rows
    found = multilabel_scores(truth, predicted)
    both = truth.astype(int), predicted.astype(int)
    if truth.shape[1] > 1:  # scikit-learn takes one column for binary labels
        assert found.exact_match.value == pytest.approx(metrics.accuracy_score(*both))
        assert found.hamming_loss.value == pytest.approx(metrics.hamming_loss(*both))
    used = (truth | predicted).any(axis=0)
    if used.any():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            expected = metrics.precision_recall_fscore_support(*both, labels=np.flatnonzero(used), average=None)
        assert found.macro_f1.value == pytest.approx(expected[2].mean()) if truth.shape[1] > 1 else True
        right = int((truth & predicted).sum())
        assert found.micro_f1.value == pytest.approx(2 * right / (truth.sum() + predicted.sum()))
    for score in (found.micro_f1, found.macro_f1, found.hamming_loss):
        assert 0 <= score.low <= score.value <= score.high <= 1


def test_scores_of_labels_followed_by_hand():
    truth = np.array([[1, 0, 0], [1, 1, 0]], bool)
    predicted = np.array([[1, 1, 0], [0, 1, 0]], bool)
    first, second, third = label_scores(truth, predicted, "abc")
    assert (first.precision, first.recall, first.f1, first.support) == (1, 0.5, 2 / 3, 2)
    assert (second.precision, second.recall, second.predicted) == (0.5, 1, 2)
    assert (third.precision, third.recall, third.f1) == (None, None, None)
    found = multilabel_scores(truth, predicted)
    assert found.exact_match == Share(0, 2)
    assert found.hamming_loss.value == pytest.approx(2 / 6)
    assert found.macro_f1.value == pytest.approx(2 / 3)


def test_perfect_sets_and_no_labels_at_all():
    truth = np.random.default_rng(0).random((50, 4)) < 0.3
    found = multilabel_scores(truth, truth)
    assert (found.exact_match.value, found.micro_f1.value, found.macro_f1.value) == (1, 1, 1)
    assert found.micro_f1.low == found.macro_f1.low == found.exact_match.interval[0] < 1
    assert found.hamming_loss.value == 0
    nothing = multilabel_scores(np.zeros((3, 2), bool), np.zeros((3, 2), bool))
    assert (nothing.micro_f1.value, nothing.macro_f1.value, nothing.exact_match.value) == (1, 1, 1)


def test_the_interval_is_that_of_drawn_samples():
    random = np.random.default_rng(0)
    truth = random.random((300, 3)) < 0.4
    predicted = truth ^ (random.random((300, 3)) < 0.2)
    drawn = random.integers(300, size=(1000, 300))
    right, both = (truth & predicted).sum(axis=1), truth.sum(axis=1) + predicted.sum(axis=1)
    values = 2 * right[drawn].sum(axis=1) / both[drawn].sum(axis=1)
    assert values[0] == pytest.approx(metrics.f1_score(truth[drawn[0]], predicted[drawn[0]], average="micro"))
    found = multilabel_scores(truth, predicted).micro_f1
    assert (found.low, found.high) == pytest.approx(tuple(np.percentile(values, [2.5, 97.5])), abs=0.008)


@pytest.mark.parametrize("shapes", [((0, 2), (0, 2)), ((2, 2), (2, 3)), ((2,), (2,))])
def test_wrong_calls_are_refused(shapes):
    truth, predicted = (np.zeros(shape, bool) for shape in shapes)
    for call in (lambda: multilabel_scores(truth, predicted), lambda: label_scores(truth, predicted, "ab")):
        with pytest.raises(ValueError, match=r"must have the same shape .* got"):
            call()
