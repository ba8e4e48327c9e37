import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn import metrics

from malmoi.metrics.regression import regression_scores

NUMBERS = st.lists(st.tuples(*[st.integers(-20, 20).map(float)] * 2), min_size=1, max_size=40)


@settings(max_examples=40)
@given(NUMBERS)
def test_scores_are_those_of_scikit_learn_and_scipy(pairs):
    targets, predicted = map(np.array, zip(*pairs, strict=True))
    found = regression_scores(targets, predicted)
    assert found.mean_absolute_error.value == pytest.approx(metrics.mean_absolute_error(targets, predicted))
    assert found.root_mean_squared_error.value == pytest.approx(metrics.root_mean_squared_error(targets, predicted))
    if len(set(targets)) == 1:
        assert found.r2 is None
        assert found.spearman is None
    else:
        assert found.r2.value == pytest.approx(metrics.r2_score(targets, predicted))
    if found.spearman is not None:
        assert found.spearman.value == pytest.approx(stats.spearmanr(targets, predicted).statistic)
    for score in found:
        assert score is None or score.low <= score.value <= score.high


def test_intervals_are_those_of_drawn_samples():
    random = np.random.default_rng(0)
    targets = random.normal(size=300)
    predicted = targets + random.normal(size=300)
    drawn = random.integers(300, size=(1000, 300))
    found = regression_scores(targets, predicted)
    for score, measure, tolerance in (
        (found.r2, metrics.r2_score, 0.04),
        (found.root_mean_squared_error, metrics.root_mean_squared_error, 0.015),
        (found.spearman, lambda a, b: stats.spearmanr(a, b).statistic, 0.02),
    ):
        values = [measure(targets[row], predicted[row]) for row in drawn]
        assert (score.low, score.high) == pytest.approx(tuple(np.percentile(values, [2.5, 97.5])), abs=tolerance)


def test_perfect_constant_and_few_predictions():
    targets = np.arange(6.0)
    perfect = regression_scores(targets, targets)
    assert [score.value for score in perfect] == [0, 0, 1, 1]
    assert perfect.spearman.high == 1
    constant = regression_scores(targets, np.full(6, 2.5))
    assert constant.r2.value == pytest.approx(0)
    assert constant.spearman is None
    few = regression_scores(targets[:2], targets[:2])
    assert few.spearman is None
    assert few.r2.value == 1
    assert regression_scores(targets[:1], targets[:1]).r2 is None
    backwards = regression_scores(targets, -targets)
    assert backwards.spearman.value == backwards.spearman.low == -1


def test_large_targets_keep_their_variance():
    targets = 1e9 + np.arange(100.0)
    found = regression_scores(targets, targets + np.where(np.arange(100) % 2, 1, -1))
    assert found.r2.value == pytest.approx(metrics.r2_score(np.arange(100.0), np.arange(100.0) + 1), abs=1e-6)
    assert found.r2.low > 0.99


def test_wrong_calls_are_refused():
    for targets, predicted in (([], []), ([1.0], [1.0, 2.0]), ([[1.0]], [[1.0]])):
        with pytest.raises(ValueError, match=r"must have the same shape \(samples,\), with 1 sample or more, got"):
            regression_scores(np.array(targets), np.array(predicted))
    with pytest.raises(ValueError, match="targets and predicted must be finite"):
        regression_scores(np.array([1.0]), np.array([np.nan]))
