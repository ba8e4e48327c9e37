"""Calibration: whether predictions with 90 % confidence are right nine times in ten."""

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
        accuracy: share of them whose label is predicted.
    """

    confidence: float
    accuracy: Share


@dataclass(frozen=True)
class Calibration:
    """The expected calibration error, and the bins that it is made of.

    Args:
        error: mean distance between confidence and accuracy of the bins, weighted by their samples.
        bins: by confidence; 15 at most.
    """

    error: Score
    bins: tuple[CalibrationBin, ...]


def calibration(
    confidence: npt.NDArray[np.floating], right: npt.NDArray[np.bool_], *, bins: int = BINS, seed: int = 0
) -> Calibration:
    """Measure the expected calibration error (ECE) in bins that hold the same number of samples.

    Samples of the same confidence are in the same bin, so there may be fewer bins, and bins of other sizes.

    The ECE of few samples is biased upwards: the accuracy of a bin is noisy, and distances do not cancel out. The
    ECE of a resample is biased once more. The interval is therefore that of the basic bootstrap, [2 e - q97.5,
    2 e - q2.5] for the error e and the percentiles q of the resamples, which removes that bias; it is
    clipped at 0 and 1, and extended to hold e where the bias is larger than the spread. The value itself is not
    corrected, so that it can be compared with published ones.

    Args:
        confidence: float (samples,), probability of the predicted class, from 0 to 1.
        right: bool (samples,), whether the predicted class is the true one.
        bins: how many bins; 1 or more.
        seed: random seed of the resamples.

    Raises:
        ValueError: there are no samples, or not as many of both.

    Source:
        Naeini et al. 2015; bins of equal mass as in Nguyen & O'Connor 2015.

    Example:
        >>> round(calibration(np.array([0.9, 0.9]), np.array([True, False])).error.value, 3)
        0.4
    """
    if len(confidence) != len(right) or not len(right):
        rule = "confidence and right must hold the same number of samples, 1 or more"
        raise ValueError(f"{rule}, got {len(confidence)} and {len(right)}")
    order = np.argsort(confidence, kind="stable")
    sure, hits = confidence[order].astype(np.float64), right[order]
    starts = _starts(sure, bins)
    gaps = hits - sure
    error = _error(np.add.reduceat(gaps, starts), len(sure))
    resampled = [
        _error(np.add.reduceat(counts * gaps, starts, axis=1), len(sure)) for counts in resample_counts(len(sure), seed)
    ]
    low, high = percentiles(np.concatenate(resampled))
    value = float(error)
    bounds = min(value, max(0.0, 2 * value - high)), max(value, min(1.0, 2 * value - low))
    sizes = np.diff([*starts, len(sure)])
    sums = zip(np.add.reduceat(sure, starts), np.add.reduceat(hits.astype(np.int64), starts), sizes, strict=True)
    made = tuple(CalibrationBin(float(total / size), Share(int(count), int(size))) for total, count, size in sums)
    return Calibration(Score(value, *bounds, len(sure)), made)


def _starts(ordered: Floats, bins: int) -> npt.NDArray[np.intp]:
    """Where bins of equal mass begin among ordered numbers; equal numbers are in one bin."""
    edges = ordered[np.arange(min(bins, len(ordered))) * len(ordered) // min(bins, len(ordered))]
    return np.unique(np.searchsorted(ordered, edges))


def _error(gaps: Floats, samples: int) -> Floats:
    """The error from sums of right less confidence, (..., bins)."""
    return np.asarray(np.abs(gaps).sum(axis=-1) / samples)
