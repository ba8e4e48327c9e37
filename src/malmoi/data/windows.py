"""Sliding windows over a series, each with the values to forecast."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from malmoi.errors import DataError
from malmoi.foundation.log import logger
from malmoi.foundation.validation import check_choice, shorten, whole_number

__all__ = ["windows"]


def windows(
    series: npt.ArrayLike,
    length: int,
    horizon: int = 1,
    *,
    step: int = 1,
    target: int = 0,
    missing: Literal["keep", "drop"] = "keep",
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Cut a series into sliding windows and the values that follow each of them.

    Args:
        series: numbers (time,) or (time, features), in time order.
        length: steps per window; 1 or more.
        horizon: steps to forecast after each window; 1 or more.
        step: steps between the starts of consecutive windows; 1 or more.
        target: index of the feature to forecast.
        missing: "keep": windows and targets may hold NaN; "drop": samples with NaN are dropped, and their number is
            logged.

    Returns:
        Windows float32 (samples, length, features), and targets float32 (samples, horizon), in time order. Use the
        last ones as the test set; leave out windows that overlap it.

    Raises:
        TypeError: a setting is not an int, or the series does not hold numbers.
        ValueError: a setting is out of range.
        DataError: the series is shorter than `length + horizon`, or every window has missing values.

    Example:
        >>> inputs, targets = windows([1, 2, 3, 4, 5], length=2, horizon=1)
        >>> inputs[:, :, 0].tolist(), targets.tolist()
        ([[1.0, 2.0], [2.0, 3.0], [3.0, 4.0]], [[3.0], [4.0], [5.0]])
    """
    values = np.asarray(series)
    if values.dtype.kind not in "biuf" or values.ndim not in (1, 2):
        raise TypeError(f"series must be numbers (time,) or (time, features), got {shorten(series)}")
    values = (values[:, None] if values.ndim == 1 else values).astype(np.float32)
    for name, value in (("length", length), ("horizon", horizon), ("step", step)):
        if whole_number(name, value) < 1:
            raise ValueError(f"{name} must be 1 or more, got {value}")
    check_choice("missing", missing, ("keep", "drop"))
    if not -values.shape[1] <= whole_number("target", target) < values.shape[1]:
        raise ValueError(f"target must be the index of a feature, from 0 to {values.shape[1] - 1}, got {target}")
    if len(values) < length + horizon:
        raise DataError(f"series must have length + horizon = {length + horizon} steps or more, got {len(values)}")
    spans = np.lib.stride_tricks.sliding_window_view(values, length + horizon, axis=0)[::step].swapaxes(1, 2)
    if missing == "drop":
        spans = _complete(spans, length, target)
    return np.ascontiguousarray(spans[:, :length]), np.ascontiguousarray(spans[:, length:, target])


def _complete(spans: npt.NDArray[np.float32], length: int, target: int) -> npt.NDArray[np.float32]:
    """Return the samples without missing values."""
    gaps = np.isnan(spans[:, :length]).any(axis=(1, 2)) | np.isnan(spans[:, length:, target]).any(axis=1)
    if gaps.all():
        raise DataError(
            f"series must have a window without missing values, got {len(spans)} windows, all with missing values"
        )
    if gaps.any():
        logger.info("windows with missing values, dropped: %d of %d", int(gaps.sum()), len(spans))
    return spans[~gaps]
