"""One-hot calendar features: hour, day of the week, day, month, quarter."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from malmoi.data.time_grid import Grid
from malmoi.data.time_zones import DAY, HOUR, Times

__all__ = ["CALENDAR", "CalendarFeature", "calendar_columns", "calendar_rows", "useful_features"]

CalendarFeature = Literal["hour", "weekday", "day", "month", "quarter"]
CALENDAR: tuple[CalendarFeature, ...] = get_args(CalendarFeature)
VALUES = {"hour": 24, "weekday": 7, "day": 31, "month": 12, "quarter": 4}
THURSDAY = 3
"""Day of the week of 1970-01-01; Monday is 0."""


def calendar_columns(features: tuple[str, ...]) -> int:
    """Return the total number of one-hot columns of the features."""
    return sum(VALUES[name] for name in features)


def calendar_rows(times: Times, grid: Grid, features: tuple[str, ...]) -> npt.NDArray[np.float64]:
    """Return one-hot calendar features, float64 (steps, columns), one column per value of each feature.

    Example:
        >>> time = np.array(["2024-02-29T13:00"], "datetime64[us]").astype(np.int64)
        >>> calendar_rows(time, Grid("microsecond", 3_600_000_000), ("hour", "month")).nonzero()[1].tolist()
        [13, 25]
    """
    clock = grid.clock(times)
    days = clock // DAY
    dates = days.astype("datetime64[D]")
    months = dates.astype("datetime64[M]")
    rows = np.zeros((len(times), calendar_columns(features)))
    start, every = 0, np.arange(len(times))
    for name in features:
        if name == "hour":
            values = clock % DAY // HOUR
        elif name == "weekday":
            values = (days + THURSDAY) % 7
        elif name == "day":
            values = (dates - months).astype(np.int64)
        else:
            values = months.astype(np.int64) % 12 // (3 if name == "quarter" else 1)
        rows[every, start + values] = 1
        start += VALUES[name]
    return rows


def useful_features(grid: Grid) -> tuple[CalendarFeature, ...]:
    """Return the calendar features that vary on a grid and are periodic."""
    if grid.unit == "number":
        return ()
    if grid.unit == "month":
        if grid.step % 12 == 0:
            return ()
        return ("quarter",) if grid.step == 3 else ("month",)
    if grid.unit == "business day":
        return ("weekday", "day", "month")
    if grid.step % DAY:
        return ("hour", "weekday", "month")
    return ("month",) if grid.step % (7 * DAY) == 0 else ("weekday", "day", "month")
