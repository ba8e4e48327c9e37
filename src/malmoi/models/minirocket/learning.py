"""Fit a MiniRocket model on series and targets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from malmoi.data.series import Series, training_series
from malmoi.errors import DataError
from malmoi.foundation.log import logger
from malmoi.foundation.progress import Progress
from malmoi.foundation.threads import thread_count
from malmoi.metrics.calibrators import Temperature
from malmoi.models.linear.fitting import LinearTargets
from malmoi.models.linear.folds import Fold, stratified_folds, with_every_class
from malmoi.models.linear.targets import accuracy_of, linear_targets, strata_of
from malmoi.models.linear.temperature import temperature_of
from malmoi.models.minirocket.heads import (
    MOST_PRODUCTS,
    FeatureTable,
    HeldOutFits,
    LinearKind,
    cross_validated,
    fitted_head,
)
from malmoi.models.minirocket.model import MiniRocketModel
from malmoi.models.minirocket.parts import Convolutions, MiniRocketFacts, Preparation, learned_convolutions
from malmoi.models.minirocket.settings import ConvolutionSettings, MiniRocketSettings, Padding
from malmoi.models.normalization import Normalization
from malmoi.models.task import Targets, Task

__all__ = ["TrainingSeries", "fitted_minirocket", "prepared_for"]

KEPT_EXAMPLES, LONGEST_EXAMPLE = 4, 10_000
SERIES_TO_COMPARE = 1_000
"""Maximum number of series on which preparations are compared."""
MOST_LOGISTIC = 20_000
"""Maximum number of series times outputs for comparing logistic with ridge regression, which is slow."""


@dataclass(frozen=True)
class TrainingSeries:
    """Series as passed to `fit`, with their targets.

    Args:
        series: unchecked series.
        task: the task.
        targets: targets encoded by the task.
        weights: float32 (samples,), sample weights in the loss; `None`: all equal.
    """

    series: object
    task: Task
    targets: Targets
    weights: npt.NDArray[np.float32] | None


@dataclass(frozen=True)
class _Trial:
    """A preparation with its held-out scores."""

    preparation: Preparation
    convolutions: Convolutions
    table: FeatureTable
    kinds: tuple[LinearKind, ...]
    held_out: HeldOutFits | None

    @property
    def name(self) -> str:
        """Normalization and padding for reports."""
        padding = "padded" if self.preparation.padding else "not padded"
        return f"normalize {self.preparation.normalization.kind}, {padding}"


def fitted_minirocket(settings: MiniRocketSettings, data: TrainingSeries, progress: Progress) -> MiniRocketModel:
    """Fit on labelled series.

    Raises:
        ValueError: the numbers of series and targets differ.
        DataError: a series is invalid.
    """
    series, names = training_series(data.series, len(data.targets), missing=settings.missing)
    targets, strata = linear_targets(data.task, data.targets, data.weights), strata_of(data.task, data.targets)
    choices = prepared_for(settings, series)
    compared: tuple[tuple[str, float], ...] = ()
    if len(choices) > 1:
        choices, compared = _best_choice(settings, choices, series, targets, strata, progress)
    trial = _tried(settings, choices[0], series, targets, strata)
    progress("fitting", 1, 1)
    return _model(settings, data, series, names, targets, trial, compared)


def prepared_for(settings: ConvolutionSettings, series: Series) -> list[Preparation]:
    """Return the preparations that the settings allow for training series; the first is the default.

    "auto" means values without normalization, or standardized if there are several features; and, if lengths differ,
    padded with zeros or not.
    """
    if not series:
        raise DataError("X must have 1 series or more, got none")
    lengths = [len(one) for one in series]
    longest, features = max(lengths), series[0].shape[1]
    kinds: Sequence[str | None] = [settings.normalize]
    if settings.normalize == "auto":
        kinds = [None, "training"] if features > 1 else [None]
    paddings: Sequence[Padding | None] = [settings.padding]
    if settings.padding == "auto":
        paddings = ["zeros", None] if min(lengths) < longest else [None]
    pairs = [(kind, padding) for kind in kinds for padding in paddings]
    return [Preparation(Normalization.of(kind, series), settings.missing, longest, padding) for kind, padding in pairs]


def _best_choice(
    settings: MiniRocketSettings,
    choices: list[Preparation],
    series: Series,
    targets: LinearTargets,
    strata: npt.NDArray[np.int64],
    progress: Progress,
) -> tuple[list[Preparation], tuple[tuple[str, float], ...]]:
    """Return the preparation with the smallest held-out loss, and all losses; the default without held-out losses."""
    places = _some(strata, settings.seed)
    some, some_targets = [series[place] for place in places.tolist()], targets.taken(places)
    compared: list[tuple[str, float]] = []
    best: tuple[float, Preparation] | None = None
    for number, choice in enumerate(choices, 1):
        trial = _tried(settings, choice, some, some_targets, strata[places])
        progress("comparing preparations", number, len(choices))
        if trial.held_out is None:
            return choices[:1], ()
        compared.append((trial.name, trial.held_out.loss))
        if best is None or trial.held_out.loss < best[0]:
            best = trial.held_out.loss, choice
    logger.info("preparations of series: %s", compared)
    return ([best[1]] if best is not None else choices[:1]), tuple(compared)


def _some(strata: npt.NDArray[np.int64], seed: int) -> npt.NDArray[np.int64]:
    """Return the sorted indices of a stratified sample of series."""
    if len(strata) <= SERIES_TO_COMPARE:
        return np.arange(len(strata))
    order = np.random.default_rng(seed).permutation(len(strata))
    order = order[np.argsort(strata[order], kind="stable")]
    taken = np.linspace(0, len(strata) - 1, SERIES_TO_COMPARE).round().astype(np.int64)
    return np.sort(order[taken])


def _tried(
    settings: MiniRocketSettings,
    preparation: Preparation,
    series: Series,
    targets: LinearTargets,
    strata: npt.NDArray[np.int64],
) -> _Trial:
    """Compute features of series, and held-out scores on them."""
    packed, threads = preparation.packed(series), thread_count(settings.n_jobs)
    convolutions = learned_convolutions(preparation, packed, settings.kernels, settings.seed, settings.n_jobs)
    table = FeatureTable(convolutions.core.rows(*packed, threads=threads), threads)
    wanted = None if settings.C == "auto" else float(settings.C)
    folds, kinds = _folds(series, strata, targets, settings.seed), _kinds(settings, table, targets)
    return _Trial(preparation, convolutions, table, kinds, cross_validated(table, targets, wanted, kinds, folds))


def _kinds(settings: MiniRocketSettings, table: FeatureTable, targets: LinearTargets) -> tuple[LinearKind, ...]:
    """Return the candidate linear models, the default first.

    Raises:
        ValueError: the requested ridge regression has no closed form here.
    """
    if targets.link is None:
        return ("ridge",)
    if settings.linear == "logistic" or table.ridge(targets) is None:
        if settings.linear == "ridge":
            rule = f'linear must be "logistic" or "auto" for more than {MOST_PRODUCTS:,} series or different weights'
            raise ValueError(f"{rule}, got 'ridge'")
        return ("logistic",)
    is_large = len(targets.values) * len(targets.weights) > MOST_LOGISTIC
    return ("ridge",) if settings.linear == "ridge" or is_large else ("ridge", "logistic")


def _folds(series: Series, strata: npt.NDArray[np.int64], targets: LinearTargets, seed: int) -> list[Fold]:
    """Return folds whose training part has every class; equal series are in the same fold."""
    first: dict[bytes, int] = {}
    groups = np.array([first.setdefault(one.tobytes(), place) for place, one in enumerate(series)], dtype=np.int64)
    found = stratified_folds(groups, strata, seed, samples_for_one_fold=MOST_PRODUCTS + 1)
    classes = np.zeros_like(strata) if targets.link is None else strata
    return with_every_class(found, classes, targets.weights)


def _model(
    settings: MiniRocketSettings,
    data: TrainingSeries,
    series: Series,
    names: npt.NDArray[np.object_] | None,
    targets: LinearTargets,
    trial: _Trial,
    compared: tuple[tuple[str, float], ...],
) -> MiniRocketModel:
    held_out = trial.held_out
    wanted = held_out.C if held_out is not None else None if settings.C == "auto" else float(settings.C)
    kind = trial.kinds[0] if held_out is None else held_out.kind
    head, C, scores = fitted_head(trial.table, targets, wanted, kind)
    temperature = 1.0
    if held_out is not None and targets.link is not None:
        temperature = temperature_of(held_out.scores, targets.taken(held_out.places))
    facts = MiniRocketFacts(
        samples=len(series),
        features=len(trial.convolutions),
        linear=kind,
        C=C,
        tried=() if held_out is None else held_out.tried,
        held_out=0 if held_out is None else len(held_out.places),
        training_accuracy=accuracy_of(targets, scores),
        compared=compared,
    )
    examples = tuple(one for one in series[:KEPT_EXAMPLES] if one.size <= LONGEST_EXAMPLE)
    calibrator = Temperature(temperature)
    return MiniRocketModel(
        data.task, settings, trial.preparation, trial.convolutions, head, calibrator, facts, names, examples
    )
