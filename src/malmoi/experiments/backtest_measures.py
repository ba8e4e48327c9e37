"""Forecasts of the model and of the naive methods with the true values, and their scores."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from malmoi.data.time_tables import Column, Values
from malmoi.evaluation.findings import Finding, FindingKind, Severity, cut
from malmoi.experiments.backtest_result import ForecastScores, mean_scores
from malmoi.metrics.forecasts import coverage, naive_scale, pinball_loss, scaled_error, symmetric_error
from malmoi.models.forecasting.lags import BaseKind, LagShape, Places
from malmoi.models.forecasting.parts import TargetModel
from malmoi.models.forecasting.samples import BLOCK
from malmoi.models.forecasting.validation import residual_widths

__all__ = ["Bounds", "Measured", "Origins", "Parts", "add_forecasts", "few_findings", "naive_findings", "scores_of"]

METHODS: tuple[tuple[str, BaseKind], ...] = (("naive", "last"), ("seasonal-naive", "season"))
NAIVE_FORECAST = FindingKind(
    "naive-forecast",
    'the {method} forecast of "{target}" is better than the model: MASE {naive:.3f} against {model:.3f}',
    '"{target}" 예측에서 모델의 성능이 {method} 예측보다 낮습니다. MASE: 모델 {model:.3f}, {method} {naive:.3f}',
    "use the naive forecast, a longer history or more features",
    "나이브 예측을 사용하거나, 더 긴 이력이나 더 많은 특성을 사용하세요",
)
FEW_FORECASTS = FindingKind(
    "few-forecasts",
    "only {count:,} forecasts of each target were evaluated",
    "예측을 대상마다 {count:,}번만 평가했습니다",
    "evaluate on more origins or a longer history",
    "더 많은 시점이나 더 긴 이력으로 평가하세요",
)
FEW_WINDOWS = 20

Bounds = tuple[tuple[Values, Values], ...]


@dataclass(frozen=True, eq=False)
class Measured:
    """Forecasts of one target by one method, with the true values.

    Args:
        ends: last step before each forecast.
        truth: true values, float64 (windows, horizon).
        forecast: forecasts, float64 (windows, horizon).
        bounds: lower and upper bounds of each level, (windows, horizon).
        scales: scales of MASE, float64 (windows, 1).
    """

    ends: Places
    truth: Values
    forecast: Values
    bounds: Bounds
    scales: Values


@dataclass(frozen=True, eq=False)
class Origins:
    """Forecast origins of a series.

    Args:
        raw: float64 (time,), the whole series.
        ends: last step before each forecast; steps after the first of them are not in the training part.
    """

    raw: Values
    ends: Places


Parts = dict[tuple[Column, str], list[Measured]]
"""Forecasts by target and method."""


def add_forecasts(parts: Parts, target: TargetModel, origins: Origins, forecast: Values, bounds: Bounds) -> None:
    """Add the forecasts of the model and of the naive methods to `parts`.

    Args:
        parts: forecasts by target and method.
        target: fitted model of the target.
        origins: forecast origins.
        forecast: forecasts of the model, float64 (windows, horizon).
        bounds: bounds of each level.
    """
    raw, ends, steps = origins.raw, origins.ends, forecast.shape[1]
    truth = raw[ends[:, None] + np.arange(1, steps + 1)]
    stop = int(ends[0]) + 1
    scale = np.full((len(ends), 1), naive_scale(raw[:stop], target.season))
    parts.setdefault((target.target, "model"), []).append(Measured(ends, truth, forecast, bounds, scale))
    for method, base in METHODS[: 2 if target.season > 1 else 1]:
        shape = LagShape(base, target.season, 0, steps)
        before = np.arange(max(shape.first, stop - steps - BLOCK), stop - steps)
        widths = residual_widths(np.abs(shape.targets(raw, before)), target.intervals.levels)
        naive = shape.bases(raw, ends)
        sides = tuple((naive - width, naive + width) for width in widths)
        parts.setdefault((target.target, method), []).append(Measured(ends, truth, naive, sides, scale))


def scores_of(key: tuple[Column, str], measured: Sequence[Measured], levels: Sequence[float]) -> list[ForecastScores]:
    """Return the scores of a target by a method, over all steps ahead and for each step."""
    truth, forecast, scales = (
        np.concatenate([getattr(one, name) for one in measured]) for name in ("truth", "forecast", "scales")
    )
    count = min(len(one.bounds) for one in measured)
    bounds = [
        tuple(np.concatenate([one.bounds[place][side] for one in measured]) for side in (0, 1))
        for place in range(count)
    ]
    # Windows without a forecast, because of a missing value, are not evaluated.
    truth = np.where(np.isnan(forecast), np.nan, truth)
    scaled, symmetric = scaled_error(truth, forecast, scales), symmetric_error(truth, forecast)
    losses = [pinball_loss(truth, forecast, 0.5)]
    for level, (lower, upper) in zip(levels, bounds, strict=False):
        losses += [pinball_loss(truth, lower, (1 - level) / 2), pinball_loss(truth, upper, (1 + level) / 2)]
    loss = np.mean(losses, axis=0)
    shares = {level: coverage(truth, *sides) for level, sides in zip(levels, bounds, strict=False)}
    by_step = []
    for step in range(truth.shape[1]):
        mase = float(scaled[step])
        within = {level: float(share[step]) for level, share in shares.items()}
        mean_error = None if np.isnan(mase) else mase
        others = (float(symmetric[step]), float(loss[step]))
        by_step.append(ForecastScores(*key, step + 1, mean_error, *others, within))
    return [mean_scores(by_step), *by_step]


def naive_findings(scores: Sequence[ForecastScores]) -> Iterator[Finding]:
    """Yield a warning for each target that a naive method forecasts better."""
    whole = [one for one in scores if one.step is None]
    for one in whole:
        model = next(other for other in whole if other.target == one.target and other.method == "model")
        if one.mase is not None and model.mase is not None and one.mase < model.mase:
            values = {"target": cut(one.target), "method": one.method, "model": model.mase, "naive": one.mase}
            yield Finding(NAIVE_FORECAST, Severity.warning, values)


def few_findings(windows: int) -> Iterator[Finding]:
    """Yield a note if few forecasts were evaluated."""
    if windows < FEW_WINDOWS:
        yield Finding(FEW_FORECASTS, Severity.note, {"count": windows})
