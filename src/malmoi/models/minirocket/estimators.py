"""Series to labels, or to numbers, by MiniRocket's features and a linear model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, Self, cast

import numpy as np
import numpy.typing as npt

from malmoi.foundation.arrays import Labels, Probabilities
from malmoi.foundation.light_estimators import LightClassifierMixin, LightRegressorMixin
from malmoi.foundation.progress import Progress, silent
from malmoi.foundation.progress_bars import shown_progress
from malmoi.models.base import ModelEstimator
from malmoi.models.minirocket.learning import TrainingSeries, fitted_minirocket
from malmoi.models.minirocket.model import MiniRocketModel
from malmoi.models.minirocket.parts import MiniRocketFacts
from malmoi.models.minirocket.settings import LinearChoice, MiniRocketSettings, Padding
from malmoi.models.standardization import Standardization
from malmoi.models.task import Regression, regression_of
from malmoi.models.task_of_labels import classification_of
from malmoi.models.weights import ClassWeight, class_weights, sample_weights

__all__ = ["MiniRocketClassifier", "MiniRocketEstimator", "MiniRocketRegressor"]

Weights = Sequence[float] | npt.NDArray[np.floating] | None


class MiniRocketEstimator(ModelEstimator[MiniRocketModel]):
    """What both estimators share."""

    @property
    def facts_(self) -> MiniRocketFacts:
        """What it learned from, and how its settings were chosen."""
        return self.fitted.facts

    @property
    def length_(self) -> int:
        """Steps of the longest training series."""
        return self.fitted.length

    @property
    def n_features_in_(self) -> int:
        """Features of a step."""
        return self.fitted.features

    @property
    def feature_names_in_(self) -> npt.NDArray[np.object_]:
        """Names of the features.

        Raises:
            AttributeError: the training series were no tables with names.
        """
        if self.fitted.feature_names is None:
            raise AttributeError("the training series had no names of features")
        return self.fitted.feature_names

    def check_settings(self) -> MiniRocketSettings:
        """Refuse settings that are out of their range, before any work; returns them as a value.

        Raises:
            TypeError: a setting is of the wrong kind.
            ValueError: a setting is out of its range.
        """
        return MiniRocketSettings.of(self)

    def predict(self, X: object) -> Any:
        """Return the most probable label of every series, or numbers in the unit of the training targets.

        Where a series has several labels: all that are more probable than not. Numbers are float64 (samples,) or
        (samples, numbers), as `fit` was given them.
        """
        return self.fitted.predict(X)


class MiniRocketClassifier(LightClassifierMixin, MiniRocketEstimator):
    """Series to labels by MiniRocket's features and a linear model.

    Features are shares of the steps at which fixed convolutions exceed biases that were learned. Probabilities are
    calibrated by a temperature on held-out training series.

    Args:
        missing: "refuse": NaN is an error; "indicate": NaN may stand for a missing number, which is interpolated
            between its neighbours in time, and for each feature another says where.
        kernels: features, of 84 kernels at several dilations; rounded down to a multiple of 84, which is the least.
        normalize: "training": every feature has mean 0 and standard deviation 1 over the training series; "series":
            over each series by itself; `None`: values stay as they are; "auto": `None` for one feature; for several
            `None` or "training", whichever has the smaller held-out loss.
        padding: series that are shorter than the longest training series: "zeros": they are filled up with zeros, so
            that the length itself tells something; `None`: they are not; "auto": whichever has the smaller held-out
            loss.
        linear: "ridge": ridge regression on targets of -1 and 1, for up to 4,096 series that all count the same;
            "logistic": logistic regression; "auto": ridge where it can be, unless logistic regression has a smaller
            held-out log loss by more than a standard error (compared up to 20,000 series times classes).
        C: what the sum of losses counts beside the L2 penalty, above 0; "auto": chosen by cross-validation.
        class_weight: weight of each class in the loss, a dict; or "balanced"; `None`: every series counts the same.
        seed: random seed of biases, channels and folds.
        n_jobs: threads; `None` for all cores. The result does not depend on it.

    Attributes:
        classes_: the labels, sorted.
        facts_: how the settings were chosen.
        length_: steps of the longest training series.
        n_features_in_: features of a step.
        feature_names_in_: their names; only where the training series were a list of tables with names.

    Source:
        Dempster, Schmidt and Webb 2021, "MiniRocket"; L-BFGS: Liu and Nocedal 1989; the temperature: Guo et al. 2017.

    Example:
        >>> steps = np.arange(60)
        >>> X = [np.sin(steps / width + start) for start in range(10) for width in (3, 5)]
        >>> model = MiniRocketClassifier(kernels=840).fit(X, ["fast", "slow"] * 10)
        >>> model.predict([np.sin(steps / 3 + 0.5), np.sin(steps / 5 + 0.5)])
        array(['fast', 'slow'], dtype='<U4')
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
        """The labels, sorted."""
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
        """Learn from labelled series; where it fails, all that was learned before stays as it was.

        Args:
            X: an array (samples, time, features), or (samples, time) of one feature; or a list of arrays (time,
                features), or (time,), whose lengths may differ. Tables of pandas or Polars count as arrays; where they
                are the list's items, the names of their columns, the features, are kept and checked later.
            y: as many labels, all str, all int or all bool; 2 classes or more; or several a series, as
                `BagClassifier.fit` says.
            sample_weight: float (samples,), how much each series counts in the loss, beside `class_weight`.
            progress: progress callback.
            verbose: show a progress bar, on a terminal or in a notebook.

        Raises:
            TypeError: data or a setting is of the wrong kind.
            ValueError: a setting is out of its range, or there are not as many labels as series.
            DataError: a number or a label cannot be used, or there is only one class.
        """
        settings = self.check_settings()
        task, targets = classification_of(y)
        by_class = class_weights(self.class_weight, task.single_label_classes, targets)
        weights = sample_weights(sample_weight, by_class, len(targets))
        with shown_progress(progress, verbose=verbose) as shown:
            self.fitted_ = fitted_minirocket(settings, TrainingSeries(X, task, targets, weights), shown)
        return self

    def predict_proba(self, X: object) -> Probabilities:
        """Return probabilities of every class, float32 (samples, classes), in the order of `classes_`."""
        return self.fitted.predict_proba(X)


class MiniRocketRegressor(LightRegressorMixin, MiniRocketEstimator):
    """Series to numbers (extrinsic regression): MiniRocket's features and a ridge regression.

    Args:
        missing: as `MiniRocketClassifier` says.
        kernels: features, of 84 kernels at several dilations; rounded down to a multiple of 84, which is the least.
        normalize: as `MiniRocketClassifier` says.
        padding: as `MiniRocketClassifier` says.
        C: what the sum of squared errors counts beside the L2 penalty, above 0; "auto": chosen by cross-validation.
        seed: random seed of biases, channels and folds.
        n_jobs: threads; `None` for all cores. The result does not depend on it.

    Attributes:
        facts_: how the settings were chosen.
        target_scale_: mean and standard deviation of every target.
        length_: steps of the longest training series.
        n_features_in_: features of a step.
        feature_names_in_: their names; only where the training series were a list of tables with names.

    Source:
        Dempster, Schmidt and Webb 2021, "MiniRocket"; Tan et al. 2021, "Time series extrinsic regression".

    Example:
        >>> steps = np.arange(60)
        >>> widths = np.tile([2.0, 3.0, 4.0, 5.0], 10)
        >>> X = [np.sin(steps / width + start) for start, width in enumerate(widths)]
        >>> model = MiniRocketRegressor(kernels=840).fit(X, widths)
        >>> bool(abs(model.predict([np.sin(steps / 3 + 0.5)])[0] - 3) < 0.3)
        True
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
        """Mean and standard deviation of every target."""
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
        """Learn from series with numbers; where it fails, all that was learned before stays as it was.

        Args:
            X: as `MiniRocketClassifier.fit` says.
            y: numbers (samples,) or (samples, numbers), all finite.
            sample_weight: float (samples,), how much each series counts in the loss.
            progress: progress callback.
            verbose: show a progress bar, on a terminal or in a notebook.

        Raises:
            TypeError: data or a setting is of the wrong kind.
            ValueError: a setting is out of its range, or there are not as many numbers as series.
            DataError: a number cannot be used.
        """
        settings = self.check_settings()
        task, targets = regression_of(y, standardize=True)
        weights = sample_weights(sample_weight, None, len(targets))
        with shown_progress(progress, verbose=verbose) as shown:
            self.fitted_ = fitted_minirocket(settings, TrainingSeries(X, task, targets, weights), shown)
        return self
