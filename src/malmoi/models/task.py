"""Tasks: encoding of labels or numbers as targets, decoding of outputs, and activation, loss and metric."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from malmoi.data.label_forms import LabelForm, form_of, indicator_rows, label_sets, plain_labels
from malmoi.data.labels import check_classes, check_label
from malmoi.errors import DataError
from malmoi.foundation.arrays import Labels, Probabilities, hold_text
from malmoi.foundation.json_values import JsonObject
from malmoi.foundation.validation import shorten
from malmoi.models.labels import class_places, places_among
from malmoi.models.standardization import Standardization
from malmoi.models.state import State, plain

__all__ = [
    "Activation",
    "Binary",
    "Classification",
    "Loss",
    "Metric",
    "Multiclass",
    "Multilabel",
    "Predictions",
    "Regression",
    "Targets",
    "Task",
    "regression_of",
    "single_label_task",
    "task_from_state",
]

Activation = Literal["sigmoid", "softmax", "linear"]
Loss = Literal["binary_crossentropy", "sparse_categorical_crossentropy", "mean_squared_error"]
Metric = Literal["accuracy", "mean_absolute_error"]
Targets: TypeAlias = npt.NDArray[np.int32] | npt.NDArray[np.float32]
Predictions: TypeAlias = npt.NDArray[np.generic] | list[tuple[object, ...]]

LARGEST_TARGET = 1e100
LABEL_KINDS = {"bool": bool, "float": float, "int": int, "str": str}


class Task(ABC):
    """What a model predicts.

    Attributes:
        activation: activation of the output layer.
        loss: training loss.
        metric: metric that is reported with the loss.
    """

    activation: ClassVar[Activation]
    loss: ClassVar[Loss]
    metric: ClassVar[Metric] = "accuracy"

    @property
    @abstractmethod
    def units(self) -> int:
        """Number of units of the output layer."""

    @property
    def target_units(self) -> tuple[float, ...]:
        """(targets,), the scale of each output in the unit of its target; empty for classification."""
        return ()

    @abstractmethod
    def encode(self, values: object, where: str) -> Targets:
        """Return labels or numbers as training targets.

        Args:
            values: in the form used for `fit`.
            where: name of the data, for errors.

        Raises:
            DataError: a value is invalid.
        """

    @abstractmethod
    def decode(self, outputs: npt.NDArray[np.float32]) -> Predictions:
        """Return predictions, in the form used for `fit`, from outputs (samples, units)."""

    @abstractmethod
    def to_state(self) -> State:
        """Return the values for a file."""


@dataclass(frozen=True, eq=False)
class Classification(Task):
    """Prediction of labels, with a probability for every class.

    Args:
        classes: (classes,), the labels, sorted.
    """

    classes: Labels

    def probabilities(self, outputs: npt.NDArray[np.float32]) -> Probabilities:
        """Return probabilities float32 (samples, classes) from outputs (samples, units)."""
        return outputs

    def decode(self, outputs: npt.NDArray[np.float32]) -> Predictions:
        """Return the most probable label of every sample."""
        return self.labels(self.probabilities(outputs))

    def labels(self, probabilities: Probabilities) -> Predictions:
        """Return the most probable label of every sample, from probabilities (samples, classes)."""
        found: Labels = self.classes[probabilities.argmax(axis=1)]
        return found

    def decode_or_reject(self, outputs: npt.NDArray[np.float32], least: float) -> npt.NDArray[np.object_]:
        """Return the label of every sample, objects (samples,); `None` if its highest probability is below `least`."""
        probabilities = self.probabilities(outputs)
        labels = self.labels(probabilities)
        found = np.empty(len(outputs), dtype=object)
        enough = probabilities.max(axis=1, initial=0.0) >= least
        for place, label in enumerate(labels.tolist() if isinstance(labels, np.ndarray) else labels):
            found[place] = label if enough[place] else None
        return found

    def encode(self, values: object, where: str) -> Targets:
        """Return class indices, int32 (samples,)."""
        return class_places(self.classes, plain_labels(values, where), where)

    def hits(self, outputs: npt.NDArray[np.float32], labels: object, *, least: float = 0.0) -> npt.NDArray[np.bool_]:
        """Return whether each prediction is correct, bool (samples,); for multilabel data all labels must match.

        Args:
            outputs: float32 (samples, units).
            labels: the true labels, in the form used for `fit`; unknown labels count as wrong.
            least: probability below which a label is rejected, which counts as wrong.

        Raises:
            ValueError: the numbers of labels and outputs differ, or labels and classes have different types.
        """
        truth = plain_labels(labels, "data")
        _check_count(len(truth), len(outputs))
        if len(truth) and (self.classes.dtype.kind in "US") != (truth.classes.dtype.kind in "US"):
            kinds = f"{self.classes.dtype}, got {truth.classes.dtype}"
            raise ValueError(f"y must have the type of the predictions, {kinds}")
        probabilities = self.probabilities(outputs)
        right = probabilities.argmax(axis=1) == places_among(self.classes, truth.classes)[truth.codes]
        return np.asarray(right & (probabilities.max(axis=1, initial=0.0) >= least))

    def place_of(self, label: object) -> int:
        """Return the index of a label among the classes.

        Raises:
            ValueError: it is not one of the classes.
        """
        known = self.classes.tolist()
        if (value := plain(label)) not in known:
            listed = ", ".join(map(repr, known[:20])) + (", ..." if len(known) > 20 else "")
            raise ValueError(f"label must be one of {listed}, got {shorten(value)}")
        return int(known.index(value))

    @property
    def form(self) -> LabelForm:
        """The form of the labels."""
        return LabelForm.single

    @property
    def single_label_classes(self) -> Labels | None:
        """The classes for single-label data, else `None`."""
        return self.classes if self.form is LabelForm.single else None

    def to_state(self) -> State:
        """Return the classes, their type, and the form of the labels."""
        values = [plain(value) for value in self.classes.tolist()]
        classes: JsonObject = {"kind": type(values[0]).__name__, "values": values, "form": self.form.value}
        return State({"classes": classes}, {})


class Binary(Classification):
    """Binary classification; the single output is the probability of the second class."""

    activation: ClassVar[Activation] = "sigmoid"
    loss: ClassVar[Loss] = "binary_crossentropy"

    @property
    def units(self) -> int:
        """One."""
        return 1

    def probabilities(self, outputs: npt.NDArray[np.float32]) -> Probabilities:
        """Return the probabilities of both classes."""
        return np.hstack([1 - outputs, outputs])


class Multiclass(Classification):
    """Multiclass classification; one output per class."""

    activation: ClassVar[Activation] = "softmax"
    loss: ClassVar[Loss] = "sparse_categorical_crossentropy"

    @property
    def units(self) -> int:
        """The number of classes."""
        return len(self.classes)


@dataclass(frozen=True, eq=False)
class Multilabel(Classification):
    """Multilabel classification; one independent output per class.

    Args:
        classes: (classes,), the labels, sorted.
        indicator: whether labels are rows of zeros and ones instead of collections.
    """

    indicator: bool = False

    activation: ClassVar[Activation] = "sigmoid"
    loss: ClassVar[Loss] = "binary_crossentropy"

    @property
    def units(self) -> int:
        """The number of classes."""
        return len(self.classes)

    @property
    def form(self) -> LabelForm:
        """The form of the labels."""
        return LabelForm.indicator if self.indicator else LabelForm.sets

    def labels(self, probabilities: Probabilities) -> Predictions:
        """Return all labels with probability above 0.5, as tuples or as int64 (samples, classes)."""
        chosen = probabilities > 0.5
        if self.indicator:
            return chosen.astype(np.int64)
        return [tuple(self.classes[row].tolist()) for row in chosen]

    def encode(self, values: object, where: str) -> Targets:
        """Return float32 (samples, classes), zeros and ones."""
        if self.indicator:
            rows = indicator_rows(values, where)
            if rows.shape[1] != len(self.classes):
                raise DataError(f"{where} labels must have {len(self.classes)} columns, got {rows.shape[1]}")
            return rows
        sets = label_sets(values, where)
        rows = np.zeros((len(sets), len(self.classes)), dtype=np.float32)
        if len(sets.codes):
            rows[sets.owners, class_places(self.classes, sets, where)] = 1
        return rows

    def hits(self, outputs: npt.NDArray[np.float32], labels: object, *, least: float = 0.0) -> npt.NDArray[np.bool_]:
        """Return whether each sample has exactly the predicted labels, bool (samples,)."""
        chosen = self.probabilities(outputs) > 0.5
        if self.indicator and form_of(labels) is LabelForm.indicator:
            truth = self.encode(labels, "data")
            _check_count(len(truth), len(outputs))
            return np.asarray((chosen == truth).all(axis=1))
        sets = label_sets(labels, "data")
        _check_count(len(sets), len(outputs))
        rows, places, owners = np.zeros_like(chosen), places_among(self.classes, sets.classes)[sets.codes], sets.owners
        rows[owners[places >= 0], places[places >= 0]] = True
        right = (chosen == rows).all(axis=1)
        right[owners[places < 0]] = False
        return np.asarray(right)


@dataclass(frozen=True, eq=False)
class Regression(Task):
    """Prediction of numbers, in the unit of the training targets.

    Args:
        scale: mean and standard deviation of every target.
        flat: whether targets have one axis, (samples,).
    """

    scale: Standardization
    flat: bool

    activation: ClassVar[Activation] = "linear"
    loss: ClassVar[Loss] = "mean_squared_error"
    metric: ClassVar[Metric] = "mean_absolute_error"

    @property
    def units(self) -> int:
        """The number of targets."""
        return len(self.scale.means)

    @property
    def target_units(self) -> tuple[float, ...]:
        """The standard deviation of each target."""
        return tuple(map(float, self.scale.scales))

    def encode(self, values: object, where: str) -> Targets:
        """Return float32 (samples, targets), standardized."""
        numbers, _ = _numbers(values, where)
        if numbers.shape[1] != self.units:
            raise ValueError(f"{where} must have {self.units} numbers per sample, got {numbers.shape[1]}")
        return self.scale.apply(numbers)

    def decode(self, outputs: npt.NDArray[np.float32]) -> Predictions:
        """Return float64 (samples,) or (samples, targets)."""
        numbers = self.scale.undo(outputs)
        return numbers[:, 0] if self.flat else numbers

    def to_state(self) -> State:
        """Return the scale, and whether targets have one axis."""
        return State({"flat": self.flat}, {**self.scale.to_arrays("target_scale")})


def _check_count(labels: int, outputs: int) -> None:
    if labels != outputs:
        raise ValueError(f"y must have the shape of the predictions, ({outputs},), got ({labels},)")


def single_label_task(classes: Labels) -> Classification:
    """Return the single-label classification task of two or more classes."""
    return Binary(classes) if len(classes) == 2 else Multiclass(classes)


def regression_of(values: npt.ArrayLike, *, standardize: bool) -> tuple[Regression, Targets]:
    """Return the regression task of targets (samples,) or (samples, targets), and the encoded targets.

    Raises:
        TypeError: the values are not numbers.
        DataError: there are no values, or one is not finite.
    """
    numbers, flat = _numbers(values, "y")
    scale = Standardization.of(numbers) if standardize else Standardization.none(numbers.shape[1])
    return Regression(scale, flat), scale.apply(numbers)


def _numbers(values: object, name: str) -> tuple[npt.NDArray[np.float64], bool]:
    """Return numbers (samples, targets), and whether the values had one axis."""
    array = np.asarray(() if hold_text(values) else values)
    if hold_text(values) or array.dtype.kind not in "biuf" or array.ndim not in (1, 2):
        raise TypeError(f"{name} must be numbers (samples,) or (samples, targets), got {shorten(values)}")
    if not array.size:
        raise DataError(f"{name} must have 1 number or more, got shape {array.shape}")
    array = array.astype(np.float64)
    non_finite = np.flatnonzero(~np.isfinite(array.reshape(len(array), -1)).all(axis=1))
    if non_finite.size:
        raise DataError(f"{name}[{non_finite[0]}] must be finite, got {array[non_finite[0]]}; leave it out")
    if np.abs(array).max() > LARGEST_TARGET:
        raise DataError(f"{name} must be at most {LARGEST_TARGET:g}, got {np.abs(array).max():g}; use another unit")
    return (array[:, None] if array.ndim == 1 else array), array.ndim == 1


def task_from_state(state: State) -> Task:
    """Return the task of a file.

    Raises:
        ValueError: the state has no valid task.
    """
    if "classes" not in state.header and "flat" in state.header:
        return Regression(Standardization.from_arrays(state.arrays, "target_scale"), state.get("flat", bool))
    saved = state.get("classes", dict)
    form = saved.get("form", LabelForm.single)
    if form not in list(LabelForm):
        raise ValueError(f"classes.form must be one of {', '.join(LabelForm)}, found {shorten(form)}")
    classes = _classes_from(state, saved)
    if form == LabelForm.single:
        return single_label_task(classes)
    return Multilabel(classes, indicator=form == LabelForm.indicator)


def _classes_from(state: State, saved: JsonObject) -> Labels:
    kind, values = LABEL_KINDS.get(str(saved.get("kind"))), state.get("values", list, saved)
    if kind is None or len(values) < 2 or any(type(value) is not kind for value in values):
        raise ValueError(f"classes must be 2 or more of one type, found {shorten(saved)}")
    if kind is float:  # earlier versions accepted such classes
        classes = np.asarray(values)
    else:
        try:
            for position, value in enumerate(values):
                check_label(value, f"classes[{position}]")
            check_classes(values, "classes")
        except DataError as error:
            raise ValueError(str(error)) from error
        classes = np.asarray(values)  # unchanged: earlier versions kept white space
    if not (classes[1:] > classes[:-1]).all():
        raise ValueError("classes must be sorted and distinct")
    return classes
