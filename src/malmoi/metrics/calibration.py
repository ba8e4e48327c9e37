"""Calibration: whether predictions with a confidence of 90 % are correct in 90 % of the cases."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from malmoi.metrics.intervals import Floats, Score, percentiles, resample_counts
from malmoi.metrics.scores import Share

__all__ = ["BINS", "Calibration", "CalibrationBin", "calibration"]

BINS = 15


@dataclass(frozen=True)
class CalibrationBin:
    """Samples of similar confidence.

    Args:
        confidence: mean probability of the predicted class.
        accuracy: accuracy of these samples.
    """

    confidence: float
    accuracy: Share


@dataclass(frozen=True)
class Calibration:
    """The expected calibration error (ECE) with its bins.

    Args:
        error: mean distance between confidence and accuracy of the bins, weighted by their samples.
        bins: bins in order of confidence; at most 15.
    """

    error: Score
    bins: tuple[CalibrationBin, ...]


def calibration(
    confidence: npt.NDArray[np.floating], correct: npt.NDArray[np.bool_], *, bins: int = BINS, seed: int = 0
) -> Calibration:
    """Return the expected calibration error (ECE) with bins of equal numbers of samples.

    Samples with the same confidence are in the same bin, so there may be fewer bins, and bins of other sizes.

    The ECE of few samples is biased upwards: the accuracy of a bin is noisy, and distances do not cancel out. The ECE
    of a resample has this bias twice. The interval is therefore that of the basic bootstrap, [2 e - q97.5,
    2 e - q2.5] for the error e and the percentiles q of the resamples, which removes the bias; it is clipped to
    [0, 1], and extended to include e if the bias is larger than the spread. The value itself is not corrected, so that
    it can be compared with published values.

    Args:
        confidence: float (samples,), probability of the predicted class, from 0 to 1.
        correct: bool (samples,), whether the prediction is correct.
        bins: number of bins; 1 or more.
        seed: random seed of the resamples.

    Raises:
        ValueError: there are no samples, or the lengths differ.

    Source:
        Naeini et al. 2015; bins of equal mass as in Nguyen & O'Connor 2015.

    Example:
        >>> round(calibration(np.array([0.9, 0.9]), np.array([True, False])).error.value, 3)
        0.4
    """
    if len(confidence) != len(correct) or not len(correct):
        rule = "confidence and correct must have the same number of samples, 1 or more"
        raise ValueError(f"{rule}, got {len(confidence)} and {len(correct)}")
    order = np.argsort(confidence, kind="stable")
    ordered, hits = confidence[order].astype(np.float64), correct[order]
    starts = _starts(ordered, bins)
    gaps = hits - ordered
    samples = len(ordered)
    error = _error(np.add.reduceat(gaps, starts), samples)
    resampled = [
        _error(np.add.reduceat(counts * gaps, starts, axis=1), samples) for counts in resample_counts(samples, seed)
    ]
    low, high = percentiles(np.concatenate(resampled))
    value = float(error)
    bounds = min(value, max(0.0, 2 * value - high)), max(value, min(1.0, 2 * value - low))
    sizes = np.diff([*starts, samples])
    sums = zip(np.add.reduceat(ordered, starts), np.add.reduceat(hits.astype(np.int64), starts), sizes, strict=True)
    found = tuple(CalibrationBin(float(total / size), Share(int(count), int(size))) for total, count, size in sums)
    return Calibration(Score(value, *bounds, samples), found)


def _starts(ordered: Floats, bins: int) -> npt.NDArray[np.intp]:
    """Return the start indices of bins of equal mass in sorted numbers; equal numbers are in the same bin."""
    edges = ordered[np.arange(min(bins, len(ordered))) * len(ordered) // min(bins, len(ordered))]
    return np.unique(np.searchsorted(ordered, edges))


def _error(gaps: Floats, samples: int) -> Floats:
    """Return the ECE from sums of correctness minus confidence, (..., bins)."""
    return np.asarray(np.abs(gaps).sum(axis=-1) / samples)
