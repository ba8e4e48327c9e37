import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from malmoi.metrics.paired import PairedDifference, paired_difference


def table(both, alone, other, neither):
    """Two classifiers from the counts of the four cases."""
    counts = [both, alone, other, neither]
    return np.repeat([True, True, False, False], counts), np.repeat([True, False, True, False], counts)


def test_a_published_example():
    # Fagerland, Lydersen & Laake 2014, table II: airway hyper-responsiveness before and after transplantation; the
    # square-and-add interval of Newcombe is -0.507 to -0.026.
    found = paired_difference(*table(1, 1, 7, 12))
    assert found.value == pytest.approx(-6 / 21)
    assert (found.low, found.high) == pytest.approx((-0.507, -0.026), abs=5e-4)
    assert found.is_worse
    assert not found.is_better


@given(st.tuples(*[st.integers(0, 400)] * 4).filter(any))
def test_an_interval_holds_the_difference_and_turns_round(counts):
    found, other = paired_difference(*table(*counts)), paired_difference(*table(*counts)[::-1])
    assert -1 <= found.low <= found.value <= found.high <= 1
    assert (other.value, other.low, other.high) == pytest.approx((-found.value, -found.high, -found.low))
    assert found.value == pytest.approx((counts[1] - counts[2]) / sum(counts))


def test_the_interval_covers_the_true_difference_at_its_rate():
    random = np.random.default_rng(0)
    rates = [0.7, 0.12, 0.05, 0.13]
    held = []
    for _ in range(1000):
        found = paired_difference(*table(*random.multinomial(200, rates)))
        held.append(found.low <= 0.07 <= found.high)
    assert 0.93 < np.mean(held) < 0.975


def test_equal_and_perfect_classifiers_are_neither_better_nor_worse():
    right = np.arange(100) % 4 > 0
    for first, second in ((right, right), (np.ones(5, bool), np.ones(5, bool))):
        found = paired_difference(first, second)
        assert (found.value, found.is_better, found.is_worse) == (0, False, False)
        assert found.low < 0 < found.high


def test_paired_samples_make_a_narrower_interval_than_independent_ones():
    together, apart = paired_difference(*table(700, 100, 50, 150)), paired_difference(*table(600, 200, 150, 50))
    assert together.value == apart.value == 0.05
    assert together.high - together.low < 0.75 * (apart.high - apart.low)
    assert together.is_better


def test_a_difference_is_shown_in_points():
    found = PairedDifference(0.052, -0.01, 0.1, 1500)
    assert str(found) == "+5.2 points (95 % interval -1.0 to +10.0, 1,500 samples)"
    assert found.to_json() == {"value": 0.052, "low": -0.01, "high": 0.1, "samples": 1500}


def test_wrong_calls_are_refused():
    for first, second in (([], []), ([True], [True, False])):
        with pytest.raises(ValueError, match=f"samples, 1 or more, got {len(first)} and {len(second)}"):
            paired_difference(np.array(first, bool), np.array(second, bool))
