"""`malmoi train`: from a file of labelled texts to a model, its curves and its findings."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from malmoi.cli.console import ProgressBars, answers, print_findings, print_table
from malmoi.cli.mistakes import telling_what_is_written
from malmoi.cli.options import option_names, options_for, with_options
from malmoi.cli.recipes import recipe_from, recipe_options
from malmoi.cli.series import SeriesRequest, series_recipe, train_series
from malmoi.cli.training_options import OldSeriesOptions, Request, TrainOptions
from malmoi.cli.usage import UsageError, refused_options
from malmoi.data.corpus import read_corpus
from malmoi.data.readers import checked_encoding
from malmoi.experiments.run import RunResult, fit_parts
from malmoi.experiments.settings import settings_of
from malmoi.experiments.splitting import cut_up
from malmoi.metrics.scores import Share
from malmoi.models.base import ModelEstimator

__all__ = ["PARTS", "READING", "TrainRequest", "train", "train_texts"]

OPTIONS = options_for(settings_of(TrainOptions))
RECIPE = recipe_options("texts")
PARTS = options_for({name: setting for name, setting in settings_of(cut_up).items() if name != "seed"}, "Data")
READING = options_for(
    {name: setting for name, setting in settings_of(read_corpus).items() if name != "labelled"}, "Data"
)


OLD = options_for(settings_of(OldSeriesOptions), hidden=True)


@dataclass(frozen=True)
class TrainRequest(Request):
    """What the options ask for.

    Args:
        parts: arguments of `cut_up` by name.
        reading: arguments of `read_corpus` by name.
    """

    parts: Mapping[str, Any]
    reading: Mapping[str, Any]


def _train(
    given: dict[str, Any],
    settings: dict[str, Any],
    parts: dict[str, Any],
    reading: dict[str, Any],
    old: dict[str, Any],
    data: Annotated[Path, typer.Argument(help="A table, or a folder with one folder of .txt files per class.")],
) -> None:
    """Train a classifier of texts; writes the model and its curves, prints the result and warnings."""
    options, series = TrainOptions.of(given), OldSeriesOptions(**old)
    if series.series:
        _refuse_for_series(parts, reading, given)
        more = {} if series.missing is None else {"missing": series.missing}
        recipe = series_recipe({**settings, **more}, options, regression=series.regression)
        measuring = {name: value for name, value in parts.items() if name == "validation"}
        columns = {"label_column": reading.get("label_column"), "id_column": series.id_column}
        train_series(SeriesRequest(data, recipe, options, measuring, columns))
        return
    for path in old:
        raise UsageError(f"{OLD[path].flags[0]} has no effect on texts; leave it out, or use malmoi series train")
    train_texts(TrainRequest(data, recipe_from(settings, RECIPE, options), options, parts, reading))


train = with_options(_train, OPTIONS, RECIPE, PARTS, READING, OLD)


def _refuse_for_series(parts: Mapping[str, Any], reading: Mapping[str, Any], given: Mapping[str, Any]) -> None:
    for group, values in ((PARTS, parts), (READING, reading), (OPTIONS, given)):
        for path in values:
            if path in ("labels", "balanced", "text_column", "encoding", "language"):
                raise UsageError(f"{group[path].flags[0]} has no effect on series; leave it out")


def train_texts(request: TrainRequest) -> ModelEstimator[Any]:
    """Train as asked; prints the result, writes the model and its curves."""
    start = time.perf_counter()
    _refuse_without_network(request)
    request.check_outputs()
    with option_names(RECIPE.values(), ("tokens",)):
        estimator = request.recipe.estimator()
    with refused_options():
        checked_encoding(request.reading.get("encoding", "utf-8"))
    with telling_what_is_written(request.output, request.curves):
        result = _fitted(request, estimator)
        estimator.save(
            request.output, overwrite=request.options.force, examples=None if request.options.examples else []
        )
        written = [("model", request.output), *_drawn(request, estimator)]
        _print(request, result, [("seconds", f"{time.perf_counter() - start:.1f}"), *written])
    return estimator


def _refuse_without_network(request: TrainRequest) -> None:
    asked = {"--summary": request.options.summary, "--checkpoint": request.options.checkpoint is not None}
    for flag, value in asked.items():
        if value and request.recipe.kind.network is None:
            raise UsageError(f"{flag} goes with networks, got the recipe {request.recipe.name!r}; leave it out")


def _fitted(request: TrainRequest, estimator: ModelEstimator[Any]) -> RunResult:
    with ProgressBars() as progress:
        with refused_options():
            corpus = read_corpus(request.data, progress=progress, **request.reading)
        with option_names((), ("labels", "validation", "balanced")):
            parts = cut_up(corpus, seed=int(getattr(estimator, "seed", 0)), **request.parts)
        return fit_parts(request.recipe, estimator, parts, checkpoint=request.options.checkpoint, progress=progress)


def _drawn(request: TrainRequest, estimator: ModelEstimator[Any]) -> list[tuple[str, object]]:
    """Draw the curves of a model that has epochs."""
    history = estimator.fitted.training_history
    if history is None:
        return []
    history.plot(request.curves)
    return [("curves", request.curves)]


def _print(request: TrainRequest, result: RunResult, more: list[tuple[str, object]]) -> None:
    model = result.model
    history = model.fitted.training_history
    if request.options.summary:
        model.network_.summary(print_fn=answers.print)
    if history is not None:
        answers.print(str(history), markup=False)
    learned_from = f"{result.training_samples:,} labelled"
    learned_from += f", words of {result.unlabelled_samples:,} more" if result.unlabelled_samples else ""
    rows: list[tuple[str, object]] = [
        ("recipe", request.recipe.name),
        ("training texts", learned_from),
        ("classes", ", ".join(str(label) for label in model.fitted.classes)),
        *model.fitted.summary(),
    ]
    if result.training_score is not None:
        rows.append(("training accuracy", f"{result.training_score:.1%}"))
    label, share = result.baseline
    if result.validation_score is not None:
        rows.append(("validation accuracy", result.validation_score))
    if result.validation_samples and isinstance(share, Share):
        rows.append(("always the same", f'{share.value:.1%} ("{label}")'))
    print_table("", [*rows, *more])
    print_findings(result.findings, request.options.spoken)
