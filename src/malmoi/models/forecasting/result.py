"""Forecasts: values and intervals, with their times, and as a table."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from malmoi.data.time_grid import Grid
from malmoi.data.time_tables import Column, TableForm, Values, written_table
from malmoi.data.time_zones import Times

__all__ = ["Forecast", "level_name"]


MOST_ROWS = 20
"""Maximum number of printed rows."""


def level_name(level: float) -> str:
    """Return a level in percent, as in column names: "80" or "97.5"."""
    return f"{100 * level:.6g}"


@dataclass(frozen=True, eq=False)
class Forecast:
    """Forecasts with their prediction intervals, as returned by `Forecaster.forecast` for arrays.

    Args:
        targets: the forecast columns.
        ids: ids of the series; (None,) for one series without an id.
        times: int64 (horizon,) of each series, microseconds UTC or whole numbers.
        values: float64 (series, horizon, targets).
        bounds: lower and upper bounds by level, each of the shape of `values`.
        grid: grid of the times.
        form: form of the table that was the input.

    Example:
        >>> import malmoi as mm
        >>> months = np.arange(60)
        >>> sales = 100 + months + 10 * np.sin(months * np.pi / 6) + np.random.default_rng(0).normal(size=60)
        >>> forecast = mm.Forecaster(horizon=2, history=12, levels=(0.8,)).fit(sales).forecast()
        >>> forecast.forecast.round().tolist()
        [160.0, 166.0]
        >>> bool((forecast.lower[0.8] < forecast.forecast).all() and (forecast.forecast < forecast.upper[0.8]).all())
        True
        >>> list(forecast.columns), forecast.clock_times[0].tolist()
        (['forecast', 'lower_80', 'upper_80'], [60, 61])
        >>> forecast.table() is forecast
        True
    """

    targets: tuple[Column, ...]
    ids: tuple[Hashable, ...]
    times: tuple[Times, ...]
    values: Values
    bounds: Mapping[float, tuple[Values, Values]]
    grid: Grid
    form: TableForm

    @property
    def forecast(self) -> Values:
        """Forecasts, float64 (horizon,) for a one-dimensional array, else (horizon, targets)."""
        return self._shaped(self.values)

    @property
    def lower(self) -> dict[float, Values]:
        """Lower bounds by level, each of the shape of `forecast`."""
        return {level: self._shaped(lower) for level, (lower, _) in self.bounds.items()}

    @property
    def upper(self) -> dict[float, Values]:
        """Upper bounds by level, each of the shape of `forecast`."""
        return {level: self._shaped(upper) for level, (_, upper) in self.bounds.items()}

    @property
    def columns(self) -> dict[str, Values]:
        """The columns of the table by name, float64 (series * horizon,).

        Names are "forecast", "lower_80", "upper_80" and so on; for several targets "NAME_forecast".
        """
        found = {}
        for place, target in enumerate(self.targets):
            start = "" if len(self.targets) == 1 else f"{target}_"
            found[f"{start}forecast"] = self.values[:, :, place].ravel()
            for level, (lower, upper) in self.bounds.items():
                found[f"{start}lower_{level_name(level)}"] = lower[:, :, place].ravel()
                found[f"{start}upper_{level_name(level)}"] = upper[:, :, place].ravel()
        return found

    @property
    def clock_times(self) -> tuple[npt.NDArray[np.int64], ...] | tuple[npt.NDArray[np.datetime64], ...]:
        """Times of each series: whole numbers; or datetime64, in local time if the data has a time zone."""
        if self.grid.unit == "number":
            return self.times
        return tuple(self.grid.clock(one).astype("datetime64[us]") for one in self.times)

    def __str__(self) -> str:
        """Return a table of the first rows."""
        when = [str(one) for one in np.concatenate(self.clock_times)[:MOST_ROWS]]
        columns = {"step" if self.grid.unit == "number" else "time": when}
        if self.ids != (None,):
            columns["series"] = [str(one) for one, times in zip(self.ids, self.times, strict=True) for _ in times]
        columns |= {name: [f"{one:.6g}" for one in values[:MOST_ROWS]] for name, values in self.columns.items()}
        cells = [[name, *column[:MOST_ROWS]] for name, column in columns.items()]
        widths = [max(map(len, column)) for column in cells]
        rows = ["  ".join(map(str.rjust, row, widths)) for row in zip(*cells, strict=True)]
        more = self.values.shape[0] * self.values.shape[1] - len(when)
        return "\n".join([*rows, f"and {more:,} more"] if more else rows)

    __repr__ = __str__

    def table(self) -> Any:
        """Return the forecasts as a table.

        Returns:
            A DataFrame of pandas or Polars, like the training data, with ids, times and `columns`; for an array the
            `Forecast` itself.
        """
        if self.form.kind == "array":
            return self
        return written_table(self.form, self.grid, self.times, self.ids, self.columns)

    def _shaped(self, values: Values) -> Values:
        values = values[0] if len(self.ids) == 1 else values
        return values[..., 0] if self.form.is_flat or (self.form.kind != "array" and len(self.targets) == 1) else values
