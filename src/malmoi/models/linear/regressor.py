"""Text regression: ridge regression on bags of n-grams."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Self

import numpy as np
import numpy.typing as npt

from malmoi.data.texts import as_texts
from malmoi.foundation.light_estimators import LightRegressorMixin, TextInputs
from malmoi.foundation.names import also_named, deprecated_arguments
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
        tokens: tokenizer, or a list of tokenizers, each with its own n-gram range; "auto": as for `BagClassifier`.
        ngrams: n-gram range (shortest, longest) in tokens, or one range per tokenizer; "auto": as for `BagClassifier`.
        weighting: feature weights: "tfidf", "count" or "binary"; feature vectors are scaled to length 1.
        C: inverse strength of the L2 penalty, above 0; "auto": chosen by cross-validation.
        min_texts: minimum document frequency of an n-gram, in training texts; "auto": 2, or 1 below 1,000 texts.
        max_features: maximum number of n-grams, the most frequent ones (by document frequency); `None`: no limit.
        buckets: number of features of the hashing trick, instead of a learned vocabulary of n-grams; `None`: learned.
        seed: random seed of the folds and of the order of the texts.
        n_jobs: number of threads; `None`: all cores. The result does not depend on it.

    Attributes:
        facts_: number of training texts, and the values of C that were compared.
        top_ngrams_: the n-grams with the largest weights for higher and for lower target values.

    Source:
        Hoerl and Kennard 1970, "Ridge regression".

    Example:
        >>> model = BagRegressor().fit(["so good", "so bad", "good film", "bad film"], [5, 1, 5, 1])
        >>> bool(model.predict(["good"])[0] > model.predict(["bad"])[0])
        True
        >>> model.top_ngrams_[0].label, model.score(["good", "bad"], [5, 1]) > 0
        ('lower', True)
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

        :meta private:
        """
        if self.weighting == "nb":
            raise ValueError(
                "weighting must be 'tfidf', 'count' or 'binary' for regression, got 'nb', which needs classes"
            )
        return BagSettings.of(self)

    @deprecated_arguments(numbers="targets")
    @also_named(X="texts", y="targets")
    @learns_from_frames
    def fit(
        self,
        texts: Sequence[str],
        targets: Numbers,
        *,
        sample_weight: Weights = None,
        progress: Progress = silent,
        verbose: bool = False,
    ) -> Self:
        """Fit on texts with target values. If it fails, a model fitted before is kept unchanged.

        Args:
            texts: list of str, or an array or a column of them; also as `X`. Or a data frame whose text column has a
                common name, such as "text"; or a data frame of text columns only, which are joined, a line per column.
            targets: target values, float (samples,) or (samples, targets); also as `y`.
            sample_weight: float (samples,), weight of each text in the loss.
            progress: progress callback, called with the step's name, the number done and the total.
            verbose: show a progress bar, in a terminal or a notebook.

        Raises:
            TypeError: a text is not a str, or a setting has the wrong type.
            ValueError: a setting is out of range, or the numbers of texts and targets differ.
            DataError: a target value is not finite.
        """
        settings, given = self.check_settings(), as_texts(texts)
        task, values = regression_of(targets, standardize=True)
        if len(values) != len(given):
            raise ValueError(f"targets must have {len(given)} items, one per text, got {len(values)}")
        training = TrainingTexts(given, task, values, sample_weights(sample_weight, None, len(given)))
        with shown_progress(progress, verbose=verbose) as shown:
            self.fitted_ = fitted_bag(settings, training, shown)
        return self

    @deprecated_arguments(numbers="targets")
    @also_named(X="texts", y="targets")
    @learns_from_frames
    def partial_fit(self, texts: Sequence[str], targets: Numbers, *, sample_weight: Weights = None) -> Self:
        """Update the model with more texts and targets; the first call is `fit`.

        The earlier texts are not needed: the better they determined a weight, the less it changes. The penalty stays
        the same.

        Args:
            texts: list of str, or an array or a column of them; also as `X`.
            targets: target values, in the form used for `fit`; also as `y`.
            sample_weight: float (samples,), weight of each text.

        Raises:
            ValueError: the numbers of texts and targets differ.
            DataError: a target value is not finite.

        Example:
            >>> model = BagRegressor().fit(["so good", "so bad", "good film", "bad film"], [5, 1, 5, 1])
            >>> before = model.predict(["dull"])
            >>> bool(model.partial_fit(["dull film"], [1]).predict(["dull"]) < before)
            True
        """
        if not self.__sklearn_is_fitted__():
            return self.fit(texts, targets, sample_weight=sample_weight)
        more, model = as_texts(texts), self.fitted
        if len(targets) != len(more):
            raise ValueError(f"targets must have {len(more)} items, one per text, got {len(targets)}")
        if not more:
            return self
        values = model.task.encode(targets, "partial_fit")
        self.fitted_ = refined_bag(model, model.task, more, values, sample_weights(sample_weight, None, len(more)))
        return self

    @also_named(X="texts")
    def predict(self, texts: Sequence[str]) -> npt.NDArray[np.float64]:
        """Return the predicted value of every text.

        Args:
            texts: list of str, or an array or a column of them, or a data frame as for `fit`; also as `X`.

        Returns:
            float64 (samples,) or (samples, targets), as in `fit`.

        Raises:
            NotFittedError: `fit` was not called.
        """
        numbers: npt.NDArray[np.float64] = self.fitted.predict(texts)
        return numbers
