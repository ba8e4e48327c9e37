"""`malmoi series train`: train a model on a table of series; write a picture, print scores."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from malmoi.cli.console import ProgressBars, answers, messages, print_findings, print_table
from malmoi.cli.mistakes import outputs_named_on_failure
from malmoi.cli.option_values import value_of
from malmoi.cli.options import option_names
from malmoi.cli.pictures import NO_MATPLOTLIB, can_draw, draw_history, draw_series
from malmoi.cli.recipes import recipe_from, recipe_options
from malmoi.cli.run_recording import RunRecorder
from malmoi.cli.series_reading import labels_as, print_notes, read_for_training
from malmoi.cli.training_options import MOST_NUMBERED_CLASSES, Request, TrainOptions
from malmoi.cli.usage import UsageError, refused_options
from malmoi.data.series_tables import SeriesTable
from malmoi.evaluation.findings import Language
from malmoi.experiments.kinds import RecipeTask, recipe_table
from malmoi.experiments.recipe import Recipe
from malmoi.experiments.recording import Training
from malmoi.experiments.run import fit_series_parts
from malmoi.experiments.run_result import RunResult
from malmoi.experiments.series_parts import SeriesParts, cut_series
from malmoi.foundation.progress import Progress
from malmoi.metrics.scores import Share
from malmoi.models.base import FittedModel, ModelEstimator

__all__ = ["OF_TEXTS", "RECIPE", "SeriesRequest", "one_file", "series_recipe", "train_series"]

RECIPE = recipe_options("series")
OF_TEXTS = ("task", "continue_model", "unlabelled")
"""Options of training that have no effect on series."""
MOST_LISTED_CLASSES = 30
AUTO = "auto"


@dataclass(frozen=True)
class SeriesRequest(Request):
    """Parsed arguments of `malmoi series train`.

    Args:
        measuring: `validation`, the share of the series in the validation set.
        columns: arguments of `read_series` by name.
        regression: whether numbers are predicted; `None` if neither option was given.
        curves_file: plot of the training curves; `None`: beside the model.
    """

    measuring: Mapping[str, object]
    columns: Mapping[str, object]
    regression: bool | None = None
    curves_file: Path | None = None

    @property
    def curves(self) -> Path:
        """The picture of the training curves or of the scores."""
        return self.curves_file or super().curves

    @property
    def curves_flag(self) -> str:
        """The option that sets the file of the curves."""
        return super().curves_flag if self.curves_file is None else "--curves"

    @property
    def validation(self) -> float:
        """Share of the series in the validation set."""
        return value_of(self.measuring, "validation", float, 0.2)


def one_file(data: Sequence[str]) -> str:
    """Return the single file of the data.

    Raises:
        UsageError: there are several files.
    """
    if len(data) != 1:
        raise UsageError(f"DATA must be one table for series, got {len(data)} files; join them")
    return data[0]


def series_recipe(settings: dict[str, object], options: TrainOptions, *, regression: bool) -> Recipe:
    """Return the recipe that the options describe; see `recipe_from`."""
    if regression and "class_weight" in settings:
        raise UsageError("--class-weight has no effect with --regression, which has no classes; leave it out")
    task: RecipeTask = "regression" if regression else "classification"
    recipe = recipe_from(settings, RECIPE, options, data="series", task=task)
    if options.recipe is None and options.recipe_file is None and recipe.name != AUTO:
        print_notes(
            [f"using recipe {recipe.name}: the recipe 'auto' does not have {_not_in_auto(settings, options, task)}"]
        )
    return recipe


def _not_in_auto(settings: Mapping[str, object], options: TrainOptions, task: RecipeTask) -> str:
    """Return the given options that the default recipe does not have."""
    known = recipe_table("series", task)[AUTO].settings()
    flags = [RECIPE[path].flags[0] for path in settings if path not in known]
    flags += [f"--set {path}" for path in (one.partition("=")[0] for one in options.set) if path not in known]
    others = {"--checkpoint": options.checkpoint is not None, "--summary": options.summary}
    return " and ".join([*flags, *(flag for flag, value in others.items() if value)])


def train_series(request: SeriesRequest) -> ModelEstimator[FittedModel]:
    """Train a model of series; print its scores, write the model and a picture."""
    start = time.perf_counter()
    _check_network_options(request)
    request.check_outputs()
    recorder = RunRecorder(request.runs)
    if not 0 <= request.validation < 1:
        raise UsageError(f"--validation must be a share from 0 to below 1 for series, got {request.validation:g}")
    with option_names(RECIPE.values(), [path for path in RECIPE if "." not in path]):
        estimator = request.recipe.estimator()
    with outputs_named_on_failure(request.output, request.curves), ProgressBars() as progress:
        table = read_for_training(request.data[0], request.columns)
        _check_task(request, table)
        numbers = request.recipe.task == "regression"
        table = labels_as(table, float) if numbers else table
        with refused_options():
            seed = int(getattr(estimator, "seed", 0))
            parts = cut_series(table, validation=request.validation, numbers=numbers, seed=seed)
            result = _fitted(request, estimator, parts, recorder, progress)
        drawn = _drawn(request, result, parts)
    seconds = ("seconds", f"{time.perf_counter() - start:.1f}")
    _print(request, result, parts, [seconds, ("model", request.output), *drawn, *recorder.rows()])
    return estimator


def _fitted(
    request: SeriesRequest,
    estimator: ModelEstimator[FittedModel],
    parts: SeriesParts,
    recorder: RunRecorder,
    progress: Progress,
) -> RunResult:
    """Train and save; record the run, even if it fails."""
    options = request.options
    samples = len(parts.training.series), 0 if parts.validation is None else len(parts.validation.series)
    training = Training.of("series train", request.recipe, request.data, *samples)
    with recorder.failures_of(training):
        result = fit_series_parts(
            request.recipe, estimator, parts, refit=options.refit, checkpoint=options.checkpoint, progress=progress
        )
        if getattr(estimator.fitted, "feature_names", None) is None:
            columns = parts.whole.columns  # names of the steps, by which predict finds them
            estimator.fitted_ = estimator.fitted.with_text_columns(columns)
        estimator.save(request.output, overwrite=options.force, examples=None if options.examples else [])
    recorder.record(training.finished(result, request.output))
    return result


def _check_network_options(request: SeriesRequest) -> None:
    recipe, options = request.recipe, request.options
    network = recipe.kind.network is not None
    flags = {
        "--summary": options.summary,
        "--checkpoint": options.checkpoint is not None,
        "--curves": request.curves_file is not None,
    }
    for flag, value in flags.items():
        if value and not network:
            raise UsageError(
                f"{flag} needs a neural network, got the recipe {recipe.name!r}, which has no epochs; leave it out"
            )
    if not options.refit and network:
        raise UsageError(f"--no-refit has no effect on the recipe {recipe.name!r}; networks are not refitted")


def _check_task(request: SeriesRequest, table: SeriesTable) -> None:
    """Refuse fractions or many distinct numbers as labels unless the task is given."""
    if request.regression is not None or request.options.recipe_file is not None or table.labels is None:
        return
    distinct = {label for label in table.labels if isinstance(label, int | float) and not isinstance(label, bool)}
    fraction = next((one for one in distinct if math.isfinite(one) and not float(one).is_integer()), None)
    if fraction is not None or len(distinct) > MOST_NUMBERED_CLASSES:
        rule = f"the labels are {len(distinct):,} distinct numbers"
        such = "" if fraction is None else f", such as {fraction:g}"
        raise UsageError(f"{rule}{such}: pass --regression to predict numbers, or --classification for classes")


def _drawn(request: SeriesRequest, result: RunResult, parts: SeriesParts) -> list[tuple[str, object]]:
    """Draw the training curves of a model with epochs, or else its scores on the validation set."""
    fitted = result.validation_model or result.model.fitted
    if fitted.training_history is not None:
        if not can_draw():
            return [("curves", NO_MATPLOTLIB)]
        draw_history(fitted, request.curves)
        return [("curves", request.curves)]
    none: list[tuple[str, object]] = [("curves", f"none: the recipe {request.recipe.name!r} has no epochs")]
    if parts.validation is None:
        return none
    if not can_draw():
        return [*none, ("picture", NO_MATPLOTLIB)]
    draw_series(fitted, parts.validation, request.curves)
    return [*none, ("picture", f"{request.curves} (scores on the validation set)")]


def _print(request: SeriesRequest, result: RunResult, parts: SeriesParts, more: list[tuple[str, object]]) -> None:
    model, history = result.model, result.model.fitted.training_history
    if request.options.summary:
        model.network_.summary(print_fn=answers.print_lines)
    if history is not None:
        answers.print_lines(str(history))
    rows: list[tuple[str, object]] = [("recipe", result.recipe.name), ("series", _shape(parts.whole))]
    rows += [
        *(result.validation_model or model.fitted).summary(),
        *(_numbers(result) if parts.numbers else _classes(result)),
    ]
    if result.refitted:
        samples = result.training_samples + result.validation_samples
        rows.append(("saved model", f"refitted on all {samples:,} series after validation (off: --no-refit)"))
    print_table("", [*rows, *more])
    _warn(result, request.options.spoken)


def _shape(table: SeriesTable) -> str:
    lengths = [len(one) for one in table.series]
    steps = f"{min(lengths):,}" if min(lengths) == max(lengths) else f"{min(lengths):,} to {max(lengths):,}"
    features = int(np.shape(table.series[0])[1])
    return f"{len(lengths):,} of {steps} steps, {features:,} feature{'s' if features > 1 else ''}"


def _classes(result: RunResult) -> list[tuple[str, object]]:
    labels = [str(label) for label in result.model.fitted.classes]
    more = ", ..." if len(labels) > MOST_LISTED_CLASSES else ""
    rows: list[tuple[str, object]] = [("classes", f"{len(labels)}: {', '.join(labels[:MOST_LISTED_CLASSES])}{more}")]
    if result.training_score is not None:
        rows.append(("training accuracy", f"{result.training_score:.1%}"))
    if result.validation_score is not None:
        rows.append(("validation accuracy", result.validation_score))
    label, share = result.baseline
    return [*rows, ("majority class", f'{share.value:.1%} ("{label}")' if isinstance(share, Share) else share)]


def _numbers(result: RunResult) -> list[tuple[str, object]]:
    rows: list[tuple[str, object]] = []
    if result.training_score is not None:
        rows.append(("training error", f"{result.training_score:.4g} (mean absolute error)"))
    if result.validation_score is not None:
        rows.append(("validation error", f"{result.validation_score:.4g} (mean absolute error)"))
    return [*rows, ("median baseline", f"{result.baseline[1]:.4g} (error of always predicting the median)")]


def _warn(result: RunResult, language: Language) -> None:
    """Print the findings, and a warning if the error is not below that of the baseline."""
    print_findings(result.findings, language)
    score, baseline = result.validation_score, result.baseline[1]
    if isinstance(score, float) and isinstance(baseline, float) and score >= baseline:
        rule = f"the error, {score:.4g}, is not below that of always predicting the median, {baseline:.4g}"
        messages.print(f"warning: {rule}", style="yellow")
