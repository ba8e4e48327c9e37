"""Which forecasters are combined: rolling-origin validation on the training part."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from malmoi.data.time_tables import Values
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
"""Share of the training part after which the first fold is validated."""
LONGEST_HISTORY = 200
SHORT_HISTORIES = (2, 4, 12)
MOST_VALIDATED = 20_000
"""Last steps, of all series together, that the validation looks at."""
SHORTEST_VALIDATED = 200
"""Last steps of a series that the validation looks at, at least."""
MOST_COMPARED = 3_000
"""Windows that forecasters are compared on, spread evenly where there are more."""
GOLDEN = 0.6180339887498949
"""Its multiples spread evenly within 1, in time with no season."""
SHARPNESS = 8
"""Power of the ratio of errors by which combined forecasters are weighted."""


@dataclass(frozen=True)
class Space:
    """Forecasters that are compared, but for their penalties.

    Args:
        base: what is subtracted.
        log: whether logarithms are taken.
        calendar: features of the calendar.
        histories: steps of the windows; 0: the base alone.
    """

    base: BaseKind
    log: bool
    calendar: tuple[str, ...]
    histories: tuple[int, ...]


@dataclass(frozen=True)
class Choice:
    """A forecaster that was chosen.

    Args:
        frame: what it sees of a series.
        penalty: of its regression.
        weight: in the combination; all weights sum to 1.
    """

    frame: Frame
    penalty: float
    weight: float


@dataclass(frozen=True)
class Fold:
    """A part of the validation.

    Args:
        stops: steps of each series that are learned from.
        ends: last steps of the windows that are validated, of each series.
    """

    stops: tuple[int, ...]
    ends: Ends


def histories_of(base: BaseKind, season: int, horizon: int, steps: int) -> tuple[int, ...]:
    """Return the lengths of windows that enough of a series can be cut into."""
    asked = sorted({*SHORT_HISTORIES, season, season + 1, 2 * season, 2 * season + 1} - {1})
    found = []
    for lags in asked:
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
    """Return everything that is compared.

    Args:
        bases: what may be subtracted.
        logs: whether logarithms may be taken.
        calendars: features of the calendar.
        history: steps of the windows; `None`: several are tried, and the bases alone.
        shape: steps of a season, of the horizon, of the longest series.
    """
    season, horizon, steps = shape
    found = []
    for base in bases:
        of_base = (history,) if history else histories_of(base, season, horizon, steps)
        # The base alone is the same with and without logarithms.
        alone = (
            (0,) if base != "none" and history is None and (base != "season" or steps > 2 * season + horizon) else ()
        )
        for log in logs:
            for calendar in calendars:
                if histories := (*(alone if not log else ()), *of_base):
                    found.append(Space(base, log, calendar, histories))
    return found


def folds_of(samples: Sequence[Sample], first: int, horizon: int) -> list[Fold]:
    """Return expanding folds: each is validated on what comes after it.

    Args:
        samples: of one target.
        first: the first step that can be the last one of a window.
        horizon: steps that are forecast.
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
    """Return the last steps of each series, which the validation looks at."""
    return [one.tail(max(MOST_VALIDATED // len(samples), SHORTEST_VALIDATED)) for one in samples]


def chosen(spaces: Sequence[Space], samples: Sequence[Sample], season: int, horizon: int) -> list[Choice]:
    """Return the best forecaster of each base and scale, weighted by their errors.

    Args:
        spaces: what is compared.
        samples: of one target; the last steps of each series.
        season: steps of a season.
        horizon: steps that are forecast.
    """
    past = samples[0].past.shape[1]
    frames = [
        Frame(space.log, space.calendar, LagShape(space.base, season, lags, horizon, past if lags else 0))
        for space in spaces
        for lags in space.histories
    ]
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
    """Each penalty with its mean absolute errors per step, in standard deviations of the series."""
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
                there = ~np.isnan(found[0])
                counts += there.sum(axis=0)
                sums += np.array([np.where(there, one, 0).sum(axis=0) for one in found])
    means = np.divide(sums, counts, out=np.full(sums.shape, np.nan), where=counts > 0)
    yield from zip(penalties, means, strict=True)


def fitted_on(
    frame: Frame,
    samples: Sequence[Sample],
    fold: Fold,
    penalties: Sequence[float],
    expanding: Expanding | None = None,
) -> tuple[list[Rest], list[Linear] | None]:
    """Return the series without the effects of covariates, and a regression for each penalty, learned from a fold.

    Args:
        frame: what is seen of a series.
        samples: of one target.
        fold: what is learned from.
        penalties: of the regressions.
        expanding: what was learned from the folds before it; only where no covariate has an effect.
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
