"""Series as arrays: one length, one scale, gaps declared."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from malmoi.errors import DataError, shorten

__all__ = ["MISSING", "Standardization", "as_series", "check_feature_names", "feature_names", "padded_series"]

MISSING = ("refuse", "indicate")
Series = list[npt.NDArray[np.float32]]


@dataclass(frozen=True)
class Standardization:
    """What makes every feature's mean 0 and its standard deviation 1.

    Args:
        means: float64 (features,), in the features' units.
        scales: float64 (features,), standard deviations in the features' units; 1 where a feature never changes.
    """

    means: npt.NDArray[np.float64]
    scales: npt.NDArray[np.float64]

    @classmethod
    def of(cls, rows: npt.NDArray[Any]) -> Standardization:
        """That of rows (samples, features), NaN left out."""
        there = np.isfinite(rows)
        counts = np.maximum(there.sum(axis=0), 1)
        means = np.where(there, rows, 0).sum(axis=0, dtype=np.float64) / counts
        squares = np.where(there, rows - means, 0) ** 2
        scales = np.sqrt(squares.sum(axis=0, dtype=np.float64) / counts)
        return cls(means, np.where(scales > 1e-12 * np.maximum(np.abs(means), 1), scales, 1.0))

    @classmethod
    def none(cls, features: int) -> Standardization:
        """One that changes nothing."""
        return cls(np.zeros(features), np.ones(features))

    def apply(self, rows: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
        """Rows (..., features) on the common scale."""
        scaled: npt.NDArray[np.float32] = ((rows - self.means) / self.scales).astype(np.float32)
        return scaled

    def undo(self, rows: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
        """Rows (..., features) in their own units again."""
        return np.asarray(rows * self.scales + self.means, dtype=np.float64)


def as_series(values: object, *, missing: str, name: str = "series") -> Series:
    """Return series as float32 (time, features) each, all of as many features.

    Args:
        values: an array (samples, time, features), or (samples, time) of one feature; or a list of arrays (time,
            features), or (time,), whose lengths may differ.
        missing: "refuse": NaN is an error; "indicate": it may stand.
        name: of the argument, for errors.

    Raises:
        TypeError: it is something else.
        DataError: a series has another number of features, no step, or a number that cannot be used.
    """
    if isinstance(values, str | bytes) or not (hasattr(values, "__array__") or isinstance(values, Sequence)):
        raise TypeError(f"{name} must be an array (samples, time, features) or a list of arrays, got {shorten(values)}")
    items: Any = values if isinstance(values, Sequence) else np.asarray(values)  # a table gives its rows, not its names
    if isinstance(items, np.ndarray) and items.ndim not in ((1, 2, 3) if items.dtype.kind == "O" else (2, 3)):
        raise TypeError(f"{name} must have 2 or 3 axes (samples, time, features), got {items.ndim}")
    series = [_one(item, f"{name}[{place}]", missing) for place, item in enumerate(items)]
    for place, one in enumerate(series):
        if one.shape[1] != series[0].shape[1]:
            rule = f"{name}[{place}] must have {series[0].shape[1]} features, as {name}[0] has"
            raise DataError(f"{rule}, got {one.shape[1]}")
    return series


def _one(item: object, name: str, missing: str) -> npt.NDArray[np.float32]:
    try:
        array = np.asarray(item)
    except ValueError:
        raise DataError(f"{name} must be numbers (time, features), got rows of different lengths") from None
    if array.dtype.kind == "O" and not any(isinstance(value, str | bytes) for value in array.flat):
        with suppress(TypeError, ValueError):  # numbers as Python's objects
            array = array.astype(np.float64)
    if array.dtype.kind not in "biuf":
        raise DataError(f"{name} must be numbers (time, features), got {shorten(item)}")
    array = array[:, None] if array.ndim == 1 else array
    if array.ndim != 2 or not array.size:
        raise DataError(f"{name} must be numbers (time, features), 1 step or more, got shape {array.shape}")
    with np.errstate(over="ignore"):
        array = array.astype(np.float32)
    strange = np.argwhere(np.isinf(array) | (np.isnan(array) if missing == "refuse" else False))
    if len(strange):
        step, feature = strange[0]
        value = array[step, feature]
        cure = 'pass missing="indicate" if it may be missing' if np.isnan(value) else "make it a number of float32"
        raise DataError(f"{name} must be finite, got {value} at step {step}, feature {feature}; {cure}")
    return array


def feature_names(values: object, name: str = "series") -> npt.NDArray[np.object_] | None:
    """Names of the features, object (features,), where series are tables that name their columns; else `None`.

    One table of all series has a column a step, not a feature, and so tells no names.

    Raises:
        DataError: two tables name their columns otherwise.
    """
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
    """Refuse tables whose columns are others than those that were learned from, or stand in another order.

    Raises:
        DataError: they do.
    """
    found = feature_names(values, name)
    if learned is not None and found is not None and found.tolist() != learned.tolist():
        rule = f"{name} must have the columns {shorten(learned.tolist())}, in this order, as the training series had"
        raise DataError(f"{rule}, got {shorten(found.tolist())}")


def padded_series(
    series: Series, scale: Standardization, length: int, *, missing: str
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
    """Values float32 (samples, length, features) on the common scale, and where they are, bool (samples, length).

    With `missing="indicate"` there are twice as many features: the second half is 1 where a number is missing, which
    itself is the mean.
    """
    features = len(scale.means)
    values = np.zeros((len(series), length, features * (2 if missing == "indicate" else 1)), dtype=np.float32)
    there = np.zeros((len(series), length), dtype=bool)
    for row, mask, one in zip(values, there, series, strict=True):
        scaled = scale.apply(one)
        gaps = np.isnan(scaled)
        row[: len(one), :features] = np.where(gaps, 0, scaled)
        if missing == "indicate":
            row[: len(one), features:] = gaps
        mask[: len(one)] = True
    return values, there
