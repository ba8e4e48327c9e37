"""Grouping of table rows into series: by id, sorted by time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from malmoi.data.table_files import TableFile, first_true
from malmoi.data.time_columns import elapsed, moments_of
from malmoi.errors import DataError
from malmoi.foundation.validation import shorten

if TYPE_CHECKING:
    from polars import Series

__all__ = ["Steps", "counts_steps", "grouped_steps"]

REGULAR = 0.5
"""Gaps are reported only if a larger share of the time differences than this equals the median."""
LARGEST_STEP = 1.5
"""A gap is a time difference of more than this many times the median."""
CURE = (
    "name the time column (--time-column), or keep the order of the file: "
    "time_column=None (on the command line --time-column none)"
)
ID_CURE = "name the column that identifies the series (--id-column)"

Places = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Steps:
    """The rows of every series.

    Args:
        order: int64 (steps,), row indices of the table, one series after the other.
        ends: int64 (series,), end of each series in `order`.
        ids: ids of the series, in order of first appearance; [0] for a single series without an id.
        unsorted: number of series whose rows were not in time order.
        notes: sentences about sorting and gaps.
    """

    order: Places
    ends: Places
    ids: list[object]
    unsorted: int = 0
    notes: tuple[str, ...] = ()

    @property
    def starts(self) -> Places:
        """int64 (series,), start of each series in `order`."""
        return np.concatenate([np.zeros(1, dtype=np.int64), self.ends[:-1]])


def grouped_steps(table: TableFile, id_column: str | None, time_column: str | None) -> Steps:
    """Group the rows of a table by id and sort them by time, if there are such columns; without ids, one series.

    Raises:
        DataError: an id or a time is missing, or a series has the same time twice.
    """
    import polars as pl

    ids = pl.repeat(0, table.frame.height, eager=True) if id_column is None else table.frame[id_column]
    if ids.null_count():
        place = table.place(first_true(ids.is_null()))
        rule = f"{table.path}: the id column {id_column!r} must have a value in every row"
        raise DataError(f"{rule}, got an empty cell in {place}; fill it, or remove the row")
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
    name = str(time_column)
    _refuse_repeated_times(table, steps, keyed["time"], name, has_ids=id_column is not None)
    unsorted = _unsorted(steps)
    notes = _sorted_note(name, unsorted, len(steps.ids)), _gap_note(table, steps, keyed["time"], name)
    return Steps(order, steps.ends, steps.ids, unsorted, tuple(note for note in notes if note))


def counts_steps(table: TableFile, id_column: str | None, name: str, *, consecutive: bool = True) -> bool:
    """Return whether a column holds distinct whole numbers within every series, consecutive ones if requested."""
    import polars as pl

    column = table.frame[name]
    if not column.dtype.is_integer() or column.null_count():
        return False
    ids = pl.repeat(0, len(column), eager=True) if id_column is None else table.frame[id_column]
    grouped = pl.DataFrame({"id": ids, "value": column}).group_by("id")
    value = pl.col("value")
    spans = grouped.agg(steps=pl.len().cast(pl.Int64), span=value.max().cast(pl.Float64) - value.min())
    if spans["steps"].max() == 1 or (consecutive and (spans["span"] + 1 != spans["steps"]).any()):
        return False
    return not grouped.agg(value.is_duplicated().any())["value"].any()


def _inside(steps: Steps) -> npt.NDArray[np.bool_]:
    """Return whether each step and the next one belong to the same series, bool (steps - 1,)."""
    inside = np.ones(len(steps.order), dtype=np.bool_)
    inside[steps.ends - 1] = False
    return inside[:-1]


def _refuse_repeated_times(table: TableFile, steps: Steps, moments: Series, name: str, *, has_ids: bool) -> None:
    same = (moments.slice(1) == moments.slice(0, len(moments) - 1)).to_numpy() & _inside(steps)
    if not same.any():
        return
    at = int(same.argmax())
    place = int(np.searchsorted(steps.ends, at, side="right"))
    rows = (int(steps.order[at]), int(steps.order[at + 1]))
    value = table.frame[name][rows[0]]
    of = f"series {shorten(steps.ids[place])}" if has_ids else "a series"
    rule = f"{table.path}: {of} must have one row for each {name!r}"
    where = f"got {str(value)!r} in {table.place(rows[0])} and in {table.place(rows[1])}"
    raise DataError(f"{rule}, {where}; remove one row, or {CURE if has_ids else ID_CURE}")


def _unsorted(steps: Steps) -> int:
    """Return the number of series that were not in time order."""
    back = np.flatnonzero((np.diff(steps.order) < 0) & _inside(steps))
    return len(np.unique(np.searchsorted(steps.ends, back, side="right")))


def _sorted_note(name: str, unsorted: int, series: int) -> str:
    if not unsorted:
        return f"steps are in order of {name!r}, which is not a feature"
    verb = "was" if unsorted == 1 else "were"
    return (
        f"steps are sorted by {name!r}, which is not a feature; {unsorted:,} of {series:,} series {verb} not in order"
    )


def _gap_note(table: TableFile, steps: Steps, moments: Series, name: str) -> str:
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
    return f"{rule}, such as series {shorten(steps.ids[place])} between {between}; steps are treated as evenly spaced"
