import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.calibration import calibration_curve

from malmoi.metrics.calibration import BINS, calibration


def calibrated(samples, seed=0):
    """Confidences of a perfectly calibrated model, and whether it is right."""
    random = np.random.default_rng(seed)
    confidence = random.uniform(0.5, 1, size=samples)
    return confidence, random.random(samples) < confidence


def test_two_bins_followed_by_hand():
    found = calibration(np.array([0.6, 0.6, 0.9, 1.0]), np.array([True, False, True, True]), bins=2)
    assert [(one.accuracy.count, one.accuracy.samples) for one in found.bins] == [(1, 2), (2, 2)]
    assert [one.confidence for one in found.bins] == pytest.approx([0.6, 0.95])
    assert found.error.value == pytest.approx((2 * abs(0.5 - 0.6) + 2 * abs(1 - 0.95)) / 4)


def test_bins_are_those_of_scikit_learn():
    confidence, right = calibrated(1500)
    found = calibration(confidence, right)
    shares, means = calibration_curve(right, confidence, n_bins=BINS, strategy="quantile")
    assert [one.accuracy.samples for one in found.bins] == [100] * BINS
    assert [one.confidence for one in found.bins] == pytest.approx(means.tolist(), abs=1e-3)
    assert [one.accuracy.value for one in found.bins] == pytest.approx(shares.tolist(), abs=0.02)


@settings(max_examples=40)
@given(st.lists(st.tuples(st.sampled_from([0.4, 0.5, 0.75, 0.9, 1.0]), st.booleans()), min_size=1, max_size=60))
def test_the_error_does_not_depend_on_the_order_of_samples(pairs):
    confidence, right = map(np.array, zip(*pairs, strict=True))
    found = calibration(confidence, right)
    other = calibration(confidence[::-1], right[::-1])
    assert [one.accuracy for one in found.bins] == [one.accuracy for one in other.bins]
    assert found.error.value == pytest.approx(other.error.value)
    assert sum(one.accuracy.samples for one in found.bins) == len(pairs)
    assert 0 <= found.error.low <= found.error.value <= found.error.high <= 1
    weighted = sum(abs(one.accuracy.value - one.confidence) * one.accuracy.samples for one in found.bins)
    assert found.error.value == pytest.approx(weighted / len(pairs))


def test_the_interval_of_a_calibrated_model_reaches_down_to_almost_nothing():
    error = calibration(*calibrated(3000)).error
    assert error.value > 0.01  # the bias of the estimate
    assert error.low < 0.006
    assert error.high == pytest.approx(error.value, abs=0.01)


def test_a_model_that_is_too_sure_has_its_error_in_the_interval():
    random = np.random.default_rng(0)
    error = calibration(np.full(2000, 0.9), random.random(2000) < 0.7).error
    assert error.low < 0.2 < error.high
    assert error.high - error.low < 0.06


def test_certain_and_right_is_calibrated():
    found = calibration(np.ones(20, np.float32), np.ones(20, bool))
    assert (found.error.value, found.error.low, found.error.high) == (0, 0, 0)
    assert len(found.bins) == 1
    assert calibration(np.zeros(3), np.ones(3, bool)).error.value == 1


def test_wrong_calls_are_refused():
    with pytest.raises(ValueError, match="same number of samples, 1 or more, got 0 and 0"):
        calibration(np.array([]), np.array([], bool))
    with pytest.raises(ValueError, match="same number of samples, 1 or more, got 2 and 1"):
        calibration(np.array([0.5, 1]), np.array([True]))
