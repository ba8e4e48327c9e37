"""The options of `malmoi series forecast`, generated from the settings of `Forecaster` and `backtest`."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from malmoi.cli.option_values import call_with, paths_of, several_of, value_of
from malmoi.cli.options import Option, option_names, options_for
from malmoi.cli.usage import UsageError
from malmoi.data.history_files import AUTO_TIME
from malmoi.experiments.backtest import backtest
from malmoi.experiments.settings import one_of, settings_of
from malmoi.models.forecasting.forecaster import Forecaster
from malmoi.models.neural.networks import NETWORKS

__all__ = ["BACKTEST", "FORECASTER", "FORECAST_OPTIONS", "ForecastOptions", "forecaster_of", "refuse_with_model"]

PATHS = ("future", "model", "output", "picture", "save")
SEVERAL = ("target", "known", "past")
LEVELS: tuple[float, ...] = inspect.signature(Forecaster).parameters["levels"].default
MOST_PERCENT = 99.9
WITH_MODEL = ("horizon",)
"""Settings that are also allowed with `--model`."""


@dataclass(frozen=True)
class ForecastOptions:
    """Columns and outputs of a forecast.

    Args:
        target: columns to forecast, comma-separated or repeated; by default "target" or "y", or the only numeric
            column.
        time_column: column of dates, times or whole numbers, or none to use the row order of the file.
        known: covariates that are known for future steps, such as a price or a holiday, comma-separated or repeated,
            with --future.
        past: covariates that are known only up to the last step, comma-separated or repeated.
        future: table of the --known covariates for the future steps, in the format of DATA.
        levels: coverage of the prediction intervals in percent.
        network: network to use instead of the linear forecasters, one of recurrent, conv, average and flatten.
        model: model file written by --save; forecasts the steps after DATA without fitting.
        output: output file of the forecast, .csv or .parquet, by default DATA-forecast.csv.
        picture: plot of the forecast, by default beside the output.
        save: file for the fitted model, .malmoi.
        raw_cells: CSV: write cells unchanged, even if a spreadsheet would run them as formulas.
        backtest: evaluate the forecaster and the naive forecasts on the last part of the data.
        force: overwrite existing outputs.
    """

    target: tuple[str, ...] = ()
    time_column: str | None = AUTO_TIME
    known: tuple[str, ...] = ()
    past: tuple[str, ...] = ()
    future: Path | None = None
    levels: str | None = None
    network: str | None = None
    model: Path | None = None
    output: Path | None = None
    picture: Path | None = None
    save: Path | None = None
    raw_cells: bool = False
    backtest: bool = True
    force: bool = False

    @classmethod
    def of(cls, given: Mapping[str, object]) -> Self:
        """Return the given options."""
        several = {name: _split(several_of(given, name)) for name in SEVERAL}
        return call_with(cls, {**given, **paths_of(given, PATHS), **several})


def _split(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(part.strip() for name in names for part in name.split(","))


_OF_FORECASTER = settings_of(Forecaster)
FORECASTER: dict[str, Option] = options_for(
    {name: one for name, one in _OF_FORECASTER.items() if name != "time_column"}, "Forecast"
)
BACKTEST = options_for({name: settings_of(backtest)[name] for name in ("folds", "test", "step")}, "Backtest")
FORECAST_OPTIONS = options_for(
    settings_of(ForecastOptions), "Data and output", defaults={"levels": ",".join(f"{100 * one:g}" for one in LEVELS)}
)


def forecaster_of(
    settings: Mapping[str, object], options: ForecastOptions, targets: tuple[str, ...], time: str | None
) -> Forecaster:
    """Return the forecaster that the options describe, with checked settings.

    Args:
        settings: settings of `Forecaster` by name.
        options: the other options.
        targets: columns to forecast.
        time: time column, if any.

    Raises:
        UsageError: a setting is invalid or has no effect.
    """
    taken = {value_of(settings, "id_column", str): "--id-column", time: "--time-column"}
    if shared := next((name for name in targets if name in taken), None):
        raise UsageError(f"--target must not have another role, got {shared!r}, the column of {taken[shared]}")
    network = None
    with option_names((), (*FORECASTER, "levels", "network", "known", "past", "target")):
        if options.network is not None:
            kinds = {name.lower(): kind for name, kind in NETWORKS.items()}
            network = kinds[one_of("network", options.network, kinds)]()
        levels = LEVELS if options.levels is None else _levels(options.levels)
        target = targets[0] if len(targets) == 1 else targets
        roles = {"target": target, "time_column": time, "known": options.known, "past": options.past}
        forecaster = call_with(Forecaster, {**settings, **roles, "levels": levels, "network": network})
        forecaster.check_settings()
    return forecaster


def _levels(text: str) -> tuple[float, ...]:
    """Return comma-separated percentages as fractions."""
    try:
        percents = [float(part) for part in text.split(",")]
    except ValueError:
        percents = []
    if not percents or not all(1 <= one <= MOST_PERCENT for one in percents):
        rule = f"--levels must be comma-separated percentages from 1 to {MOST_PERCENT}, such as 80,95"
        raise UsageError(f"{rule}, got {text!r}")
    return tuple(round(one / 100, 6) for one in percents)


def refuse_with_model(
    options: Mapping[str, object], settings: Mapping[str, object], measuring: Mapping[str, object]
) -> None:
    """Refuse options that have no effect with a saved model.

    Raises:
        UsageError: such an option was given.
    """
    fitting = ("target", "time_column", "known", "past", "levels", "network", "save", "backtest")
    given = [FORECAST_OPTIONS[name] for name in options if name in fitting]
    given += [FORECASTER[name] for name in settings if name not in WITH_MODEL]
    given += [BACKTEST[name] for name in measuring]
    if given:
        flag = given[0].off if options.get(given[0].setting.path) is False else given[0].flags[0]
        raise UsageError(f"{flag} has no effect with --model, which is already fitted; leave it out")
