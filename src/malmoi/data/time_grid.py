"""Regular time grids: the step between times, positions on the grid, and the times that follow."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal, TypeAlias, get_args

import numpy as np
import numpy.typing as npt

from malmoi.data.time_zones import DAY, HOUR, SECOND, Times, local_times, utc_times, zone_of
from malmoi.errors import DataError
from malmoi.foundation.json_values import JsonObject
from malmoi.foundation.validation import shorten

__all__ = ["Grid", "grid_of", "shown_time"]

Mask: TypeAlias = npt.NDArray[np.bool_]
Unit = Literal["number", "microsecond", "business day", "month"]
SEASONS = {15 * 60: 96, 30 * 60: 48, 3_600: 24, 2 * 3_600: 12, 3 * 3_600: 8, 4 * 3_600: 6, 6 * 3_600: 4, 24 * 3_600: 7}
"""Season length in steps, by the step in seconds."""
WEEK = 7 * DAY
MONTHS_OF_STEP = {1: 12, 2: 6, 3: 4, 4: 3, 6: 2}
MONDAY = 4
"""Days from 1970-01-01, a Thursday, to the next Monday."""


@dataclass(frozen=True)
class Grid:
    """A regular time grid.

    Args:
        unit: unit of the step; "number" if the times are whole numbers instead of timestamps.
        step: units between consecutive times; 1 or more.
        zone: time zone; `None` for times without one.
        is_local: whether the grid is regular in local time, not in UTC, so that a day can have 23 or 25 hours.
        day: day of the month of monthly grids, 0 for the first, -1 for the last.
        rest: time of day of monthly grids, in microseconds.
    """

    unit: Unit
    step: int
    zone: str | None = None
    is_local: bool = False
    day: int = 0
    rest: int = 0

    def __post_init__(self) -> None:
        """Validate the fields, which may come from a file."""
        types = (str, int, str | None, bool, int, int)
        for value, kind in zip(asdict(self).values(), types, strict=True):
            if not isinstance(value, kind) or (isinstance(value, bool) and kind is int):
                raise ValueError(f"grid must contain unit, step, zone, is_local, day and rest, found {shorten(value)}")
        sizes = 1 <= self.step < 2**53 and -1 <= self.day < 31 and 0 <= self.rest < DAY
        if self.unit not in get_args(Unit) or not sizes:
            raise ValueError(f"grid must have a known unit and a step of 1 or more, found {shorten(asdict(self))}")
        if self.zone is not None:
            zone_of(self.zone)

    def to_json(self) -> JsonObject:
        """Return the fields as a JSON object."""
        return asdict(self)

    def clock(self, times: Times) -> Times:
        """Return the local times."""
        return times if self.zone is None else local_times(times, self.zone)

    def places(self, times: Times) -> Times:
        """Return the positions of times on the grid, int64 (steps,); consecutive grid points differ by 1.

        Raises:
            ValueError: a time is not on the grid.
        """
        numbers, wrong = _units(self, times)
        wrong |= numbers % self.step != numbers[:1] % self.step
        if wrong.any():
            row = int(wrong.argmax())
            raise ValueError(f"{shown_time(times[row], self)} is not on the grid, whose step is {self.name}")
        return numbers // self.step

    def after(self, last: int, count: int) -> Times:
        """Return the times that follow the last one, int64 (count,)."""
        ahead = np.arange(1, count + 1) * self.step
        if self.unit == "number" or (self.unit == "microsecond" and not self.is_local):
            return last + ahead
        start = self.clock(np.array([last])) if self.is_local or self.zone else np.array([last])
        if self.unit == "microsecond":
            local = start + ahead
        elif self.unit == "business day":
            numbers = _business_days(start // DAY)[0] + ahead
            local = (numbers // 5 * 7 + numbers % 5 + MONDAY) * DAY + start % DAY
        else:
            local = _month_times(_months(start // DAY) + ahead, self.day) * DAY + self.rest
        return local if self.zone is None else utc_times(local, self.zone)

    @property
    def season(self) -> int:
        """Season length in steps: a year of months or weeks, a week of days, a day of hours; 1 if unknown."""
        if self.unit == "month":
            return MONTHS_OF_STEP.get(self.step, 1)
        if self.unit == "business day":
            return 5 if self.step == 1 else 1
        if self.unit == "number":
            return 1
        return 52 if self.step == WEEK else SEASONS.get(self.step // SECOND, 1)

    @property
    def name(self) -> str:
        """The step in words, such as "2 hours"."""
        if self.unit != "microsecond":
            unit = f"{'whole ' if self.unit == 'number' else ''}{self.unit}"
            return f"{self.step} {unit}{'s' if self.step > 1 else ''}"
        for unit, size in (("week", WEEK), ("day", DAY), ("hour", HOUR), ("minute", 60 * SECOND), ("second", SECOND)):
            if self.step % size == 0:
                count = self.step // size
                return f"{count} {unit}{'s' if count > 1 else ''}"
        return f"{self.step / SECOND:g} seconds"


def shown_time(time: int, grid: Grid) -> str:
    """Return a time as text, in local time."""
    if grid.unit == "number":
        return str(int(time))
    local = grid.clock(np.array([time]))[0]
    text = str(np.datetime64(int(local), "us").astype("datetime64[s]"))
    return text.removesuffix("T00:00:00").replace("T", " ")


def grid_of(times: Times, *, zone: str | None, is_number: bool, name: str) -> Grid:
    """Return the regular grid of times, of which some may be missing.

    Args:
        times: int64 (steps,), sorted, distinct; 2 or more.
        zone: time zone of timestamps.
        is_number: whether the times are whole numbers instead of timestamps.
        name: name of the column, for errors.

    Raises:
        DataError: the times are not on a regular grid.
    """
    if is_number:
        return _checked(Grid("number", int(np.gcd.reduce(np.diff(times)))), times, name)
    local = times if zone is None else local_times(times, zone)
    for grid in _grids(times, local, zone):
        if not (_units(grid, times)[1].any()):
            return _checked(grid, times, name)
    return _checked(Grid("microsecond", int(np.gcd.reduce(np.diff(times))), zone), times, name)


def _grids(times: Times, local: Times, zone: str | None) -> list[Grid]:
    """Return candidate grids, the most regular first."""
    steps, found = np.diff(times), []
    if (steps == steps[0]).all():
        # Whole days are local days: daylight saving time may begin or end after the last time.
        is_local = zone is not None and int(steps[0]) % DAY == 0 and bool((local % DAY == local[0] % DAY).all())
        found.append(Grid("microsecond", int(steps[0]), zone, is_local))
    days, rest = local // DAY, int(local[0] % DAY)
    if len(days) < 2 or not (local % DAY == rest).all():
        return found
    months = _months(days)
    day = _month_day(days)
    if day is not None and (np.diff(months) > 0).all():
        found.append(Grid("month", int(np.gcd.reduce(np.diff(months))), zone, zone is not None, day, rest))
    size = int(np.gcd.reduce(np.diff(days)))
    on_weekends = ((days - MONDAY) % 7 >= 5).any()
    is_dense = len(days) > 0.5 * (days[-1] - days[0])
    if size == 1 and not on_weekends and len(days) >= 6 and is_dense:
        found.append(Grid("business day", 1, zone, zone is not None))
    found.append(Grid("microsecond", size * DAY, zone, zone is not None))
    return found


def _checked(grid: Grid, times: Times, name: str) -> Grid:
    """Return the grid, or raise if it has more than two gaps per time: the times are probably irregular."""
    places = grid.places(times)
    if len(times) > 2 and places[-1] - places[0] + 1 > 3 * len(times):
        steps = np.diff(places)
        usual, counts = np.unique(steps, return_counts=True)
        most = usual[counts.argmax()]
        row = int((steps != most).argmax())
        first, second = shown_time(times[row], grid), shown_time(times[row + 1], grid)
        rule = f"{name} must be regular, with a constant step between times"
        raise DataError(f"{rule}, got {first} and then {second}; resample to a fixed step first, such as a day")
    return grid


def _units(grid: Grid, times: Times) -> tuple[Times, Mask]:
    """Return each time in whole units, and a mask of the times that are not whole units."""
    all_whole = np.zeros(len(times), dtype=np.bool_)
    if grid.unit == "number":
        return times, all_whole
    local = grid.clock(times) if grid.is_local or grid.unit != "microsecond" else times
    if grid.unit == "microsecond":
        return local, all_whole
    days, rest = local // DAY, local % DAY
    if grid.unit == "business day":
        return _business_days(days)[0], _business_days(days)[1] | (rest != rest[:1])
    months = _months(days)
    return months, (days != _month_times(months, grid.day)) | (rest != grid.rest)


def _business_days(days: Times) -> tuple[Times, Mask]:
    """Return the numbers of business days, and a mask of weekend days."""
    since = days - MONDAY
    return since // 7 * 5 + np.minimum(since % 7, 4), since % 7 >= 5


def _months(days: Times) -> Times:
    return days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)


def _month_day(days: Times) -> int | None:
    """Return the common day of the month, 0 for the first, -1 for the last; `None` if there is none."""
    within = days - _month_times(_months(days), 0)
    if (within == within[0]).all() and within[0] < 28:
        return int(within[0])
    return -1 if (_months(days + 1) != _months(days)).all() else None


def _month_times(months: Times, day: int) -> Times:
    """Return the days since 1970 of a day of some months."""
    first = (months if day >= 0 else months + 1).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    return first + day
