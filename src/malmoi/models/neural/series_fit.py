"""Fitting a network to labelled series."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from malmoi.data.series import as_series, check_feature_names, feature_names
from malmoi.foundation.imports import warming_up
from malmoi.foundation.validation import shorten
from malmoi.models.neural.base import (
    KEPT_EXAMPLES,
    FitOptions,
    TrainingData,
    share_of,
    stratified_places,
    trained_network,
)
from malmoi.models.neural.networks.plan import build_model
from malmoi.models.neural.series_model import SeriesNetworkModel, SeriesSettings, series_inputs
from malmoi.models.standardization import Standardization
from malmoi.models.task import Task

__all__ = ["LabelledSeries", "fit_series", "held_out_series"]

Validation = tuple[object, npt.NDArray[Any]] | float | None


@dataclass(frozen=True)
class LabelledSeries:
    """What a fit of series works on.

    Args:
        series: as `fit` was given them.
        task: what is predicted.
        targets: as the task encodes them.
        weights: float32 (samples,), how much each counts in the loss; `None`: all the same.
        validation: a share of the series; or series and their targets; or nothing.
    """

    series: object
    task: Task
    targets: npt.NDArray[Any]
    weights: npt.NDArray[np.float32] | None
    validation: Validation


def held_out_series(validation: object, task: Task) -> Validation:
    """A share, or series and their targets, or nothing."""
    share = share_of(validation)
    if share is not None or validation is None:
        return share
    if not isinstance(validation, tuple | list) or len(validation) != 2:
        raise TypeError(f"validation must be (X, y), or a share between 0 and 1, got {shorten(validation)}")
    return validation[0], task.encode(validation[1], "validation")


def fit_series(settings: SeriesSettings, data: LabelledSeries, options: FitOptions) -> SeriesNetworkModel:
    """Learn from labelled series."""
    series, names = as_series(data.series, missing=settings.missing, name="X"), feature_names(data.series, "X")
    if len(series) != len(data.targets):
        raise ValueError(f"y must be as many as the {len(series)} series, got {len(data.targets)}")
    targets, weights, held_out = data.targets, data.weights, data.validation
    loop = settings.training()
    if isinstance(held_out, float):
        first, rest = stratified_places(targets, held_out, loop.seed)
        held_out = ([series[place] for place in rest], targets[rest])
        series, targets = [series[place] for place in first], targets[first]
        weights = None if weights is None else weights[first]
    steps = np.concatenate(series)
    scale = Standardization.of(steps) if settings.standardize else Standardization.none(steps.shape[1])
    length = max(map(len, series))
    plan = settings.plan(length, steps.shape[1], data.task.units, data.task.activation)
    training = series_inputs(settings, series, scale, length).with_targets(targets, weights)
    validation = None
    if held_out is not None:
        check_feature_names(names, held_out[0], "validation")
        others = as_series(held_out[0], missing=settings.missing, name="validation")
        inputs = series_inputs(settings, others, scale, max(length, *map(len, others)))
        validation = inputs.with_targets(held_out[1])
    with warming_up():
        model = build_model(plan, seed=loop.seed)
        network, history = trained_network(plan, model, TrainingData(training, validation, data.task), loop, options)
    samples = 0 if validation is None else len(validation)
    examples = tuple(series[:KEPT_EXAMPLES])
    return SeriesNetworkModel(data.task, settings, scale, length, names, network, history, samples, examples)
