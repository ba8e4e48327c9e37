"""Labels in the forms in which people give them: one a sample, several a sample, rows of zeros and ones."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from malmoi.data.labels import tidy_labels
from malmoi.errors import DataError
from malmoi.foundation.arrays import Labels
from malmoi.foundation.validation import shorten

__all__ = ["LabelForm", "class_places", "form_of", "indicator_rows", "label_classes", "label_sets", "plain_labels"]

Targets: TypeAlias = npt.NDArray[Any]


class LabelForm(StrEnum):
    """How the labels of a sample are given; the values are the words of file format 1."""

    single = "class"
    sets = "sets"
    indicator = "indicator"


def form_of(labels: object) -> LabelForm:
    """Return the form that labels have: one a sample, collections, or rows of zeros and ones."""
    shape = getattr(labels, "shape", None)
    if shape is not None and len(shape) == 2:
        return LabelForm.indicator
    if isinstance(labels, Sequence) and not isinstance(labels, str | bytes) and len(labels):
        collections = (list, tuple, set, frozenset)
        if isinstance(labels[0], collections):
            return LabelForm.sets
    return LabelForm.single


def plain_labels(labels: object, where: str) -> Labels:
    """Return labels, one a sample, as an array of str, int64 or bool.

    Raises:
        TypeError: labels are no list.
        DataError: a label cannot be used.
    """
    if labels is None:
        raise DataError(f"{where} must hold labelled texts, got none")
    if isinstance(labels, str | bytes):
        raise TypeError(f"labels must be a list of labels, got one {type(labels).__name__}")
    axes = getattr(labels, "ndim", 1)
    if axes != 1:
        raise TypeError(f"labels must have one axis, got {type(labels).__name__} with {axes}")
    if hasattr(labels, "__array__") and not hasattr(labels, "tolist"):
        labels = np.asarray(labels)
    values: Any = labels.tolist() if hasattr(labels, "tolist") else labels
    if hasattr(values, "to_pylist"):
        values = values.to_pylist()
    try:
        items = list(values)
    except TypeError:
        raise TypeError(f"labels must be a list of labels, got {shorten(labels)}") from None
    return tidy_labels(items, "labels[{}]".format)


def indicator_rows(labels: Any, where: str) -> npt.NDArray[np.float32]:
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


def label_sets(labels: object, where: str) -> list[list[object]]:
    """Return collections of labels as lists.

    Raises:
        DataError: a sample has something else, or the lists may be rows of zeros and ones.
    """
    sets = []
    for position, values in enumerate(labels):  # type: ignore[arg-type, var-annotated]
        if not isinstance(values, list | tuple | set | frozenset):
            rule = f"labels[{position}] must be a list of labels, as labels[0] is"
            raise DataError(f"{rule}, got {shorten(values)}; write [label] for one alone")
        sets.append(list(values))
    lengths = {len(values) for values in sets}
    if len(lengths) == 1 and lengths != {0} and {value for values in sets for value in map(_number, values)} <= {0, 1}:
        cure = "pass np.asarray(labels) for rows of zeros and ones, or name the labels by str"
        raise DataError(f"{where} labels of 0 and 1 in lists of one length can mean two things; {cure}")
    return sets


def _number(value: object) -> object:
    return value if isinstance(value, int | float | bool | np.generic) else None


def label_classes(labels: Labels) -> Labels:
    """Return the distinct labels, sorted.

    Raises:
        DataError: there are fewer than two.
    """
    classes: Labels = np.unique(labels)
    if len(classes) < 2:
        seen = "no labels at all" if len(classes) == 0 else f"only {classes[0].item()!r}"
        raise DataError(f"labels must hold 2 classes or more, got {seen}")
    return classes


def class_places(classes: Labels, labels: Labels, where: str) -> npt.NDArray[np.int32]:
    """Return the place of every label among the classes, int32 (samples,).

    Raises:
        DataError: there are no labels, or one is of another kind or not among the classes.
    """
    if len(labels) == 0:
        raise DataError(f"{where} must hold labelled texts, got none")
    if (classes.dtype.kind in "US") != (labels.dtype.kind in "US"):
        raise DataError(f"{where} labels must be of the training labels' kind, got {labels[0].item()!r}")
    places: npt.NDArray[np.intp] = np.searchsorted(classes, labels).clip(max=len(classes) - 1)
    strange = np.flatnonzero(classes[places] != labels)
    if strange.size:
        known = shorten([label.item() for label in classes])
        cure = "learn from texts of it too, or leave it out"
        raise DataError(f"{where} holds the label {labels[strange[0]].item()!r}, training only has {known}; {cure}")
    return places.astype(np.int32)
