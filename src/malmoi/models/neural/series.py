"""Classification and regression of series."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Self, cast

import numpy as np
import numpy.typing as npt

from malmoi.foundation.arrays import Labels
from malmoi.foundation.light_estimators import LightClassifierMixin, LightRegressorMixin
from malmoi.foundation.progress import Progress, silent
from malmoi.foundation.progress_bars import shown_progress
from malmoi.models.minirocket.estimators import MiniRocketClassifier, MiniRocketRegressor
from malmoi.models.neural.base import FitOptions
from malmoi.models.neural.networks.base import Network, NetworkFunction
from malmoi.models.neural.series_estimator import SeriesEstimator
from malmoi.models.neural.series_fit import LabelledSeries, fit_series, held_out_series
from malmoi.models.neural.series_settings import SeriesSettings
from malmoi.models.predictions import SeriesProbabilities
from malmoi.models.standardization import Standardization
from malmoi.models.task import Regression, regression_of
from malmoi.models.task_of_labels import classification_of
from malmoi.models.weights import ClassWeight, class_weights, sample_weights

if TYPE_CHECKING:
    import keras

__all__ = ["SeriesClassifier", "SeriesRegressor"]


class SeriesClassifier(SeriesProbabilities, LightClassifierMixin, SeriesEstimator):
    """Classify time series with MiniRocket or with a network.

    Args:
        network: network, or `None` for the model of `recipe`: `Conv`, `Recurrent`, `Average`, `Flatten`, or a function
            from a Keras tensor (samples, time, features) to one (samples, features). Settings of `Conv` and `Recurrent`
            that are `None` depend on the length of the series.
        missing: missing values (NaN): "refuse" (an error) or "indicate" (replaced by the mean or, for MiniRocket,
            interpolated in time, with an additional indicator feature for every feature).
        recipe: model without `network`: "auto" or "minirocket" (`MiniRocketClassifier` with its defaults), or "conv",
            "recurrent", "average" or "flatten" (that network with its defaults). The parameters from `max_time_steps`
            on, except `seed` and `class_weight`, are only allowed with a network.
        normalize: normalization: "training" (of every feature over all training series), "series" (of each series
            separately, which removes its level and amplitude), "auto" or `None`; "auto": "training" for networks, and
            the choice of `MiniRocketClassifier` for MiniRocket.
        max_time_steps: maximum number of time steps; if the longest training series has more, every 2, 3, ...
            consecutive steps are averaged, in `fit` and in `predict`; see `averaged_steps_` and the summary. `None`: no
            maximum.
        optimizer: name of a Keras optimizer.
        learning_rate: maximum learning rate, above 0; `None`: the optimizer's default.
        schedule: learning-rate schedule: "cosine" (warm-up over the first twentieth of the steps, then cosine decay to
            0) or "constant".
        steps: training steps, rounded up to whole epochs. `None`: the maximum of 600, 60 per class and ten epochs, but
            at most 3,000; and from 1,000 series on, without `validation`, a tenth of the series is held out for early
            stopping. The result is in `training_`.
        epochs: passes over the training series, instead of `steps`; `None`: use `steps`.
        batch_size: series per step; `None`: 16, from 500 series on 32.
        seed: random seed of the initial weights and of the order of the series. The same seed and data give the same
            model.
        patience: epochs without a smaller validation loss after which training stops and the best epoch's weights are
            kept; 1 or more. `None`: all epochs, and the last weights; a quarter of the epochs if series are held out
            for early stopping.
        class_weight: class weights in the loss: "balanced" (inversely proportional to the class frequencies); or a dict
            from class to weight; `None`: weight 1 for every series.
        precision: floating-point format of the network: "float32", or "bfloat16" (faster on GPUs only).

    Attributes:
        classes_: the labels, sorted.
        network_: the trained `keras.Model`.
        history_: loss and accuracy of every epoch.
        training_: chosen steps, epochs and batch size, and the share of the series held out for early stopping.
        averaged_steps_: number of consecutive steps that are averaged; 1: no averaging.
        scale_: mean and standard deviation of every feature; 0 and 1 unless `normalize` is "training".
        length_: length of the longest training series, in steps.
        n_features_in_: number of features.
        feature_names_in_: names of the features, if the training series were a list of tables with column names.
        validation_samples_: number of series in the validation set.

    Example:
        >>> from malmoi import Average
        >>> up, down = np.arange(5.0), -np.arange(5.0)
        >>> model = SeriesClassifier(Average(), epochs=30, learning_rate=0.1)
        >>> model.fit([up, down, up + 1, down - 1], ["up", "down", "up", "down"]).predict([up[:3]])
        array(['up'], dtype='<U4')
        >>> model.classes_.tolist(), model.predict_proba([up, down]).shape
        (['down', 'up'], (2, 2))
        >>> print(model.training_)
        30 steps of 16 series, at most 30 epochs
        >>> len(model.history_), model.validation_samples_, len(model.examples_)
        (30, 0, 4)
        >>> model.length_, model.n_features_in_, model.averaged_steps_, model.scale_.means.tolist()
        (5, 1, 1, [0.0])
        >>> model.network_.count_params()
        2
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
        """The labels that it predicts, sorted."""
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
        """Fit on labelled series. If it fails, a model fitted before is kept unchanged.

        Args:
            X: an array (samples, time, features), or (samples, time) for one feature; or a list of arrays (time,
                features) or (time,), whose lengths may differ. Tables of pandas or Polars are accepted as arrays; in a
                list, their column names are kept as feature names and checked later.
            y: one label per series, all str, all int or all bool; 2 classes or more; for multilabel data see
                `EmbeddingClassifier.fit`.
            validation: series and labels, evaluated after every epoch; or the share of the training series to hold out
                for validation, between 0 and 1.
            sample_weight: float (samples,), weight of each series in the loss.
            callbacks: Keras callbacks.
            checkpoint: file that is written after every epoch; if it exists, training is resumed from it.
            progress: progress callback, called with the step's name, the number done and the total.
            verbose: show a progress bar, in a terminal or a notebook.

        Raises:
            TypeError: data or a setting has the wrong type.
            ValueError: a setting is out of range, or the numbers of series and labels differ.
            DataError: a value or a label is invalid, a series does not fit the network, or the checkpoint is from
                another training.
            MalmoiError: the loss is not finite in the first epoch, a callback fails, or there is not enough memory.
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


class SeriesRegressor(LightRegressorMixin, SeriesEstimator):
    """Predict numbers from time series with MiniRocket or with a network.

    To forecast the next values of a series, see `Forecaster`.

    Args:
        network: network, or `None` for the model of `recipe`: `Conv`, `Recurrent`, `Average`, `Flatten`, or a function
            from a Keras tensor (samples, time, features) to one (samples, features). Settings of `Conv` and `Recurrent`
            that are `None` depend on the length of the series.
        missing: missing values (NaN): "refuse" (an error) or "indicate" (replaced by the mean or, for MiniRocket,
            interpolated in time, with an additional indicator feature for every feature).
        recipe: model without `network`: "auto" or "minirocket" (`MiniRocketRegressor` with its defaults), or "conv",
            "recurrent", "average" or "flatten" (that network with its defaults). The parameters from `max_time_steps`
            on, except `seed`, are only allowed with a network.
        normalize: normalization: "training" (of every feature over all training series), "series" (of each series
            separately, which removes its level and amplitude), "auto" or `None`; "auto": "training" for networks, and
            the choice of `MiniRocketRegressor` for MiniRocket. Targets are always standardized in training; `predict`
            returns values in the original unit.
        max_time_steps: maximum number of time steps; if the longest training series has more, every 2, 3, ...
            consecutive steps are averaged, in `fit` and in `predict`; see `averaged_steps_` and the summary. `None`: no
            maximum.
        optimizer: name of a Keras optimizer.
        learning_rate: maximum learning rate, above 0; `None`: the optimizer's default.
        schedule: learning-rate schedule: "cosine" (warm-up over the first twentieth of the steps, then cosine decay to
            0) or "constant".
        steps: training steps, rounded up to whole epochs. `None`: the maximum of 600 and ten epochs, but at most 3,000;
            and from 1,000 series on, without `validation`, a tenth of the series is held out for early stopping. The
            result is in `training_`.
        epochs: passes over the training series, instead of `steps`; `None`: use `steps`.
        batch_size: series per step; `None`: 16, from 500 series on 32.
        seed: random seed of the initial weights and of the order of the series. The same seed and data give the same
            model.
        patience: epochs without a smaller validation loss after which training stops and the best epoch's weights are
            kept; 1 or more. `None`: all epochs, and the last weights; a quarter of the epochs if series are held out
            for early stopping.
        precision: floating-point format of the network: "float32", or "bfloat16" (faster on GPUs only).

    Attributes:
        network_: the trained `keras.Model`.
        history_: loss and mean absolute error of every epoch.
        training_: chosen steps, epochs and batch size, and the share of the series held out for early stopping.
        averaged_steps_: number of consecutive steps that are averaged; 1: no averaging.
        scale_: mean and standard deviation of every feature; 0 and 1 unless `normalize` is "training".
        target_scale_: mean and standard deviation of every target.
        length_: length of the longest training series, in steps.
        n_features_in_: number of features.
        feature_names_in_: names of the features, if the training series were a list of tables with column names.
        validation_samples_: number of series in the validation set.

    Example:
        >>> from malmoi import windows
        >>> inputs, targets = windows(np.sin(np.arange(200) / 3), length=12)
        >>> model = SeriesRegressor(recipe="minirocket").fit(inputs[:150], targets[:150])
        >>> bool(np.abs(model.predict(inputs[150:]) - targets[150:]).max() < 0.05)
        True
        >>> model.facts_.samples, model.target_scale_.means.round(2), model.score(inputs[150:], targets[150:]) > 0.99
        (150, array([0.]), True)
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
        """Mean and standard deviation of every target, float64 (targets,) each; training standardizes with them."""
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
        """Fit on series with target values. If it fails, a model fitted before is kept unchanged.

        Args:
            X: see `SeriesClassifier.fit`.
            y: target values (samples,) or (samples, targets), all finite.
            validation: series and targets, evaluated after every epoch; or the share of the training series to hold out
                for validation, between 0 and 1. Windows of one series overlap: pass the latest ones as data instead.
            sample_weight: float (samples,), weight of each series in the loss.
            callbacks: Keras callbacks.
            checkpoint: file that is written after every epoch; if it exists, training is resumed from it.
            progress: progress callback, called with the step's name, the number done and the total.
            verbose: show a progress bar, in a terminal or a notebook.

        Raises:
            TypeError: data or a setting has the wrong type.
            ValueError: a setting is out of range, or the numbers of series and targets differ.
            DataError: a value is invalid, a series does not fit the network, or the checkpoint is from another
                training.
            MalmoiError: the loss is not finite in the first epoch, a callback fails, or there is not enough memory.
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
