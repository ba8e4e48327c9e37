"""Indices of labels among the classes of a model."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from malmoi.data.coded_labels import AnyLabels
from malmoi.data.labels import tidy_label
from malmoi.errors import DataError
from malmoi.foundation.arrays import Label, Labels
from malmoi.foundation.validation import shorten

__all__ = ["class_places", "label_classes", "places_among"]


def label_classes(labels: AnyLabels) -> Labels:
    """Return the distinct labels, sorted.

    Raises:
        DataError: there are fewer than two.
    """
    if len(labels.classes) < 2:
        seen = "no labels" if len(labels.classes) == 0 else f"only {shorten(labels.classes[0].item())}"
        raise DataError(f"labels must have 2 classes or more, got {seen}")
    return labels.classes


def places_among(classes: Labels, labels: Labels) -> npt.NDArray[np.int32]:
    """Return the index of every label among the classes, int32 (labels,); -1 for an unknown label.

    Classes of earlier versions may have surrounding white space or a non-composed Unicode form; they also match the
    normalized label.

    Args:
        classes: (classes,), the classes of a model.
        labels: (labels,), of the same type.

    Example:
        >>> places_among(np.array([" bad", "good"]), np.array(["bad", "fine"]))
        array([ 0, -1], dtype=int32)
    """
    names: list[Label] = classes.tolist()
    known = {tidy_label(name): place for place, name in enumerate(names)}
    known |= {name: place for place, name in enumerate(names)}
    return np.array([known.get(label, -1) for label in labels.tolist()], dtype=np.int32)


def class_places(classes: Labels, labels: AnyLabels, where: str) -> npt.NDArray[np.int32]:
    """Return the class index of every sample, int32 (samples,).

    Raises:
        DataError: there are no labels, or one has another type or is not among the classes.
    """
    if len(labels) == 0:
        raise DataError(f"{where} must contain labelled texts, got none")
    if not len(labels.classes):
        return labels.codes
    if (classes.dtype.kind in "US") != (labels.classes.dtype.kind in "US"):
        first = labels.classes[labels.codes[0]].item()
        raise DataError(f"{where} labels must have the type of the training labels, got {first!r}")
    places = places_among(classes, labels.classes)
    unknown = np.flatnonzero(places < 0)
    if unknown.size:
        first = labels.classes[labels.codes[int(np.argmax(np.isin(labels.codes, unknown)))]].item()
        known = shorten([label.item() for label in classes[:20]])
        cure = "add training texts with this label, or leave it out"
        raise DataError(f"{where} has the label {shorten(first)}, training only has {known}; {cure}")
    found: npt.NDArray[np.int32] = places[labels.codes]
    return found
