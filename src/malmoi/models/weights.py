"""Class weights and sample weights in the loss."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from malmoi.errors import DataError
from malmoi.foundation.arrays import Labels
from malmoi.foundation.validation import real_number, shorten
from malmoi.models.task import Targets

__all__ = ["ClassWeight", "ClassWeightError", "check_class_weight", "class_weights", "sample_weights"]


LARGEST_WEIGHT = 1e30
ClassWeight: TypeAlias = Mapping[str, float] | Mapping[int, float] | Mapping[bool, float] | str | None


class ClassWeightError(DataError, ValueError):
    """Class weights that do not fit the labels; a recipe cannot check them in advance."""


def class_weights(wanted: ClassWeight, classes: Labels | None, targets: Targets) -> npt.NDArray[np.float32] | None:
    """Return the weight of each sample from its class, float32 (samples,); `None` if all are equal.

    Args:
        wanted: "balanced", or a weight for each label; `None`: all equal.
        classes: the labels, sorted; `None` for multilabel data.
        targets: int32 (samples,), class indices.

    Raises:
        ClassWeightError: a label is not one of the classes, or the data is multilabel.
    """
    if wanted is None:
        return None
    if classes is None:
        raise ClassWeightError("class_weight must be None for multilabel data; use sample_weight")
    counts = np.bincount(targets, minlength=len(classes))
    if isinstance(wanted, str):
        weights = len(targets) / (len(counts) * counts)
    else:
        known = {label: place for place, label in enumerate(classes.tolist())}
        weights = np.ones(len(counts))
        for label, weight in wanted.items():
            if label not in known:
                rule = f"class_weight must have the classes as keys, {shorten(list(known))}"
                raise ClassWeightError(f"{rule}, got {shorten(label)}")
            weights[known[label]] = weight
    by_sample: npt.NDArray[np.float32] = weights[targets].astype(np.float32)
    return by_sample


def check_class_weight(wanted: object) -> None:
    """Check the setting of class weights, before the data is known.

    Raises:
        TypeError: it is neither "balanced" nor a mapping from labels to numbers.
        ValueError: it is another str, or a weight is below 0 or not finite.
    """
    if wanted is None or (isinstance(wanted, str) and wanted == "balanced"):
        return
    if isinstance(wanted, str):
        raise ValueError(f'class_weight must be "balanced" or a dict of weights, got {shorten(wanted)}')
    if not isinstance(wanted, Mapping):
        raise TypeError(f'class_weight must be None, "balanced" or a dict of weights, got {shorten(wanted)}')
    for label, weight in wanted.items():
        if not 0 <= real_number(f"class_weight[{label!r}]", weight) <= LARGEST_WEIGHT:
            raise ValueError(f"class_weight[{label!r}] must be 0 or more and at most {LARGEST_WEIGHT:g}, got {weight}")


def sample_weights(
    given: object, by_class: npt.NDArray[np.float32] | None, samples: int
) -> npt.NDArray[np.float32] | None:
    """Return the weight of each sample, float32 (samples,): the given weights multiplied by those of the classes.

    Raises:
        ClassWeightError: the weights of all classes of the samples are 0.
        ValueError: the number of weights differs from `samples`, one is below 0 or not finite, or all are 0.
    """
    if given is None:
        if by_class is not None and samples and not by_class.any():
            raise ClassWeightError("class_weight must not be zero for all classes of the samples")
        return by_class
    weights = np.asarray(given, dtype=np.float64)
    if weights.shape != (samples,):
        raise ValueError(f"sample_weight must have one number for each of the {samples} samples, got {weights.shape}")
    if not np.isfinite(weights).all() or (weights < 0).any() or not weights.any():
        raise ValueError("sample_weight must be 0 or more, finite, and not all zero")
    with np.errstate(over="ignore", under="ignore"):
        product = (weights if by_class is None else weights * by_class).astype(np.float32)
    if not np.isfinite(product).all() or not product.any():
        rule = "sample_weight must be 0 or more, finite, and not all zero, in float32 and multiplied by class_weight"
        raise ValueError(f"{rule}, got {shorten(product)}")
    return product
