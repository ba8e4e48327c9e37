"""Labels in the forms in which people give them: one a sample, several a sample, rows of zeros and ones."""

from __future__ import annotations

from collections.abc import Sequence, Sized
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from malmoi.data.coded_labels import AnyLabels, CodedLabels, CodedSets
from malmoi.data.labels import COLLECTIONS, coded_labels, coded_sets
from malmoi.errors import DataError
from malmoi.foundation.log import logger
from malmoi.foundation.validation import shorten

__all__ = [
    "LabelForm",
    "form_of",
    "indicator_rows",
    "is_one_hot",
    "label_sets",
    "labels_of",
    "plain_labels",
    "tell_one_hot",
]

Rows = npt.NDArray[np.float32]


class LabelForm(StrEnum):
    """How the labels of a sample are given; the values are the words of file format 1."""

    single = "class"
    sets = "sets"
    indicator = "indicator"


def form_of(labels: object) -> LabelForm:
    """Return the form that labels have: one a sample, collections, or rows of zeros and ones.

    One column is one label a sample; one-hot rows have the form of rows.
    """
    if isinstance(labels, CodedLabels | CodedSets):
        return LabelForm.single if isinstance(labels, CodedLabels) else LabelForm.sets
    shape = getattr(labels, "shape", None)
    if shape is not None and len(shape) == 2:
        return LabelForm.single if shape[1] == 1 and not hasattr(labels, "toarray") else LabelForm.indicator
    return LabelForm.sets if _holds_collections(labels) else LabelForm.single


def _holds_collections(labels: object) -> bool:
    """Whether the first item is a collection; of columns, only those whose type does not tell are opened."""
    if isinstance(labels, str | bytes) or not isinstance(labels, Sized) or not len(labels):
        return False
    if isinstance(labels, Sequence):
        return isinstance(labels[0], COLLECTIONS)
    if len(getattr(labels, "shape", (0,))) != 1 or getattr(getattr(labels, "dtype", None), "kind", "O") not in "O":
        return False
    return isinstance(_items(labels)[0], COLLECTIONS)


def labels_of(labels: object) -> AnyLabels:
    """Return labels in any form as codes; rows of zeros and ones as the numbers of the columns that are 1.

    Raises:
        TypeError: labels are in none of the forms.
        DataError: a label cannot be used.
    """
    form = form_of(labels)
    if form is LabelForm.sets:
        return label_sets(labels, "the")
    if form is LabelForm.single:
        return plain_labels(labels, "data")
    rows = indicator_rows(labels, "the")
    if is_one_hot(labels, rows):
        tell_one_hot(rows)
        return plain_labels(labels, "data")
    owners, codes = np.nonzero(rows)
    ends = np.cumsum(np.bincount(owners, minlength=len(rows)), dtype=np.int64)
    found = CodedLabels(codes.astype(np.int32), np.arange(rows.shape[1])).take(np.arange(len(codes)))
    return CodedSets(found.codes, ends, found.classes)


def plain_labels(labels: object, where: str) -> CodedLabels:
    """Return labels, one a sample, as codes; also of one column, and of one-hot rows, as the numbers of the columns.

    Raises:
        TypeError: labels are no list, or rows that are not one-hot.
        DataError: a label cannot be used.
    """
    if isinstance(labels, CodedLabels):
        return labels
    if form_of(labels) is LabelForm.sets:
        raise DataError(f"{where} must hold one label for each text, got several")
    if labels is None:
        raise DataError(f"{where} must hold labelled texts, got none")
    if isinstance(labels, str | bytes):
        raise TypeError(f"labels must be a list of labels, got one {type(labels).__name__}")
    shape: tuple[int, ...] = getattr(labels, "shape", (0,))
    axes = len(shape)
    if axes == 2 and not hasattr(labels, "toarray"):
        if shape[1] == 1:
            return coded_labels(_column(labels), "labels[{}]".format)
        if is_one_hot(labels):
            codes = np.asarray(labels).argmax(axis=1).astype(np.int32)
            return CodedLabels(codes, np.arange(shape[1])).take(np.arange(len(codes)))
    if axes != 1:
        got = f"got {type(labels).__name__} with {axes}"
        raise TypeError(f"labels must have one axis, {got}; pick one column, or pass one-hot rows")
    try:
        items = _items(labels)
    except TypeError:
        raise TypeError(f"labels must be a list of labels, got {shorten(labels)}") from None
    return coded_labels(items, "labels[{}]".format)


def _items(labels: Any) -> list[object]:
    """The items of a list, an array or a column of any library."""
    if isinstance(labels, list):
        return labels
    for method in ("to_pylist", "to_list", "tolist"):
        if hasattr(labels, method):
            return list(getattr(labels, method)())
    return list(np.asarray(labels).tolist() if hasattr(labels, "__array__") else labels)


def _column(labels: object) -> list[object]:
    """The items of a table of one column."""
    if hasattr(labels, "to_series"):  # Polars
        return _items(labels.to_series(0))
    if hasattr(labels, "iloc"):  # pandas
        return _items(labels.iloc[:, 0])
    if hasattr(labels, "column"):  # PyArrow
        return _items(labels.column(0))
    return _items(np.asarray(labels)[:, 0])


def is_one_hot(labels: object, rows: npt.NDArray[np.generic] | None = None) -> bool:
    """Return whether labels are rows of zeros and ones with exactly one 1 in each, as one label a sample is encoded.

    A sparse matrix never is: it is scikit-learn's form of several labels.

    Args:
        labels: as they were given.
        rows: the same as an array, where that is at hand.
    """
    if hasattr(labels, "toarray"):
        return False
    array = np.asarray(labels) if rows is None else rows
    if array.ndim != 2 or array.shape[1] < 2 or not len(array) or array.dtype.kind not in "biuf":
        return False
    ones = array == 1
    return bool((ones.sum(axis=1) == 1).all() and (ones | (array == 0)).all())


def tell_one_hot(rows: npt.NDArray[np.generic]) -> None:
    """Log that rows are taken as one label a sample."""
    rule = (
        "labels of shape (%d, %d) have exactly one 1 in each row: taken as one label a sample, the number of the column"
    )
    logger.warning(f"{rule}; for several labels a sample pass lists of labels, or a sparse matrix", *rows.shape)


def indicator_rows(labels: object, where: str) -> Rows:
    """Return rows of zeros and ones as float32 (samples, classes).

    Raises:
        DataError: they hold something else.
    """
    array = np.asarray(labels.toarray() if hasattr(labels, "toarray") else labels)
    if array.ndim != 2 or array.dtype.kind not in "biuf" or not np.isin(array, (0, 1)).all():
        found = (
            f"{array.dtype} with {array.ndim} axes" if array.ndim != 2 or array.dtype.kind not in "biuf" else "others"
        )
        raise DataError(f"{where} labels of two axes must be zeros and ones, got {found}")
    return array.astype(np.float32)


def label_sets(labels: object, where: str) -> CodedSets:
    """Return collections of labels as codes.

    Raises:
        DataError: a sample has something else, or the lists may be rows of zeros and ones.
    """
    if isinstance(labels, CodedSets):
        return labels
    if isinstance(labels, CodedLabels) or not hasattr(labels, "__len__"):
        got = "one label each" if isinstance(labels, CodedLabels) else shorten(labels)
        raise DataError(f"{where} labels must be lists of labels, one for each sample, got {got}")
    sets = _items(labels)
    for position, values in enumerate(sets):
        if not isinstance(values, COLLECTIONS):
            rule = f"labels[{position}] must be a list of labels, as labels[0] is"
            raise DataError(f"{rule}, got {shorten(values)}; write [label] for one alone")
    return coded_sets(sets, "labels[{}]".format)
