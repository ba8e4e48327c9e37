"""Seasonal period of a series: from its time step, or the highest peak of its autocorrelation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from malmoi.data.time_grid import Grid
from malmoi.data.time_tables import Values

__all__ = ["found_season"]

LEAST_CORRELATION = 0.25
SURE = 2.5
"""Minimum height of a peak, in standard errors of the correlation of noise."""
NEARLY = 0.6
"""Minimum height of a peak at a fraction of the highest peak's lag to be preferred, as a share of the highest peak."""
LONGEST_LOOK = 20_000
"""Maximum number of last steps for the autocorrelation."""
LONGEST_SEASON = 2_000


def found_season(series: Sequence[Values], grid: Grid) -> int:
    """Return the seasonal period in steps; 1: no season.

    Args:
        series: float64 (time,) each, of one target; NaN for missing values.
        grid: grid of their times; a natural season of the grid, such as 12 for months, is used if a series has two.
    """
    longest = max(series, key=len)
    if grid.season > 1:
        return grid.season if len(longest) >= 2 * grid.season else 1
    return _by_autocorrelation(longest[-LONGEST_LOOK:])


def _by_autocorrelation(values: Values) -> int:
    """Return the lag of the highest peak of the autocorrelation of detrended values, within a third of the series."""
    values = values[~np.isnan(values)]
    count = len(values)
    most = min(count // 3, LONGEST_SEASON)
    if most < 2 or values.min() == values.max():
        return 1
    time = np.linspace(-1, 1, count)
    centred = values - values.mean()
    centred = centred - time * (centred @ time) / (time @ time)
    size = 1 << (2 * count - 1).bit_length()
    spectrum = np.abs(np.fft.rfft(centred, size)) ** 2
    correlation = np.fft.irfft(spectrum, size)[: most + 2]
    if correlation[0] <= 0:
        return 1
    # The factor corrects for the smaller number of pairs at longer lags, which would move peaks to the left.
    pairs = count - np.arange(most + 2)
    correlation = correlation / correlation[0] * count / pairs
    inner, least = correlation[1:-1], np.maximum(LEAST_CORRELATION, SURE / np.sqrt(pairs[1:-1]))
    peaks = np.flatnonzero((inner > correlation[:-2]) & (inner >= correlation[2:]) & (inner > least)) + 1
    peaks = peaks[peaks >= 2]
    if not len(peaks):
        return 1
    highest = int(peaks[correlation[peaks].argmax()])
    for peak in peaks.tolist():  # multiples of the season have peaks, too, which may be slightly higher
        if correlation[peak] >= NEARLY * correlation[highest] and abs(highest - round(highest / peak) * peak) <= 1:
            return int(peak)
    return highest
