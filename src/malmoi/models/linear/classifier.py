"""Text classifier: logistic regression on bags of n-grams."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal, Self, cast

import numpy as np
import numpy.typing as npt

from malmoi.data.frames import texts_of
from malmoi.data.texts import Texts, as_texts
from malmoi.foundation.arrays import Labels
from malmoi.foundation.light_estimators import LightClassifierMixin, TextInputs
from malmoi.foundation.names import also_named
from malmoi.foundation.progress import Progress, silent
from malmoi.foundation.progress_bars import shown_progress
from malmoi.models.frames import learns_from_frames
from malmoi.models.linear.estimator import BagEstimator
from malmoi.models.linear.features import NgramsSetting, TokensSetting
from malmoi.models.linear.folds import Fold
from malmoi.models.linear.learning import TrainingTexts, check_task, fitted_bag
from malmoi.models.linear.refinement import grown_task, refined_bag
from malmoi.models.linear.settings import BagSettings, WeightingName
from malmoi.models.linear.trial import BagTrial, bag_trial
from malmoi.models.predictions import TextPredictions
from malmoi.models.task import Classification
from malmoi.models.task_of_labels import task_of_labels
from malmoi.models.weights import ClassWeight, sample_weights

if TYPE_CHECKING:
    from malmoi.data.readers import DataPath
    from malmoi.foundation.engines import Engine

__all__ = ["BagClassifier"]

Weights = Sequence[float] | npt.NDArray[np.floating] | None


class BagClassifier(TextPredictions, TextInputs, LightClassifierMixin, BagEstimator):
    """Classify texts by logistic regression on n-grams of words, of characters, or of both.

    Args:
        tokens: tokenizer, or a list of tokenizers, each with its own n-gram range; "auto": words and characters inside
            words together (words only from 8 million characters on), or characters for texts in Korean, Japanese,
            Chinese and similar scripts.
        ngrams: n-gram range (shortest, longest) in tokens, or one range per tokenizer; "auto": 1 to 2 words (1 to 3
            from 500,000 words per class on), 1 to 5 characters.
        weighting: feature weights: "nb" (naive-Bayes log-count ratios of binary features), "tfidf", "count" or
            "binary"; feature vectors are scaled to length 1.
        C: inverse strength of the L2 penalty, above 0; "auto": chosen by cross-validation.
        min_texts: minimum document frequency of an n-gram, in training texts; "auto": 2, or 1 below 1,000 texts.
        max_features: maximum number of n-grams, the most frequent ones (by document frequency); `None`: no limit.
        buckets: number of features of the hashing trick, instead of a learned vocabulary of n-grams; `None`: learned.
        smoothing: additive smoothing of the counts of the log-count ratios; above 0. Only for the weighting "nb".
        class_weight: class weights in the loss: "balanced" (inversely proportional to the class frequencies); or a dict
            from class to weight; `None`: weight 1 for every text.
        calibration: calibration of the probabilities: "temperature", "isotonic" (two classes only), or "auto", the
            better of the two on held-out texts; `None`: uncalibrated probabilities of the logistic regression.
        reject_below: probability below which `predict` returns `None` instead of a label, 0 to 1; `None`: never.
        seed: random seed of the folds and of the order of the texts.
        n_jobs: number of threads; `None`: all cores. The result does not depend on it.

    Attributes:
        classes_: the labels, sorted.
        facts_: number of training texts, and the values of C that were compared.
        top_ngrams_: the n-grams with the largest weights of each class.

    Source:
        Wang and Manning 2012, "Baselines and bigrams", for the log-count ratios; dual coordinate descent after Yu,
        Huang and Lin 2011.

    Example:
        >>> model = BagClassifier().fit(["so good", "so bad", "good film", "bad film"], ["pos", "neg", "pos", "neg"])
        >>> model.predict(["good"])
        array(['pos'], dtype='<U3')
        >>> model.classes_.tolist(), model.predict_proba(["good", "bad"]).shape
        (['neg', 'pos'], (2, 2))
        >>> bool(model.decision_function(["good"])[0] > 0), model.score(["good", "bad"], ["pos", "pos"])
        (True, 0.5)
        >>> model.facts_.samples, model.facts_.training_accuracy, model.top_ngrams_[0].label
        (4, 1.0, 'neg')
        >>> model.explain("good film").label
        'pos'
        >>> model = model.partial_fit(["dull film", "funny film"], ["neg", "comedy"])
        >>> model.predict(["funny"]).tolist(), model.classes_.tolist()
        (['comedy'], ['comedy', 'neg', 'pos'])
        >>> model.settings_["weighting"], type(model.task_).__name__, model.text_columns_
        ('nb', 'Multiclass', ())
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
        """The labels that it predicts, sorted."""
        return self.fitted.classes

    def check_settings(self) -> BagSettings:
        """Check the settings and return them.

        Raises:
            TypeError: a setting has the wrong type.
            ValueError: a setting is out of range, or has no effect in combination with another.

        :meta private:
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
        """Fit on labelled texts. If it fails, a model fitted before is kept unchanged.

        Args:
            texts: list of str, or an array or a column of them; also as `X`. Or a data frame whose text column has a
                common name, such as "text"; or a data frame of text columns only, which are joined, a line per column.
            sample_weight: float (samples,), weight of each text in the loss, multiplied by `class_weight`.
            progress: progress callback, called with the step's name, the number done and the total.
            verbose: show a progress bar, in a terminal or a notebook.
            labels: one label per text, also as `y`: all str, all int or all bool, of 2 classes or more; or one-hot
                rows. For multilabel: lists, tuples or sets of labels, or an array of zeros and ones (samples, classes);
                `predict` returns the same form. For a data frame, also the name of the label column.

        Raises:
            TypeError: a text is not a str, or a setting has the wrong type.
            ValueError: a setting is out of range, or the numbers of texts and labels differ.
            DataError: a label is invalid, there is only one class, or no text has a token.
        """
        settings = self.check_settings()
        training = self._training(as_texts(texts), labels, sample_weight)
        check_task(settings, training.task)
        with shown_progress(progress, verbose=verbose) as shown:
            self.fitted_ = fitted_bag(settings, training, shown)
        return self

    def fit_files(
        self,
        data: DataPath,
        *,
        text_column: str | Sequence[str] | None = None,
        label_column: str | Sequence[str] | None = None,
        label_separator: str | None = None,
        input_format: str = "auto",
        engine: Engine | None = None,
        scratch: str | os.PathLike[str] | None = None,
        progress: Progress = silent,
        verbose: bool = False,
    ) -> Self:
        """Fit on files of labelled texts that need not fit into memory; the model is that of `fit` on all the texts.

        Each file is read three times, and a few once more. In memory are the labels, about 60 bytes per text, the
        n-grams of the model, and the texts of one part of a file per process; the feature matrix is in a temporary
        file.

        Args:
            data: a file, a folder, a glob such as `part-*.parquet`, or a list of files and globs, in any format that
                `read_corpus` reads.
            text_column: column of the texts, or several; by default found by its name.
            label_column: column of the labels, or several; by default found by its name.
            label_separator: separator between the labels of one text; one label per text if not given.
            input_format: file format, as of `read_corpus`; "auto" detects it.
            engine: where the files are read and their n-grams counted, such as `malmoi.distributed.Processes(8)` or
                `malmoi.distributed.ray.RayEngine()`; `None`: in this process, one file after the other. The model does
                not depend on it.
            scratch: existing folder for temporary files, on a disk that all workers share; `None`: that of the system.
            progress: progress callback, called with the step's name, the number done and the total.
            verbose: show a progress bar, in a terminal or a notebook.

        Raises:
            DataError: a file cannot be read, is given twice or changes, a text has no label, there is only one class,
                the temporary files do not fit on the disk, or a worker died.
            FormatError: a file is damaged.
            TypeError: an argument has the wrong type.
            ValueError: a setting is out of range.

        Example:
            >>> from pathlib import Path
            >>> from tempfile import TemporaryDirectory
            >>> with TemporaryDirectory() as folder:
            ...     for word, label in (("good", "pos"), ("bad", "neg")):
            ...         _ = Path(folder, f"{label}.csv").write_text("text,label\\n" + f"so {word},{label}\\n" * 10)
            ...     model = BagClassifier().fit_files(f"{folder}/*.csv")
            >>> model.predict(["good"]).tolist(), model.facts_.samples
            (['pos'], 20)
        """
        from malmoi.data.readers import ReadReport, ReadSettings, column_names
        from malmoi.models.linear.shard_training import fitted_on_shards

        settings = self.check_settings()
        reading = ReadSettings(
            text_column=column_names("text_column", text_column),
            label_column=column_names("label_column", label_column),
            label_separator=label_separator,
            input_format=input_format,
        )
        report = ReadReport()
        with shown_progress(progress, verbose=verbose) as shown:
            self.fitted_ = fitted_on_shards(
                settings, data, reading, engine=engine, scratch=scratch, report=report, progress=shown
            )
        return self

    @learns_from_frames
    def partial_fit(
        self, texts: Sequence[str], labels: Sequence[object] | Labels, *, sample_weight: Weights = None
    ) -> Self:
        """Update the model with more labelled texts, new classes included; the first call is `fit`.

        The earlier texts are not needed: the better they determined a weight, the less it changes.
        The penalty and the calibration stay the same. Settings changed since `fit` are ignored.

        Args:
            texts: list of str, or an array or a column of them.
            labels: one label per text, in the form used for `fit`.
            sample_weight: float (samples,), weight of each text.

        Raises:
            ValueError: the numbers of texts and labels differ.
            DataError: a label is invalid, or labels differ in type or form from those of `fit`.
        """
        if not self.__sklearn_is_fitted__():
            return self.fit(texts, labels, sample_weight=sample_weight)
        more, model = as_texts(texts), self.fitted
        if len(labels) != len(more):
            raise ValueError(f"labels must have {len(more)} items, one per text, got {len(labels)}")
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
        """Fit again on other texts, with the features, penalty and calibration chosen by the previous `fit`.

        Args:
            texts: list of str, or an array or a column of them; usually those of `fit` and more.
            labels: one label per text.
            sample_weight: float (samples,), weight of each text in the loss, multiplied by `class_weight`.

        Raises:
            NotFittedError: `fit` was not called.

        Example:
            >>> texts, labels = ["so good", "so bad", "good film", "bad film"] * 5, ["pos", "neg"] * 10
            >>> model = BagClassifier().fit(texts, labels)
            >>> model.refit_on([*texts, "dull film"], [*labels, "neg"]).facts_.samples
            21
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
        """Return the score of the settings on held-out folds of labelled texts; the estimator is not changed.

        :meta private:
        """
        return bag_trial(self.check_settings(), self._training(texts, labels, sample_weight), folds, silent)

    def _training(self, texts: Texts, labels: object, weights: object) -> TrainingTexts:
        return TrainingTexts.labelled(texts, labels, self.class_weight, weights)

    @also_named(X="texts")
    def decision_function(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Return the uncalibrated scores, before the calibration of `predict_proba`.

        Args:
            texts: list of str, or an array or a column of them, or a data frame as for `fit`; also as `X`.

        Returns:
            float32, log-odds: of the second class (samples,) for two classes; otherwise of every class (samples,
            classes).

        Raises:
            NotFittedError: `fit` was not called.
        """
        scores = self.fitted.scorer.scores(texts_of(texts, self.fitted.text_columns))
        return scores[:, 0] if self.fitted.task.units == 1 else scores
