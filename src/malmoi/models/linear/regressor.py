"""Text regression: ridge regression on bags of n-grams."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Self

import numpy as np
import numpy.typing as npt

from malmoi.data.texts import as_texts
from malmoi.foundation.light_estimators import LightRegressorMixin, TextInputs
from malmoi.foundation.names import also_named
from malmoi.foundation.progress import Progress, silent
from malmoi.foundation.progress_bars import shown_progress
from malmoi.models.frames import learns_from_frames
from malmoi.models.linear.estimator import BagEstimator
from malmoi.models.linear.features import NgramsSetting, TokensSetting
from malmoi.models.linear.learning import TrainingTexts, fitted_bag
from malmoi.models.linear.refinement import refined_bag
from malmoi.models.linear.settings import BagSettings, WeightingName
from malmoi.models.task import regression_of
from malmoi.models.weights import sample_weights

__all__ = ["BagRegressor"]

Numbers = Sequence[float] | npt.NDArray[np.generic]
Weights = Sequence[float] | npt.NDArray[np.floating] | None


class BagRegressor(TextInputs, LightRegressorMixin, BagEstimator):
    """Predict numbers, such as ratings or prices, from texts by ridge regression on n-grams.

    Args:
        tokens, ngrams, min_texts, max_features, buckets: see `BagClassifier`.
        weighting: "tfidf"; "count"; "binary". Feature vectors are scaled to length 1.
        C: inverse strength of the L2 penalty, above 0; "auto": chosen by cross-validation.
        seed: random seed of the folds and of the order of the texts.
        n_jobs: number of threads; `None` for all cores. The result does not depend on it.

    Attributes:
        facts_: number of training texts, values of C that were compared, and similar facts.
        telling_: the n-grams with the largest weights for higher and for lower target values.

    Example:
        >>> model = BagRegressor().fit(["so good", "so bad", "good film", "bad film"], [5, 1, 5, 1])
        >>> bool(model.predict(["good"])[0] > model.predict(["bad"])[0])
        True
    """

    def __init__(
        self,
        tokens: TokensSetting = "auto",
        ngrams: NgramsSetting = "auto",
        weighting: WeightingName = "tfidf",
        C: float | Literal["auto"] = "auto",
        *,
        min_texts: int | Literal["auto"] = "auto",
        max_features: int | None = None,
        buckets: int | None = None,
        seed: int = 0,
        n_jobs: int | None = None,
    ) -> None:
        self.tokens = tokens
        self.ngrams = ngrams
        self.weighting = weighting
        self.C = C
        self.min_texts = min_texts
        self.max_features = max_features
        self.buckets = buckets
        self.seed = seed
        self.n_jobs = n_jobs

    def check_settings(self) -> BagSettings:
        """Check the settings and return them.

        Raises:
            TypeError: a setting has the wrong type.
            ValueError: a setting is out of range, or has no effect in combination with another.
        """
        if self.weighting == "nb":
            raise ValueError(
                "weighting must be 'tfidf', 'count' or 'binary' for regression, got 'nb', which needs classes"
            )
        return BagSettings.of(self)

    @also_named(X="texts", y="numbers")
    @learns_from_frames
    def fit(
        self,
        texts: Sequence[str],
        numbers: Numbers,
        *,
        sample_weight: Weights = None,
        progress: Progress = silent,
        verbose: bool = False,
    ) -> Self:
        """Fit on texts with target values. If it fails, a model fitted before is kept unchanged.

        Args:
            texts: list of str, or an array or a column of them; also as `X`. Or a data frame whose text column has a
                common name, such as "text"; or a data frame of text columns only, which are joined, a line per column.
            numbers: target values, float (samples,) or (samples, targets); also as `y`.
            sample_weight: float (samples,), weight of each text in the loss.
            progress: progress callback, called with the step's name, the number done and the total.
            verbose: show a progress bar, in a terminal or a notebook.

        Raises:
            TypeError: a text is not a str, or a setting has the wrong type.
            ValueError: a setting is out of range, or the numbers of texts and targets differ.
            DataError: a target value is not finite.
        """
        settings, given = self.check_settings(), as_texts(texts)
        task, targets = regression_of(numbers, standardize=True)
        if len(targets) != len(given):
            raise ValueError(f"numbers must have {len(given)} items, one per text, got {len(targets)}")
        training = TrainingTexts(given, task, targets, sample_weights(sample_weight, None, len(given)))
        with shown_progress(progress, verbose=verbose) as shown:
            self.fitted_ = fitted_bag(settings, training, shown)
        return self

    @learns_from_frames
    def partial_fit(self, texts: Sequence[str], numbers: Numbers, *, sample_weight: Weights = None) -> Self:
        """Update the model with more texts and targets; the first call is `fit`. See `BagClassifier.partial_fit`."""
        if not self.__sklearn_is_fitted__():
            return self.fit(texts, numbers, sample_weight=sample_weight)
        more, model = as_texts(texts), self.fitted
        if len(numbers) != len(more):
            raise ValueError(f"numbers must have {len(more)} items, one per text, got {len(numbers)}")
        if not more:
            return self
        targets = model.task.encode(numbers, "partial_fit")
        self.fitted_ = refined_bag(model, model.task, more, targets, sample_weights(sample_weight, None, len(more)))
        return self

    @also_named(X="texts")
    def predict(self, texts: Sequence[str]) -> npt.NDArray[np.float64]:
        """Return predicted values, float64 (samples,) or (samples, targets)."""
        numbers: npt.NDArray[np.float64] = self.fitted.predict(texts)
        return numbers
