import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from malmoi.metrics.scores import Share, majority_class


def test_wilson_interval_of_a_published_example():
    # Newcombe 1998, table I: 81 of 263 gives 0.2553 to 0.3662.
    assert Share(81, 263).interval == pytest.approx((0.2553, 0.3662), abs=5e-5)


@given(st.integers(1, 10_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_interval_holds_the_share_and_stays_inside(pair):
    share = Share(*pair)
    low, high = share.interval
    assert 0 <= low <= share.value + 1e-12
    assert share.value - 1e-12 <= high <= 1


@pytest.mark.parametrize(("count", "samples"), [(1, 0), (3, 2), (-1, 2)])
def test_impossible_counts_are_refused(count, samples):
    with pytest.raises(ValueError, match=f"got {count} of {samples}"):
        Share(count, samples)


def test_majority_class_is_the_first_on_a_tie():
    assert majority_class(np.array(["b", "a"]))[0] == "a"
    label, share = majority_class(np.array([1, 0, 1]))
    assert (label, share.count, share.samples) == (1, 2, 3)
    with pytest.raises(ValueError, match="got 0"):
        majority_class(np.array([]))
