"""One run: train a recipe on data, evaluate it and check data and result."""

from __future__ import annotations

import inspect
import os
import time
from collections.abc import Mapping, Sequence

import numpy as np

from malmoi.data.coded_labels import joined_labels
from malmoi.data.corpus import Corpus
from malmoi.data.series_tables import SeriesTable
from malmoi.evaluation.checks.checking import check, check_series_result
from malmoi.evaluation.findings import Finding
from malmoi.evaluation.measurement import evaluate
from malmoi.experiments.fit_options import EpochCallback, FitOptions
from malmoi.experiments.recipe import Recipe, refuse_unlabelled
from malmoi.experiments.run_result import RunResult
from malmoi.experiments.series_parts import SeriesParts, cut_series, series_numbers, series_targets
from malmoi.experiments.splitting import Parts, cut_up
from malmoi.foundation.progress import Progress, silent
from malmoi.foundation.validation import shorten
from malmoi.metrics.intervals import Score
from malmoi.metrics.scores import Share, majority_class
from malmoi.models.base import FittedModel, ModelEstimator
from malmoi.models.task import Classification, Multilabel

__all__ = ["fit_parts", "fit_series_parts", "fit_training", "run"]


def run(
    recipe: Recipe,
    data: Corpus | SeriesTable,
    *,
    labels: int | None = None,
    validation: float = 0.2,
    balanced: bool = False,
    unlabelled: Sequence[str] = (),
    refit: bool = True,
    checkpoint: str | os.PathLike[str] | None = None,
    callbacks: Sequence[EpochCallback] = (),
    progress: Progress = silent,
) -> RunResult:
    """Train a recipe on data, evaluate it on a validation set, and check data and result.

    Args:
        recipe: the recipe; its random seed is also that of the split.
        data: labelled texts, or a table of series with labels or numeric targets.
        labels: number of labelled texts to train on; texts only. `None`: all but the validation set.
        validation: size of the validation set: a number of texts, or a share below 1; 0: none.
        balanced: with `labels`, train on the same number of texts of every class.
        unlabelled: unlabelled texts for recipes that use them; texts only. Those equal to a validation text are left
            out and counted.
        refit: after validation, refit models without epochs on training and validation set; never with `labels`.
        checkpoint: checkpoint file, written after every epoch; if it exists, training resumes from it.
        callbacks: Keras callbacks.
        progress: progress callback, called with the step's name, the number done and the total.

    Returns:
        The trained model, training and validation scores, the majority-class baseline, and the findings of the checks.

    Raises:
        TypeError: data or a setting has the wrong type.
        ValueError: a setting is out of range, or the split is impossible.
        DataError: the data is invalid.
        MalmoiError: the training failed.

    Example:
        >>> texts = [f"{word} film {n}" for n in range(20) for word in ("good", "bad")]
        >>> corpus = Corpus(texts, ["pos", "neg"] * 20)
        >>> result = run(Recipe("bag", {"weighting": "tfidf"}), corpus, validation=10)
        >>> result.training_samples, result.validation_samples, result.baseline[1].value
        (30, 10, 0.5)
    """
    estimator = recipe.estimator()
    options: FitOptions = {"checkpoint": checkpoint, "callbacks": callbacks, "progress": progress}
    if recipe.data == "texts":
        if not isinstance(data, Corpus):
            raise TypeError(f"data must be a Corpus for a recipe of texts, got {shorten(data)}")
        refuse_unlabelled(recipe, estimator, unlabelled)
        parts = cut_up(
            data, labels=labels, validation=validation, balanced=balanced, seed=int(getattr(estimator, "seed", 0))
        ).with_unlabelled(unlabelled)
        return fit_parts(recipe, estimator, parts, refit=refit and labels is None, **options)
    if labels is not None or balanced or len(unlabelled):
        raise ValueError("labels, balanced and unlabelled have no effect on series; leave them out")
    if not isinstance(data, SeriesTable):
        raise TypeError(f"data must be a SeriesTable for a recipe of series, got {shorten(data)}")
    seed = int(getattr(estimator, "seed", 0))
    series = cut_series(data, validation=validation, numbers=recipe.task == "regression", seed=seed)
    return fit_series_parts(recipe, estimator, series, refit=refit, **options)


def fit_parts(
    recipe: Recipe,
    estimator: ModelEstimator[FittedModel],
    parts: Parts,
    *,
    checks: bool = True,
    refit: bool = True,
    checkpoint: str | os.PathLike[str] | None = None,
    callbacks: Sequence[EpochCallback] = (),
    progress: Progress = silent,
) -> RunResult:
    """Train an estimator of texts on parts of a corpus; see `run`. Without `checks` there are no findings."""
    start = time.perf_counter()
    epochs = _epoch_options(recipe, estimator, checkpoint, callbacks)
    unlabelled = fit_training(estimator, parts, {**epochs, "progress": progress})
    fitted: FittedModel = estimator.fitted
    samples = 0 if parts.validation is None else len(parts.validation)
    findings, accuracy = _checked(fitted, parts) if checks else ((), None)
    training, measured, micro_f1 = _scores_of_texts(estimator, parts, accuracy)
    reference = parts.training if parts.validation is None else parts.validation
    refitted = refit and samples > 0 and hasattr(estimator, "refit_on")
    if refitted:
        _refit(estimator, parts)
    return RunResult(
        recipe=recipe,
        model=estimator,
        training_samples=len(parts.training),
        validation_samples=samples,
        unlabelled_samples=unlabelled,
        training_score=training,
        validation_score=measured,
        baseline=majority_class(reference.required_codes),
        findings=findings,
        seconds=time.perf_counter() - start,
        refitted=refitted,
        validation_model=fitted,
        micro_f1=micro_f1,
        removed_samples=parts.removed if unlabelled else 0,
    )


def fit_training(estimator: ModelEstimator[FittedModel], parts: Parts, options: Mapping[str, object]) -> int:
    """Fit on the training part; return the number of unlabelled texts used."""
    known = inspect.signature(estimator.fit).parameters
    offered = {
        "validation": parts.validation,
        "unlabelled": parts.unlabelled,
        "measure": False,  # `fit_parts` evaluates
        **options,
    }
    given = {name: value for name, value in offered.items() if name in known}
    estimator.fit(parts.training.texts, parts.training.required_codes, **given)
    uses = estimator.takes_unlabelled and getattr(estimator, "uses_unlabelled_", True)
    return len(parts.unlabelled) if uses else 0


def _checked(fitted: FittedModel, parts: Parts) -> tuple[tuple[Finding, ...], Share | None]:
    """Return the findings of the checks, and the validation accuracy that they compute."""
    measure = parts.validation is not None and len(parts.validation) > 0
    report = check(parts.training, parts.validation, model=fitted, thorough=False, measure=measure)
    measured = report.subject.measured
    return report.findings, None if measured is None else measured.accuracy


def _scores_of_texts(
    estimator: ModelEstimator[FittedModel], parts: Parts, accuracy: Share | None
) -> tuple[float | None, Share | float | None, Score | None]:
    """Return scores on training and validation texts, and micro F1 for multilabel data.

    Args:
        estimator: fitted estimator.
        parts: training and validation set.
        accuracy: validation accuracy, if the checks computed it.
    """
    fitted, validation = estimator.fitted, parts.validation
    if isinstance(fitted.task, Multilabel):
        return _scores_of_sets(fitted, parts)
    training, measured = _scores(estimator, 0 if validation is None else len(validation))
    if measured is None and validation is not None and len(validation):  # a model without epochs
        measured = accuracy if accuracy is not None else _accuracy(fitted, validation)
    return training, measured, None


def _accuracy(fitted: FittedModel, validation: Corpus) -> Share | None:
    if not isinstance(fitted.task, Classification):
        return None
    hits = fitted.task.hits(fitted.outputs(validation.texts), validation.required_codes)
    return Share(int(hits.sum()), len(validation))


def _scores_of_sets(fitted: FittedModel, parts: Parts) -> tuple[float | None, Share | None, Score | None]:
    """Return exact match on training and validation texts, and micro F1 on validation texts."""
    training = float(fitted.hits(parts.training.texts, parts.training.required_codes).mean())
    if parts.validation is None or not len(parts.validation):
        return training, None, None
    found = evaluate(fitted, parts.validation)
    hits = np.asarray(found.correct)
    return training, Share(int(hits.sum()), len(hits)), found.scores["micro_f1"]


def _refit(estimator: ModelEstimator[FittedModel], parts: Parts) -> None:
    """Refit on training and validation texts."""
    if parts.validation is None:
        return
    labels = joined_labels(parts.training.required_codes, parts.validation.required_codes)
    estimator.refit_on(parts.training.texts + parts.validation.texts, labels)


def _epoch_options(
    recipe: Recipe, estimator: ModelEstimator[FittedModel], checkpoint: object, callbacks: Sequence[EpochCallback]
) -> dict[str, object]:
    """Return the given options of models with epochs.

    Raises:
        ValueError: an option is given, but the recipe has no epochs.
    """
    given = {"checkpoint": checkpoint, "callbacks": list(callbacks)}
    known = inspect.signature(estimator.fit).parameters
    for name, value in given.items():
        if value and name not in known:
            raise ValueError(f"{name} has no effect on the recipe {recipe.name!r}, which has no epochs; leave it out")
    return {name: value for name, value in given.items() if value}


def _scores(
    estimator: ModelEstimator[FittedModel], validation_samples: int
) -> tuple[float | None, Share | float | None]:
    """Return training and validation scores of the kept epoch."""
    history = estimator.fitted.training_history
    if history is None:
        return estimator.fitted.training_accuracy, None
    kept = history.kept
    if kept.error is not None:
        return kept.error, kept.validation_error
    if kept.validation_accuracy is None or not validation_samples:
        return kept.accuracy, None
    return kept.accuracy, Share(round(kept.validation_accuracy * validation_samples), validation_samples)


def fit_series_parts(
    recipe: Recipe,
    estimator: ModelEstimator[FittedModel],
    parts: SeriesParts,
    *,
    refit: bool = True,
    checkpoint: str | os.PathLike[str] | None = None,
    callbacks: Sequence[EpochCallback] = (),
    progress: Progress = silent,
) -> RunResult:
    """Train an estimator of series on parts of a table, and evaluate it; see `run`."""
    start = time.perf_counter()
    options = {**_epoch_options(recipe, estimator, checkpoint, callbacks), "progress": progress}
    has_epochs = recipe.kind.network is not None
    _fit_series(estimator, parts.training, parts.validation if has_epochs else None, parts.numbers, options)
    fitted: FittedModel = estimator.fitted
    samples = 0 if parts.validation is None else len(parts.validation.series)
    training, measured = _scores(estimator, samples)
    findings: tuple[Finding, ...] = ()
    if parts.validation is not None:
        score, findings = _measured_series(fitted, parts.validation, numbers=parts.numbers)
        measured = score if measured is None else measured
    refitted = refit and samples > 0 and not has_epochs
    if refitted:
        _fit_series(estimator, parts.whole, None, parts.numbers, options)
    return RunResult(
        recipe=recipe,
        model=estimator,
        training_samples=len(parts.training.series),
        validation_samples=samples,
        unlabelled_samples=0,
        training_score=training,
        validation_score=measured,
        baseline=_baseline_of_series(parts),
        findings=findings,
        seconds=time.perf_counter() - start,
        refitted=refitted,
        validation_model=fitted,
    )


def _fit_series(
    estimator: ModelEstimator[FittedModel],
    training: SeriesTable,
    validation: SeriesTable | None,
    numbers: bool,
    options: Mapping[str, object],
) -> None:
    """Fit an estimator, with a validation set if it has epochs."""
    known = inspect.signature(estimator.fit).parameters
    offered = dict(options)
    if validation is not None:
        offered["validation"] = (validation.series, series_targets(validation, numbers=numbers))
    given = {name: value for name, value in offered.items() if name in known}
    with training.naming_series("X"), (validation or training).naming_series("validation"):
        estimator.fit(training.series, series_targets(training, numbers=numbers), **given)


def _measured_series(
    fitted: FittedModel, validation: SeriesTable, *, numbers: bool
) -> tuple[Share | float, tuple[Finding, ...]]:
    """Return accuracy and findings, or for regression the mean absolute error."""
    targets = series_targets(validation, numbers=numbers)
    with validation.naming_series("X"):
        outputs = fitted.outputs(validation.series)
    task = fitted.task
    if not isinstance(task, Classification):
        return float(np.abs(np.asarray(task.decode(outputs)) - targets).mean()), ()
    names = [validation.shown(place) for place in range(len(validation.series))]
    hits = task.hits(outputs, targets)
    return Share(int(hits.sum()), len(hits)), check_series_result(fitted, names, targets, outputs)


def _baseline_of_series(parts: SeriesParts) -> tuple[object, Share | float]:
    """Return the majority class, or for regression the error of always predicting the training median."""
    table = parts.validation or parts.training
    if not parts.numbers:
        return majority_class(table.labels)
    reference, median = series_numbers(table), np.median(series_numbers(parts.training))
    return "median", float(np.abs(reference - median).mean())
