"""Matching of the labels of data with the classes of a model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from malmoi.data.coded_labels import AnyLabels, CodedLabels
from malmoi.data.labels import spelled, tidy_label
from malmoi.errors import DataError
from malmoi.foundation.arrays import Label, Labels
from malmoi.foundation.validation import shorten
from malmoi.metrics.intervals import Ints

__all__ = ["MatchedLabels", "labels_of_kind", "match_labels"]

NUMBERS = (int, float)


class MatchedLabels(NamedTuple):
    """Labels as indices of the classes of a model, followed by unknown labels.

    Args:
        places: int64 (samples,), from 0; indices beyond the last class are unknown labels.
        unknown: the unknown labels in the order of their indices, with their counts.
    """

    places: Ints
    unknown: dict[Label, int]


def match_labels(classes: Labels, labels: CodedLabels) -> MatchedLabels:
    """Find labels among the classes of a model; labels of another type are compared as text, such as 1 with "1".

    Args:
        classes: (classes,), the classes of a model.
        labels: the labels of the data; 1 or more.

    Raises:
        DataError: no label is among the classes, or one matches several of them.

    Example:
        >>> from malmoi.data.labels import coded_labels
        >>> match_labels(np.array(["0", "1"]), coded_labels([1, 0, 2], "labels[{}]".format))
        MatchedLabels(places=array([1, 0, 2]), unknown={2: 1})
    """
    counts = labels.counts
    names: list[Label] = classes.tolist()
    values: list[Label] = labels.classes.tolist()
    found = _found(names, values)
    if all(place is None for place in found):
        rule = f"labels must be classes of the model, {shorten(names)}, got only {shorten(values)}"
        raise DataError(f"{rule}; check the label column and the model")
    unknown = [number for number, place in enumerate(found) if place is None]
    unknown_places = {number: len(names) + place for place, number in enumerate(unknown)}
    places = [unknown_places[number] if place is None else place for number, place in enumerate(found)]
    return MatchedLabels(
        np.array(places, dtype=np.int64)[labels.codes], {values[number]: int(counts[number]) for number in unknown}
    )


def labels_of_kind(classes: Labels, labels: AnyLabels) -> AnyLabels:
    """Convert the labels of data to the type of a model's classes, such as 1 to "1" for text classes.

    Args:
        classes: (classes,), the classes of a model.
        labels: the labels of the data.

    Raises:
        DataError: no label is among the classes, or an unknown label has another type.

    Example:
        >>> from malmoi.data.labels import coded_labels
        >>> labels_of_kind(np.array(["0", "1"]), coded_labels([1, 0, 1], "labels[{}]".format)).to_list()
        ['1', '0', '1']
    """
    if not len(labels.classes):
        return labels
    every = CodedLabels(np.arange(len(labels.classes), dtype=np.int32), labels.classes)
    matched = match_labels(classes, every)
    if (classes.dtype.kind in "US") == (labels.classes.dtype.kind in "US"):
        return labels
    if matched.unknown and classes.dtype.kind not in "US":
        first = next(iter(matched.unknown))
        rule = f"labels must have the type of the model's classes, {classes.dtype.name}, got {shorten(first)}"
        raise DataError(f"{rule}; leave it out, or convert the labels")
    names = [*classes.tolist(), *map(str, matched.unknown)]
    kept, codes = np.unique(np.array([names[place] for place in matched.places.tolist()]), return_inverse=True)
    return replace(labels, codes=codes.astype(np.int32)[labels.codes], classes=kept)


def _found(classes: Sequence[Label], values: Sequence[Label]) -> list[int | None]:
    """Return the index of every value among the classes; `None` for unknown values."""
    kinds = type(classes[0]), type(values[0])
    if kinds[0] is kinds[1] or all(kind in NUMBERS for kind in kinds):
        places = {tidy_label(value): place for place, value in enumerate(classes)}
        places |= {value: place for place, value in enumerate(classes)}
        return [places.get(value) for value in values]
    fold = bool in kinds
    spelt: dict[str, list[int]] = {}
    for place, value in enumerate(classes):
        spelt.setdefault(_spelling(value, fold), []).append(place)
    found: list[int | None] = []
    for value in values:
        meant = spelt.get(_spelling(value, fold), [])
        if len(meant) > 1:
            these = " and ".join(repr(classes[place]) for place in meant)
            rule = f"labels must have the type of the model's classes, {kinds[0].__name__}, got {value!r}"
            raise DataError(f"{rule}, which matches {these}; convert the labels")
        found.append(meant[0] if meant else None)
    return found


def _spelling(value: str | int | bool, fold: bool) -> str:
    """Return a label as text; true and True are equal if labels or classes are bool."""
    text = spelled(value)
    return text.casefold() if fold else text
