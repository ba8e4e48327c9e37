"""Fit forecasters of each target on checked series."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from malmoi.data.calendar_features import useful_features
from malmoi.data.time_tables import Column
from malmoi.data.timeline import Panel, Roles
from malmoi.errors import DataError
from malmoi.foundation.progress import Progress
from malmoi.models.forecasting.fitting import fitted_effects, rest_of
from malmoi.models.forecasting.lags import BaseKind
from malmoi.models.forecasting.networks import fitted_network, network_choice, network_fold
from malmoi.models.forecasting.parts import FitErrors, Member, TargetModel
from malmoi.models.forecasting.samples import Sample, Scale
from malmoi.models.forecasting.seasons import found_season
from malmoi.models.forecasting.selection import (
    Choice,
    Fold,
    chosen,
    fitted_on,
    folds_of,
    spaces,
    validated,
)
from malmoi.models.forecasting.settings import Auto, ForecastSettings
from malmoi.models.forecasting.validation import held_out_forecasts, intervals_of
from malmoi.models.standardization import Standardization

__all__ = ["LEAST_STEPS", "covariate_scale", "fitted_targets", "sample_of", "targets_of"]

LEAST_STEPS = 8
"""Minimum length of a series, in steps, in addition to the horizon."""
MANY_DROPPED = 0.2


def targets_of(panel: Panel, roles: Roles) -> tuple[Column, ...]:
    """Return the columns to forecast."""
    return roles.target or tuple(one for one in panel.columns if one not in {*roles.known, *roles.past})


def covariate_scale(panel: Panel, columns: Sequence[Column]) -> Standardization:
    """Return means and standard deviations of covariates over all series."""
    places = [panel.columns.index(one) for one in columns]
    return Standardization.of(np.concatenate([one.values[:, places] for one in panel.series]))


def fitted_targets(
    settings: ForecastSettings, panel: Panel, scales: tuple[Standardization, Standardization], progress: Progress
) -> tuple[TargetModel, ...]:
    """Fit the forecasters of every target.

    Args:
        settings: settings of the forecaster.
        panel: the training data.
        scales: standardization of known and of past covariates.
        progress: progress callback, called with the step's name, the number done and the total.

    Raises:
        DataError: a series is too short, or has no logarithms.
    """
    roles = settings.roles
    least = settings.horizon + LEAST_STEPS
    for one in panel.series:
        if len(one.times) < least:
            of = "data" if one.id is None else f"the series {one.id!r}"
            rule = f"{of} must have {least} steps or more for a horizon of {settings.horizon}"
            raise DataError(f"{rule}, got {len(one.times)}; pass a longer history, or lower horizon")
    found = []
    targets = targets_of(panel, roles)
    for number, target in enumerate(targets):
        progress("fitting forecasts", number, len(targets))
        found.append(_fitted(settings, panel, target, scales))
    progress("fitting forecasts", len(targets), len(targets))
    return tuple(found)


def sample_of(
    panel: Panel, number: int, target: Column, roles: Roles, scales: tuple[Standardization, Standardization]
) -> Sample:
    """Return one series of a target, with scaled covariates."""
    series = panel.series[number]
    past = tuple(one for one in roles.past if one != target)
    parts = []
    for columns, all_columns, scale in ((past, roles.past, scales[1]), (roles.known, roles.known, scales[0])):
        kept = [all_columns.index(one) for one in columns]
        values = series.values[:, [panel.columns.index(one) for one in columns]]
        parts.append((values - scale.means[kept]) / scale.scales[kept])
    raw = series.values[:, panel.columns.index(target)]
    return Sample(raw, parts[0], parts[1], series.times, panel.grid, {})


def _fitted(
    settings: ForecastSettings, panel: Panel, target: Column, scales: tuple[Standardization, Standardization]
) -> TargetModel:
    roles = settings.roles
    samples = [sample_of(panel, number, target, roles, scales) for number in range(len(panel.series))]
    _check_target(samples, panel, target, settings)
    logs = _logs(settings.log, samples, target)
    samples = [replace(one, scales={log: Scale.of(one.raw, log=log) for log in {False, *logs}}) for one in samples]
    season = _season(settings.season, samples, panel)
    bases = _bases(settings, season, target)
    shape = (season, settings.horizon, max(len(one.raw) for one in samples))
    history = None if settings.history == "auto" else settings.history
    found = spaces(bases, logs, _calendars(settings, panel), history, shape)
    tails = validated(samples)
    choices = chosen(found, tails, season, settings.horizon)
    if settings.network is not None:
        choices = [network_choice(choices, season, shape[2], is_free=settings.history == "auto")]
    folds = folds_of(tails, max(season - 1, *(one.frame.shape.first for one in choices)), settings.horizon)
    folds = folds if settings.network is None else network_fold(folds)
    held_out = held_out_forecasts(lambda fold: _members(settings, choices, tails, fold), tails, folds, *shape[:2])
    in_logs = sum(one.weight for one in choices if one.frame.log)
    intervals = intervals_of(held_out, settings.levels, is_relative=in_logs >= 0.5)
    if settings.levels and not intervals.residuals:
        rule = "data must have windows without missing values in its second half to estimate prediction intervals"
        raise DataError(f"{rule}, got none; fill them, or pass levels=[]")
    whole = Fold(tuple(len(one.raw) for one in samples), [])
    members = _members(settings, choices, samples, whole)
    if not members:
        raise DataError(
            "data must have 5 windows or more without missing values; lower history or horizon, or fill them"
        )
    windows, dropped = _windows(samples, members)
    _warn(target, held_out.errors(), windows, dropped)
    past = tuple(one for one in roles.past if one != target)
    kept = tuple(one.scales for one in samples)
    return TargetModel(target, season, members, past, kept, intervals, held_out.errors(), windows, dropped)


def _members(
    settings: ForecastSettings, choices: Sequence[Choice], samples: Sequence[Sample], fold: Fold
) -> tuple[Member, ...]:
    """Fit the selected forecasters; one with too few windows is left out."""
    found = []
    for one in choices:
        if settings.network is not None:
            effects = fitted_effects(one.frame, samples, fold.stops)
            rests = rest_of(one.frame, samples, effects)
            ends = [(0, stop - settings.horizon) for stop in fold.stops]
            network = fitted_network(settings, one.frame.shape, rests, ends)
            found.append(Member(one.frame, 1.0, 0.0, effects, None, network))
            continue
        effects = fitted_effects(one.frame, samples, fold.stops)
        _, linears = fitted_on(one.frame, samples, fold, [one.penalty])
        if linears is not None:
            found.append(Member(one.frame, one.weight, one.penalty, effects, linears[0]))
    total = sum(one.weight for one in found)
    return tuple(replace(one, weight=one.weight / total) for one in found)


def _check_target(samples: Sequence[Sample], panel: Panel, target: Column, settings: ForecastSettings) -> None:
    for sample, one in zip(samples, panel.series, strict=True):
        of = f"the target {target!r}" if one.id is None else f"the target {target!r} of the series {one.id!r}"
        known = int((~np.isnan(sample.raw)).sum())
        if known < LEAST_STEPS:
            raise DataError(f"{of} must have {LEAST_STEPS} values or more, got {known}")
        if np.nanmax(np.abs(sample.raw)) > 1e100:
            raise DataError(f"{of} must be at most 1e+100, got {np.nanmax(np.abs(sample.raw)):g}; use another unit")
        if np.nanmin(sample.raw) == np.nanmax(sample.raw):
            rule = f"{of} is constant, {np.nanmin(sample.raw):g}"
            warnings.warn(f"{rule}: its forecast is constant, and its intervals have width 0", stacklevel=6)
    if settings.history != "auto" and settings.history + settings.horizon > max(len(one.raw) for one in samples) - 5:
        longest = max(len(one.raw) for one in samples)
        rule = f"history must be at most {longest - settings.horizon - 5} for series of {longest} steps"
        raise DataError(f"{rule} and a horizon of {settings.horizon}, got {settings.history}")


def _logs(setting: bool | Auto, samples: Sequence[Sample], target: Column) -> tuple[bool, ...]:
    least = min(float(np.nanmin(one.raw)) for one in samples)
    if setting is True and least <= 0:
        raise DataError(f"the target {target!r} must be above 0 for logarithms, got {least:g}; pass log=False")
    if setting == "auto":
        return (False, True) if least > 0 else (False,)
    return (bool(setting),)


def _season(setting: int | Auto | None, samples: Sequence[Sample], panel: Panel) -> int:
    if setting is None:
        return 1
    shortest = min(len(one.raw) for one in samples)
    if setting == "auto":
        season = found_season([one.raw for one in samples], panel.grid)
        return season if season < shortest - LEAST_STEPS else 1
    if setting >= shortest - LEAST_STEPS:
        rule = f"season must be below {shortest - LEAST_STEPS}, {LEAST_STEPS} less than the length of the series"
        raise DataError(f"{rule}, got {setting}; pass a longer history, or another season")
    return int(setting)


def _bases(settings: ForecastSettings, season: int, target: Column) -> tuple[BaseKind, ...]:
    if settings.difference == "auto":
        return ("last", "season", "none") if season > 1 else ("last", "none")
    if settings.difference == "season" and season == 1:
        rule = f'difference must be "auto", "last" or None: the target {target!r} has no detected season'
        raise DataError(f'{rule}, got "season"; set it with season=')
    return (settings.difference or "none",)


def _calendars(settings: ForecastSettings, panel: Panel) -> list[tuple[str, ...]]:
    useful = useful_features(panel.grid)
    if settings.calendar is None or (settings.calendar == "auto" and not useful):
        return [()]
    if settings.calendar == "auto":
        return [(), tuple(useful)]
    for one in settings.calendar:
        if (
            one not in useful
            and not (one == "quarter" and "month" in useful)
            and not (one == "day" and "hour" in useful)
        ):
            rule = f"calendar must have features that vary at time steps of {panel.grid.name}"
            raise DataError(f"{rule} ({', '.join(useful) or 'none'}), got {one!r}")
    return [tuple(settings.calendar)]


def _windows(samples: Sequence[Sample], members: Sequence[Member]) -> tuple[int, int]:
    """Return the numbers of training windows and of windows with a missing value, for the longest windows."""
    shape = max((one.frame.shape for one in members), key=lambda one: one.first)
    whole = total = 0
    for sample in samples:
        count = max(len(sample.raw) - shape.horizon - shape.first, 0)
        missing = np.isnan(np.column_stack([sample.raw, sample.past, sample.known])).any(axis=1)
        sums = np.concatenate([[0], np.cumsum(missing)])
        starts = np.arange(count)
        whole += int((sums[starts + shape.first + 1 + shape.horizon] == sums[starts]).sum())
        total += count
    return whole, total - whole


def _warn(target: Column, errors: FitErrors, windows: int, dropped: int) -> None:
    if dropped > MANY_DROPPED * max(windows + dropped, 1):
        of = f"{dropped:,} of {windows + dropped:,} windows of the target {target!r}"
        warnings.warn(f"{of} have a missing value and are dropped", stacklevel=6)
    for name, other in (("naive", errors.naive), ("seasonal-naive", errors.seasonal)):
        ratio = 0.0 if other is None else errors.model / max(other, 1e-300)
        if round(ratio, 2) > 1:
            rule = f"the forecast of {target!r} is worse than the {name} forecast"
            found = f"its mean absolute error on held-out windows is {ratio:.2f} times as large"
            warnings.warn(f"{rule}: {found}", stacklevel=6)
