"""Rows of a table as the steps of series: grouped by id, sorted by time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from malmoi.data.table_files import TableFile
from malmoi.data.time_columns import elapsed, moments_of
from malmoi.errors import DataError
from malmoi.foundation.validation import shorten

__all__ = ["Steps", "grouped_steps"]

REGULAR = 0.5
"""Share of the differences in time that must be the most frequent one, so that others count as gaps."""
LARGEST_STEP = 1.5
"""A gap is a difference above so many of the most frequent ones."""
CURE = (
    "name the column of time (--time-column), or keep the order of the file: "
    "time_column=None (on the command line --time-column none)"
)

Places = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Steps:
    """The rows of every series.

    Args:
        order: int64 (steps,), rows of the table, one series after the other.
        ends: int64 (series,), where the steps of each series end.
        ids: of the series, in order of first appearance.
        notes: what was sorted, and which gaps there are, in sentences.
    """

    order: Places
    ends: Places
    ids: list[Any]
    notes: tuple[str, ...] = ()

    @property
    def starts(self) -> Places:
        """int64 (series,), where the steps of each series start."""
        return np.concatenate([np.zeros(1, dtype=np.int64), self.ends[:-1]])


def grouped_steps(table: TableFile, id_column: str, time_column: str | None) -> Steps:
    """Group the rows of a table by id, sorted by time where there is a column of it.

    Raises:
        DataError: an id or a time is missing, or a series has a time twice.
    """
    import polars as pl

    ids = table.frame[id_column]
    if ids.null_count():
        place = table.place(int(ids.is_null().arg_max()))
        rule = f"{table.path}: the id column {id_column!r} must have a value in every row"
        raise DataError(f"{rule}, got an empty cell in {place}; fill it, or leave the row out")
    keyed = pl.DataFrame({"id": ids, "row": np.arange(len(ids))})
    keyed = keyed.with_columns(first=pl.col("row").min().over("id"))
    moments = None if time_column is None else moments_of(table, time_column)
    if moments is not None:
        keyed = keyed.with_columns(moments.alias("time"))
    by = ["first", "row"] if moments is None else ["first", "time", "row"]
    keyed = keyed.select("first", "row", *by[1:-1]).sort(by)
    firsts, counts = np.unique(keyed["first"].to_numpy(), return_counts=True)
    order = keyed["row"].to_numpy().astype(np.int64)
    steps = Steps(order, np.cumsum(counts), ids.gather(pl.Series(firsts)).to_list())
    if moments is None:
        return steps
    _refuse_repeated_times(table, steps, keyed["time"], str(time_column))
    notes = _sorted_note(steps, str(time_column)), _gap_note(table, steps, keyed["time"], str(time_column))
    return Steps(order, steps.ends, steps.ids, tuple(note for note in notes if note))


def _inside(steps: Steps) -> npt.NDArray[np.bool_]:
    """Whether a step and the next one are of the same series, bool (steps - 1,)."""
    inside = np.ones(len(steps.order), dtype=np.bool_)
    inside[steps.ends - 1] = False
    return inside[:-1]


def _refuse_repeated_times(table: TableFile, steps: Steps, moments: Any, name: str) -> None:
    same = (moments.slice(1) == moments.slice(0, len(moments) - 1)).to_numpy() & _inside(steps)
    if not same.any():
        return
    at = int(same.argmax())
    place = int(np.searchsorted(steps.ends, at, side="right"))
    rows = (int(steps.order[at]), int(steps.order[at + 1]))
    value = table.frame[name][rows[0]]
    rule = f"{table.path}: series {shorten(steps.ids[place])} must have every {name!r} once"
    where = f"got {str(value)!r} in {table.place(rows[0])} and in {table.place(rows[1])}"
    raise DataError(f"{rule}, {where}; leave one row out, or {CURE}")


def _sorted_note(steps: Steps, name: str) -> str:
    back = np.flatnonzero((np.diff(steps.order) < 0) & _inside(steps))
    count = len(np.unique(np.searchsorted(steps.ends, back, side="right")))
    if not count:
        return f"steps are in the order of {name!r}, which is no feature"
    verb = "was" if count == 1 else "were"
    return (
        f"steps are sorted by {name!r}, which is no feature; {count:,} of {len(steps.ids):,} series {verb} not in order"
    )


def _gap_note(table: TableFile, steps: Steps, moments: Any, name: str) -> str:
    passed = np.diff(elapsed(moments))
    inside = np.flatnonzero(_inside(steps))
    if not inside.size:
        return ""
    usual = float(np.median(passed[inside]))
    if usual <= 0 or (np.abs(passed[inside] / usual - 1) < 0.01).mean() <= REGULAR:
        return ""
    gaps = inside[passed[inside] > LARGEST_STEP * usual]
    if not gaps.size:
        return ""
    of_series = np.searchsorted(steps.ends, gaps, side="right")
    first, place = int(gaps[0]), int(of_series[0])
    between = f"{table.place(int(steps.order[first]))} and {table.place(int(steps.order[first + 1]))}"
    rule = f"{len(np.unique(of_series)):,} of {len(steps.ids):,} series have gaps in {name!r}"
    return f"{rule}, such as series {shorten(steps.ids[place])} between {between}; steps are taken as evenly spaced"
