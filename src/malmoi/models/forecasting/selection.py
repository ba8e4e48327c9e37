"""Selection of the combined forecasters by rolling-origin validation on the training data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from malmoi.data.time_tables import Values
from malmoi.errors import DataError
from malmoi.models.forecasting.fitting import (
    PENALTIES,
    Ends,
    Expanding,
    Frame,
    Linear,
    Rest,
    fitted_effects,
    rest_of,
)
from malmoi.models.forecasting.lags import BaseKind, LagShape, Places
from malmoi.models.forecasting.samples import Sample, blocks

__all__ = ["Choice", "Fold", "Space", "chosen", "folds_of", "spaces", "validated"]

FOLDS = 6
VALIDATION_START = 0.5
"""Share of the training data before the first validation fold."""
LONGEST_HISTORY = 200
SHORT_HISTORIES = (2, 4, 12)
MOST_VALIDATED = 20_000
"""Maximum number of steps for validation, over all series; the last steps are used."""
SHORTEST_VALIDATED = 200
"""Minimum number of last steps of each series for validation."""
MOST_COMPARED = 3_000
"""Maximum number of windows on which forecasters are compared, spread evenly."""
GOLDEN = 0.6180339887498949
"""The golden ratio: the fractional parts of its multiples are spread evenly, without a season."""
SHARPNESS = 8
"""Exponent of the ratio of errors in the weights of combined forecasters."""


@dataclass(frozen=True)
class Space:
    """A set of forecasters to compare, without their penalties.

    Args:
        base: the value that is subtracted.
        log: whether logarithms are taken.
        calendar: calendar features.
        histories: lengths of the windows in steps; 0: the base is the forecast.
    """

    base: BaseKind
    log: bool
    calendar: tuple[str, ...]
    histories: tuple[int, ...]


@dataclass(frozen=True)
class Choice:
    """A selected forecaster.

    Args:
        frame: transformation of the series and shape of the windows.
        penalty: penalty of its regression.
        weight: weight in the combination; all weights sum to 1.
    """

    frame: Frame
    penalty: float
    weight: float


@dataclass(frozen=True)
class Fold:
    """A fold of the validation.

    Args:
        stops: number of training steps of each series.
        ends: last steps of the validation windows of each series.
    """

    stops: tuple[int, ...]
    ends: Ends


def histories_of(base: BaseKind, season: int, horizon: int, steps: int) -> tuple[int, ...]:
    """Return the window lengths for which a series has enough windows."""
    candidates = sorted({*SHORT_HISTORIES, season, season + 1, 2 * season, 2 * season + 1} - {1})
    found = []
    for lags in candidates:
        first = LagShape(base, season, lags, horizon).first
        if lags <= LONGEST_HISTORY and first + horizon + max(10, lags // 2) < steps:
            found.append(lags)
    return tuple(found)


def spaces(
    bases: Sequence[BaseKind],
    logs: Sequence[bool],
    calendars: Sequence[tuple[str, ...]],
    history: int | None,
    shape: tuple[int, int, int],
) -> list[Space]:
    """Return all forecasters to compare.

    Args:
        bases: candidates for the subtracted value.
        logs: candidates for taking logarithms.
        calendars: candidates for calendar features.
        history: length of the windows in steps; `None`: several, and the bases without windows.
        shape: seasonal period, horizon, and length of the longest series, in steps.
    """
    season, horizon, steps = shape
    found = []
    for base in bases:
        of_base = (history,) if history else histories_of(base, season, horizon, steps)
        # Without windows the forecast is the same with and without logarithms.
        alone = (
            (0,) if base != "none" and history is None and (base != "season" or steps > 2 * season + horizon) else ()
        )
        for log in logs:
            for calendar in calendars:
                if histories := (*(alone if not log or False not in logs else ()), *of_base):
                    found.append(Space(base, log, calendar, histories))
    return found


def folds_of(samples: Sequence[Sample], first: int, horizon: int) -> list[Fold]:
    """Return expanding folds: each is validated on the steps after its training part.

    Args:
        samples: samples of one target.
        first: the first step that can be the last one of a window.
        horizon: number of steps to forecast.
    """
    cuts = []
    for sample in samples:
        last = len(sample.raw) - horizon
        start = max(int(first + (last - first) * VALIDATION_START), 1)
        cuts.append(np.linspace(min(start, last), last, FOLDS + 1).astype(int))
    parts = range(FOLDS)
    found = [
        Fold(tuple(int(cut[part]) + 1 for cut in cuts), [(int(cut[part]), int(cut[part + 1])) for cut in cuts])
        for part in parts
    ]
    return [fold for fold in found if any(stop > start for start, stop in fold.ends)]


def validated(samples: Sequence[Sample]) -> list[Sample]:
    """Return the last steps of each series, which are used for validation."""
    return [one.tail(max(MOST_VALIDATED // len(samples), SHORTEST_VALIDATED)) for one in samples]


def chosen(spaces: Sequence[Space], samples: Sequence[Sample], season: int, horizon: int) -> list[Choice]:
    """Return the best forecaster of each base and scale, weighted by their errors.

    Args:
        spaces: forecasters to compare.
        samples: samples of one target; the last steps of each series.
        season: seasonal period in steps.
        horizon: number of steps to forecast.
    """
    past = samples[0].past.shape[1]
    frames = [
        Frame(space.log, space.calendar, LagShape(space.base, season, lags, horizon, past if lags else 0))
        for space in spaces
        for lags in space.histories
    ]
    if not frames:
        steps = max(len(one.raw) for one in samples)
        rule = f"data must have more steps for windows and a horizon of {horizon}, got {steps}"
        raise DataError(f'{rule}; pass a longer history, lower horizon, or pass difference="last"')
    folds = folds_of(samples, max(one.shape.first for one in frames), horizon)
    scored = [(frame, penalty, errors) for frame in frames for penalty, errors in _errors(frame, samples, folds)]
    table = np.array([errors for *_, errors in scored])
    usable = np.isfinite(table).all(axis=1)
    if not usable.any():
        return [Choice(frames[0], PENALTIES[-1], 1.0)]
    best_of_step = np.maximum(table[usable].min(axis=0), 1e-12)
    ratios = np.where(usable, (np.maximum(table, 1e-12) / best_of_step).mean(axis=1), np.inf)
    return _combined([(*one[:2], float(ratio)) for one, ratio in zip(scored, ratios, strict=True)])


def _combined(scored: Sequence[tuple[Frame, float, float]]) -> list[Choice]:
    best: dict[tuple[str, bool], tuple[Frame, float, float]] = {}
    for frame, penalty, ratio in scored:
        group = (frame.shape.base, frame.log)
        if np.isfinite(ratio) and (group not in best or ratio < best[group][2]):
            best[group] = (frame, penalty, ratio)
    least = min(ratio for *_, ratio in best.values())
    weights = [(least / ratio) ** SHARPNESS for *_, ratio in best.values()]
    return [
        Choice(frame, penalty, weight / sum(weights))
        for (frame, penalty, _), weight in zip(best.values(), weights, strict=True)
    ]


def _errors(frame: Frame, samples: Sequence[Sample], folds: Sequence[Fold]) -> Iterator[tuple[float, Values]]:
    """Yield each penalty with its mean absolute errors per step, in standard deviations of the series."""
    penalties = PENALTIES if frame.shape.lags else PENALTIES[-1:]
    sums, counts = np.zeros((len(penalties), frame.shape.horizon)), np.zeros(frame.shape.horizon)
    windows = sum(max(stop - start, 0) for fold in folds for start, stop in fold.ends)
    share = MOST_COMPARED / max(windows, 1)
    has_effects = samples[0].covariates(frame.calendar).width > 0
    expanding = None if has_effects else Expanding(frame.shape, len(samples))
    for fold in folds:
        rests, linears = fitted_on(frame, samples, fold, penalties, expanding)
        if linears is None:
            sums[:] = np.nan
            break
        for sample, rest, (start, stop) in zip(samples, rests, fold.ends, strict=True):
            truth_scale = sample.scales[False].deviation
            for block in blocks(max(start, frame.shape.first), stop):
                places = block[(block * GOLDEN) % 1 < share]
                truth = sample.raw[places[:, None] + np.arange(1, frame.shape.horizon + 1)]
                found = [np.abs(truth - one) / truth_scale for one in forecasts(frame, rest, linears, places)]
                known = ~np.isnan(found[0])
                counts += known.sum(axis=0)
                sums += np.array([np.where(known, one, 0).sum(axis=0) for one in found])
    means = np.divide(sums, counts, out=np.full(sums.shape, np.nan), where=counts > 0)
    yield from zip(penalties, means, strict=True)


def fitted_on(
    frame: Frame,
    samples: Sequence[Sample],
    fold: Fold,
    penalties: Sequence[float],
    expanding: Expanding | None = None,
) -> tuple[list[Rest], list[Linear] | None]:
    """Return the series without the effects of covariates, and a regression for each penalty, fitted on a fold.

    Args:
        frame: transformation of the series and shape of the windows.
        samples: samples of one target.
        fold: fold whose training part is used.
        penalties: penalties of the regressions.
        expanding: sums of the previous folds; only if no covariate has an effect.
    """
    rests = rest_of(frame, samples, fitted_effects(frame, samples, fold.stops))
    if not frame.shape.lags:
        return rests, [Linear(np.zeros((0, frame.shape.horizon)), np.zeros(frame.shape.horizon))]
    learning = expanding or Expanding(frame.shape, len(samples))
    return rests, learning.fitted(rests, fold.stops, penalties)


def forecasts(frame: Frame, rest: Rest, linears: Sequence[Linear], places: Places) -> Iterator[Values]:
    """Yield the forecasts (samples, horizon) of each regression, in the unit of the series."""
    shape = frame.shape
    start = shape.bases(rest.values, places) + rest.effect[places[:, None] + np.arange(1, shape.horizon + 1)]
    features = shape.features(rest.values, rest.past, places)
    for linear in linears:
        yield rest.scale.undo(start + linear.predict(features))
