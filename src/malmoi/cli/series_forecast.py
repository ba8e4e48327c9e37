"""`malmoi series forecast`: forecast the next values of time series."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
import typer

from malmoi.cli.cells import Cells, refuse_raw, tell_changed
from malmoi.cli.console import ProgressBars, answers, print_findings, print_table, printed_warnings
from malmoi.cli.forecast_options import ForecastOptions, forecaster_of, refuse_with_model
from malmoi.cli.mistakes import outputs_named_on_failure
from malmoi.cli.option_values import call_with, value_of
from malmoi.cli.options import option_names
from malmoi.cli.pictures import NO_MATPLOTLIB, can_draw
from malmoi.cli.reading import refuse_same_files
from malmoi.cli.series_reading import print_notes
from malmoi.cli.training_options import data_name
from malmoi.cli.usage import UsageError
from malmoi.data.history_files import History, HistoryColumns, read_history
from malmoi.errors import DataError
from malmoi.experiments.backtest import backtest
from malmoi.experiments.backtest_result import Backtest, Fan, ForecastPicture
from malmoi.foundation.files import refuse_existing, whole_file
from malmoi.foundation.progress import Progress
from malmoi.foundation.text_table import text_table
from malmoi.models.forecasting.forecaster import Forecaster
from malmoi.models.forecasting.model import ForecastModel
from malmoi.models.forecasting.result import Forecast
from malmoi.persistence import load_fitted
from malmoi.report.figures import write_figure
from malmoi.report.forecast_figure import forecast_figure

if TYPE_CHECKING:
    from polars import DataFrame

__all__ = ["forecast_series"]

SUFFIXES = (".csv", ".parquet")
SHOWN_HORIZONS = 6
"""Length of the history in the picture of a forecast without a backtest, in horizons."""
CURES = {'missing="drop"': "--missing drop", "id_column=": "--id-column", "log=False": "--log false"}
ARGUMENTS = ("horizon", "folds", "test", "step")


@dataclass(frozen=True)
class ForecastRequest:
    """Parsed arguments of `malmoi series forecast`.

    Args:
        data: the table.
        options: columns and outputs.
        settings: settings of `Forecaster` by name.
        measuring: arguments of `backtest` by name.
    """

    data: Path
    options: ForecastOptions
    settings: Mapping[str, object]
    measuring: Mapping[str, object]

    @property
    def output(self) -> Path:
        """The file of the forecast."""
        return self.options.output or Path(f"{data_name([str(self.data)])}-forecast.csv")

    @property
    def picture(self) -> Path:
        """The picture of the forecast."""
        return self.options.picture or self.output.with_suffix(".png")

    @property
    def outputs(self) -> list[Path]:
        """All output files."""
        return [self.output, self.picture, *([] if self.options.save is None else [self.options.save])]

    def check(self) -> None:
        """Check outputs and combinations of options.

        Raises:
            UsageError: an output has an unknown suffix, two files are the same, or an option has no effect.
            FileExistsError: an output exists and may not be overwritten.
        """
        options = self.options
        if self.output.suffix.lower() not in SUFFIXES:
            raise UsageError(f"--output must end in {' or '.join(SUFFIXES)}, got {self.output}")
        refuse_raw(options.raw_cells, writes_csv=self.output.suffix.lower() == ".csv")
        inputs = [one for one in (self.data, options.future, options.model) if one is not None]
        for place, path in enumerate(self.outputs):
            refuse_same_files(("--output", "--picture", "--save")[place], path, [*inputs, *self.outputs[:place]])
            refuse_existing(path, overwrite=options.force)
        if not options.backtest and self.measuring:
            raise UsageError("--folds, --test and --step have no effect with --no-backtest; leave them out")
        if options.model is None and bool(options.known) != (options.future is not None):
            rule = "--known needs --future" if options.known else "--future needs --known"
            raise UsageError(f"{rule}: the columns of known covariates, and the table of their future values")


def forecast_series(
    given: dict[str, object],
    settings: dict[str, object],
    measuring: dict[str, object],
    data: Annotated[Path, typer.Argument(help="A .csv, .tsv or .parquet table with a header; a row is a time step.")],
) -> None:
    """Forecast the next values of one or more series, with prediction intervals.

    The forecaster is evaluated with a backtest on the last part of DATA (fitted on
    the earlier part, it forecasts the later part), then fitted on all of DATA to
    forecast the steps after it. The forecast is written as a table and a plot.

    MASE: mean absolute error, divided by that of the seasonal-naive forecast in
    training
    sMAPE: symmetric mean absolute percentage error
    pinball loss: quantile loss of the forecast and of the bounds of its intervals
    naive, seasonal-naive: forecasts that repeat the last value, or the value one
    season ago
    """
    options = ForecastOptions.of(given)
    request = ForecastRequest(data, options, settings, measuring)
    if options.model is not None:
        refuse_with_model(given, settings, measuring)
    request.check()
    start = time.perf_counter()
    with outputs_named_on_failure(*request.outputs), ProgressBars() as progress, printed_warnings():
        run = _with_model(request, options.model) if options.model else _fitted(request, progress)
        cells = Cells(options.raw_cells)
        _write_table(request.output, run, cells)
        drawn = _drawn(request, run)
        if options.save is not None and run.estimator is not None:
            run.estimator.save(options.save, overwrite=options.force)
    saved = [] if options.save is None else [("model", options.save)]
    _print(
        run, [("seconds", f"{time.perf_counter() - start:.1f}"), ("forecast", _summary(request, run)), *drawn, *saved]
    )
    tell_changed(cells.changed)


@dataclass(frozen=True, eq=False)
class _Run:
    """The result of a forecast command.

    Args:
        history: the history.
        model: the fitted model.
        forecast: the forecast.
        backtest: the backtest; `None` if there is none.
        estimator: the fitted forecaster, unless the model was loaded.
    """

    history: History
    model: ForecastModel
    forecast: Forecast
    backtest: Backtest | None = None
    estimator: Forecaster | None = None


def _fitted(request: ForecastRequest, progress: Progress) -> _Run:
    options, settings = request.options, request.settings
    forecaster_of(settings, options, options.target or ("",), None)  # checks the settings before reading
    columns = HistoryColumns(
        options.target, options.time_column, value_of(settings, "id_column", str), (*options.known, *options.past)
    )
    history = read_history(request.data, columns, missing=value_of(settings, "missing", str, "refuse"))
    print_notes(history.notes)
    forecaster = forecaster_of(settings, options, history.columns.targets, history.columns.time)
    known = _future(request, history, options.known)
    with _naming(request), option_names((), ARGUMENTS):
        measured = None
        if options.backtest:
            measured = _measured(forecaster, history, request.measuring, progress)
        forecaster.fit(history.frame, progress=progress)
        forecast = forecaster.fitted.forecast(None, known)
    return _Run(history, forecaster.fitted, forecast, measured, forecaster)


def _measured(
    forecaster: Forecaster, history: History, measuring: Mapping[str, object], progress: Progress
) -> Backtest:
    try:
        return call_with(partial(backtest, forecaster, history.frame, progress=progress), measuring)
    except DataError as error:
        if "steps or more" not in str(error):
            raise
        raise DataError(f"{error}; or skip the backtest (--no-backtest)") from error


def _with_model(request: ForecastRequest, path: Path) -> _Run:
    model = load_fitted(path)
    if not isinstance(model, ForecastModel):
        raise UsageError(f"--model must be a file written by malmoi series forecast --save, got a {model.kind}")
    roles, form = model.roles, model.tail.form
    if bool(roles.known) != (request.options.future is not None):
        named = ", ".join(map(str, roles.known))
        rule = f"--future must have {named} for the future steps" if named else "--future has no effect on this model"
        raise UsageError(f"{rule}; {'pass it' if named else 'leave it out'}")
    covariates = (*map(str, roles.known), *map(str, roles.past))
    columns = HistoryColumns(tuple(map(str, roles.target or ())), form.time, roles.id, covariates)
    history = read_history(request.data, columns, missing=model.settings.missing)
    print_notes(history.notes)
    known = _future(request, history, tuple(map(str, roles.known)))
    with _naming(request), option_names((), ARGUMENTS):
        forecast = model.forecast(history.frame, known, value_of(request.settings, "horizon", int))
    return _Run(history, model, forecast)


def _future(request: ForecastRequest, history: History, known: tuple[str, ...]) -> DataFrame | None:
    """Return the table of known covariates for the future steps, if any."""
    if request.options.future is None:
        return None
    columns = history.columns
    future = read_history(request.options.future, HistoryColumns(known, columns.time, columns.id))
    return future.frame


@contextmanager
def _naming(request: ForecastRequest) -> Iterator[None]:
    """Within the context, errors name files and options instead of Python arguments."""
    files = {"data": request.data, "history": request.data, "known": request.options.future}
    try:
        yield
    except DataError as error:
        first, mark, rest = str(error).partition(" " if " " in str(error) else ":")
        path = files.get(first.rstrip(":"))
        text = str(error) if path is None else f"{path}{':' if first.endswith(':') else ''}{mark}{rest}"
        for python, flag in CURES.items():
            text = text.replace(python, flag)
        raise DataError(text) from error


def _write_table(path: Path, run: _Run, cells: Cells) -> None:
    """Write the forecast, with times in the format of the history."""
    import polars as pl

    table, column = run.forecast.table(), run.history.columns.time
    if column is not None and run.history.time_form is not None:
        table = table.with_columns(pl.col(column).dt.strftime(run.history.time_form))
    with whole_file(path, overwrite=True) as file:
        if path.suffix.lower() == ".parquet":
            table.write_parquet(file)
        else:
            cells.table(table).write_csv(file)


def _drawn(request: ForecastRequest, run: _Run) -> list[tuple[str, object]]:
    if not can_draw():
        return [("picture", NO_MATPLOTLIB)]
    write_figure(forecast_figure(_pictures(run)), request.picture)
    return [("picture", request.picture)]


def _pictures(run: _Run) -> list[ForecastPicture]:
    """Return one picture per target: its last series with the forecasts of the backtest and the new forecast."""
    found = run.forecast
    pictures = []
    for place, target in enumerate(found.targets):
        bounds = {level: (low[-1, :, place], high[-1, :, place]) for level, (low, high) in found.bounds.items()}
        ahead = Fan(found.clock_times[-1], found.values[-1, :, place], bounds)
        if run.backtest is not None:
            picture = run.backtest.pictures[place]
        else:
            picture = _plain_picture(run, str(target), len(ahead.times))
        pictures.append(replace(picture, fans=(*picture.fans, ahead)))
    return pictures


def _plain_picture(run: _Run, target: str, horizon: int) -> ForecastPicture:
    import polars as pl

    columns, frame, series = run.history.columns, run.history.frame, run.forecast.ids[-1]
    if columns.id is not None:
        frame = frame.filter(pl.col(columns.id) == series)
    frame = frame.tail(SHOWN_HORIZONS * horizon)
    times = np.arange(-len(frame), 0) if columns.time is None else frame[columns.time].to_numpy()
    name = target if columns.id is None else f"{target}, {series}"
    return ForecastPicture(name, times, frame[target].to_numpy(), ())


def _summary(request: ForecastRequest, run: _Run) -> str:
    found = run.forecast
    series = f" of {len(found.ids):,} series" if len(found.ids) > 1 else ""
    steps = found.values.shape[1]
    return f"{request.output} ({steps:,} step{'s' if steps > 1 else ''}{series})"


def _print(run: _Run, more: list[tuple[str, object]]) -> None:
    if run.backtest is not None:
        result = run.backtest
        rows = [list(result.columns), *result.rows()]
        answers.print_lines(text_table(rows, left=range(len(result.columns))))
        answers.print(f"backtest: {result.windows:,} forecasts of each target, {result.folds} fits")
        answers.print()
    print_table("", [*run.model.summary(), *more])
    if run.backtest is not None:
        print_findings(run.backtest.findings)
