"""Time series as validated arrays float32 (time, features), with feature names."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import overload

import numpy as np
import numpy.typing as npt

from malmoi.errors import DataError
from malmoi.foundation.validation import shorten

__all__ = [
    "MISSING",
    "Series",
    "SeriesError",
    "StackedSeries",
    "as_series",
    "check_feature_count",
    "check_feature_names",
    "feature_names",
    "training_series",
]


MISSING = ("refuse", "indicate")
CURE_OF_MISSING = 'pass missing="indicate" (on the command line --missing indicate) if values may be missing'


LEAST_STEPS = 32
"""A rounding warning is given if float32 leaves fewer distinct values of a feature than this."""
ROUNDING = float(np.finfo(np.float32).eps)
Series = list[npt.NDArray[np.float32]]


class SeriesError(DataError):
    """Error about one of several series; tables add the id of the series and its lines in the file.

    Args:
        argument: the argument that holds the series, such as "X".
        place: index of the series, from 0.
        rule: the rule and the value, such as "must be finite, got nan".
        step: step in the series, from 0; `None` if the whole series is concerned.
        feature: index of the feature, from 0.
        cure: what to do; "" if nothing.
    """

    def __init__(
        self,
        argument: str,
        place: int,
        rule: str,
        step: int | None = None,
        feature: int | None = None,
        cure: str = "",
    ) -> None:
        super().__init__(argument, place, rule, step, feature, cure)
        self.argument = argument
        self.place = place
        self.rule = rule
        self.step = step
        self.feature = feature
        self.cure = cure

    def __str__(self) -> str:
        at = "" if self.step is None else f" at step {self.step}, feature {self.feature}"
        return f"{self.argument}[{self.place}] {self.rule}{at}{self.cure and f'; {self.cure}'}"


@dataclass(frozen=True, eq=False)
class StackedSeries(Sequence[npt.NDArray[np.float32]]):
    """Series that are concatenated in one array; an item is a view (time, features) of it.

    Args:
        rows: float32 (steps, features), one series after the other.
        ends: int64 (series,), end of each series in `rows`; each has 1 step or more.
        names: feature names; `None` if there are none.

    Example:
        >>> series = StackedSeries(np.arange(5, dtype=np.float32)[:, None], np.array([2, 5]))
        >>> [one[:, 0].tolist() for one in series]
        [[0.0, 1.0], [2.0, 3.0, 4.0]]
    """

    rows: npt.NDArray[np.float32]
    ends: npt.NDArray[np.int64]
    names: tuple[str, ...] | None = None

    @property
    def lengths(self) -> npt.NDArray[np.int64]:
        """int64 (series,): number of steps of each series."""
        return np.diff(self.ends, prepend=0)

    def __len__(self) -> int:
        """Return the number of series."""
        return len(self.ends)

    @overload
    def __getitem__(self, place: int) -> npt.NDArray[np.float32]: ...

    @overload
    def __getitem__(self, place: slice) -> StackedSeries: ...

    def __getitem__(self, place: int | slice) -> npt.NDArray[np.float32] | StackedSeries:
        if isinstance(place, slice):
            return self.take(np.arange(len(self))[place])
        at = range(len(self))[place]
        return self.rows[self.ends[at - 1] if at else 0 : self.ends[at]]

    def __iter__(self) -> Iterator[npt.NDArray[np.float32]]:
        start = 0
        for end in self.ends.tolist():
            yield self.rows[start:end]
            start = end

    def steps_of(self, places: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Return the row indices of the steps of some series, one series after the other."""
        lengths = self.lengths[places]
        ends = np.cumsum(lengths)
        return np.arange(int(lengths.sum())) + np.repeat(self.ends[places] - ends, lengths)

    def take(self, places: npt.NDArray[np.int64]) -> StackedSeries:
        """Return the series at some indices, in the given order."""
        return StackedSeries(self.rows[self.steps_of(places)], np.cumsum(self.lengths[places]), self.names)

    def check(self, missing: str, name: str) -> None:
        """Check that all values are finite; NaN is allowed if `missing` is "indicate".

        Raises:
            SeriesError: a value is invalid.
        """
        if (found := _first_invalid(self.rows, missing)) is not None:
            step, feature = found
            place = int(np.searchsorted(self.ends, step, side="right"))
            _refuse(self[place], name, place, (step - int(self.ends[place] - self.lengths[place]), feature))


def as_series(values: object, *, missing: str, name: str = "series") -> Series:
    """Convert series to arrays float32 (time, features), all with the same number of features.

    Args:
        values: an array (samples, time, features), or (samples, time) with one feature; or a list of arrays (time,
            features) or (time,), whose lengths may differ.
        missing: "refuse": NaN is an error; "indicate": NaN is allowed.
        name: name of the argument, for errors.

    Raises:
        TypeError: the values have another type.
        SeriesError: a series has another number of features, no step, or an invalid value.
    """
    if isinstance(values, StackedSeries):
        values.check(missing, name)
        return list(values)
    if isinstance(values, str | bytes) or not (hasattr(values, "__array__") or isinstance(values, Sequence)):
        raise TypeError(f"{name} must be an array (samples, time, features) or a list of arrays, got {shorten(values)}")
    items: Sequence[object] | npt.NDArray[np.generic] = (
        values if isinstance(values, Sequence) else np.asarray(values)
    )  # iterating over a data frame would give its column names
    if isinstance(items, np.ndarray) and items.ndim not in ((1, 2, 3) if items.dtype.kind == "O" else (2, 3)):
        cure = f"; wrap a single series: [{name}]" if items.ndim == 1 else ""
        raise TypeError(f"{name} must have 2 or 3 axes (samples, time, features), got {items.ndim}{cure}")
    rounded: list[str] = []
    series = [_one(item, name, place, missing, rounded) for place, item in enumerate(items)]
    if rounded:
        warnings.warn(rounded[0], UserWarning, stacklevel=2)
    for place, one in enumerate(series):
        if one.shape[1] != series[0].shape[1]:
            rule = f"must have {series[0].shape[1]} features, as {name}[0] has, got {one.shape[1]}"
            raise SeriesError(name, place, rule)
    return series


def training_series(values: object, targets: int, *, missing: str) -> tuple[Series, npt.NDArray[np.object_] | None]:
    """Return the series passed to `fit` as X, and their feature names if there are any.

    Args:
        values: any input of `as_series`.
        targets: number of labels or target values.
        missing: see `as_series`.

    Raises:
        TypeError: `values` has another type.
        ValueError: the numbers of series and targets differ.
        DataError: a series is invalid, or two data frames have different columns.
    """
    series, names = as_series(values, missing=missing, name="X"), feature_names(values, "X")
    if len(series) != targets:
        cure = "; wrap a single series: [X]" if targets == 1 else ""
        raise ValueError(f"y must have {len(series)} items, one per series, got {targets}{cure}")
    return series, names


def _one(item: object, name: str, place: int, missing: str, rounded: list[str]) -> npt.NDArray[np.float32]:
    """Return one series, validated; the first rounding warning is appended to `rounded`."""
    rule = "must be numbers (time, features)"
    try:
        array = np.asarray(item)
    except ValueError:
        raise SeriesError(name, place, f"{rule}, got rows of different lengths") from None
    if array.dtype.kind == "O" and not any(isinstance(value, str | bytes) for value in array.flat):
        with suppress(TypeError, ValueError):  # numbers as Python objects
            array = array.astype(np.float64)
    if array.dtype.kind not in "biuf":
        _refuse_columns(item, name, place)
        raise SeriesError(name, place, f"{rule}, got {shorten(item)}")
    if not array.ndim:
        raise SeriesError(name, place, f"{rule}, got {shorten(item)}", cure=f"wrap a single series: [{name}]")
    array = array[:, None] if array.ndim == 1 else array
    if array.ndim != 2 or not array.size:
        raise SeriesError(name, place, f"{rule}, 1 step or more, got shape {array.shape}")
    if array.dtype.itemsize > 4 and not rounded:
        rounded.extend(_rounded(array, f"{name}[{place}]"))
    with np.errstate(over="ignore"):
        array = array.astype(np.float32)
    if (found := _first_invalid(array, missing)) is not None:
        _refuse(array, name, place, found)
    return array


def _rounded(array: npt.NDArray[np.generic], name: str) -> list[str]:
    """Return a warning if a feature varies so little relative to its size that float32 loses it, else an empty list."""
    with np.errstate(invalid="ignore", over="ignore"):
        low, high = (one.astype(np.float64) for one in (array.min(axis=0), array.max(axis=0)))
        spreads, sizes = high - low, np.maximum(np.abs(low), np.abs(high))
        lost = np.flatnonzero((spreads > 0) & (spreads < LEAST_STEPS * ROUNDING * sizes) & np.isfinite(sizes))
    if not len(lost):
        return []
    feature = int(lost[0])
    rule = f"{name} varies by {spreads[feature]:.3g} around {low[feature]:.3g} in feature {feature}"
    return [f"{rule}, which float32 rounds away; subtract a constant first"]


def _refuse_columns(item: object, name: str, place: int) -> None:
    """Refuse the first non-numeric column of a table."""
    names = _column_names(item)
    if names is None or not hasattr(item, "__getitem__"):
        return
    for column in names:
        values = np.asarray(item[column])
        values = values.astype(str) if values.dtype.kind in "mM" else values
        invalid = (one for one in values.tolist() if one is not None and not isinstance(one, int | float | np.number))
        if values.dtype.kind in "OU" and values.ndim == 1 and (found := next(invalid, None)) is not None:
            rule = f"must contain numbers in the column {column!r}, got {shorten(found)}"
            raise SeriesError(name, place, rule, cure="drop the column")


def _first_invalid(array: npt.NDArray[np.float32], missing: str) -> tuple[int, int] | None:
    """Return step and feature of the first invalid value, if any."""
    wrong = np.isinf(array) if missing == "indicate" else ~np.isfinite(array)
    if not wrong.any():
        return None
    step, feature = np.unravel_index(int(wrong.argmax()), array.shape)
    return int(step), int(feature)


def _refuse(array: npt.NDArray[np.float32], name: str, place: int, at: tuple[int, int]) -> None:
    value = array[at]
    cure = CURE_OF_MISSING if np.isnan(value) else "replace it by a finite number"
    raise SeriesError(name, place, f"must be finite, got {value}", *at, cure)


def check_feature_count(series: Series, features: int, name: str = "X") -> None:
    """Check that series have the number of features that the model was trained on.

    Raises:
        SeriesError: one has another number of features.
    """
    for place, one in enumerate(series):
        if one.shape[1] != features:
            raise SeriesError(name, place, f"must have {features} features, got {one.shape[1]}")


def feature_names(values: object, name: str = "series") -> npt.NDArray[np.object_] | None:
    """Return the feature names, object (features,), of series given as data frames; otherwise `None`.

    A single data frame of all series has one column per step, not per feature, and so gives no names.

    Raises:
        DataError: two data frames have different columns.
    """
    if isinstance(values, StackedSeries):
        return None if values.names is None else np.asarray(values.names, dtype=object)
    if isinstance(values, str | bytes) or not isinstance(values, Sequence):
        return None
    named = [(place, names) for place, item in enumerate(values) if (names := _column_names(item)) is not None]
    if not named:
        return None
    first, wanted = named[0]
    for place, names in named:
        if names != wanted:
            rule = f"{name}[{place}] must have the columns {shorten(wanted)}, as {name}[{first}] has"
            raise DataError(f"{rule}, in this order, got {shorten(names)}")
    return np.asarray(wanted, dtype=object)


def _column_names(item: object) -> list[str] | None:
    columns = getattr(item, "columns", None)
    try:
        names = [] if columns is None else list(columns)
    except TypeError:
        return None
    return names if names and all(isinstance(one, str) for one in names) else None


def check_feature_names(learned: npt.NDArray[np.object_] | None, values: object, name: str) -> None:
    """Check that data frames have the columns of the training series, in the same order.

    Raises:
        DataError: they differ.
    """
    found = feature_names(values, name)
    if learned is not None and found is not None and found.tolist() != learned.tolist():
        rule = f"{name} must have the columns {shorten(learned.tolist())}, in this order, as the training series had"
        raise DataError(f"{rule}, got {shorten(found.tolist())}")
