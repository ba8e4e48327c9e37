"""Numbers in time to labels, or to numbers."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from malmoi.arrays import Labels, Probabilities
from malmoi.classifiers.base import FitOptions, share_of
from malmoi.classifiers.scaling import Standardization
from malmoi.classifiers.shared import SeriesEstimator
from malmoi.classifiers.targets import (
    Answers,
    ClassWeight,
    class_weights,
    encode_answers,
    sample_weights,
)
from malmoi.errors import DataError, shorten
from malmoi.estimators import ClassifierMixin, RegressorMixin
from malmoi.evaluation import Objective
from malmoi.networks import Network, NetworkFunction, Output, Recurrent
from malmoi.progress import Progress, silent

__all__ = ["SeriesClassifier", "SeriesRegressor"]


class SeriesClassifier(ClassifierMixin, SeriesEstimator):  # type: ignore[misc]
    """Numbers in time to labels.

    Args:
        network: what looks at a series: `Recurrent`, `Conv`, `Average`, `Flatten`, or a function from a Keras tensor
            (samples, time, features) to one (samples, features).
        missing: "refuse": NaN is an error; "indicate": NaN may stand for a missing number, which becomes the mean, and
            for each feature another says where.
        standardize: give every feature mean 0 and standard deviation 1, measured on the training series.
        optimizer: one of Keras' optimizers, by name.
        learning_rate: above 0; `None` is the optimizer's default.
        epochs: passes over the training series; 1 or more.
        batch_size: series a step; 1 or more.
        seed: decides the first weights and the order of the series. The same seed and data give the same model.
        patience: epochs without a smaller validation loss after which training stops and the best epoch's weights are
            kept; 1 or more. `None`: all epochs, and the last weights.
        class_weight: how much the series of each class count in the loss: a dict, or "balanced"; `None`: all the same.
        precision: in which the layers compute: "float32", or "bfloat16", which is faster on a GPU alone.

    Attributes:
        classes_: the labels, sorted.
        network_: the trained `keras.Model`.
        history_: loss and accuracy of every epoch.
        scale_: mean and standard deviation of every feature.
        length_: steps of the longest training series.
        n_features_in_: features of a step.
        feature_names_in_: their names; only where the training series were a list of tables with names.
        validation_samples_: series that were only looked at.

    Example:
        >>> up, down = np.arange(5.0), -np.arange(5.0)
        >>> model = SeriesClassifier(Recurrent("simple", 4), epochs=30, learning_rate=0.01)
        >>> model.fit([up, down, up + 1, down - 1], ["up", "down", "up", "down"]).predict([up[:3]])
        array(['up'], dtype='<U4')
    """

    answers_: Answers

    def __init__(
        self,
        network: Network | NetworkFunction = Recurrent(),  # noqa: B008 -- frozen
        missing: str = "refuse",
        *,
        standardize: bool = True,
        optimizer: str = "adam",
        learning_rate: float | None = None,
        epochs: int = 20,
        batch_size: int = 32,
        seed: int = 0,
        patience: int | None = None,
        class_weight: ClassWeight = None,
        precision: str = "float32",
    ) -> None:
        self.network = network
        self.missing = missing
        self.standardize = standardize
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.epochs = epochs
        self.batch_size = batch_size
        self.seed = seed
        self.patience = patience
        self.class_weight = class_weight
        self.precision = precision

    @property
    def classes_(self) -> Labels:
        """The labels, sorted."""
        if not hasattr(self, "answers_"):
            raise AttributeError(f"this {type(self).__name__} has learned nothing yet; call fit first")
        return self.answers_.classes

    def fit(
        self,
        X: object,
        y: Sequence[object] | Labels,
        *,
        validation: tuple[object, object] | float | None = None,
        sample_weight: Sequence[float] | npt.NDArray[np.floating] | None = None,
        callbacks: Sequence[Any] = (),
        checkpoint: str | os.PathLike[str] | None = None,
        progress: Progress = silent,
    ) -> Self:
        """Learn from labelled series; where it fails, all that was learned before stays as it was.

        Args:
            X: an array (samples, time, features), or (samples, time) of one feature; or a list of arrays (time,
                features), or (time,), whose lengths may differ. Tables of pandas or Polars count as arrays; where they
                are the list's items, the names of their columns, the features, are kept and checked later.
            y: as many labels, all str, all int or all bool; 2 classes or more; or several a series, as
                `EmbeddingClassifier.fit` says.
            validation: series and labels, looked at after every epoch and never learned from; or the share of the
                training series that is set aside for that, between 0 and 1.
            sample_weight: float (samples,), how much each series counts in the loss.
            callbacks: of Keras.
            checkpoint: a file that is written after every epoch; where it is there, training goes on from it.
            progress: hears how far each step is.

        Raises:
            TypeError: data or a setting is of the wrong kind.
            ValueError: a setting is out of its range, or there are not as many labels as series.
            DataError: a number or a label cannot be used, a series does not fit the network, or the checkpoint is of
                another training.
            MalmoiError: the loss is no finite number in the first epoch, a callback fails, or memory does not suffice.
        """
        self.check_settings()
        answers, targets = encode_answers(y)
        weights = sample_weights(sample_weight, class_weights(self.class_weight, answers, targets), len(targets))
        held_out: Any = share_of(validation)
        if held_out is None and validation is not None:
            series, labels = _pair(validation)
            held_out = (series, answers.targets(labels, "validation"))
        options = FitOptions(callbacks, checkpoint, progress)
        objective = Objective(answers.output.kind)
        learned = self._fit(X, targets, weights, held_out, answers.output, objective, options)
        self._take_learned({**learned, "answers_": answers})
        return self

    def predict_proba(self, X: object) -> Probabilities:
        """Probabilities of every class, float32 (samples, classes), in the order of `classes_`."""
        outputs = self._outputs(X)
        return self.answers_.probabilities(outputs)

    def predict(self, X: object) -> Any:
        """The most probable label of every series; where a series has several, all that are more probable than not."""
        probabilities = self.predict_proba(X)
        return self.answers_.labels(probabilities)

    def _output(self) -> Output:
        return self.answers_.output


class SeriesRegressor(RegressorMixin, SeriesEstimator):  # type: ignore[misc]
    """Numbers in time to numbers, such as those that come next: see `windows`.

    Args:
        network: what looks at a series: `Recurrent`, `Conv`, `Average`, `Flatten`, or a function from a Keras tensor
            (samples, time, features) to one (samples, features).
        missing: "refuse": NaN is an error; "indicate": NaN may stand for a missing number, which becomes the mean, and
            for each feature another says where.
        standardize: give every feature, and every target, mean 0 and standard deviation 1, measured on the training
            series; `predict` answers in the targets' own units.
        optimizer: one of Keras' optimizers, by name.
        learning_rate: above 0; `None` is the optimizer's default.
        epochs: passes over the training series; 1 or more.
        batch_size: series a step; 1 or more.
        seed: decides the first weights and the order of the series. The same seed and data give the same model.
        patience: epochs without a smaller validation loss after which training stops and the best epoch's weights are
            kept; 1 or more. `None`: all epochs, and the last weights.
        precision: in which the layers compute: "float32", or "bfloat16", which is faster on a GPU alone.

    Attributes:
        network_: the trained `keras.Model`.
        history_: loss and mean absolute error of every epoch.
        scale_: mean and standard deviation of every feature.
        target_scale_: mean and standard deviation of every target.
        length_: steps of the longest training series.
        n_features_in_: features of a step.
        feature_names_in_: their names; only where the training series were a list of tables with names.
        validation_samples_: series that were only looked at.

    Example:
        >>> from malmoi import Flatten, windows
        >>> inputs, targets = windows(np.sin(np.arange(200) / 3), length=12)
        >>> model = SeriesRegressor(Flatten(), epochs=30, learning_rate=0.01).fit(inputs[:150], targets[:150])
        >>> bool(np.abs(model.predict(inputs[150:]) - targets[150:]).max() < 0.05)
        True
    """

    target_scale_: Standardization
    _flat: bool

    def __init__(
        self,
        network: Network | NetworkFunction = Recurrent(),  # noqa: B008 -- frozen
        missing: str = "refuse",
        *,
        standardize: bool = True,
        optimizer: str = "adam",
        learning_rate: float | None = None,
        epochs: int = 20,
        batch_size: int = 32,
        seed: int = 0,
        patience: int | None = None,
        precision: str = "float32",
    ) -> None:
        self.network = network
        self.missing = missing
        self.standardize = standardize
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.epochs = epochs
        self.batch_size = batch_size
        self.seed = seed
        self.patience = patience
        self.precision = precision

    def fit(
        self,
        X: object,
        y: npt.ArrayLike,
        *,
        validation: tuple[object, npt.ArrayLike] | float | None = None,
        sample_weight: Sequence[float] | npt.NDArray[np.floating] | None = None,
        callbacks: Sequence[Any] = (),
        checkpoint: str | os.PathLike[str] | None = None,
        progress: Progress = silent,
    ) -> Self:
        """Learn from series with numbers; where it fails, all that was learned before stays as it was.

        Args:
            X: as `SeriesClassifier.fit` says.
            y: numbers (samples,) or (samples, numbers), all finite.
            validation: series and numbers, looked at after every epoch and never learned from; or the share of the
                training series that is set aside for that, between 0 and 1. Windows of one series overlap: give the
                latest ones as data instead.
            sample_weight: float (samples,), how much each series counts in the loss.
            callbacks: of Keras.
            checkpoint: a file that is written after every epoch; where it is there, training goes on from it.
            progress: hears how far each step is.

        Raises:
            TypeError: data or a setting is of the wrong kind.
            ValueError: a setting is out of its range, or there are not as many numbers as series.
            DataError: a number cannot be used, a series does not fit the network, or the checkpoint is of another
                training.
            MalmoiError: the loss is no finite number in the first epoch, a callback fails, or memory does not suffice.
        """
        self.check_settings()
        numbers, flat = _numbers(y, "y")
        scale = Standardization.of(numbers) if self.standardize else Standardization.none(numbers.shape[1])
        held_out: Any = share_of(validation)
        if held_out is None and validation is not None:
            series, others = _pair(validation)
            looked_at, _ = _numbers(others, "validation")
            if looked_at.shape[1] != numbers.shape[1]:
                raise ValueError(f"validation must have {numbers.shape[1]} numbers a series, got {looked_at.shape[1]}")
            held_out = (series, scale.apply(looked_at))
        weights = sample_weights(sample_weight, None, len(numbers))
        objective = Objective("numbers", tuple(map(float, scale.scales)))
        output, options = Output("numbers", numbers.shape[1]), FitOptions(callbacks, checkpoint, progress)
        learned = self._fit(X, scale.apply(numbers), weights, held_out, output, objective, options)
        self._take_learned({**learned, "target_scale_": scale, "_flat": flat})
        return self

    def predict(self, X: object) -> npt.NDArray[np.float64]:
        """Numbers in their own units, float64 (samples,) or (samples, numbers), as `fit` was given them."""
        outputs = self._outputs(X)
        numbers = self.target_scale_.undo(outputs)
        return numbers[:, 0] if self._flat else numbers

    def _output(self) -> Output:
        return Output("numbers", len(self.target_scale_.means))


def _pair(validation: object) -> tuple[object, Any]:
    if not isinstance(validation, tuple | list) or len(validation) != 2:
        raise TypeError(f"validation must be (X, y), or a share between 0 and 1, got {shorten(validation)}")
    return validation[0], validation[1]


def _numbers(values: npt.ArrayLike, name: str) -> tuple[npt.NDArray[np.float64], bool]:
    """Numbers (samples, numbers), and whether there was one axis."""
    array = np.asarray(values)
    if array.dtype.kind not in "biuf" or array.ndim not in (1, 2):
        raise TypeError(f"{name} must be numbers (samples,) or (samples, numbers), got {shorten(values)}")
    if not array.size:
        raise DataError(f"{name} must hold 1 number or more, got shape {array.shape}")
    array = array.astype(np.float64)
    strange = np.flatnonzero(~np.isfinite(array.reshape(len(array), -1)).all(axis=1))
    if strange.size:
        raise DataError(f"{name}[{strange[0]}] must be finite, got {array[strange[0]]}; leave it out")
    return (array[:, None] if array.ndim == 1 else array), array.ndim == 1
