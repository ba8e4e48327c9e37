"""Texts to numbers by a linear model on n-grams."""

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
    """Texts to numbers, such as stars or prices, by ridge regression on n-grams.

    Args:
        tokens, ngrams, min_texts, max_features, buckets: as of `BagClassifier`.
        weighting: "tfidf"; "count"; "binary". Rows have length 1.
        C: how much the squared errors count beside the L2 penalty, above 0; "auto": chosen by cross-validation.
        seed: random seed of folds and of the order of the texts.
        n_jobs: threads; `None` for all cores. The result does not depend on it.

    Attributes:
        facts_: how many texts it learned from, which values of C were compared.
        telling_: the n-grams with the largest weights for higher and for lower numbers.

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
        """Refuse settings that are out of their range, before any work; returns them as a value.

        Raises:
            TypeError: a setting is of the wrong kind.
            ValueError: a setting is out of its range, or has no effect beside another.
        """
        if self.weighting == "nb":
            raise ValueError(
                "weighting must be 'tfidf', 'count' or 'binary' for numbers, got 'nb', which needs classes"
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
        """Learn from texts with numbers; where it fails, all that was learned before stays as it was.

        Args:
            texts: list of str, or an array or a column of them; also as `X`. Or a data frame, whose column of texts has
                a usual name, such as "text"; or its columns of texts alone, which are joined, a line each.
            numbers: float (samples,) or (samples, targets); also as `y`.
            sample_weight: float (samples,), how much each text counts.
            progress: progress callback.
            verbose: show a progress bar, on a terminal or in a notebook.

        Raises:
            TypeError: a text is not a str, or a setting is of the wrong kind.
            ValueError: a setting is out of its range, or there are not as many numbers as texts.
            DataError: a number is not finite.
        """
        settings, given = self.check_settings(), as_texts(texts)
        task, targets = regression_of(numbers, standardize=True)
        if len(targets) != len(given):
            raise ValueError(f"numbers must be as many as the {len(given)} texts, got {len(targets)}")
        training = TrainingTexts(given, task, targets, sample_weights(sample_weight, None, len(given)))
        with shown_progress(progress, verbose=verbose) as shown:
            self.fitted_ = fitted_bag(settings, training, shown)
        return self

    @learns_from_frames
    def partial_fit(self, texts: Sequence[str], numbers: Numbers, *, sample_weight: Weights = None) -> Self:
        """Learn from more texts with numbers; the first call is `fit`. `BagClassifier.partial_fit` says the rest."""
        if not self.__sklearn_is_fitted__():
            return self.fit(texts, numbers, sample_weight=sample_weight)
        more, model = as_texts(texts), self.fitted
        if len(numbers) != len(more):
            raise ValueError(f"numbers must be as many as the {len(more)} texts, got {len(numbers)}")
        if not more:
            return self
        targets = model.task.encode(numbers, "partial_fit")
        self.fitted_ = refined_bag(model, model.task, more, targets, sample_weights(sample_weight, None, len(more)))
        return self

    @also_named(X="texts")
    def predict(self, texts: Sequence[str]) -> npt.NDArray[np.float64]:
        """Return float64 (samples,) or (samples, targets)."""
        numbers: npt.NDArray[np.float64] = self.fitted.predict(texts)
        return numbers
