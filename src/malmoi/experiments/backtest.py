"""Backtesting: a forecaster is fitted on expanding training windows and evaluated on the following steps."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from malmoi.data.time_tables import Column
from malmoi.data.timeline import Panel, Timeline, read_panel
from malmoi.errors import DataError
from malmoi.experiments.backtest_measures import (
    Measured,
    Origins,
    Parts,
    add_forecasts,
    few_findings,
    naive_findings,
    scores_of,
)
from malmoi.experiments.backtest_result import Backtest, Fan, ForecastPicture
from malmoi.foundation.progress import Progress, silent
from malmoi.foundation.progress_bars import shown_progress
from malmoi.foundation.validation import check_number, real_number, shorten
from malmoi.models.forecasting.forecaster import Forecaster, fitted_model
from malmoi.models.forecasting.lags import Places
from malmoi.models.forecasting.learning import LEAST_STEPS
from malmoi.models.forecasting.model import ForecastModel, forecasts_at
from malmoi.models.forecasting.samples import BLOCK

__all__ = ["backtest"]

MOST_FANS = 3
SHOWN_HISTORY = 6
"""Length of the history before the first forecast in a picture, in horizons."""


def backtest(
    forecaster: Forecaster,
    data: object,
    *,
    folds: int = 5,
    test: float = 0.25,
    step: int = 1,
    horizon: int | None = None,
    progress: Progress = silent,
    verbose: bool = False,
) -> Backtest:
    """Evaluate a forecaster on the last part of series with a rolling origin.

    The last part is divided into folds. For each fold, the forecaster is fitted on all earlier steps, and forecasts
    from every step of the fold, with the history up to that step. The naive forecast (the last value) and the
    seasonal-naive forecast (the value one season ago) are evaluated on the same steps.

    Args:
        forecaster: forecaster with the settings; it is not changed.
        data: the series: an array (time,) or (time, columns), or a table of pandas or Polars, as for `Forecaster.fit`.
        folds: number of fits, 1 or more.
        test: share of the steps in the test part, between 0 and 1.
        step: steps between forecast origins, 1 or more.
        horizon: steps ahead to evaluate, at most the forecaster's horizon; `None`: all.
        progress: progress callback, called with the step's name, the number done and the total.
        verbose: show a progress bar in a terminal or notebook.

    Returns:
        Scores of the forecaster and of the naive forecasts: MASE, sMAPE, pinball loss and interval coverage, over all
        steps ahead and for each of them.

    Raises:
        TypeError: data or a setting has the wrong type.
        ValueError: a setting is out of range, or has no effect with another.
        DataError: the data is invalid, or too short for this number of folds.

    Source:
        Rolling origin: Tashman 2000; MASE: Hyndman and Koehler 2006.

    Example:
        >>> months = np.arange(60)
        >>> sales = 100 + months + 10 * np.sin(months * np.pi / 6) + np.random.default_rng(0).normal(size=60)
        >>> result = backtest(Forecaster(horizon=2, history=12), sales, folds=2)
        >>> result.windows, round(result.score(method="naive").mase, 2)
        (14, 0.36)
    """
    if not isinstance(forecaster, Forecaster):
        raise TypeError(f"forecaster must be a Forecaster, got {shorten(forecaster)}")
    settings = forecaster.check_settings()
    check_number("folds", folds, 1)
    check_number("step", step, 1)
    if not 0 < real_number("test", test) < 1:
        raise ValueError(f"test must be a share between 0 and 1, got {test}")
    steps = settings.horizon if horizon is None else horizon
    check_number("horizon", steps, 1)
    if steps > settings.horizon:
        raise ValueError(f"horizon must be at most that of the forecaster, {settings.horizon}, got {steps}")
    panel = read_panel(data, settings.roles, missing=settings.missing)
    cuts = [_cuts(one, folds, test, settings.horizon, steps) for one in panel.series]
    parts: Parts = {}
    model: ForecastModel | None = None
    with shown_progress(progress, verbose=verbose) as shown:
        for fold in range(folds):
            shown("backtesting", fold, folds)
            stops = [cut[fold] + 1 for cut in cuts]
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # the scores show the same
                model = fitted_model(settings, _cut(panel, stops))
            ends = [np.arange(cut[fold], cut[fold + 1], step) for cut in cuts]
            _measure(model, panel, ends, steps, parts)
        shown("backtesting", folds, folds)
    if model is None:
        raise DataError("data must have 1 fold or more, got none")
    return _result(parts, model, panel, folds, steps)


def _cuts(one: Timeline, folds: int, test: float, horizon: int, steps: int) -> list[int]:
    """Return the last step before the first forecast of each fold, and the end of the last fold."""
    count = len(one.times)
    last = count - steps
    first = min(int(count * (1 - test)) - 1, last - folds)
    if first + 1 < horizon + LEAST_STEPS:
        of = "data" if one.id is None else f"the series {one.id!r}"
        least = horizon + LEAST_STEPS + folds + steps - 1
        rule = f"{of} must have {least} steps or more, and as many of them before the last {test:.0%}"
        raise DataError(f"{rule}, got {count}; lower folds, test or horizon, or use a longer history")
    return [int(cut) for cut in np.linspace(first, last, folds + 1)]


def _cut(panel: Panel, stops: Sequence[int]) -> Panel:
    series = tuple(
        Timeline(one.id, one.times[:stop], one.values[:stop]) for one, stop in zip(panel.series, stops, strict=True)
    )
    return replace(panel, series=series)


def _measure(model: ForecastModel, panel: Panel, ends: Sequence[Places], steps: int, parts: Parts) -> None:
    """Add the forecasts from the given origins to `parts`."""
    for number, of_series in enumerate(ends):
        kept = of_series[of_series >= model.needed - 1]
        if not len(kept):
            continue
        longer = _with_space(panel, number, model.settings.horizon)
        blocks = [kept[start : start + BLOCK] for start in range(0, len(kept), BLOCK)]
        found = [forecasts_at(model, longer, number, number, places) for places in blocks]
        values = [np.concatenate(one)[:, :steps] for one in zip(*found, strict=True)]
        for place, target in enumerate(model.targets):
            raw = panel.series[number].values[:, panel.columns.index(target.target)]
            forecast, *sides = [one[..., place] for one in values]
            bounds = tuple(zip(sides[::2], sides[1::2], strict=True))
            add_forecasts(parts, target, Origins(raw, kept), forecast, bounds)


def _with_space(panel: Panel, number: int, horizon: int) -> Panel:
    """Return the panel with missing values appended to one series, so that forecasts may extend beyond its end."""
    one = panel.series[number]
    times = np.concatenate([one.times, panel.grid.after(int(one.times[-1]), horizon)])
    values = np.concatenate([one.values, np.full((horizon, one.values.shape[1]), np.nan)])
    series = list(panel.series)
    series[number] = Timeline(one.id, times, values)
    return replace(panel, series=tuple(series))


def _result(parts: Parts, model: ForecastModel, panel: Panel, folds: int, steps: int) -> Backtest:
    if not parts:
        rule = (
            f"data must have {model.needed} steps or more before the first forecast, the history that the model needs"
        )
        raise DataError(f"{rule}; lower test, or use a longer history")
    levels = model.targets[0].intervals.levels
    scores = [one for key, measured in parts.items() for one in scores_of(key, measured, levels)]
    windows = max(sum(len(one.ends) for one in measured) for measured in parts.values())
    seasons = {one.target: one.season for one in model.targets}
    findings = (*naive_findings(scores), *few_findings(windows))
    last = {one.target: parts[one.target, "model"][-1] for one in model.targets}
    pictures = tuple(_picture(panel, target, measured, levels, steps) for target, measured in last.items())
    return Backtest(tuple(scores), findings, folds, windows, seasons, pictures)


def _picture(panel: Panel, target: Column, measured: Measured, levels: Sequence[float], steps: int) -> ForecastPicture:
    """Return the picture of the last series with its last non-overlapping forecasts."""
    one = panel.series[-1]
    grid = panel.grid
    times = one.times if grid.unit == "number" else grid.clock(one.times).astype("datetime64[us]")
    fans: list[Fan] = []
    before = len(one.times)
    for row in range(len(measured.ends) - 1, -1, -1):
        end = int(measured.ends[row])
        if end + steps >= before:
            continue
        before = end + 1
        bounds = {
            level: (lower[row], upper[row]) for level, (lower, upper) in zip(levels, measured.bounds, strict=False)
        }
        fans.append(Fan(times[end + 1 : end + 1 + steps], measured.forecast[row], bounds))
        if len(fans) == MOST_FANS:
            break
    values = one.values[:, panel.columns.index(target)]
    start = max(before - SHOWN_HISTORY * steps, 0)
    name = str(target) if one.id is None else f"{target}, {one.id}"
    return ForecastPicture(name, times[start:], values[start:], tuple(fans[::-1]))
