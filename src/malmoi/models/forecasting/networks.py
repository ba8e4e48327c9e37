"""A network instead of the regression, on the same windows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from malmoi.errors import DataError
from malmoi.models.forecasting.fitting import LEAST_WINDOWS, Ends, Rest, whole_rows
from malmoi.models.forecasting.lags import LagShape
from malmoi.models.forecasting.samples import blocks
from malmoi.models.forecasting.selection import LONGEST_HISTORY, Choice, Fold
from malmoi.models.forecasting.settings import ForecastSettings

if TYPE_CHECKING:
    from malmoi.models.neural.series_model import SeriesNetworkModel

__all__ = ["fitted_network", "network_choice", "network_fold"]

MOST_NUMBERS = 2**25
"""Maximum number of values in all windows; beyond it, evenly spaced windows are left out."""


def network_choice(choices: Sequence[Choice], season: int, steps: int, *, is_free: bool) -> Choice:
    """Return the settings of the network: base, scale and calendar of the best linear forecaster, windows of a season.

    Args:
        choices: the linear forecasters.
        season: seasonal period in steps.
        steps: length of the longest series.
        is_free: whether the length of the windows may be chosen.
    """
    best = max(choices, key=lambda one: (one.weight, one.frame.shape.lags))
    shape = best.frame.shape
    if is_free:
        lags = max(shape.lags, 4, season + 1 if season < LONGEST_HISTORY else 0)
        lags = max(min(lags, (steps - shape.horizon - shape.season) // 3), 2)
        shape = replace(shape, lags=lags)
    return Choice(replace(best.frame, shape=shape), 0.0, 1.0)


def network_fold(folds: Sequence[Fold]) -> list[Fold]:
    """Return the second half of the folds as a single fold, so that the network is fitted only once for it."""
    later = folds[len(folds) // 2 :]
    if not later:
        return []
    ends = [(start, stop) for (start, _), (_, stop) in zip(later[0].ends, later[-1].ends, strict=True)]
    return [Fold(later[0].stops, ends)]


def fitted_network(
    settings: ForecastSettings, shape: LagShape, rests: Sequence[Rest], ends: Ends
) -> SeriesNetworkModel:
    """Train the network on windows.

    Raises:
        DataError: there are fewer than 5 windows.
    """
    from malmoi.models.neural.series import SeriesRegressor

    total = sum(max(stop - max(start, shape.first), 0) for start, stop in ends)
    every = -(-total * shape.lags * (1 + shape.past) // MOST_NUMBERS) or 1
    inputs, targets = [], []
    for rest, (start, stop) in zip(rests, ends, strict=True):
        for places in blocks(max(start, shape.first), stop):
            kept = places[places % every == 0]
            features = shape.features(rest.values, rest.past, kept)
            whole, following = whole_rows(features, shape.targets(rest.values, kept))
            inputs.append(shape.steps(whole).astype(np.float32))
            targets.append(following)
    found = np.concatenate(targets) if targets else np.zeros((0, shape.horizon))
    if len(found) < LEAST_WINDOWS:
        rule = f"data must have {LEAST_WINDOWS} windows or more without missing values, got {len(found)}"
        raise DataError(f"{rule}; lower history or horizon, or fill them")
    if settings.network is None:
        raise TypeError("network must be a network, got None")
    model = SeriesRegressor(network=settings.network, seed=settings.seed)
    fitted: SeriesNetworkModel = model.fit(np.concatenate(inputs), found).fitted
    return fitted
