"""Forecaster of time series with prediction intervals."""

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
    """Forecast the next values of time series, with prediction intervals.

    For each target, linear forecasters are compared on held-out windows of the training data: ridge regressions on the
    last values of the differenced series (first or seasonal differences) and of the level, for the values and for their
    logarithms; and the naive and seasonal-naive forecasts. The best of each type are averaged, weighted by their
    errors.

    Args:
        horizon: number of steps to forecast; 1 or more.
        target: the column to forecast, or several; for an array column numbers. `None`: all columns without another
            role.
        time_column: column of timestamps, or of whole numbers; `None`: the index of pandas if it has timestamps; else
            the only column of timestamps, or of dates as text; else whole numbers in the index; else rows are in order.
        id_column: column that identifies the series, if there are several; one model is fitted on all of them.
        known: covariates whose future values are known, such as prices and holidays; they are passed to `forecast`.
        past: covariates that are known up to the last step; a target may be a past covariate of the other targets.
        season: seasonal period in steps, 2 or more; "auto": from the time step, such as 12 for months, or the highest
            peak of the autocorrelation; `None`: no season.
        history: number of lags, 1 or more; "auto": several are compared, up to two seasons.
        difference: differencing: "last" (first differences), "season" (seasonal differences) or `None`; "auto": all are
            compared.
        log: whether to fit logarithms, so that seasonal amplitudes grow with the level; "auto": compared if all values
            are above 0.
        calendar: calendar features: some of "hour", "weekday", "day", "month", "quarter"; "auto": those that fit the
            time step, if they lower the error; `None`: none.
        missing: missing values: "refuse" (an error) or "drop" (leave out windows that have one).
        network: `Recurrent`, `Conv`, `Average` or `Flatten`, fitted on the windows instead of the linear forecasters;
            `None`: linear forecasters.
        levels: nominal coverages of the prediction intervals, between 0 and 1.
        seed: random seed of a network.

    Attributes:
        errors_: mean absolute errors on held-out windows, of the model and of the naive forecasts, by target.
        seasons_: seasonal period in steps, by target; 1: no season.
        dropped_: number of windows dropped because of a missing value, by target.
        unused_: columns without a role.

    Source:
        Direct multi-step forecasts: Ben Taieb et al. 2012; averages of forecasts: Bates and Granger 1969.

    Example:
        >>> import numpy as np
        >>> months = np.arange(60)
        >>> sales = 100 + months + 10 * np.sin(months * np.pi / 6)
        >>> model = Forecaster(horizon=3).fit(sales)
        >>> model.forecast().forecast.round().tolist()
        [160.0, 166.0, 171.0]
        >>> model.seasons_, model.dropped_, model.unused_
        ({0: 12}, {0: 0}, ())
        >>> model.errors_[0].model < model.errors_[0].naive
        True
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
        """Mean absolute errors on held-out windows, in standard deviations of the series, by target."""
        return {one.target: one.errors for one in self.fitted.targets}

    @property
    def seasons_(self) -> dict[Column, int]:
        """Seasonal period in steps by target; 1: no season."""
        return {one.target: one.season for one in self.fitted.targets}

    @property
    def dropped_(self) -> dict[Column, int]:
        """Number of windows dropped because of a missing value, by target."""
        return {one.target: one.dropped for one in self.fitted.targets}

    @property
    def unused_(self) -> tuple[Column, ...]:
        """The columns without a role, which were ignored."""
        return self.fitted.unused

    def check_settings(self) -> ForecastSettings:
        """Check the settings and return them.

        Raises:
            TypeError: a setting has the wrong type.
            ValueError: a setting is out of range, or has no effect in combination with another.

        :meta private:
        """
        return ForecastSettings.of(self)

    def fit(self, data: object, *, progress: Progress = silent, verbose: bool = False) -> Self:
        """Fit on time series. If it fails, a model fitted before is kept unchanged.

        Args:
            data: an array (time,) or (time, columns), in order of time; or a DataFrame or Series of pandas or Polars,
                which is sorted by time.
            progress: progress callback, called with the step's name, the number done and the total.
            verbose: show a progress bar, in a terminal or a notebook.

        Raises:
            TypeError: data or a setting has the wrong type.
            ValueError: a setting is out of range, or has no effect in combination with another.
            DataError: a column is missing or has text, times are repeated or irregular, a value is missing or not
                finite, or a series is too short.
        """
        settings = self.check_settings()
        panel = read_panel(data, settings.roles, missing=settings.missing)
        self.fitted_ = fitted_model(settings, panel, progress, verbose=verbose)
        return self

    def forecast(self, history: object = None, known: object = None, horizon: int | None = None) -> Any:
        """Return forecasts with their intervals.

        Args:
            history: newer data, in the form of the training data; `None`: the end of the training data.
            known: future values of known covariates: a table in the form of the training data, or an array (horizon,
                covariates); only with known covariates.
            horizon: number of steps, at most that of the model; `None`: that of the model.

        Returns:
            For a table of pandas or Polars: a table of the same type, with the next times and the columns "forecast",
            "lower_80", "upper_80" and so on, for several targets "NAME_forecast"; for an array: a `Forecast` with
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
    """Fit the forecaster on checked series."""
    roles = settings.roles
    scales = (covariate_scale(panel, roles.known), covariate_scale(panel, roles.past))
    # Results do not depend on the number of threads.
    with shown_progress(progress, verbose=verbose) as shown, one_blas_thread():
        targets = fitted_targets(settings, panel, scales, shown)
    needed = max(one.needed for one in targets)
    tails = [Timeline(one.id, one.times[-needed:], one.values[-needed:]) for one in panel.series]
    return ForecastModel(settings, targets, scales, replace(panel, series=tuple(tails)), panel.unused)
