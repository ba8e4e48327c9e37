"""Labels as targets of a network, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from malmoi.arrays import Labels, Probabilities
from malmoi.errors import DataError, real_number, shorten
from malmoi.labels import tidy_labels
from malmoi.networks import Output

__all__ = ["Answers", "ClassWeight", "class_weights", "encode_answers", "sample_weights"]

ClassWeight: TypeAlias = Mapping[Any, float] | str | None
Targets: TypeAlias = npt.NDArray[Any]
FORMS = ("class", "sets", "indicator")


@dataclass(frozen=True)
class Answers:
    """What a classifier can answer.

    Args:
        classes: the labels, sorted.
        form: "class": one label a sample; "sets": a list of labels a sample; "indicator": a row of zeros and ones.
    """

    classes: Labels
    form: str = "class"

    @property
    def output(self) -> Output:
        """What the network answers."""
        return Output("class" if self.form == "class" else "labels", len(self.classes))

    def probabilities(self, outputs: npt.NDArray[np.float32]) -> Probabilities:
        """Of every class, float32 (samples, classes)."""
        return np.hstack([1 - outputs, outputs]) if self.output.units < len(self.classes) else outputs

    def labels(self, probabilities: Probabilities) -> Any:
        """The most probable label of every sample; or all labels that are more probable than not."""
        if self.form == "class":
            return self.classes[probabilities.argmax(axis=1)]
        chosen = probabilities > 0.5
        if self.form == "indicator":
            return chosen.astype(np.int64)
        return [tuple(self.classes[row].tolist()) for row in chosen]

    def targets(self, labels: object, where: str) -> Targets:
        """Int32 (samples,) classes, or float32 (samples, classes) zeros and ones.

        Raises:
            DataError: a label is missing, of another kind, or not among the classes.
        """
        if self.form == "class":
            return _places(self.classes, _plain_labels(labels, where), where)
        if self.form == "indicator":
            rows = _indicator(labels, where)
            if rows.shape[1] != len(self.classes):
                raise DataError(f"{where} labels must have {len(self.classes)} columns, got {rows.shape[1]}")
            return rows
        sets = _label_sets(labels, where)
        rows = np.zeros((len(sets), len(self.classes)), dtype=np.float32)
        for row, values in zip(rows, sets, strict=True):
            if values:
                row[_places(self.classes, tidy_labels(values, f"{where} label {{}}".format), where)] = 1
        return rows


def encode_answers(labels: object, where: str = "training") -> tuple[Answers, Targets]:
    """Find out what there is to answer, and give the training targets.

    Args:
        labels: one label a sample; or lists, tuples or sets of labels; or an array of zeros and ones (samples,
            classes).
        where: what the labels belong to, for errors.

    Raises:
        TypeError: labels are in none of these forms.
        DataError: a label cannot be used, or there are fewer than two classes.
    """
    form = _form_of(labels)
    if form == "indicator":
        rows = _indicator(labels, where)
        if rows.shape[1] < 2:
            raise DataError(f"labels must have 2 columns or more, one for each class, got {rows.shape[1]}")
        return Answers(np.arange(rows.shape[1]), form), rows
    if form == "sets":
        sets = _label_sets(labels, where)
        every = [value for values in sets for value in values]
        answers = Answers(_classes(tidy_labels(every, "labels[...][{}]".format)), form)
    else:
        answers = Answers(_classes(_plain_labels(labels, where)))
    return answers, answers.targets(labels, where)


def _form_of(labels: object) -> str:
    shape = getattr(labels, "shape", None)
    if shape is not None and len(shape) == 2:
        return "indicator"
    if isinstance(labels, Sequence) and not isinstance(labels, str | bytes) and len(labels):
        collections = (list, tuple, set, frozenset)
        if isinstance(labels[0], collections):
            return "sets"
    return "class"


def _plain_labels(labels: object, where: str) -> Labels:
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


def _indicator(labels: Any, where: str) -> npt.NDArray[np.float32]:
    array = np.asarray(labels.toarray() if hasattr(labels, "toarray") else labels)
    if array.ndim != 2 or array.dtype.kind not in "biuf" or not np.isin(array, (0, 1)).all():
        found = (
            f"{array.dtype} with {array.ndim} axes" if array.ndim != 2 or array.dtype.kind not in "biuf" else "others"
        )
        raise DataError(f"{where} labels of two axes must be zeros and ones, got {found}")
    return array.astype(np.float32)


def _label_sets(labels: object, where: str) -> list[list[object]]:
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


def _classes(labels: Labels) -> Labels:
    classes: Labels = np.unique(labels)
    if len(classes) < 2:
        seen = "no labels at all" if len(classes) == 0 else f"only {classes[0].item()!r}"
        raise DataError(f"labels must hold 2 classes or more, got {seen}")
    return classes


def _places(classes: Labels, labels: Labels, where: str) -> npt.NDArray[np.int32]:
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


def class_weights(wanted: ClassWeight, answers: Answers, targets: Targets) -> npt.NDArray[np.float32] | None:
    """How much each sample counts because of its class, float32 (samples,); `None` where all count the same.

    Raises:
        TypeError: it is neither "balanced" nor a mapping.
        ValueError: a weight is out of range, a label is none of the classes, or there are several labels a sample.
    """
    if wanted is None:
        return None
    if answers.form != "class":
        raise ValueError("class_weight must be None where a sample has several labels; use sample_weight")
    counts = np.bincount(targets, minlength=len(answers.classes))
    if isinstance(wanted, str):
        weights = len(targets) / (len(counts) * counts)
    else:
        known = {label: place for place, label in enumerate(answers.classes.tolist())}
        weights = np.ones(len(counts))
        for label, weight in wanted.items():
            if label not in known:
                raise ValueError(f"class_weight must name classes, {shorten(list(known))}, got {shorten(label)}")
            weights[known[label]] = weight
    by_sample: npt.NDArray[np.float32] = weights[targets].astype(np.float32)
    return by_sample


def check_class_weight(wanted: object) -> None:
    """Refuse what is no setting of class weights, before any data are seen.

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
        if not 0 <= real_number(f"class_weight[{label!r}]", weight) < np.inf:
            raise ValueError(f"class_weight[{label!r}] must be 0 or more and finite, got {weight}")


def sample_weights(
    given: object, by_class: npt.NDArray[np.float32] | None, samples: int
) -> npt.NDArray[np.float32] | None:
    """What each sample counts, float32 (samples,): the given weights times those of the classes.

    Raises:
        ValueError: there are not as many as samples, one is below 0 or not finite, or all are 0.
    """
    if given is None:
        return by_class
    weights = np.asarray(given, dtype=np.float64)
    if weights.shape != (samples,):
        raise ValueError(f"sample_weight must have one number for each of the {samples} samples, got {weights.shape}")
    if not np.isfinite(weights).all() or (weights < 0).any() or not weights.any():
        raise ValueError("sample_weight must be 0 or more, finite, and not all zero")
    product = weights if by_class is None else weights * by_class
    return product.astype(np.float32)
