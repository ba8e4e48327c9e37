"""`malmoi train`: train a model on labelled texts; write its curves, print findings."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Annotated

import typer

from malmoi.cli.console import ProgressBars, answers, messages, print_findings, print_table
from malmoi.cli.continuing import continue_training
from malmoi.cli.mistakes import outputs_named_on_failure
from malmoi.cli.option_values import call_with, several_of
from malmoi.cli.options import option_names, options_for, with_options
from malmoi.cli.pictures import NO_MATPLOTLIB, can_draw, draw_history, draw_scores
from malmoi.cli.reading import DATA_HELP, SPLIT, checked_reading, unlabelled_texts
from malmoi.cli.recipes import recipe_from, recipe_options
from malmoi.cli.regression import train_numbers
from malmoi.cli.run_recording import RunRecorder
from malmoi.cli.series_training import OF_TEXTS, SeriesRequest, one_file, series_recipe, train_series
from malmoi.cli.stream_training import refuse_stream_options, train_stream
from malmoi.cli.training_options import MOST_NUMBERED_CLASSES, OldSeriesOptions, Request, TrainOptions
from malmoi.cli.usage import UsageError
from malmoi.data.coded_labels import CodedLabels
from malmoi.data.corpus import Corpus
from malmoi.data.corpus_files import corpus_of
from malmoi.evaluation.evaluation import shorten_label
from malmoi.evaluation.score_kinds import SCORE_KINDS
from malmoi.experiments.recipe import refuse_unlabelled
from malmoi.experiments.recording import Training
from malmoi.experiments.run import fit_parts
from malmoi.experiments.run_result import RunResult
from malmoi.experiments.settings import settings_of
from malmoi.experiments.splitting import Parts, cut_up
from malmoi.experiments.text_classifier import LEAST_UNLABELLED, MOST_FEW_LABELS
from malmoi.metrics.scores import Share
from malmoi.models.base import FittedModel, ModelEstimator

__all__ = ["PARTS", "TrainRequest", "train", "train_texts"]

OPTIONS = options_for(settings_of(TrainOptions))
RECIPE = recipe_options("texts")
PARTS = options_for({name: setting for name, setting in settings_of(cut_up).items() if name != "seed"}, "Data")

OLD = options_for(settings_of(OldSeriesOptions), hidden=True)


@dataclass(frozen=True)
class TrainRequest(Request):
    """Parsed arguments of `malmoi train`.

    Args:
        parts: arguments of `cut_up` by name.
        reading: reading options by name.
    """

    parts: Mapping[str, object]
    reading: Mapping[str, object]


def _train(
    given: dict[str, object],
    settings: dict[str, object],
    parts: dict[str, object],
    reading: dict[str, object],
    old: dict[str, object],
    data: Annotated[list[str], typer.Argument(help=DATA_HELP)],
) -> None:
    """Train a text classifier; write the model and a picture, print scores and warnings."""
    if "continue_model" in given:
        flags = {RECIPE[path].flags[0]: "" for path in settings} | {PARTS[path].flags[0]: "" for path in parts}
        continue_training(data, given, flags | {OLD[path].flags[0]: "" for path in old}, reading)
        return
    options, series = TrainOptions.of(given), call_with(OldSeriesOptions, old)
    if series.series:
        _refuse_for_series(parts, reading, given)
        more = {} if series.missing is None else {"missing": series.missing}
        recipe = series_recipe({**settings, **more}, options, regression=series.regression)
        measuring = {name: value for name, value in parts.items() if name == "validation"}
        columns = {"label_column": next(iter(several_of(reading, "label_column")), None), "id_column": series.id_column}
        request = SeriesRequest([one_file(data)], recipe, options, measuring, columns, series.regression or None)
        train_series(request)
        return
    for path in old:
        raise UsageError(f"{OLD[path].flags[0]} has no effect on texts; leave it out, or use malmoi series train")
    if options.task == "regression":
        options = options if options.recipe or options.recipe_file else replace(options, recipe="bag")
        recipe = recipe_from(settings, RECIPE, options, task="regression")
        train_numbers(Request(data, recipe, options), parts, reading)
        return
    training = TrainRequest(data, recipe_from(settings, RECIPE, options), options, parts, reading)
    refuse_stream_options(options)
    if options.stream:
        train_stream(training, [PARTS[name].flags[0] for name in parts], reading)
    else:
        train_texts(training)


train = with_options(_train, OPTIONS, RECIPE, PARTS, SPLIT, OLD)


def _refuse_for_series(parts: Mapping[str, object], reading: Mapping[str, object], given: Mapping[str, object]) -> None:
    for group, values in ((PARTS, parts), (SPLIT, reading), (OPTIONS, given)):
        for path in values:
            if path in ("labels", "balanced", *(name for name in SPLIT if name != "label_column"), *OF_TEXTS):
                raise UsageError(f"{group[path].flags[0]} has no effect on series; leave it out")


def train_texts(request: TrainRequest) -> RunResult:
    """Train a text classifier; print its scores, write the model and its curves."""
    start = time.perf_counter()
    _check_network_options(request)
    request.check_outputs()
    recorder = RunRecorder(request.runs)
    with option_names(RECIPE.values(), ("tokens", "unlabelled")):
        estimator = request.recipe.estimator()
        refuse_unlabelled(request.recipe, estimator, request.options.unlabelled)
    with outputs_named_on_failure(request.output, request.curves):
        result, parts = _fitted(request, estimator, recorder)
        written = [("model", request.output), *_drawn(request, result, parts), *recorder.rows()]
        _print(request, result, [("seconds", f"{time.perf_counter() - start - recorder.seconds:.1f}"), *written])
    return result


def _check_network_options(request: TrainRequest) -> None:
    network = request.recipe.kind.network is not None
    flags = {"--summary": request.options.summary, "--checkpoint": request.options.checkpoint is not None}
    for flag, value in flags.items():
        if value and not network:
            raise UsageError(f"{flag} needs a neural network, got the recipe {request.recipe.name!r}; leave it out")
    if not request.options.refit and network:
        raise UsageError(f"--no-refit has no effect on the recipe {request.recipe.name!r}; networks are not refitted")


def _fitted(
    request: TrainRequest, estimator: ModelEstimator[FittedModel], recorder: RunRecorder
) -> tuple[RunResult, Parts]:
    """Read, train and save; record the run, even if it fails."""
    with ProgressBars() as progress:
        force = request.options.force
        with checked_reading(request.reading, labelled=True, overwrite=force, others=request.used) as (
            settings,
            report,
        ):
            corpus = corpus_of(request.data, settings, report=report, progress=progress)
            unlabelled = unlabelled_texts(request.options.unlabelled, settings, report, progress)
        _check_task(request, corpus)
        with option_names((), ("labels", "validation", "balanced")):
            seed = int(getattr(estimator, "seed", 0))
            parts = call_with(partial(cut_up, corpus, seed=seed), request.parts)
            parts = parts.with_unlabelled(unlabelled)
        options = request.options
        refit = options.refit and "labels" not in request.parts  # --labels limits the number of training texts
        samples = len(parts.training), 0 if parts.validation is None else len(parts.validation)
        training = Training.of("train", request.recipe, request.data, *samples)
        with recorder.failures_of(training):
            result = fit_parts(
                request.recipe, estimator, parts, refit=refit, checkpoint=options.checkpoint, progress=progress
            )
            estimator.fitted_ = estimator.fitted.with_text_columns(report.text_columns)
            estimator.save(request.output, overwrite=force, examples=None if options.examples else [])
    recorder.record(training.finished(result, request.output))
    return result, parts


def _has_numbers(corpus: Corpus) -> bool:
    return isinstance(corpus.required_codes, CodedLabels) and corpus.classes.dtype.kind == "i"


def _check_task(request: TrainRequest, corpus: Corpus) -> None:
    """Refuse many distinct numbers as labels unless `--task` is given; print a note for a few."""
    if request.options.task is not None or not _has_numbers(corpus):
        return
    distinct = len(corpus.classes)
    if distinct > MOST_NUMBERED_CLASSES:
        rule = f"the labels are {distinct:,} distinct numbers: pass --task regression to predict numbers"
        raise UsageError(f"{rule}, or --task classification to predict each as a class")
    if distinct > 2:
        note = f"note: the labels are {distinct} distinct numbers, used as classes; --task regression predicts numbers"
        messages.print(note, style="yellow")


def _drawn(request: TrainRequest, result: RunResult, parts: Parts) -> list[tuple[str, object]]:
    """Draw the training curves of a model with epochs, or else its scores on the validation set."""
    fitted = result.validation_model or result.model.fitted
    if fitted.training_history is None and (parts.validation is None or not len(parts.validation)):
        return []
    if not can_draw():
        return [("picture", NO_MATPLOTLIB)]
    if draw_history(fitted, request.curves):
        return [("curves", request.curves)]
    if parts.validation is not None:
        draw_scores(fitted, parts.training, parts.validation, request.curves)
    return [("picture", request.curves)]


def _learned_from(request: TrainRequest, result: RunResult) -> list[tuple[str, object]]:
    """Return table rows with the numbers of training texts and of texts left out."""
    texts = f"{result.training_samples:,} labelled"
    if not result.unlabelled_samples:
        unused = f"not used: auto needs {LEAST_UNLABELLED:,} or more, and {MOST_FEW_LABELS:,} labels or fewer"
        return [("training texts", texts), *([("unlabelled texts", unused)] if request.options.unlabelled else [])]
    rows: list[tuple[str, object]] = [("training texts", f"{texts}, {result.unlabelled_samples:,} unlabelled")]
    if result.removed_samples:
        rows.append(("left out", f"{result.removed_samples:,} unlabelled texts, empty or equal to a validation text"))
    return rows


def _print(request: TrainRequest, result: RunResult, more: list[tuple[str, object]]) -> None:
    model = result.model
    history = model.fitted.training_history
    if request.options.summary:
        model.network_.summary(print_fn=answers.print_lines)
    if history is not None:
        answers.print_lines(str(history))
    report = getattr(model, "report_", None)
    tried = (
        []
        if report is None or len(report.tried) + len(report.skipped) < 2
        else [("tried", f"{name}: {value}") for name, value in report.rows()]
    )
    rows: list[tuple[str, object]] = [
        ("recipe", request.recipe.name),
        *tried,
        *_learned_from(request, result),
        ("classes", ", ".join(str(label) for label in model.fitted.classes)),
        *(result.validation_model or model.fitted).summary(),
    ]
    if result.training_score is not None:
        rows.append((f"training {result.score_name}", f"{result.training_score:.1%}"))
    label, share = result.baseline
    if result.validation_score is not None:
        rows.append((f"validation {result.score_name}", result.validation_score))
    if result.micro_f1 is not None:
        rows.append(("validation micro F1", SCORE_KINDS["micro_f1"].show(result.micro_f1)))
    if result.validation_samples and isinstance(share, Share):
        several = isinstance(label, tuple)
        named = shorten_label(label) if several else f'"{label}"'
        rows.append(("most frequent labels" if several else "majority class", f"{share.value:.1%} ({named})"))
    if result.refitted:
        samples = result.training_samples + result.validation_samples
        rows.append(("saved model", f"refitted on all {samples:,} labelled texts after validation (off: --no-refit)"))
    print_table("", [*rows, *more])
    sizes = f"{result.training_samples:,} training texts, {result.validation_samples:,} validation texts"
    messages.print(f"checked: {sizes} (malmoi check runs all checks)", style="dim")
    print_findings(result.findings, request.options.spoken)
    for remark in () if report is None or not report.skipped else report.remarks[-1:]:
        messages.print(f"warning: {remark}", style="yellow")
