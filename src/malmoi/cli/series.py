"""`malmoi series ...`: train on tables of numbers in time, and predict for them."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from malmoi.cli.console import ProgressBars, answers, messages, print_table
from malmoi.cli.mistakes import telling_what_is_written
from malmoi.cli.options import option_names, options_for, with_options
from malmoi.cli.predict import PredictRequest, predict
from malmoi.cli.recipes import recipe_from, recipe_options
from malmoi.cli.strict import StrictCommand
from malmoi.cli.training_options import Request, TrainOptions
from malmoi.cli.usage import UsageError, refused_options
from malmoi.data.series_tables import SeriesTable, read_series
from malmoi.experiments.recipe import Recipe
from malmoi.experiments.run import RunResult, run
from malmoi.experiments.settings import settings_of
from malmoi.metrics.scores import Share
from malmoi.models.base import ModelEstimator

__all__ = ["RECIPE", "SeriesRequest", "one_file", "series_app", "train_series"]

OF_TEXTS = ("language", "refit", "task", "continue_model", "unlabelled")
OPTIONS = options_for({name: one for name, one in settings_of(TrainOptions).items() if name not in OF_TEXTS})
RECIPE = recipe_options("series")
MEASURING = options_for({"validation": settings_of(run)["validation"]}, "Data")
COLUMNS = options_for({name: settings_of(read_series)[name] for name in ("label_column", "id_column")}, "Data")

series_app = typer.Typer(no_args_is_help=True, help="Train on tables of numbers in time, and predict for them.")


@dataclass(frozen=True)
class SeriesRequest(Request):
    """What the options ask for.

    Args:
        measuring: `validation`, the share of the series that is only measured on.
        columns: arguments of `read_series` by name.
    """

    measuring: Mapping[str, Any]
    columns: Mapping[str, Any]


def _train(
    given: dict[str, Any],
    settings: dict[str, Any],
    measuring: dict[str, Any],
    columns: dict[str, Any],
    data: Annotated[Path, typer.Argument(help="A .csv, .tsv or .parquet file of numbers, with a row of names.")],
    regression: Annotated[bool, typer.Option("--regression", help="Predict numbers instead of labels.")] = False,
) -> None:
    """Train on series; writes the model and its curves, prints the result."""
    options = TrainOptions.of(given)
    recipe = series_recipe(settings, options, regression=regression)
    train_series(SeriesRequest([str(data)], recipe, options, measuring, columns))


series_app.command("train", cls=StrictCommand)(with_options(_train, OPTIONS, RECIPE, MEASURING, COLUMNS))


@series_app.command("predict", cls=StrictCommand)
def predict_series(
    model: Annotated[Path, typer.Argument(help="A file that malmoi series train wrote.")],
    data: Annotated[str, typer.Argument(help="A table as for series train; labels not needed.")],
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Standard output, if not given.")] = None,
    kind: Annotated[str | None, typer.Option("--format", help="csv, jsonl or parquet; the suffix tells.")] = None,
    label_column: Annotated[str | None, typer.Option(help="Column of the labels, which is left out.")] = None,
    id_column: Annotated[str | None, typer.Option(help="Column that tells the series apart.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an output that exists.")] = False,
) -> None:
    """Predict labels with probabilities, or numbers, for every series, in order."""
    reading = {} if id_column is None else {"id_column": id_column}
    predict(PredictRequest(model, data, output, kind=kind, force=force, label_column=label_column, reading=reading))


def tell_time_columns(table: SeriesTable) -> None:
    """Say on stderr which columns are points in time."""
    if table.time_columns:
        sorts = f"; rows of a series are sorted by {table.time_columns[0]!r}" if table.ids is not None else ""
        names = ", ".join(map(repr, table.time_columns))
        messages.print(f"note: points in time, no features: {names}{sorts}", style="yellow", markup=False)


def one_file(data: Sequence[str]) -> str:
    """Return the only file of data.

    Raises:
        UsageError: there are several.
    """
    if len(data) != 1:
        raise UsageError(f"series are read from one table, got {len(data)} files; join them")
    return data[0]


def series_recipe(settings: dict[str, Any], options: TrainOptions, *, regression: bool) -> Recipe:
    """Return the recipe that options describe; `recipe_from` says the rest."""
    if regression and "class_weight" in settings:
        raise UsageError("--class-weight goes without --regression, which has no classes")
    task = "regression" if regression else "classification"
    return recipe_from(settings, RECIPE, options, data="series", task=task)


def train_series(request: SeriesRequest) -> ModelEstimator[Any]:
    """Train as asked; prints the result, writes the model and its curves."""
    start = time.perf_counter()
    options, output, curves = request.options, request.output, request.curves
    request.check_outputs()
    validation = request.measuring.get("validation", 0.0)
    if not 0 <= validation < 1:
        raise UsageError(f"--validation must be a share below 1 with --series, got {validation:g}")
    with option_names(RECIPE.values()):
        request.recipe.estimator()
    with telling_what_is_written(output, curves), ProgressBars() as progress:
        table = read_series(request.data[0], **request.columns)
        tell_time_columns(table)
        with refused_options():
            result = run(request.recipe, table, checkpoint=options.checkpoint, progress=progress, **request.measuring)
        result.model.save(output, overwrite=options.force, examples=None if options.examples else [])
        result.model.history_.plot(curves)
    if options.summary:
        result.model.network_.summary(print_fn=answers.print)
    answers.print(str(result.model.history_), markup=False)
    rows = _rows(result, len(table.series))
    rows += [("seconds", f"{time.perf_counter() - start:.1f}"), ("model", output), ("curves", curves)]
    print_table("", rows)
    return result.model


def _rows(result: RunResult, samples: int) -> list[tuple[str, object]]:
    model = result.model
    shape = f"{samples:,} of up to {model.length_} steps and {model.n_features_in_} features"
    rows: list[tuple[str, object]] = [("recipe", result.recipe.name), ("series", shape), *model.fitted.summary()]
    label, baseline = result.baseline
    if not isinstance(baseline, Share):
        rows.append(("training error", f"{result.training_score:.4g}"))
        if result.validation_score is not None:
            rows.append(("validation error", f"{result.validation_score:.4g} (mean, absolute)"))
        return [*rows, ("always the median", f"{baseline:.4g}")]
    rows.append(("classes", ", ".join(str(label) for label in model.classes_)))
    rows.append(("training accuracy", f"{result.training_score:.1%}"))
    if result.validation_score is not None:
        rows.append(("validation accuracy", result.validation_score))
    return [*rows, ("always the same", f'{baseline.value:.1%} ("{label}")')]
