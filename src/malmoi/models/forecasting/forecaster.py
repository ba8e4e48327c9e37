"""Numbers in time to the numbers that come next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Self

from malmoi.data.calendar_features import CalendarFeature
from malmoi.data.time_tables import Column
from malmoi.data.timeline import Panel, Timeline, read_panel
from malmoi.foundation.library_changes import one_blas_thread
from malmoi.foundation.progress import Progress, silent
from malmoi.foundation.progress_bars import shown_progress
from malmoi.models.base import ModelEstimator
from malmoi.models.forecasting.learning import covariate_scale, fitted_targets
from malmoi.models.forecasting.model import ForecastModel
from malmoi.models.forecasting.parts import FitErrors
from malmoi.models.forecasting.settings import Auto, Difference, ForecastSettings, Missing
from malmoi.models.neural.networks import Network, NetworkFunction

__all__ = ["Forecaster"]


class Forecaster(ModelEstimator[ForecastModel]):
    """Numbers in time to the numbers that come next, with prediction intervals.

    For each target, linear forecasters are compared on held-out windows of the training part: ridge regressions on the
    last values, of changes since the last value, of changes since the same step of the season before, and of the level,
    each of the values and of their logarithms; and the last value and the value a season before themselves. The best of
    each kind are averaged, weighted by their errors.

    Args:
        horizon: steps that are forecast; 1 or more.
        target: the column that is forecast, or several; of an array their numbers. `None`: all that have no other role.
        time_column: the column of points in time, or of whole numbers; `None`: the index of pandas where it holds
            times, or the only column of points in time, else of dates as text; or whole numbers in the index; else rows
            are in order.
        id_column: the column that tells several series apart; one model learns from all.
        known: covariates that are known ahead, such as prices and holidays; `forecast` is given their values.
        past: covariates that are known up to the last step; a target may be one for the other targets.
        season: steps of a season, 2 or more; "auto": from the step between the times, such as 12 of months, or the
            highest peak of the autocorrelation; `None`: there is none.
        history: last values that a forecast sees, 1 or more; "auto": some are tried, up to two seasons.
        difference: what is subtracted and added back, "last" (the last value), "season" (the value a season before) or
            `None` (nothing); "auto": all are tried.
        log: fit logarithms, which lets seasons grow with the level; "auto": tried where all values are above 0.
        calendar: features of the calendar, some of hour, weekday, day, month, quarter; "auto": those that the step of
            the times allows, where they lower the error; `None`: none.
        missing: "refuse" missing values, or "drop" the windows that hold one.
        network: `Recurrent`, `Conv`, `Average` or `Flatten`, which then looks at the windows; `None`: the linear
            forecasters.
        levels: shares of the values that are to be within the prediction intervals, between 0 and 1.
        seed: random seed of a network.

    Attributes:
        errors_: mean absolute errors on held-out windows, of the model and of the naive forecasts, for each target.
        seasons_: steps of the season of each target; 1: none.
        dropped_: windows that were left out because of a missing value, for each target.
        unused_: columns without a role.

    Example:
        >>> import numpy as np
        >>> months = np.arange(60)
        >>> sales = 100 + months + 10 * np.sin(months * np.pi / 6)
        >>> model = Forecaster(horizon=3).fit(sales)
        >>> model.forecast().forecast.round().tolist()
        [160.0, 166.0, 171.0]
    """

    def __init__(
        self,
        horizon: int = 1,
        *,
        target: Column | Sequence[Column] | None = None,
        time_column: str | None = None,
        id_column: str | None = None,
        known: Column | Sequence[Column] = (),
        past: Column | Sequence[Column] = (),
        season: int | Auto | None = "auto",
        history: int | Auto = "auto",
        difference: Difference | Auto | None = "auto",
        log: bool | Auto = "auto",
        calendar: Sequence[CalendarFeature] | Auto | None = "auto",
        missing: Missing = "refuse",
        network: Network | NetworkFunction | None = None,
        levels: Sequence[float] = (0.8, 0.95),
        seed: int = 0,
    ) -> None:
        self.horizon = horizon
        self.target = target
        self.time_column = time_column
        self.id_column = id_column
        self.known = known
        self.past = past
        self.season = season
        self.history = history
        self.difference = difference
        self.log = log
        self.calendar = calendar
        self.missing = missing
        self.network = network
        self.levels = levels
        self.seed = seed

    @property
    def errors_(self) -> dict[Column, FitErrors]:
        """Mean absolute errors on held-out windows, in standard deviations of the series."""
        return {one.target: one.errors for one in self.fitted.targets}

    @property
    def seasons_(self) -> dict[Column, int]:
        """Steps of the season of each target; 1: none."""
        return {one.target: one.season for one in self.fitted.targets}

    @property
    def dropped_(self) -> dict[Column, int]:
        """Windows that were left out because of a missing value."""
        return {one.target: one.dropped for one in self.fitted.targets}

    @property
    def unused_(self) -> tuple[Column, ...]:
        """Columns without a role."""
        return self.fitted.unused

    def check_settings(self) -> ForecastSettings:
        """Refuse settings that are out of their range, before any work; returns them as a value.

        Raises:
            TypeError: a setting is of the wrong kind.
            ValueError: a setting is out of its range, or has no effect beside another.
        """
        return ForecastSettings.of(self)

    def fit(self, data: object, *, progress: Progress = silent, verbose: bool = False) -> Self:
        """Learn from series; where it fails, all that was learned before stays as it was.

        Args:
            data: an array (time,) or (time, columns), in order of time; a DataFrame or a Series of pandas or of Polars,
                which is sorted by its times.
            progress: progress callback.
            verbose: show a progress bar, on a terminal or in a notebook.

        Raises:
            TypeError: data or a setting is of the wrong kind.
            ValueError: a setting is out of its range, or has no effect beside another.
            DataError: a column is missing or holds text, times are repeated or not regular, a value is missing or not
                finite, or a series is too short.
        """
        settings = self.check_settings()
        panel = read_panel(data, settings.roles, missing=settings.missing)
        self.fitted_ = fitted_model(settings, panel, progress, verbose=verbose)
        return self

    def forecast(self, history: object = None, known: object = None, horizon: int | None = None) -> Any:
        """Return forecasts with their intervals.

        Args:
            history: a newer history, written as the training data; `None`: the end of the training data.
            known: known covariates of the steps ahead: a table written as the training data, or an array (horizon,
                covariates); only where there are known covariates.
            horizon: steps, no more than the model was fitted for; `None`: as many.

        Returns:
            Of a table of pandas or Polars: a table of the same kind, with the times that come next and the columns
            "forecast", "lower_80", "upper_80" and so on, of several targets "NAME_forecast"; of an array: a value with
            `forecast`, float64 (horizon,) or (horizon, targets), and `lower` and `upper`, the same by level.

        Raises:
            NotFittedError: `fit` was not called.
            ValueError: the horizon is too long, or known covariates are missing.
            DataError: the history is too short, or does not fit the training data; or `known` does not continue it.
        """
        return self.fitted.forecast(history, known, horizon).table()


def fitted_model(
    settings: ForecastSettings, panel: Panel, progress: Progress = silent, *, verbose: bool = False
) -> ForecastModel:
    """Return what is learned from checked series."""
    roles = settings.roles
    scales = (covariate_scale(panel, roles.known), covariate_scale(panel, roles.past))
    # The same sums at any number of threads.
    with shown_progress(progress, verbose=verbose) as shown, one_blas_thread():
        targets = fitted_targets(settings, panel, scales, shown)
    needed = max(one.needed for one in targets)
    tails = [Timeline(one.id, one.times[-needed:], one.values[-needed:]) for one in panel.series]
    return ForecastModel(settings, targets, scales, replace(panel, series=tuple(tails)), panel.unused)
