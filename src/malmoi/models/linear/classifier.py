"""Texts to labels by a linear model on n-grams."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal, Self, cast

import numpy as np
import numpy.typing as npt

from malmoi.data.frames import texts_of
from malmoi.data.texts import Texts, as_texts
from malmoi.foundation.arrays import Labels, Probabilities
from malmoi.foundation.light_estimators import LightClassifierMixin, TextInputs
from malmoi.foundation.names import also_named
from malmoi.foundation.progress import Progress, silent
from malmoi.foundation.progress_bars import shown_progress
from malmoi.models.frames import learns_from_frames
from malmoi.models.linear.estimator import BagEstimator
from malmoi.models.linear.features import NgramsSetting, TokensSetting
from malmoi.models.linear.folds import Fold
from malmoi.models.linear.learning import TrainingTexts, fitted_bag
from malmoi.models.linear.refinement import grown_task, refined_bag
from malmoi.models.linear.settings import BagSettings, WeightingName
from malmoi.models.linear.trial import BagTrial, bag_trial
from malmoi.models.task import Classification, Multilabel
from malmoi.models.task_of_labels import classification_of, task_of_labels
from malmoi.models.weights import ClassWeight, class_weights, sample_weights

__all__ = ["BagClassifier"]

Weights = Sequence[float] | npt.NDArray[np.floating] | None


class BagClassifier(TextInputs, LightClassifierMixin, BagEstimator):
    """Texts to labels by logistic regression on n-grams of words, of characters, or of both.

    Args:
        tokens: how a text becomes tokens; several tokenizers, each with n-grams of its own; "auto": words and
            characters inside words (words alone from 8 million characters on), or characters where the texts are
            Korean, Japanese, Chinese or the like.
        ngrams: tokens of the shortest and of the longest n-gram, or one such pair for each tokenizer; "auto": 1 to 2
            words (1 to 3 from 500,000 words a class on), 1 to 5 characters.
        weighting: "nb", naive-Bayes log-count ratios on binary rows; "tfidf"; "count"; "binary". Rows have length 1.
        C: how much the losses count beside the L2 penalty, above 0; "auto": chosen by cross-validation.
        min_texts: n-grams that fewer training texts hold are left out; "auto": 2, or 1 below 1,000 texts.
        max_features: n-grams at most, those in most texts; `None`: all.
        buckets: hash n-grams into so many columns instead of learning which there are; `None`: learn.
        smoothing: added to every count of the log-count ratios; above 0. Of the weighting "nb" alone.
        class_weight: weight of each class in the loss, a dict; or "balanced"; `None`: every text counts the same.
        calibration: "temperature", "isotonic" (two classes alone), or "auto", the better of both on held-out texts;
            `None`: probabilities are those of the logistic regression.
        reject_below: probability below which `predict` gives `None` instead of a label, 0 to 1; `None`: never.
        seed: random seed of folds and of the order of the texts.
        n_jobs: threads; `None` for all cores. The result does not depend on it.

    Attributes:
        classes_: the labels, sorted.
        facts_: how many texts it learned from, which values of C were compared.
        telling_: the n-grams with the largest weights for each class.

    Source:
        Wang and Manning 2012, "Baselines and bigrams", for the log-count ratios; dual coordinate descent after Yu,
        Huang and Lin 2011.

    Example:
        >>> model = BagClassifier().fit(["so good", "so bad", "good film", "bad film"], ["pos", "neg", "pos", "neg"])
        >>> model.predict(["good"])
        array(['pos'], dtype='<U3')
    """

    def __init__(
        self,
        tokens: TokensSetting = "auto",
        ngrams: NgramsSetting = "auto",
        weighting: WeightingName = "nb",
        C: float | Literal["auto"] = "auto",
        *,
        min_texts: int | Literal["auto"] = "auto",
        max_features: int | None = None,
        buckets: int | None = None,
        smoothing: float = 1.0,
        class_weight: ClassWeight = None,
        calibration: str | None = "auto",
        reject_below: float | None = None,
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
        self.smoothing = smoothing
        self.class_weight = class_weight
        self.calibration = calibration
        self.reject_below = reject_below
        self.seed = seed
        self.n_jobs = n_jobs

    @property
    def classes_(self) -> Labels:
        """The labels, sorted."""
        return self.fitted.classes

    def check_settings(self) -> BagSettings:
        """Refuse settings that are out of their range, before any work; returns them as a value.

        Raises:
            TypeError: a setting is of the wrong kind.
            ValueError: a setting is out of its range, or has no effect beside another.
        """
        return BagSettings.of(self)

    @also_named(X="texts", y="labels")
    @learns_from_frames
    def fit(
        self,
        texts: Sequence[str],
        labels: Sequence[object] | Labels,
        *,
        sample_weight: Weights = None,
        progress: Progress = silent,
        verbose: bool = False,
    ) -> Self:
        """Learn from labelled texts; where it fails, all that was learned before stays as it was.

        Args:
            texts: list of str, or an array or a column of them; also as `X`. Or a data frame, whose column of texts has
                a usual name, such as "text"; or its columns of texts alone, which are joined, a line each.
            labels: as many labels, also as `y`: all str, all int or all bool; 2 classes or more; or one-hot rows. For
                several labels a text: lists, tuples or sets of them, or an array of zeros and ones (samples, classes).
            sample_weight: float (samples,), how much each text counts in the loss, beside `class_weight`.
            progress: progress callback.
            verbose: show a progress bar, on a terminal or in a notebook.

        Raises:
            TypeError: a text is not a str, or a setting is of the wrong kind.
            ValueError: a setting is out of its range, or there are not as many labels as texts.
            DataError: a label cannot be used, there is only one class, or no text has a token.
        """
        settings = self.check_settings()
        training = self._training(as_texts(texts), labels, sample_weight)
        if settings.calibration == "isotonic" and training.task.units > 1:
            raise ValueError("calibration must be 'temperature' or 'auto' for more than two classes, got 'isotonic'")
        if settings.reject_below is not None and isinstance(training.task, Multilabel):
            raise ValueError("reject_below must be None where a text has several labels, of which it may have none")
        with shown_progress(progress, verbose=verbose) as shown:
            self.fitted_ = fitted_bag(settings, training, shown)
        return self

    @learns_from_frames
    def partial_fit(
        self, texts: Sequence[str], labels: Sequence[object] | Labels, *, sample_weight: Weights = None
    ) -> Self:
        """Learn from more labelled texts, new classes included; the first call is `fit`.

        The texts of before are not needed: how far each weight may move follows from how well they determined it.
        Penalty and calibration stay as they are. Settings that were changed since `fit` are not used.

        Args:
            texts: list of str, or an array or a column of them.
            labels: as many labels, in the form of `fit`'s.
            sample_weight: float (samples,), how much each text counts.

        Raises:
            ValueError: there are not as many labels as texts.
            DataError: a label cannot be used, or labels are of another kind or form than those of `fit`.
        """
        if not self.__sklearn_is_fitted__():
            return self.fit(texts, labels, sample_weight=sample_weight)
        more, model = as_texts(texts), self.fitted
        if len(labels) != len(more):
            raise ValueError(f"labels must be as many as the {len(more)} texts, got {len(labels)}")
        if not more:
            return self
        task = grown_task(model.task, task_of_labels(labels, cast("Classification", model.task)))
        targets = task.encode(labels, "partial_fit")
        self.fitted_ = refined_bag(model, task, more, targets, sample_weights(sample_weight, None, len(more)))
        return self

    @learns_from_frames
    def refit_on(
        self, texts: Sequence[str], labels: Sequence[object] | Labels, *, sample_weight: Weights = None
    ) -> Self:
        """Fit anew on other texts, with the features, the penalty and the calibration that were chosen before.

        Args:
            texts: list of str, or an array or a column of them; usually those of `fit` and more.
            labels: as many labels.
            sample_weight: float (samples,), how much each text counts in the loss, beside `class_weight`.

        Raises:
            NotFittedError: `fit` was not called.
        """
        before = self.fitted
        features = before.scorer.features
        chosen = replace(
            before.settings, tokens=features.tokens, ngrams=features.ngrams, C=before.facts.C, calibration=None
        )
        model = fitted_bag(chosen, self._training(as_texts(texts), labels, sample_weight), silent)
        facts = replace(model.facts, tried=before.facts.tried, held_out=before.facts.held_out)
        self.fitted_ = replace(model, settings=before.settings, calibrator=before.calibrator, facts=facts)
        return self

    def try_on(self, texts: Texts, labels: object, folds: list[Fold], *, sample_weight: Weights = None) -> BagTrial:
        """Return how good the settings are on held-out folds of labelled texts, without learning anything for good."""
        return bag_trial(self.check_settings(), self._training(texts, labels, sample_weight), folds, silent)

    def _training(self, texts: Texts, labels: object, weights: object) -> TrainingTexts:
        task, targets = classification_of(labels)
        if len(targets) != len(texts):
            raise ValueError(f"labels must be as many as the {len(texts)} texts, got {len(targets)}")
        by_class = class_weights(self.class_weight, task.single_label_classes, targets)
        return TrainingTexts(texts, task, targets, sample_weights(weights, by_class, len(texts)))

    @also_named(X="texts")
    def decision_function(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Return scores before calibration, float32 (samples,) of two classes, else (samples, classes)."""
        scores = self.fitted.scorer.scores(texts_of(texts, self.fitted.text_columns))
        return scores[:, 0] if self.fitted.task.units == 1 else scores

    @also_named(X="texts")
    def predict_proba(self, texts: Sequence[str]) -> Probabilities:
        """Return probabilities of every class, float32 (samples, classes), in the order of `classes_`.

        Where a text has several labels, each has its own probability, and a row need not sum to 1.
        """
        return self.fitted.predict_proba(texts)

    @also_named(X="texts")
    def predict(self, texts: Sequence[str]) -> Labels | list[tuple[object, ...]]:
        """Return the most probable label of every text; of several labels all that are more probable than not.

        With `reject_below`: an array of objects, `None` where no label is probable enough.
        """
        predicted: Labels | list[tuple[object, ...]] = self.fitted.predict(texts)
        return predicted
