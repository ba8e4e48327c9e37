"""Model files of forecasters."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, TypedDict, get_args

import numpy as np

from malmoi.data.calendar_features import calendar_columns
from malmoi.data.time_grid import Grid
from malmoi.data.time_tables import Column, TableForm, Values
from malmoi.data.timeline import Panel, Timeline
from malmoi.foundation.json_values import Json, JsonObject
from malmoi.foundation.limits import check_prediction
from malmoi.foundation.validation import shorten
from malmoi.models.forecasting.fitting import Frame, Linear
from malmoi.models.forecasting.lags import BaseKind, LagShape
from malmoi.models.forecasting.parts import FitErrors, Intervals, Member, TargetModel
from malmoi.models.forecasting.samples import Scale
from malmoi.models.forecasting.settings import ForecastSettings, columns_of
from malmoi.models.standardization import Standardization
from malmoi.models.state import Arrays, State, plain

if TYPE_CHECKING:
    from malmoi.models.neural.networks import Network, NetworkFunction
    from malmoi.models.neural.series_model import SeriesNetworkModel

__all__ = ["ModelParts", "forecast_state", "model_parts_from"]

KNOWN, PAST, TAIL = "known_scale", "past_scale", "tail"


class ModelParts(TypedDict):
    """The constructor arguments of `ForecastModel`."""

    settings: ForecastSettings
    targets: tuple[TargetModel, ...]
    scales: tuple[Standardization, Standardization]
    tail: Panel
    unused: tuple[Column, ...]


def forecast_state(
    settings: ForecastSettings,
    targets: Sequence[TargetModel],
    scales: tuple[Standardization, Standardization],
    tail: Panel,
    unused: Sequence[Column],
) -> State:
    """Return the header and the arrays of the file."""
    kept = {one.name: _plain(getattr(settings, one.name)) for one in fields(ForecastSettings) if one.name != "network"}
    arrays: Arrays = {}
    for name, scale in ((KNOWN, scales[0]), (PAST, scales[1])):
        arrays |= scale.to_arrays(name) if len(scale.means) else {}
    for number, one in enumerate(tail.series):
        arrays |= {f"{TAIL}{number}/times": one.times, f"{TAIL}{number}/values": np.ascontiguousarray(one.values)}
    saved = [_target_state(one, f"target{number}/") for number, one in enumerate(targets)]
    header: JsonObject = {
        "settings": kept,
        "columns": list(tail.columns),
        "unused": list(unused),
        "ids": [one.id for one in tail.series],
        "grid": tail.grid.to_json(),
        "table": tail.form.to_json(),
        "targets": [one.header for one in saved],
    }
    return State(header, arrays | {name: array for one in saved for name, array in one.arrays.items()})


def _plain(value: list[str | float] | tuple[str | float, ...] | str | float | None) -> Json:
    return [plain(one) for one in value] if isinstance(value, list | tuple) else plain(value)


def _target_state(one: TargetModel, prefix: str) -> State:
    arrays: Arrays = {f"{prefix}widths": one.intervals.widths}
    scales: list[Json] = [[[log, *_scale_numbers(scale)] for log, scale in sorted(of.items())] for of in one.scales]
    members: list[Json] = []
    for number, member in enumerate(one.members):
        start = f"{prefix}member{number}/"
        arrays[f"{start}effects"] = member.effects
        header: JsonObject = {
            "log": member.frame.log,
            "calendar": list(member.frame.calendar),
            **asdict(member.frame.shape),
            "weight": member.weight,
            "penalty": member.penalty,
        }
        if member.linear is not None:
            arrays[f"{start}coefficients"] = np.ascontiguousarray(member.linear.coefficients)
            arrays[f"{start}intercepts"] = member.linear.intercepts
        if member.network is not None:
            state = member.network.to_state([])
            header["network"] = state.header
            arrays |= {f"{start}network/{name}": array for name, array in state.arrays.items()}
        members.append(header)
    saved: JsonObject = {
        "target": one.target,
        "season": one.season,
        "past": list(one.past),
        "scales": scales,
        "levels": list(one.intervals.levels),
        "is_relative": one.intervals.is_relative,
        "residuals": one.intervals.residuals,
        "errors": [_or_none(value) for value in asdict(one.errors).values()],
        "windows": one.windows,
        "dropped": one.dropped,
        "members": members,
    }
    return State(saved, arrays)


def _scale_numbers(scale: Scale) -> list[float]:
    return [scale.mean, scale.deviation, scale.lowest, scale.highest]


def _or_none(value: float | None) -> float | None:
    return None if value is None or not np.isfinite(value) else value


def model_parts_from(state: State) -> ModelParts:
    """Return the constructor arguments of a fitted forecaster by name.

    Raises:
        ValueError: the state is not of a forecaster.
    """
    saved = state.get("targets", list)
    network = None
    if any("network" in one for one in state.get("members", list, saved[0])):
        network = _network_from(state, saved[0]["members"][0], "target0/member0/").settings.network
    settings = _settings_from(state, network)
    columns = columns_of(state.get("columns", list), "columns")
    panel = Panel(columns, _tails_from(state, len(columns)), _grid_from(state), _form_from(state))
    roles = settings.roles
    if not {*roles.known, *roles.past} <= set(columns):
        raise ValueError(f"columns must include the covariates, found {shorten(list(columns))}")
    targets = tuple(_target_from(state, one, f"target{place}/", settings, panel) for place, one in enumerate(saved))
    needed = max(one.needed for one in targets)
    if any(len(one.times) < needed for one in panel.series):
        raise ValueError(f"tail must have {needed} steps or more")
    numbers = len(targets) * (1 + 2 * len(targets[0].intervals.levels)) + len(columns)
    check_prediction(8 * len(panel.series) * settings.horizon * numbers, "it forecasts too many series")
    if len({one.intervals.levels for one in targets}) > 1:
        raise ValueError("levels must be the same for all targets")
    scales = (_scale_from(state, KNOWN, len(roles.known)), _scale_from(state, PAST, len(roles.past)))
    unused = columns_of(state.get("unused", list), "unused")
    return {"settings": settings, "targets": targets, "scales": scales, "tail": panel, "unused": unused}


def _settings_from(state: State, network: Network | NetworkFunction | None) -> ForecastSettings:
    known = [one.name for one in fields(ForecastSettings) if one.name != "network"]
    saved = state.settings(known, known)
    saved |= {name: tuple(value) for name, value in saved.items() if isinstance(value, list)}
    settings = ForecastSettings(**saved, network=network)
    settings.check()
    return settings


def _grid_from(state: State) -> Grid:
    return Grid(**state.get("grid", dict))


def _form_from(state: State) -> TableForm:
    return TableForm(**state.get("table", dict))


def _tails_from(state: State, columns: int) -> tuple[Timeline, ...]:
    ids = state.get("ids", list)
    if len(set(ids)) < len(ids):
        raise ValueError("ids must be distinct")
    found = []
    for number, one in enumerate(ids):
        times = state.arrays.get(f"{TAIL}{number}/times", np.zeros(0))
        values = state.arrays.get(f"{TAIL}{number}/values", np.zeros(0))
        if times.dtype != np.int64 or times.ndim != 1 or not len(times) or (np.diff(times) <= 0).any():
            raise ValueError(f"{TAIL}{number}/times must be sorted int64, found {times.dtype} {times.shape}")
        if values.dtype != np.float64 or values.shape != (len(times), columns) or np.isinf(values).any():
            raise ValueError(f"{TAIL}{number}/values must be float64 ({len(times)}, {columns}), found {values.shape}")
        found.append(Timeline(one, times.astype(np.int64, copy=False), values.astype(np.float64, copy=False)))
    return tuple(found)


def _scale_from(state: State, name: str, columns: int) -> Standardization:
    scale = Standardization.from_arrays(state.arrays, name) if columns else Standardization.none(0)
    if len(scale.means) != columns:
        raise ValueError(f"{name} must have {columns} columns, found {len(scale.means)}")
    return scale


def _target_from(state: State, saved: JsonObject, prefix: str, settings: ForecastSettings, panel: Panel) -> TargetModel:
    target, past = saved.get("target"), columns_of(state.get("past", list, saved), "past")
    if not isinstance(target, str | int) or target not in panel.columns or not set(past) <= set(settings.roles.past):
        raise ValueError(f"target must be one of the columns, found {shorten(target)}")
    members = state.get("members", list, saved)
    found = tuple(
        _member_from(state, one, f"{prefix}member{number}/", settings, len(past)) for number, one in enumerate(members)
    )
    scales = tuple(_scales_of_series(one) for one in state.get("scales", list, saved))
    logs = {one.frame.log for one in found} | {False}
    if len(scales) != len(panel.series) or not all(logs <= set(one) for one in scales):
        raise ValueError(f"scales must have one entry for each of the {len(panel.series)} series, found {len(scales)}")
    levels = state.get("levels", list, saved)
    if len(set(levels)) < len(levels) or not all(0 < one < 1 for one in levels):
        raise ValueError(f"levels must be distinct numbers between 0 and 1, found {shorten(levels)}")
    widths = _floats(state, f"{prefix}widths", (len(levels), settings.horizon))
    if (widths < 0).any():
        raise ValueError(f"{prefix}widths must be 0 or more")
    intervals = Intervals(
        tuple(levels), widths, state.get("is_relative", bool, saved), state.get("residuals", int, saved)
    )
    season, windows, dropped = (state.get(name, int, saved) for name in ("season", "windows", "dropped"))
    errors = _errors_from(state.get("errors", list, saved))
    return TargetModel(target, season, found, past, scales, intervals, errors, windows, dropped)


def _member_from(state: State, saved: JsonObject, prefix: str, settings: ForecastSettings, past: int) -> Member:
    calendar = tuple(state.get("calendar", list, saved))
    if len(set(calendar)) < len(calendar):
        raise ValueError(f"calendar must have distinct features, found {shorten(list(calendar))}")
    shape = _lags_from(state, saved)
    if (shape.past, shape.horizon) != (past if shape.lags else 0, settings.horizon):
        rule = f"a member must have {past} past covariates and {settings.horizon} steps ahead"
        raise ValueError(f"{rule}, found {shape.past} and {shape.horizon}")
    effects = _floats(state, f"{prefix}effects", (len(settings.roles.known) + calendar_columns(calendar),))
    weight, penalty = state.get("weight", float, saved), state.get("penalty", float, saved)
    if not (0 < weight <= 1 and 0 <= penalty < np.inf):
        raise ValueError(f"a member must have a weight up to 1 and a penalty from 0, found {weight} and {penalty}")
    frame = Frame(state.get("log", bool, saved), calendar, shape)
    if "network" in saved:
        network = _network_from(state, saved, prefix)
        if (network.features, network.length, network.task.units) != (1 + shape.past, shape.lags, shape.horizon):
            raise ValueError(f"network must have windows of {shape.lags} steps, found {network.length}")
        return Member(frame, weight, penalty, effects, None, network)
    coefficients = _floats(state, f"{prefix}coefficients", (shape.width, shape.horizon))
    return Member(
        frame, weight, penalty, effects, Linear(coefficients, _floats(state, f"{prefix}intercepts", (shape.horizon,)))
    )


def _lags_from(state: State, saved: JsonObject) -> LagShape:
    base = next((known for known in get_args(BaseKind) if known == saved.get("base")), None)
    if base is None:
        raise ValueError(f"base must be one of {', '.join(get_args(BaseKind))}, found {shorten(saved.get('base'))}")
    return LagShape(base, *(state.get(name, int, saved) for name in ("season", "lags", "horizon", "past")))


def _network_from(state: State, saved: object, prefix: str) -> SeriesNetworkModel:
    from malmoi.models.neural.series_model import SeriesNetworkModel

    if not isinstance(saved, dict) or "network" not in saved:
        raise ValueError(f"a member must have a network, found {shorten(saved)}")
    start = f"{prefix}network/"
    arrays = {name.removeprefix(start): array for name, array in state.arrays.items() if name.startswith(start)}
    return SeriesNetworkModel.from_state(State(saved["network"], arrays))


def _scales_of_series(saved: Iterable[tuple[bool, float, float, float, float]]) -> dict[bool, Scale]:
    found = {}
    for log, mean, deviation, lowest, highest in saved:
        if deviation <= 0:
            raise ValueError(f"the deviation of a scale must be above 0, found {deviation}")
        found[log] = Scale(mean, deviation, lowest, highest, log)
    return found


def _errors_from(saved: Sequence[float | None]) -> FitErrors:
    model, naive, seasonal = saved
    return FitErrors(np.nan if model is None else model, np.nan if naive is None else naive, seasonal)


def _floats(state: State, name: str, shape: tuple[int, ...]) -> Values:
    found = state.arrays.get(name, np.zeros(0))
    if found.dtype != np.float64 or found.shape != shape or not np.isfinite(found).all():
        raise ValueError(f"{name} must be finite float64 {shape}, found {found.dtype} {found.shape}")
    return found.astype(np.float64, copy=False)
