"""Accuracies and differences over several trainings and the same texts."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from malmoi.metrics.crossed import crossed_accuracy, crossed_difference, holm
from malmoi.metrics.paired import paired_difference
from malmoi.metrics.scores import Share

HITS = st.tuples(st.integers(1, 4), st.integers(1, 12)).flatmap(
    lambda shape: st.tuples(arrays(np.bool_, shape), arrays(np.bool_, shape))
)


def analysis_of_variance(cells):
    """Mean squares of draws, texts and the rest, from their definitions."""
    draws, texts = cells.shape
    mean, by_draw, by_text = cells.mean(), cells.mean(axis=1), cells.mean(axis=0)
    rest = sum((cells[d, t] - by_draw[d] - by_text[t] + mean) ** 2 for d in range(draws) for t in range(texts))
    return (
        texts * sum((by_draw - mean) ** 2) / (draws - 1),
        draws * sum((by_text - mean) ** 2) / (texts - 1),
        rest / ((draws - 1) * (texts - 1)),
    )


def test_difference_is_that_of_the_textbook():
    random = np.random.default_rng(3)
    first, second = random.random((4, 60)) < 0.8, random.random((4, 60)) < 0.6
    cells = first.astype(float) - second
    draws, texts, rest = analysis_of_variance(cells)
    total = draws + max(texts - rest, 0)
    error, degrees = np.sqrt(total / cells.size), 3 * (total / draws) ** 2
    found = crossed_difference(first, second)
    half = stats.t.ppf(0.975, degrees) * error
    assert found.value == pytest.approx(cells.mean())
    assert (found.low, found.high) == pytest.approx((cells.mean() - half, cells.mean() + half))
    assert found.p_value == pytest.approx(2 * stats.t.sf(abs(cells.mean()) / error, degrees))


def test_where_texts_do_not_matter_it_is_the_paired_t_test_of_the_draws():
    # Each draw errs on texts of its own, as many as chance wants: the mean square of texts is no larger than the rest.
    random = np.random.default_rng(0)
    first, second = (
        np.stack([random.permutation(40) < count for count in counts]) for counts in ([30, 34, 32], [20, 26, 21])
    )
    _, texts, rest = analysis_of_variance(first.astype(float) - second)
    assert texts <= rest
    expected = stats.ttest_rel(first.mean(axis=1), second.mean(axis=1))
    assert crossed_difference(first, second).p_value == pytest.approx(expected.pvalue)


def test_one_draw_is_the_exact_test_of_mcnemar_and_the_interval_of_newcombe():
    first = np.array([[True] * 30 + [False] * 10 + [True] * 9])
    second = np.array([[True] * 30 + [True] * 10 + [False] * 9])
    found = crossed_difference(first, second)
    assert found.p_value == pytest.approx(stats.binomtest(9, 19).pvalue)
    expected = paired_difference(first[0], second[0])
    assert (found.low, found.high) == (expected.low, expected.high)


def test_equal_draws_count_once():
    first, second = np.arange(100) < 80, np.arange(100) < 70
    once, often = (crossed_difference(first[None].repeat(n, 0), second[None].repeat(n, 0)) for n in (1, 5))
    assert once == often
    accuracy = crossed_accuracy(first[None].repeat(5, 0))
    assert (accuracy.low, accuracy.high) == Share(80, 100).interval


@given(HITS)
@example((np.array([[False], [True], [True]]), np.array([[True], [False], [False]])))
def test_intervals_hold_their_value_and_swapping_turns_the_sign(pair):
    first, second = pair
    found, turned = crossed_difference(first, second), crossed_difference(second, first)
    assert -1 <= found.low <= found.value <= found.high <= 1
    assert 0 <= found.p_value <= 1
    assert (turned.value, turned.low, turned.high) == pytest.approx((-found.value, -found.high, -found.low))
    assert turned.p_value == pytest.approx(found.p_value)
    accuracy = crossed_accuracy(first)
    assert 0 <= accuracy.low <= accuracy.value <= accuracy.high <= 1


def test_interval_holds_the_true_difference_as_often_as_it_says():
    random, held, rejected, repeats = np.random.default_rng(1), 0, 0, 300
    for _ in range(repeats):  # the same classifier twice: the difference is 0
        text, own = random.normal(0, 1, 400), random.normal(0, 0.5, (2, 1, 400))
        draw, noise = random.normal(0, 0.1, (2, 5, 1)), random.normal(0, 1, (2, 5, 400))
        first, second = text + own + draw + noise + 1 > 0
        found = crossed_difference(first, second)
        held += found.low <= 0 <= found.high
        rejected += found.p_value < 0.05
    assert held == repeats - rejected
    assert 0.91 <= held / repeats <= 0.99


@pytest.mark.parametrize("shape", [(0, 4), (4, 0), (4,)])
def test_there_must_be_draws_and_texts(shape):
    with pytest.raises(ValueError, match="hits must have one row per draw and one column per text"):
        crossed_accuracy(np.ones(shape, bool))


def test_both_must_have_one_shape():
    with pytest.raises(ValueError, match=r"the same shape, got \(2, 3\) and \(3, 2\)"):
        crossed_difference(np.ones((2, 3), bool), np.ones((3, 2), bool))


@given(st.lists(st.floats(0, 1), max_size=8))
def test_holm_is_that_of_its_definition(p_values):
    adjusted, order = holm(p_values), np.argsort(p_values, kind="stable")
    for rank, place in enumerate(order):
        before = [min(1.0, (len(p_values) - k) * p_values[order[k]]) for k in range(rank + 1)]
        assert adjusted[place] == max(before)
