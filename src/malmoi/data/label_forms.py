"""Forms of labels: one per sample, several per sample, binary indicator matrix."""

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
    """Form in which labels are given; the values are stored in file format 1."""

    single = "class"
    sets = "sets"
    indicator = "indicator"


def form_of(labels: object) -> LabelForm:
    """Return the form of labels: one per sample, collections, or a binary indicator matrix.

    A single column is one label per sample; one-hot rows count as an indicator matrix.
    """
    if isinstance(labels, CodedLabels | CodedSets):
        return LabelForm.single if isinstance(labels, CodedLabels) else LabelForm.sets
    shape = getattr(labels, "shape", None)
    if shape is not None and len(shape) == 2:
        return LabelForm.single if shape[1] == 1 and not hasattr(labels, "toarray") else LabelForm.indicator
    return LabelForm.sets if _holds_collections(labels) else LabelForm.single


def _holds_collections(labels: object) -> bool:
    """Return whether the first item is a collection; a column is read only if its dtype leaves that open."""
    if isinstance(labels, str | bytes) or not isinstance(labels, Sized) or not len(labels):
        return False
    if isinstance(labels, Sequence):
        return isinstance(labels[0], COLLECTIONS)
    if len(getattr(labels, "shape", (0,))) != 1 or getattr(getattr(labels, "dtype", None), "kind", "O") not in "O":
        return False
    return isinstance(_items(labels)[0], COLLECTIONS)


def labels_of(labels: object) -> AnyLabels:
    """Encode labels of any form as codes; the labels of an indicator matrix are its column numbers.

    Raises:
        TypeError: labels have an unknown form.
        DataError: a label is invalid.
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
    """Encode labels, one per sample, as codes; also a single column, and one-hot rows as their column numbers.

    Raises:
        TypeError: labels are not a list, or a matrix that is not one-hot.
        DataError: a label is invalid.
    """
    if isinstance(labels, CodedLabels):
        return labels
    if form_of(labels) is LabelForm.sets:
        raise DataError(f"{where} must have one label for each text, got several")
    if labels is None:
        raise DataError(f"{where} must contain labelled texts, got none")
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
    """Return the items of a list, or of an array or a column of any library."""
    if isinstance(labels, list):
        return labels
    for method in ("to_pylist", "to_list", "tolist"):
        if hasattr(labels, method):
            return list(getattr(labels, method)())
    return list(np.asarray(labels).tolist() if hasattr(labels, "__array__") else labels)


def _column(labels: object) -> list[object]:
    """Return the items of a table with one column."""
    if hasattr(labels, "to_series"):  # Polars
        return _items(labels.to_series(0))
    if hasattr(labels, "iloc"):  # pandas
        return _items(labels.iloc[:, 0])
    if hasattr(labels, "column"):  # PyArrow
        return _items(labels.column(0))
    return _items(np.asarray(labels)[:, 0])


def is_one_hot(labels: object, rows: npt.NDArray[np.generic] | None = None) -> bool:
    """Return whether labels are one-hot: rows of zeros with exactly one 1 each.

    A sparse matrix is never one-hot: scikit-learn uses it for multilabel targets.

    Args:
        labels: in their original form.
        rows: the same labels as an array, if available.
    """
    if hasattr(labels, "toarray"):
        return False
    array = np.asarray(labels) if rows is None else rows
    if array.ndim != 2 or array.shape[1] < 2 or not len(array) or array.dtype.kind not in "biuf":
        return False
    ones = array == 1
    return bool((ones.sum(axis=1) == 1).all() and (ones | (array == 0)).all())


def tell_one_hot(rows: npt.NDArray[np.generic]) -> None:
    """Log that one-hot rows are read as one label per sample."""
    rule = (
        "labels of shape (%d, %d) are one-hot (exactly one 1 in each row): read as one label per sample, the column"
        " number"
    )
    logger.warning(f"{rule}; for several labels per sample pass lists of labels, or a sparse matrix", *rows.shape)


def indicator_rows(labels: object, where: str) -> Rows:
    """Return a binary indicator matrix as float32 (samples, classes).

    Raises:
        DataError: the labels have other values.
    """
    array = np.asarray(labels.toarray() if hasattr(labels, "toarray") else labels)
    if array.ndim != 2 or array.dtype.kind not in "biuf" or not np.isin(array, (0, 1)).all():
        found = (
            f"{array.dtype} with {array.ndim} axes"
            if array.ndim != 2 or array.dtype.kind not in "biuf"
            else "other values"
        )
        raise DataError(f"{where} labels of two axes must be zeros and ones, got {found}")
    return array.astype(np.float32)


def label_sets(labels: object, where: str) -> CodedSets:
    """Encode collections of labels as codes.

    Raises:
        DataError: the labels of a sample are not a collection, or the lists may be a binary indicator matrix.
    """
    if isinstance(labels, CodedSets):
        return labels
    if isinstance(labels, CodedLabels) or not hasattr(labels, "__len__"):
        got = "one label per sample" if isinstance(labels, CodedLabels) else shorten(labels)
        raise DataError(f"{where} labels must be lists of labels, one for each sample, got {got}")
    sets = _items(labels)
    for position, values in enumerate(sets):
        if not isinstance(values, COLLECTIONS):
            rule = f"labels[{position}] must be a list of labels, as labels[0] is"
            raise DataError(f"{rule}, got {shorten(values)}; write a single label as [label]")
    return coded_sets(sets, "labels[{}]".format)
