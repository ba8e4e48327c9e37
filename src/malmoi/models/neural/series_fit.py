"""Fit a network on labelled series."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from malmoi.data.series import Series, SeriesError, as_series, check_feature_names, training_series
from malmoi.foundation.imports import warming_up
from malmoi.foundation.log import logger
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
from malmoi.models.neural.series_model import SeriesNetworkModel, series_inputs
from malmoi.models.neural.series_preparation import Preparation
from malmoi.models.neural.series_settings import SeriesSettings
from malmoi.models.neural.series_training import SeriesTraining, share_to_set_aside
from malmoi.models.task import Classification, Task

__all__ = ["LabelledSeries", "fit_series", "held_out_series"]

Validation = tuple[object, npt.NDArray[np.generic]] | float | None


@dataclass(frozen=True)
class LabelledSeries:
    """Data for fitting a model on series.

    Args:
        series: as passed to `fit`.
        task: the task.
        targets: targets encoded by the task.
        weights: float32 (samples,), sample weights in the loss; `None`: all equal.
        validation: a share of the series; series and their targets; or `None`.
    """

    series: object
    task: Task
    targets: npt.NDArray[np.generic]
    weights: npt.NDArray[np.float32] | None
    validation: Validation


def held_out_series(validation: object, task: Task) -> Validation:
    """Return a share, or series and their targets, or `None`."""
    share = share_of(validation)
    if share is not None or validation is None:
        return share
    if not isinstance(validation, tuple | list) or len(validation) != 2:
        raise TypeError(f"validation must be (X, y), or a share between 0 and 1, got {shorten(validation)}")
    return validation[0], task.encode(validation[1], "validation")


def fit_series(settings: SeriesSettings, data: LabelledSeries, options: FitOptions) -> SeriesNetworkModel:
    """Fit a network on labelled series."""
    series, names = training_series(data.series, len(data.targets), missing=settings.missing)
    share = share_to_set_aside(settings, len(series), validated=data.validation is not None)
    parts = _parts(series, data, share, settings.seed)
    classes = data.task.units if isinstance(data.task, Classification) else 1
    chosen = SeriesTraining.of(settings, len(parts.series), classes, share)
    preparation = Preparation.of(parts.series, settings.normalization, settings.max_time_steps)
    length = max(map(len, parts.series))
    _log(chosen, preparation, length)
    features, task = preparation.normalization.features, data.task
    plan = settings.plan(preparation.length(length), features, task.units, task.activation)
    with _original_places(parts.places):
        training = series_inputs(settings, parts.series, preparation, length).with_targets(parts.targets, parts.weights)
    validation = None
    if parts.held_out is not None:
        check_feature_names(names, parts.held_out[0], "validation")
        held_out = as_series(parts.held_out[0], missing=settings.missing, name="validation")
        inputs = series_inputs(settings, held_out, preparation, max(length, *map(len, held_out)))
        validation = inputs.with_targets(parts.held_out[1])
    loop = settings.training(chosen.steps, chosen.epochs, chosen.batch_size, chosen.patience)
    with warming_up():
        model = build_model(plan, seed=loop.seed)
        network, history = trained_network(plan, model, TrainingData(training, validation, task), loop, options)
    return SeriesNetworkModel(
        task,
        settings,
        preparation,
        chosen,
        length,
        names,
        network,
        history,
        0 if validation is None else len(validation),
        tuple(parts.series[:KEPT_EXAMPLES]),
    )


@dataclass(frozen=True)
class _Parts:
    """Training series, their indices in the data of `fit`, targets and weights; and the validation set."""

    series: Series
    places: npt.NDArray[np.int64]
    targets: npt.NDArray[np.generic]
    weights: npt.NDArray[np.float32] | None
    held_out: tuple[object, npt.NDArray[np.generic]] | None


def _parts(series: Series, data: LabelledSeries, share_set_aside: float, seed: int) -> _Parts:
    """Hold out the share that the user, or early stopping, requires."""
    targets, weights = data.targets, data.weights
    if isinstance(data.validation, tuple):
        return _Parts(series, np.arange(len(series)), targets, weights, data.validation)
    share = data.validation or share_set_aside
    if not share:
        return _Parts(series, np.arange(len(series)), targets, weights, None)
    first, rest = stratified_places(targets, share, seed)
    held_out = ([series[place] for place in rest], targets[rest])
    kept = [series[place] for place in first]
    return _Parts(kept, first, targets[first], None if weights is None else weights[first], held_out)


@contextmanager
def _original_places(places: npt.NDArray[np.int64]) -> Iterator[None]:
    """Translate the series index in errors to the index in the data of `fit`."""
    try:
        yield
    except SeriesError as error:
        place = int(places[error.place])
        raise SeriesError(error.argument, place, error.rule, error.step, error.feature, error.cure) from None


def _log(chosen: SeriesTraining, preparation: Preparation, length: int) -> None:
    logger.info("training: %s", chosen)
    if preparation.averaged_steps > 1:
        logger.info("series of up to %d steps: every %d are averaged", length, preparation.averaged_steps)
