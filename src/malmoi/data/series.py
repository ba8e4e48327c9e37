"""Series as arrays float32 (time, features): checked, with the names of their features."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import numpy as np
import numpy.typing as npt

from malmoi.errors import DataError
from malmoi.foundation.validation import shorten

__all__ = ["MISSING", "Series", "as_series", "check_feature_names", "feature_names"]


MISSING = ("refuse", "indicate")


Series = list[npt.NDArray[np.float32]]


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
        cure = f"; wrap a single series: [{name}]" if items.ndim == 1 else ""
        raise TypeError(f"{name} must have 2 or 3 axes (samples, time, features), got {items.ndim}{cure}")
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
    if not array.ndim:
        whole = name.partition("[")[0]
        raise DataError(
            f"{name} must be numbers (time, features), got {shorten(item)}; wrap a single series: [{whole}]"
        )
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
