"""Split of a table of series into training and validation set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import SupportsFloat, SupportsIndex

import numpy as np
import numpy.typing as npt

from malmoi.data.label_forms import plain_labels
from malmoi.data.series_tables import SeriesTable
from malmoi.errors import DataError
from malmoi.foundation.arrays import Label
from malmoi.foundation.validation import shorten
from malmoi.models.labels import label_classes
from malmoi.models.neural.base import stratified_places

__all__ = ["SeriesParts", "check_series_labels", "cut_series", "series_numbers", "series_targets"]


@dataclass(frozen=True, eq=False)
class SeriesParts:
    """A split of a table of series.

    Args:
        whole: all series.
        training: training set.
        validation: validation set; `None` if there is none.
        numbers: whether numbers are predicted instead of labels.
    """

    whole: SeriesTable
    training: SeriesTable
    validation: SeriesTable | None
    numbers: bool


def cut_series(table: SeriesTable, *, validation: float = 0.2, numbers: bool = False, seed: int = 0) -> SeriesParts:
    """Split a table into training and validation set, stratified by class.

    Args:
        table: series with labels or numeric targets.
        validation: share of the series in the validation set, below 1; 0: none.
        numbers: whether numbers are predicted instead of labels.
        seed: random seed of the split.

    Raises:
        ValueError: the share is out of range, or the table has no labels.
        DataError: a label is missing or has the wrong type, a class has only one series, or a part would be empty.
    """
    if not 0 <= validation < 1:
        raise ValueError(f"validation must be a share from 0 to below 1 for series, got {validation:g}")
    check_series_labels(table, numbers=numbers)
    if not validation:
        return SeriesParts(table, table, None, numbers)
    if numbers:
        strata: npt.NDArray[np.int32] = np.zeros(len(table.series), dtype=np.int32)
    else:
        coded = plain_labels(table.labels, "data")
        label_classes(coded)  # refuses a single class
        strata = coded.strata().astype(np.int32)
        _refuse_single(table, coded.class_counts())
    _refuse_none_measured(strata, validation)
    first, rest = stratified_places(strata, validation, seed)
    return SeriesParts(table, table.take(first), table.take(rest), numbers)


def series_targets(table: SeriesTable, *, numbers: bool) -> npt.NDArray[np.float64] | Sequence[object] | None:
    """Return the labels of a table, or its numeric targets, float64 (series,)."""
    return series_numbers(table) if numbers else table.labels


def series_numbers(table: SeriesTable) -> npt.NDArray[np.float64]:
    """Return the numeric targets of a table, float64 (series,)."""
    return np.asarray(table.labels, dtype=np.float64)


def check_series_labels(table: SeriesTable, *, numbers: bool) -> None:
    """Refuse missing labels, and targets that are not finite numbers.

    Raises:
        ValueError: the table has no labels.
        DataError: a label is invalid.
    """
    if table.labels is None:
        raise ValueError("data must have labels or numeric targets, got none")
    for place, label in enumerate(table.labels):
        if label is None or label != label:  # noqa: PLR0124 -- NaN
            raise DataError(f"{_where(table, place)} must have a label, got an empty cell; fill it, or leave it out")
        if numbers and not _is_finite(label):
            raise DataError(f"{_where(table, place)} must have a finite number as target, got {shorten(label)}")


def _is_finite(label: object) -> bool:
    try:
        return isinstance(label, SupportsFloat | SupportsIndex | str | bytes) and bool(np.isfinite(float(label)))
    except (TypeError, ValueError):
        return False


def _refuse_single(table: SeriesTable, counts: dict[Label, int]) -> None:
    single = [label for label, count in counts.items() if count == 1]
    if not single or len(counts) < 2:
        return
    labels = [str(label) for label in table.labels or ()]
    named = f" ({table.name(labels.index(str(single[0])))})" if str(single[0]) in labels else ""
    rule = f"every class must have 2 series or more, for training and validation set, got 1 of {single[0]!r}"
    others = f" and of {len(single) - 1:,} more" if len(single) > 1 else ""
    raise DataError(f"{rule}{named}{others}; add more, leave it out, or use no validation set (validation 0)")


def _refuse_none_measured(strata: npt.NDArray[np.int32], share: float) -> None:
    counts = np.unique(strata, return_counts=True)[1]
    if not (np.minimum(np.round(share * counts), counts - 1) >= 1).any():
        rule = f"validation must be 1 series or more of a class, got a share of {share:g} of {len(strata):,} series"
        raise DataError(f"{rule}; use more series, a larger share, or no validation set (validation 0)")


def _where(table: SeriesTable, place: int) -> str:
    name = table.name(place)
    return name if table.places is None else f"{table.places.path}: {name}"
