"""Conversion between UTC and local time."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import numpy.typing as npt

__all__ = ["DAY", "EPOCH", "HOUR", "SECOND", "Times", "local_times", "utc_times", "zone_of"]

Times = npt.NDArray[np.int64]
"""Microseconds since 1970-01-01, or whole numbers."""
SECOND = 1_000_000
HOUR = 3_600 * SECOND
DAY = 24 * HOUR
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
OFFSET = re.compile(r"(?:UTC|GMT)?([+-])(\d\d):?(\d\d)")


def zone_of(name: str) -> tzinfo:
    """Return the time zone of a name: one of the IANA database, or an offset such as "+09:00".

    Raises:
        ValueError: the name is not a time zone.
    """
    if offset := OFFSET.fullmatch(name):
        size = timedelta(hours=int(offset[2]), minutes=int(offset[3]))
        return timezone(size if offset[1] == "+" else -size)
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"time zone must be an IANA name, or an offset such as +09:00, got {name!r}") from error


def local_times(times: Times, name: str) -> Times:
    """Convert UTC times to the local times of a zone, both int64 (steps,) in microseconds."""
    zone = zone_of(name)
    days, places = np.unique(times // DAY, return_inverse=True)
    first, last = (np.array([_offset(int(day) * DAY + more, zone) for day in days]) for more in (0, DAY - 1))
    offsets: Times = first.astype(np.int64)[places]
    for row in np.flatnonzero((first != last)[places]):  # days on which daylight saving time begins or ends
        offsets[row] = _offset(int(times[row]), zone)
    return times + offsets


def utc_times(local: Times, name: str) -> Times:
    """Convert local times of a zone to UTC, both int64 (steps,) in microseconds.

    An ambiguous local time means the first of its two UTC times; a local time that daylight saving time skips is
    interpreted with the offset before the change.
    """
    zone = zone_of(name)
    found = []
    for value in local.tolist():
        moment = (EPOCH + timedelta(microseconds=value)).replace(tzinfo=zone)
        found.append((moment.astimezone(UTC) - EPOCH) // timedelta(microseconds=1))
    return np.array(found, dtype=np.int64)


def _offset(time: int, zone: tzinfo) -> int:
    offset = (EPOCH + timedelta(microseconds=time)).astimezone(zone).utcoffset()
    return 0 if offset is None else offset // timedelta(microseconds=1)
