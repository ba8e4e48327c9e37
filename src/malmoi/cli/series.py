"""`malmoi series ...`: train, predict, evaluate and forecast with time series."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from malmoi.cli.cells import Cells, RawOption
from malmoi.cli.data_output import is_terminal, refuse_binary
from malmoi.cli.evaluate import EvaluateRequest
from malmoi.cli.forecast_options import BACKTEST, FORECAST_OPTIONS, FORECASTER
from malmoi.cli.options import options_for, with_options
from malmoi.cli.output_options import ExcelOption, ForceOption, OutputOption, RejectOption, TableFormatOption
from malmoi.cli.prediction_output import checked_output, refuse_same_file
from malmoi.cli.prediction_request import PredictRequest
from malmoi.cli.series_evaluation import evaluate_series
from malmoi.cli.series_forecast import forecast_series
from malmoi.cli.series_predictions import predict_series
from malmoi.cli.series_reading import EVALUATE_COLUMNS, PREDICT_COLUMNS, TRAIN_COLUMNS
from malmoi.cli.series_training import OF_TEXTS, RECIPE, SeriesRequest, series_recipe, train_series
from malmoi.cli.strict import StrictCommand
from malmoi.cli.training_options import TrainOptions
from malmoi.cli.usage import UsageError
from malmoi.experiments.run import run
from malmoi.experiments.settings import settings_of
from malmoi.persistence import load_fitted

__all__ = ["MEASURING", "RECIPE", "series_app"]

OPTIONS = options_for({name: one for name, one in settings_of(TrainOptions).items() if name not in OF_TEXTS})
VALIDATION = replace(settings_of(run)["validation"], help="Share of the series to use as validation set, below 1")
MEASURING = options_for({"validation": VALIDATION}, "Data")
TABLE_HELP = "A .csv, .tsv or .parquet table with a header; a row is a series, or a time step (with --id-column)."

series_app = typer.Typer(no_args_is_help=True, help="Train on time series: classification, regression and forecasts.")


def _train(
    given: dict[str, object],
    settings: dict[str, object],
    measuring: dict[str, object],
    columns: dict[str, object],
    data: Annotated[Path, typer.Argument(help=TABLE_HELP)],
    regression: Annotated[
        bool | None,
        typer.Option("--regression/--classification", help="Predict numbers instead of classes."),
    ] = None,
    curves: Annotated[
        Path | None, typer.Option(help="Networks: plot of loss and accuracy per epoch; default: beside the model.")
    ] = None,
) -> None:
    """Train a classifier or regressor of time series; write the model and a picture, print scores.

    Wide tables: a row is a series of one feature; its columns are the steps in
    order.
    Long tables: a row is a step; the column of --id-column identifies the series,
    and the other numeric columns are features; steps are sorted by the time
    column.
    """
    options = TrainOptions.of(given)
    recipe = series_recipe(settings, options, regression=bool(regression))
    train_series(SeriesRequest([str(data)], recipe, options, measuring, columns, regression, curves))


series_app.command("train", cls=StrictCommand)(with_options(_train, OPTIONS, RECIPE, MEASURING, TRAIN_COLUMNS))


def _predict(
    columns: dict[str, object],
    model: Annotated[Path, typer.Argument(help="Model file written by malmoi series train.")],
    data: Annotated[Path, typer.Argument(help="Table, as for series train; labels are not needed.")],
    output: OutputOption = None,
    kind: TableFormatOption = None,
    excel: ExcelOption = False,
    raw: RawOption = False,
    force: ForceOption = False,
    reject_below: RejectOption = None,
) -> None:
    """Predict labels and probabilities (or numbers) for every series, in input order, with ids."""
    request = PredictRequest(
        model, str(data), output, kind, excel=excel, raw=raw, force=force, reject_below=reject_below
    )
    request.check()
    format_, place = request.format, checked_output(output, overwrite=force)
    fitted = load_fitted(model)
    if fitted.input_kind == "texts":
        raise UsageError("malmoi series predict needs a model of series, got one of texts; use malmoi predict")
    request.check_model(fitted)
    refuse_same_file(place, [model, data])
    refuse_binary(place, format_)
    cells = Cells(raw, is_terminal(place))
    predict_series(fitted, str(data), place, format_, cells, columns=columns, excel=excel, reject_below=reject_below)


series_app.command("predict", cls=StrictCommand)(with_options(_predict, PREDICT_COLUMNS))


def _evaluate(
    columns: dict[str, object],
    model: Annotated[Path, typer.Argument(help="Model file written by malmoi series train.")],
    data: Annotated[Path, typer.Argument(help="Table with labels, as for series train.")],
    kind: Annotated[str | None, typer.Option("--format", help="table, json or csv; default: table.")] = None,
    output: OutputOption = None,
    mistakes: Annotated[
        Path | None, typer.Option(help="File for the wrong predictions with ids: .csv, .jsonl or .parquet.")
    ] = None,
    picture: Annotated[
        Path | None, typer.Option(help="Plot of confusion matrix and calibration: .png or .pdf.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite existing outputs.")] = False,
    reject_below: Annotated[
        float | None,
        typer.Option(help="Also report coverage and accuracy with labels below this probability rejected."),
    ] = None,
    raw: RawOption = False,
) -> None:
    """Evaluate a model on labelled series that it was not trained on; every score has a 95 % interval.

    Classification scores: accuracy, balanced accuracy, macro F1, log loss,
    calibration error; precision, recall and F1 of each class; the confusion
    matrix; the majority-class baseline. Regression scores: mean absolute error,
    root mean squared error, R2, Spearman's rank correlation. malmoi evaluate
    --help explains the scores.

    Predictions for series with labels unknown to the model count as wrong.
    """
    request = EvaluateRequest(model, [str(data)], kind, output, mistakes, columns, force, reject_below, raw)
    evaluate_series(request, picture)


series_app.command("evaluate", cls=StrictCommand)(with_options(_evaluate, EVALUATE_COLUMNS))


series_app.command("forecast", cls=StrictCommand)(with_options(forecast_series, FORECAST_OPTIONS, FORECASTER, BACKTEST))
