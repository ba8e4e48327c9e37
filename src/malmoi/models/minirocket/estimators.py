"""Classifier and regressor of series with MiniRocket features and a linear model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Self, cast

import numpy as np
import numpy.typing as npt

from malmoi.foundation.arrays import Labels
from malmoi.foundation.light_estimators import LightClassifierMixin, LightRegressorMixin
from malmoi.foundation.progress import Progress, silent
from malmoi.foundation.progress_bars import shown_progress
from malmoi.models.base import ModelEstimator
from malmoi.models.minirocket.learning import TrainingSeries, fitted_minirocket
from malmoi.models.minirocket.model import MiniRocketModel
from malmoi.models.minirocket.parts import MiniRocketFacts
from malmoi.models.minirocket.settings import LinearChoice, MiniRocketSettings, Padding
from malmoi.models.predictions import SeriesPredictions, SeriesProbabilities
from malmoi.models.standardization import Standardization
from malmoi.models.task import Regression, regression_of
from malmoi.models.task_of_labels import classification_of
from malmoi.models.weights import ClassWeight, class_weights, sample_weights

__all__ = ["MiniRocketClassifier", "MiniRocketEstimator", "MiniRocketRegressor"]

Weights = Sequence[float] | npt.NDArray[np.floating] | None


class MiniRocketEstimator(SeriesPredictions, ModelEstimator[MiniRocketModel]):
    """Base class of both estimators."""

    @property
    def facts_(self) -> MiniRocketFacts:
        """Facts about the training, and how the settings were chosen."""
        return self.fitted.facts

    @property
    def length_(self) -> int:
        """Length of the longest training series, in steps."""
        return self.fitted.length

    @property
    def n_features_in_(self) -> int:
        """Number of features of the series."""
        return self.fitted.features

    @property
    def feature_names_in_(self) -> npt.NDArray[np.object_]:
        """Names of the features, an array of objects; only if the training series were tables with column names.

        Raises:
            AttributeError: the training series had no column names.
        """
        if self.fitted.feature_names is None:
            raise AttributeError("the training series had no feature names")
        return self.fitted.feature_names

    def check_settings(self) -> MiniRocketSettings:
        """Check the settings and return them.

        Raises:
            TypeError: a setting has the wrong type.
            ValueError: a setting is out of range.

        :meta private:
        """
        return MiniRocketSettings.of(self)


class MiniRocketClassifier(SeriesProbabilities, LightClassifierMixin, MiniRocketEstimator):
    """Classify series with MiniRocket features and a linear model.

    The features are the shares of steps at which fixed convolutions exceed learned biases. Probabilities are calibrated
    by temperature scaling on held-out training series.

    Args:
        missing: missing values (NaN): "refuse" (an error) or "indicate" (interpolation in time, with an additional
            indicator feature for every feature).
        kernels: number of convolutional features, from 84 kernels at several dilations; rounded down to a multiple of
            84, the minimum.
        normalize: normalization: "training" (of every feature over the training series), "series" (of each series
            separately), "auto" or `None`; "auto": `None` for one feature; for several features `None` or "training",
            whichever has the smaller held-out loss.
        padding: padding of series shorter than the longest training series: "zeros", "auto" or `None`; "zeros": pad
            them with zeros, so that the length is informative; `None`: no padding; "auto": whichever has the smaller
            held-out loss.
        linear: linear model: "ridge", "logistic" or "auto"; "ridge": ridge regression on targets of -1 and 1, for up to
            4,096 series with equal weights; "logistic": logistic regression; "auto": ridge if possible, unless logistic
            regression has a smaller held-out log loss by more than a standard error (compared up to 20,000 series times
            classes).
        C: inverse strength of the L2 penalty, above 0; "auto": chosen by cross-validation.
        class_weight: class weights in the loss: "balanced" (inversely proportional to the class frequencies); or a dict
            from class to weight; `None`: weight 1 for every series.
        seed: random seed of biases, channels and folds.
        n_jobs: number of threads; `None`: all cores. The result does not depend on it.

    Attributes:
        classes_: the labels, sorted.
        facts_: how the settings were chosen.
        length_: length of the longest training series, in steps.
        n_features_in_: number of features.
        feature_names_in_: names of the features, if the training series were a list of tables with column names.

    Source:
        Dempster, Schmidt and Webb 2021, "MiniRocket"; L-BFGS: Liu and Nocedal 1989; temperature scaling: Guo et al.
        2017.

    Example:
        >>> steps = np.arange(60)
        >>> X = [np.sin(steps / width + start) for start in range(10) for width in (3, 5)]
        >>> model = MiniRocketClassifier(kernels=840).fit(X, ["fast", "slow"] * 10)
        >>> model.predict([np.sin(steps / 3 + 0.5), np.sin(steps / 5 + 0.5)])
        array(['fast', 'slow'], dtype='<U4')
        >>> model.classes_.tolist(), model.predict_proba(X).shape, model.score(X, ["fast", "slow"] * 10)
        (['fast', 'slow'], (20, 2), 1.0)
        >>> model.length_, model.n_features_in_, model.facts_.samples
        (60, 1, 20)
        >>> import polars as pl
        >>> tables = [pl.DataFrame({"speed": one, "height": one**2}) for one in X]
        >>> MiniRocketClassifier(kernels=84).fit(tables, ["fast", "slow"] * 10).feature_names_in_.tolist()
        ['speed', 'height']
    """

    def __init__(
        self,
        missing: str = "refuse",
        *,
        kernels: int = 10_000,
        normalize: str | None = "auto",
        padding: Padding | None = "auto",
        linear: LinearChoice = "auto",
        C: float | Literal["auto"] = "auto",
        class_weight: ClassWeight = None,
        seed: int = 0,
        n_jobs: int | None = None,
    ) -> None:
        self.missing = missing
        self.kernels = kernels
        self.normalize = normalize
        self.padding = padding
        self.linear = linear
        self.C = C
        self.class_weight = class_weight
        self.seed = seed
        self.n_jobs = n_jobs

    @property
    def classes_(self) -> Labels:
        """The labels that it predicts, sorted."""
        return self.fitted.classes

    def fit(
        self,
        X: object,
        y: Sequence[object] | Labels,
        *,
        sample_weight: Weights = None,
        progress: Progress = silent,
        verbose: bool = False,
    ) -> Self:
        """Fit on labelled series. If it fails, a model fitted before is kept unchanged.

        Args:
            X: an array (samples, time, features), or (samples, time) for one feature; or a list of arrays (time,
                features) or (time,), whose lengths may differ. Tables of pandas or Polars are accepted as arrays; in a
                list, their column names are kept as feature names and checked later.
            y: one label per series, all str, all int or all bool; 2 classes or more; for multilabel data see
                `BagClassifier.fit`.
            sample_weight: float (samples,), weight of each series in the loss, multiplied by `class_weight`.
            progress: progress callback, called with the step's name, the number done and the total.
            verbose: show a progress bar, in a terminal or a notebook.

        Raises:
            TypeError: data or a setting has the wrong type.
            ValueError: a setting is out of range, or the numbers of series and labels differ.
            DataError: a value or a label is invalid, or there is only one class.
        """
        settings = self.check_settings()
        task, targets = classification_of(y)
        by_class = class_weights(self.class_weight, task.single_label_classes, targets)
        weights = sample_weights(sample_weight, by_class, len(targets))
        with shown_progress(progress, verbose=verbose) as shown:
            self.fitted_ = fitted_minirocket(settings, TrainingSeries(X, task, targets, weights), shown)
        return self


class MiniRocketRegressor(LightRegressorMixin, MiniRocketEstimator):
    """Predict numbers from series (extrinsic regression) with MiniRocket features and ridge regression.

    Args:
        missing: missing values (NaN): "refuse" (an error) or "indicate" (interpolation in time, with an additional
            indicator feature for every feature).
        kernels: number of convolutional features, from 84 kernels at several dilations; rounded down to a multiple of
            84, the minimum.
        normalize: normalization: "training" (of every feature over the training series), "series" (of each series
            separately), "auto" or `None`; "auto": `None` for one feature; for several features `None` or "training",
            whichever has the smaller held-out loss.
        padding: padding of series shorter than the longest training series: "zeros", "auto" or `None`; "zeros": pad
            them with zeros, so that the length is informative; `None`: no padding; "auto": whichever has the smaller
            held-out loss.
        C: inverse strength of the L2 penalty, above 0; "auto": chosen by cross-validation.
        seed: random seed of biases, channels and folds.
        n_jobs: number of threads; `None`: all cores. The result does not depend on it.

    Attributes:
        facts_: how the settings were chosen.
        target_scale_: mean and standard deviation of every target.
        length_: length of the longest training series, in steps.
        n_features_in_: number of features.
        feature_names_in_: names of the features, if the training series were a list of tables with column names.

    Source:
        Dempster, Schmidt and Webb 2021, "MiniRocket"; Tan et al. 2021, "Time series extrinsic regression".

    Example:
        >>> steps = np.arange(60)
        >>> widths = np.tile([2.0, 3.0, 4.0, 5.0], 10)
        >>> X = [np.sin(steps / width + start) for start, width in enumerate(widths)]
        >>> model = MiniRocketRegressor(kernels=840).fit(X, widths)
        >>> bool(abs(model.predict([np.sin(steps / 3 + 0.5)])[0] - 3) < 0.3)
        True
        >>> model.target_scale_.means, model.score(X, widths) > 0.9
        (array([3.5]), True)
    """

    def __init__(
        self,
        missing: str = "refuse",
        *,
        kernels: int = 10_000,
        normalize: str | None = "auto",
        padding: Padding | None = "auto",
        C: float | Literal["auto"] = "auto",
        seed: int = 0,
        n_jobs: int | None = None,
    ) -> None:
        self.missing = missing
        self.kernels = kernels
        self.normalize = normalize
        self.padding = padding
        self.C = C
        self.seed = seed
        self.n_jobs = n_jobs

    @property
    def target_scale_(self) -> Standardization:
        """Mean and standard deviation of every target, float64 (targets,) each; training standardizes with them."""
        return cast(Regression, self.fitted.task).scale

    def fit(
        self,
        X: object,
        y: npt.ArrayLike,
        *,
        sample_weight: Weights = None,
        progress: Progress = silent,
        verbose: bool = False,
    ) -> Self:
        """Fit on series with target values. If it fails, a model fitted before is kept unchanged.

        Args:
            X: see `MiniRocketClassifier.fit`.
            y: target values (samples,) or (samples, targets), all finite.
            sample_weight: float (samples,), weight of each series in the loss.
            progress: progress callback, called with the step's name, the number done and the total.
            verbose: show a progress bar, in a terminal or a notebook.

        Raises:
            TypeError: data or a setting has the wrong type.
            ValueError: a setting is out of range, or the numbers of series and targets differ.
            DataError: a value is invalid.
        """
        settings = self.check_settings()
        task, targets = regression_of(y, standardize=True)
        weights = sample_weights(sample_weight, None, len(targets))
        with shown_progress(progress, verbose=verbose) as shown:
            self.fitted_ = fitted_minirocket(settings, TrainingSeries(X, task, targets, weights), shown)
        return self
