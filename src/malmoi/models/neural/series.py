"""Series to labels, or to numbers."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Self, cast

import numpy as np
import numpy.typing as npt

from malmoi.foundation.arrays import Labels, Probabilities
from malmoi.foundation.light_estimators import LightClassifierMixin, LightRegressorMixin
from malmoi.foundation.progress import Progress, silent
from malmoi.foundation.progress_bars import shown_progress
from malmoi.models.minirocket.estimators import MiniRocketClassifier, MiniRocketRegressor
from malmoi.models.neural.base import FitOptions
from malmoi.models.neural.networks.base import Network, NetworkFunction
from malmoi.models.neural.series_estimator import SeriesEstimator
from malmoi.models.neural.series_fit import LabelledSeries, fit_series, held_out_series
from malmoi.models.neural.series_settings import SeriesSettings
from malmoi.models.standardization import Standardization
from malmoi.models.task import Regression, regression_of
from malmoi.models.task_of_labels import classification_of
from malmoi.models.weights import ClassWeight, class_weights, sample_weights

if TYPE_CHECKING:
    import keras

__all__ = ["SeriesClassifier", "SeriesRegressor"]


class SeriesClassifier(LightClassifierMixin, SeriesEstimator):
    """Classify series of numbers in time: by MiniRocket, or with a network that is named.

    Args:
        network: `Conv`, `Recurrent`, `Average`, `Flatten`, or a function from a Keras tensor (samples, time, features)
            to one (samples, features). What `Conv` and `Recurrent` leave open follows the length of the series. `None`:
            what `recipe` names.
        missing: "refuse": NaN is an error; "indicate": NaN may stand for a missing number, which becomes the mean (for
            MiniRocket, a number between its neighbours in time), and each feature gets another one that says where.
        recipe: "auto" or "minirocket": `MiniRocketClassifier` with its defaults; "conv", "recurrent", "average" or
            "flatten": that network with its defaults. The settings from `max_time_steps` on are of networks, and
            refused without one, but for `seed` and `class_weight`.
        normalize: "training": every feature has mean 0 and standard deviation 1 over all training series; "series":
            over the steps of each series by itself, so that level and amplitude do not count; `None`: values stay as
            they are; "auto": "training" for networks, and as `MiniRocketClassifier` says for MiniRocket.
        max_time_steps: steps of the longest training series above which every 2, 3, ... steps in a row are averaged, in
            `fit` and in `predict`, so that no more than this are left; `averaged_steps_` and the summary say so.
            `None`: never.
        optimizer: name of a Keras optimizer.
        learning_rate: the highest learning rate, above 0; `None`: the optimizer's default.
        schedule: "cosine": the learning rate rises over the first twentieth of the steps and then falls to 0 along a
            cosine; "constant": it stays.
        steps: steps of gradient descent, rounded up to whole epochs. `None`: 600, or 60 per class, or ten epochs,
            whichever is most, but 3,000 at most; and from 1,000 series on, without `validation`, a tenth of the series
            is set aside to stop early by. `training_` says what was chosen.
        epochs: passes over the training series, in the place of `steps`; `None`: `steps` decides.
        batch_size: series per step; `None`: 16, from 500 series on 32.
        seed: random seed of the first weights and of the order of the series. The same seed and data give the same
            model.
        patience: epochs without a smaller validation loss after which training stops and the best epoch's weights are
            kept; 1 or more. `None`: all epochs, and the last weights; a quarter of the epochs where series are set
            aside.
        class_weight: weight of each class in the loss, a dict; or "balanced"; `None`: all the same.
        precision: "float32", or "bfloat16", which is faster on GPUs alone.

    Attributes:
        classes_: the labels, sorted.
        network_: the trained `keras.Model`.
        history_: loss and accuracy of every epoch.
        training_: steps, epochs and batch size that were chosen, and the share of the series set aside.
        averaged_steps_: steps in a row that were averaged into one; 1: none.
        scale_: mean and standard deviation of every feature; 0 and 1 unless `normalize` is "training".
        length_: steps of the longest training series.
        n_features_in_: features of a step.
        feature_names_in_: their names; only where the training series were a list of tables with names.
        validation_samples_: series of the validation set.

    Example:
        >>> from malmoi import Recurrent
        >>> up, down = np.arange(5.0), -np.arange(5.0)
        >>> model = SeriesClassifier(Recurrent("simple", 4), epochs=30, learning_rate=0.01)
        >>> model.fit([up, down, up + 1, down - 1], ["up", "down", "up", "down"]).predict([up[:3]])
        array(['up'], dtype='<U4')
    """

    minirocket_class = MiniRocketClassifier

    def __init__(
        self,
        network: Network | NetworkFunction | None = None,
        missing: str = "refuse",
        *,
        recipe: str = "auto",
        normalize: str | None = "auto",
        max_time_steps: int | None = 1_000,
        optimizer: str = "adam",
        learning_rate: float | None = 0.002,
        schedule: str = "cosine",
        steps: int | None = None,
        epochs: int | None = None,
        batch_size: int | None = None,
        seed: int = 0,
        patience: int | None = None,
        class_weight: ClassWeight = None,
        precision: str = "float32",
    ) -> None:
        self.network = network
        self.missing = missing
        self.recipe = recipe
        self.normalize = normalize
        self.max_time_steps = max_time_steps
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.schedule = schedule
        self.steps = steps
        self.epochs = epochs
        self.batch_size = batch_size
        self.seed = seed
        self.patience = patience
        self.class_weight = class_weight
        self.precision = precision

    @property
    def classes_(self) -> Labels:
        """The labels, sorted."""
        return cast(Labels, self.fitted.classes)

    def fit(
        self,
        X: object,
        y: Sequence[object] | Labels,
        *,
        validation: tuple[object, object] | float | None = None,
        sample_weight: Sequence[float] | npt.NDArray[np.floating] | None = None,
        callbacks: Sequence[keras.callbacks.Callback] = (),
        checkpoint: str | os.PathLike[str] | None = None,
        progress: Progress = silent,
        verbose: bool = False,
    ) -> Self:
        """Learn from labelled series; where it fails, all that was learned before stays as it was.

        Args:
            X: an array (samples, time, features), or (samples, time) of one feature; or a list of arrays (time,
                features), or (time,), whose lengths may differ. Tables of pandas or Polars count as arrays; where they
                are the list's items, the names of their columns, the features, are kept and checked later.
            y: as many labels, all str, all int or all bool; 2 classes or more; or several a series, as
                `EmbeddingClassifier.fit` says.
            validation: series and labels, measured after every epoch and never learned from; or the share of the
                training series that is set aside for that, between 0 and 1.
            sample_weight: float (samples,), how much each series counts in the loss.
            callbacks: of Keras.
            checkpoint: a file that is written after every epoch; where it is there, training goes on from it.
            progress: progress callback.
            verbose: show a progress bar, on a terminal or in a notebook.

        Raises:
            TypeError: data or a setting is of the wrong kind.
            ValueError: a setting is out of its range, or there are not as many labels as series.
            DataError: a number or a label cannot be used, a series does not fit the network, or the checkpoint is of
                another training.
            MalmoiError: the loss is no finite number in the first epoch, a callback fails, or memory does not suffice.
        """
        minirocket = self.minirocket(validation=validation, callbacks=callbacks, checkpoint=checkpoint)
        if minirocket is not None:
            self.fitted_ = minirocket.fit(X, y, sample_weight=sample_weight, progress=progress, verbose=verbose).fitted
            return self
        settings = cast(SeriesSettings, self.check_settings())
        task, targets = classification_of(y)
        by_class = class_weights(self.class_weight, task.single_label_classes, targets)
        weights = sample_weights(sample_weight, by_class, len(targets))
        held_out = held_out_series(validation, task)
        data = LabelledSeries(X, task, targets, weights, held_out)
        with shown_progress(progress, verbose=verbose) as shown:
            self.fitted_ = fit_series(settings, data, FitOptions(callbacks, checkpoint, shown))
        return self

    def predict_proba(self, X: object) -> Probabilities:
        """Return probabilities of every class, float32 (samples, classes), in the order of `classes_`."""
        return cast(Probabilities, self.fitted.predict_proba(X))


class SeriesRegressor(LightRegressorMixin, SeriesEstimator):
    """Predict numbers from series of numbers in time: by MiniRocket, or with a network that is named.

    For the next values of a series see `Forecaster`.

    Args:
        network: `Conv`, `Recurrent`, `Average`, `Flatten`, or a function from a Keras tensor (samples, time, features)
            to one (samples, features). What `Conv` and `Recurrent` leave open follows the length of the series. `None`:
            what `recipe` names.
        missing: "refuse": NaN is an error; "indicate": NaN may stand for a missing number, which becomes the mean (for
            MiniRocket, a number between its neighbours in time), and each feature gets another one that says where.
        recipe: "auto" or "minirocket": `MiniRocketRegressor` with its defaults; "conv", "recurrent", "average" or
            "flatten": that network with its defaults. The settings from `max_time_steps` on are of networks, and
            refused without one, but for `seed`.
        normalize: "training": every feature has mean 0 and standard deviation 1 over all training series; "series":
            over the steps of each series by itself, so that level and amplitude do not count; `None`: values stay as
            they are; "auto": "training" for networks, and as `MiniRocketRegressor` says for MiniRocket. Targets always
            have mean 0 and standard deviation 1 in training; `predict` returns numbers in their own units.
        max_time_steps: steps of the longest training series above which every 2, 3, ... steps in a row are averaged, in
            `fit` and in `predict`, so that no more than this are left; `averaged_steps_` and the summary say so.
            `None`: never.
        optimizer: name of a Keras optimizer.
        learning_rate: the highest learning rate, above 0; `None`: the optimizer's default.
        schedule: "cosine": the learning rate rises over the first twentieth of the steps and then falls to 0 along a
            cosine; "constant": it stays.
        steps: steps of gradient descent, rounded up to whole epochs. `None`: 600, or 60 per class, or ten epochs,
            whichever is most, but 3,000 at most; and from 1,000 series on, without `validation`, a tenth of the series
            is set aside to stop early by. `training_` says what was chosen.
        epochs: passes over the training series, in the place of `steps`; `None`: `steps` decides.
        batch_size: series per step; `None`: 16, from 500 series on 32.
        seed: random seed of the first weights and of the order of the series. The same seed and data give the same
            model.
        patience: epochs without a smaller validation loss after which training stops and the best epoch's weights are
            kept; 1 or more. `None`: all epochs, and the last weights; a quarter of the epochs where series are set
            aside.
        precision: "float32", or "bfloat16", which is faster on GPUs alone.

    Attributes:
        network_: the trained `keras.Model`.
        history_: loss and mean absolute error of every epoch.
        training_: steps, epochs and batch size that were chosen, and the share of the series set aside.
        averaged_steps_: steps in a row that were averaged into one; 1: none.
        scale_: mean and standard deviation of every feature; 0 and 1 unless `normalize` is "training".
        target_scale_: mean and standard deviation of every target.
        length_: steps of the longest training series.
        n_features_in_: features of a step.
        feature_names_in_: their names; only where the training series were a list of tables with names.
        validation_samples_: series of the validation set.

    Example:
        >>> from malmoi import Flatten, windows
        >>> inputs, targets = windows(np.sin(np.arange(200) / 3), length=12)
        >>> model = SeriesRegressor(Flatten(), epochs=30, learning_rate=0.01).fit(inputs[:150], targets[:150])
        >>> bool(np.abs(model.predict(inputs[150:]) - targets[150:]).max() < 0.05)
        True
    """

    minirocket_class = MiniRocketRegressor

    def __init__(
        self,
        network: Network | NetworkFunction | None = None,
        missing: str = "refuse",
        *,
        recipe: str = "auto",
        normalize: str | None = "auto",
        max_time_steps: int | None = 1_000,
        optimizer: str = "adam",
        learning_rate: float | None = 0.002,
        schedule: str = "cosine",
        steps: int | None = None,
        epochs: int | None = None,
        batch_size: int | None = None,
        seed: int = 0,
        patience: int | None = None,
        precision: str = "float32",
    ) -> None:
        self.network = network
        self.missing = missing
        self.recipe = recipe
        self.normalize = normalize
        self.max_time_steps = max_time_steps
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.schedule = schedule
        self.steps = steps
        self.epochs = epochs
        self.batch_size = batch_size
        self.seed = seed
        self.patience = patience
        self.precision = precision

    @property
    def target_scale_(self) -> Standardization:
        """Mean and standard deviation of every target."""
        return cast(Regression, self.fitted.task).scale

    def fit(
        self,
        X: object,
        y: npt.ArrayLike,
        *,
        validation: tuple[object, npt.ArrayLike] | float | None = None,
        sample_weight: Sequence[float] | npt.NDArray[np.floating] | None = None,
        callbacks: Sequence[keras.callbacks.Callback] = (),
        checkpoint: str | os.PathLike[str] | None = None,
        progress: Progress = silent,
        verbose: bool = False,
    ) -> Self:
        """Learn from series with numbers; where it fails, all that was learned before stays as it was.

        Args:
            X: as `SeriesClassifier.fit` says.
            y: numbers (samples,) or (samples, numbers), all finite.
            validation: series and numbers, measured after every epoch and never learned from; or the share of the
                training series that is set aside for that, between 0 and 1. Windows of one series overlap: give the
                latest ones as data instead.
            sample_weight: float (samples,), how much each series counts in the loss.
            callbacks: of Keras.
            checkpoint: a file that is written after every epoch; where it is there, training goes on from it.
            progress: progress callback.
            verbose: show a progress bar, on a terminal or in a notebook.

        Raises:
            TypeError: data or a setting is of the wrong kind.
            ValueError: a setting is out of its range, or there are not as many numbers as series.
            DataError: a number cannot be used, a series does not fit the network, or the checkpoint is of another
                training.
            MalmoiError: the loss is no finite number in the first epoch, a callback fails, or memory does not suffice.
        """
        minirocket = self.minirocket(validation=validation, callbacks=callbacks, checkpoint=checkpoint)
        if minirocket is not None:
            self.fitted_ = minirocket.fit(X, y, sample_weight=sample_weight, progress=progress, verbose=verbose).fitted
            return self
        settings = cast(SeriesSettings, self.check_settings())
        task, targets = regression_of(y, standardize=True)
        held_out = held_out_series(validation, task)
        weights = sample_weights(sample_weight, None, len(targets))
        data = LabelledSeries(X, task, targets, weights, held_out)
        with shown_progress(progress, verbose=verbose) as shown:
            self.fitted_ = fit_series(settings, data, FitOptions(callbacks, checkpoint, shown))
        return self
