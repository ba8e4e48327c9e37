"""Fit a bag model on texts and targets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from malmoi import _core
from malmoi.data.texts import Texts, taken
from malmoi.foundation.log import logger
from malmoi.foundation.progress import Progress
from malmoi.foundation.threads import thread_count
from malmoi.models.linear.explaining import ngram_weights
from malmoi.models.linear.features import chosen_features
from malmoi.models.linear.fitting import HeldOut, LinearFit, LinearTargets, cross_validated, fit_linear
from malmoi.models.linear.folds import Places, stratified_folds
from malmoi.models.linear.matrix import BagMatrix, bag_matrix
from malmoi.models.linear.model import BagModel
from malmoi.models.linear.parts import BagFacts, BagScorer, Learned
from malmoi.models.linear.settings import BagSettings
from malmoi.models.linear.sides import side_labels
from malmoi.models.linear.targets import accuracy_of, linear_targets, strata_of
from malmoi.models.task import Classification, Multilabel, Targets, Task
from malmoi.models.task_of_labels import classification_of
from malmoi.models.weights import ClassWeight, class_weights, sample_weights

__all__ = [
    "TrainingData",
    "TrainingTexts",
    "bag_scorer",
    "check_task",
    "fitted_bag",
    "fitted_on_matrix",
    "matrix_and_targets",
]

KEPT_EXAMPLES = 4


class TrainingData(Protocol):
    """Training texts with their targets, in memory or in files."""

    @property
    def task(self) -> Task:
        """The task."""

    @property
    def targets(self) -> Targets:
        """The targets, as returned by `task.encode`."""

    def first_equals(self, threads: int) -> Places:
        """Return the index of the first text equal to each text, int64 (samples,)."""

    def texts_at(self, places: Sequence[int]) -> Sequence[str]:
        """Return the texts at some indices, in the given order."""


@dataclass(frozen=True)
class TrainingTexts:
    """Validated texts with their targets.

    Args:
        texts: (samples,).
        task: the task.
        targets: as returned by `task.encode`.
        weights: float32 (samples,), sample weights; `None`: all equal.
    """

    texts: Texts
    task: Task
    targets: Targets
    weights: npt.NDArray[np.float32] | None

    @classmethod
    def labelled(cls, texts: Texts, labels: object, class_weight: ClassWeight, weights: object) -> TrainingTexts:
        """Return texts with the targets and weights of their labels.

        Raises:
            ValueError: the numbers of texts, labels and weights differ.
            DataError: a label is invalid, or there is only one class.
        """
        task, targets = classification_of(labels)
        if len(targets) != len(texts):
            raise ValueError(f"labels must have {len(texts)} items, one per text, got {len(targets)}")
        by_class = class_weights(class_weight, task.single_label_classes, targets)
        return cls(texts, task, targets, sample_weights(weights, by_class, len(texts)))

    def first_equals(self, threads: int) -> Places:
        """Return the index of the first text equal to each text, int64 (samples,)."""
        return np.asarray(_core.first_equals(self.texts, threads), dtype=np.int64)

    def texts_at(self, places: Sequence[int]) -> Sequence[str]:
        """Return the texts at some indices, in the given order."""
        return taken(self.texts, places)


def check_task(settings: BagSettings, task: Task) -> None:
    """Check that the settings fit the labels.

    Raises:
        ValueError: they do not.
    """
    if settings.calibration == "isotonic" and task.units > 1:
        raise ValueError("calibration must be 'temperature' or 'auto' for more than two classes, got 'isotonic'")
    if settings.reject_below is not None and isinstance(task, Multilabel):
        raise ValueError("reject_below must be None for multilabel data, where a text may have no label")


def matrix_and_targets(
    settings: BagSettings, training: TrainingTexts, progress: Progress
) -> tuple[BagMatrix, LinearTargets]:
    """Choose the features and learn the columns; return the feature matrix and the targets."""
    classes = len(training.task.classes) if isinstance(training.task, Classification) else 1
    features = chosen_features(settings.tokens, settings.ngrams, training.texts, classes)
    logger.info("n-grams: %s", features.described)
    matrix = bag_matrix(settings, features, training.texts, progress)
    return matrix, linear_targets(training.task, training.targets, training.weights)


def fitted_bag(settings: BagSettings, training: TrainingTexts, progress: Progress) -> BagModel:
    """Learn columns, choose the penalty and the calibration by cross-validation, and fit on all texts."""
    matrix, targets = matrix_and_targets(settings, training, progress)
    return fitted_on_matrix(settings, training, matrix, targets, progress)


def fitted_on_matrix(
    settings: BagSettings, training: TrainingData, matrix: BagMatrix, targets: LinearTargets, progress: Progress
) -> BagModel:
    """Choose the penalty and the calibration by cross-validation on a feature matrix, and fit on all of it.

    Args:
        settings: the settings.
        training: texts and targets.
        matrix: feature matrix of the texts.
        targets: targets and weights of the linear model.
        progress: progress callback, called with the step's name, the number done and the total.
    """
    held_out = None
    if settings.C == "auto" or settings.calibration is not None:
        strata = strata_of(training.task, training.targets)
        folds = stratified_folds(training.first_equals(thread_count(settings.n_jobs)), strata, settings.seed)
        held_out = cross_validated(matrix, targets, settings, folds, progress)
    fit = fit_linear(matrix, targets, settings, held_out, progress)
    return _model(settings, training, matrix, targets, fit)


def bag_scorer(settings: BagSettings, matrix: BagMatrix, fit: LinearFit) -> BagScorer:
    """Return the scorer of a linear model that was fitted on a feature matrix."""
    return BagScorer(
        matrix.features, matrix.columns, fit.table, fit.bias, matrix.factors, matrix.weighting, settings.n_jobs
    )


def _model(
    settings: BagSettings, training: TrainingData, matrix: BagMatrix, targets: LinearTargets, fit: LinearFit
) -> BagModel:
    scorer = bag_scorer(settings, matrix, fit)
    held_out: HeldOut | None = fit.held_out
    facts = BagFacts(
        samples=len(training.targets),
        entries=matrix.rows.entries,
        C=fit.C,
        tried=() if held_out is None else tuple(held_out.tried.items()),
        held_out=0 if held_out is None else len(held_out.places),
        training_accuracy=accuracy_of(targets, fit.training_scores),
    )
    learned = Learned(
        matrix.squares(), _curvature(targets, fit.training_scores), fit.prior, float(targets.weights.sum())
    )
    top_ngrams = ngram_weights(matrix, training.texts_at, fit.table, side_labels(training.task))
    examples = tuple(training.texts_at(range(min(KEPT_EXAMPLES, len(training.targets)))))
    return BagModel(training.task, settings, scorer, fit.calibrator, learned, facts, top_ngrams, examples)


def _curvature(targets: LinearTargets, scores: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return float32 (outputs,): mean of p (1 - p), the second derivative of the log loss; 1 for regression."""
    if targets.link is None:
        return np.ones(scores.shape[1], dtype=np.float32)
    shares = 1 / (1 + np.exp(-scores.astype(np.float64).clip(-500, 500)))
    curvature: npt.NDArray[np.float32] = np.average(shares * (1 - shares), axis=0, weights=targets.weights)
    return curvature.astype(np.float32)
