"""The fitted forecaster, which forecasts the steps after its training data or after newer data."""

from __future__ import annotations

from collections.abc import Sized
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np
import numpy.typing as npt

from malmoi.data.time_tables import Column, Values
from malmoi.data.timeline import Panel, Roles, Timeline, read_panel
from malmoi.errors import DataError
from malmoi.foundation.json_values import Json, JsonObject
from malmoi.foundation.library_changes import one_blas_thread
from malmoi.foundation.validation import check_number, shorten
from malmoi.models.base import FittedModel, InputKind
from malmoi.models.examples import is_close
from malmoi.models.forecasting.files import forecast_state, model_parts_from
from malmoi.models.forecasting.known import known_ahead, lengthened
from malmoi.models.forecasting.lags import Places
from malmoi.models.forecasting.learning import sample_of
from malmoi.models.forecasting.parts import TargetModel
from malmoi.models.forecasting.result import Forecast
from malmoi.models.forecasting.samples import Sample
from malmoi.models.forecasting.settings import ForecastSettings
from malmoi.models.standardization import Standardization
from malmoi.models.state import State
from malmoi.models.task import Regression, Task

if TYPE_CHECKING:
    from malmoi.models.schema import Schema

__all__ = ["ForecastModel", "forecasts_at"]


@dataclass(frozen=True, eq=False)
class ForecastModel(FittedModel):
    """Fitted forecasters of each target, and the last steps of the training data.

    Args:
        settings: settings of the fit.
        targets: the fitted forecaster of each target.
        scales: standardization of known and of past covariates.
        tail: the last steps of the training data, as many as a forecast needs.
        unused: columns without a role.
    """

    input_kind: ClassVar[InputKind] = "history"
    libraries: ClassVar[tuple[str, ...]] = ("numpy",)

    settings: ForecastSettings
    targets: tuple[TargetModel, ...]
    scales: tuple[Standardization, Standardization]
    tail: Panel
    unused: tuple[Column, ...] = ()

    @property
    def task(self) -> Task:  # type: ignore[override]
        """Regression: one row per step ahead, one column per target."""
        return Regression(Standardization.none(len(self.targets)), self.tail.form.is_flat)

    @property
    def kind(self) -> str:
        """The model's name in files."""
        return "Forecaster"

    @property
    def roles(self) -> Roles:
        """The roles of the columns."""
        return replace(self.settings.roles, target=tuple(one.target for one in self.targets))

    @property
    def needed(self) -> int:
        """Number of past steps that a forecast needs."""
        return max(one.needed for one in self.targets)

    def forecast(self, history: object = None, known: object = None, horizon: int | None = None) -> Forecast:
        """Return forecasts with intervals; see `Forecaster.forecast`."""
        steps = self.settings.horizon if horizon is None else horizon
        check_number("horizon", steps, 1, None)
        if steps > self.settings.horizon:
            rule = f"horizon must be at most {self.settings.horizon}, the horizon of the model, got {steps}"
            raise ValueError(f"{rule}; fit a Forecaster with this horizon")
        panel = self.tail if history is None else self._history(history)
        of_series = [self._series_place(one) for one in panel.series]
        future = [panel.grid.after(int(one.times[-1]), self.settings.horizon) for one in panel.series]
        ahead = known_ahead(known, self.roles, panel, [one[:steps] for one in future])
        longer = lengthened(panel, self.roles.known, future, ahead)
        parts = []
        for number, one in enumerate(panel.series):
            ends = np.array([len(one.times) - 1])
            found = forecasts_at(self, longer, number, of_series[number], ends)
            parts.append([values[0, :steps] for values in found])
            self._refuse_missing(parts[-1][0], one)
        values, *bounds = (np.stack(one) for one in zip(*parts, strict=True))
        levels = self.targets[0].intervals.levels
        pairs = {level: (bounds[2 * place], bounds[2 * place + 1]) for place, level in enumerate(levels)}
        ids = tuple(one.id for one in panel.series)
        times = tuple(one[:steps] for one in future)
        return Forecast(tuple(one.target for one in self.targets), ids, times, values, pairs, panel.grid, panel.form)

    def _history(self, history: object) -> Panel:
        panel = read_panel(
            history,
            replace(self.roles, time=self._time_column),
            missing=self.settings.missing,
            name="history",
            grid=self.tail.grid,
            columns=self.tail.columns,
        )
        for one in panel.series:
            if len(one.times) < self.needed:
                of = "" if one.id is None else f" of the series {one.id!r}"
                rule = f"history{of} must have {self.needed} steps or more, which the model needs"
                raise DataError(f"{rule}, got {len(one.times)}")
        return panel

    @property
    def _time_column(self) -> str | None:
        """The time column, if times are not the index."""
        form = self.tail.form
        return form.time if form.time is not None and not form.is_index and form.kind != "array" else None

    def _refuse_missing(self, found: Values, one: Timeline) -> None:
        if np.isnan(found).any():
            of = "" if one.id is None else f" of the series {one.id!r}"
            rule = f"history{of} must have no missing value in its last {self.needed} steps, which the model needs"
            raise DataError(f"{rule}, got one; fill it, or end the history before it")

    def _series_place(self, one: Timeline) -> int:
        known = [series.id for series in self.tail.series]
        if one.id not in known:
            rule = f"history must have series of the training data, {shorten(known)}, got {one.id!r}"
            raise DataError(f"{rule}; leave it out, or fit a Forecaster on it")
        return known.index(one.id)

    def outputs(self, inputs: object) -> npt.NDArray[np.float32]:
        """Return forecasts float32 (horizon, targets) for the history of one series."""
        found = self.forecast(inputs)
        if len(found.ids) != 1:
            raise DataError(f"history must be of one series, got {len(found.ids)}; use forecast")
        values: npt.NDArray[np.float32] = found.values[0].astype(np.float32)
        return values

    def parameters(self) -> dict[str, object]:
        """Return the parameters of the estimator."""
        return self.settings.parameters()

    def summary(self) -> list[tuple[str, object]]:
        """Return the chosen forecasters of each target, and their errors on held-out windows."""
        rows: list[tuple[str, object]] = []
        for one in self.targets:
            season = one.season if one.season > 1 else "none"
            dropped = f", {one.dropped:,} left out for missing values" if one.dropped else ""
            rows.append((f"target {one.target}", f"season {season}, {one.windows:,} windows{dropped}"))
            rows += [(f"  weight {member.weight:.0%}", member.name) for member in one.members]
            errors = one.errors
            baselines = f"naive {errors.naive:.4g}" + (
                "" if errors.seasonal is None else f", seasonal-naive {errors.seasonal:.4g}"
            )
            rows.append(("  held-out error", f"{errors.model:.4g} ({baselines}), in standard deviations of the series"))
        if self.unused:
            rows.append(("columns not used", ", ".join(map(str, self.unused))))
        return rows

    def to_state(self, examples: Sized | None = None) -> State:
        """Return the content of a file: settings, the forecasters of each target, the last steps."""
        state = forecast_state(self.settings, self.targets, self.scales, self.tail, self.unused)
        kept = [] if examples is not None and not len(examples) else self._examples()
        return State({**state.header, "examples": kept}, state.arrays)

    def _examples(self) -> list[Json]:
        """Return the forecast after the training data, unless it needs known covariates."""
        if self.roles.known:
            return []
        found: list[Json] = self.forecast().values.tolist()
        return found

    @classmethod
    def schema(cls) -> Schema:
        """Return the schema of the file."""
        from malmoi.models.forecasting.schema import FORECAST_SCHEMA

        return FORECAST_SCHEMA

    @classmethod
    def from_state(cls, state: State) -> Self:
        """Create the model from the content of a file.

        Raises:
            ValueError: the state is not of a forecaster.
        """
        return cls(**model_parts_from(state))

    def changed_example(self, state: State) -> str | None:
        """Forecast after the training data again; return a description of the change, if the forecast has changed."""
        saved = state.get("examples", list)
        if not saved:
            return None
        found = self.forecast().values
        if np.shape(found) == np.shape(saved):
            size = 1 + np.abs(saved)
            if is_close(found / size, (saved / size).tolist()):
                return None
        return f"forecasts {shorten(found.tolist())}, but {shorten(saved)} when it was saved"

    @classmethod
    def describe(cls, header: JsonObject) -> list[tuple[str, object]]:
        """Return targets and settings of a header."""
        state = State(header, {})
        targets = [str(one["target"]) for one in state.get("targets", list)]
        settings = {name: value for name, value in state.get("settings", dict).items() if name != "target"}
        return [("targets", targets), *((name, str(value)) for name, value in settings.items())]


def forecasts_at(model: ForecastModel, panel: Panel, number: int, place: int, ends: Places) -> list[Values]:
    """Return forecasts (windows, horizon, targets), then lower and upper bounds of each level.

    Args:
        model: the fitted model.
        panel: histories; known covariates extend a horizon beyond the last window.
        number: index of the series in the panel.
        place: index of the series in the training data.
        ends: the last step of each window.
    """
    parts = []
    with one_blas_thread():
        for one in model.targets:
            sample: Sample = sample_of(panel, number, one.target, model.roles, model.scales)
            sample = replace(sample, scales=one.scales[place])
            found = one.forecasts(sample, ends)
            bounds = one.intervals.bounds(found, one.scales[place][False].deviation)
            parts.append([found, *(side for pair in bounds for side in pair)])
    return [np.stack(one, axis=2) for one in zip(*parts, strict=True)]
