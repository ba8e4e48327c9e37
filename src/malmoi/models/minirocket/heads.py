"""Linear models on MiniRocket features: type and penalty by cross-validation, then a fit on all series."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt

from malmoi import _core
from malmoi.metrics.calibrators import Temperature, log_losses
from malmoi.models.linear.fitting import LinearTargets
from malmoi.models.linear.folds import Fold
from malmoi.models.linear.temperature import temperature_of
from malmoi.models.minirocket.parts import Floats, LinearHead
from malmoi.models.minirocket.ridge import Ridge

__all__ = ["FeatureTable", "HeldOutFits", "LinearKind", "cross_validated", "fitted_head"]

LinearKind = Literal["ridge", "logistic"]

STRENGTHS = {"ridge": (10.0, 100.0, 1_000.0), "logistic": (1.0, 10.0, 100.0, 1_000.0, 10_000.0)}
"""Values of C that are compared for classification, from the strongest penalty to the weakest."""
DEFAULT_C = 100.0
REGRESSION_STRENGTHS = (0.01, 0.1, 1.0, 10.0, 100.0, 1_000.0)
DEFAULT_REGRESSION_C = 10.0
SERIES_FOR_TWO_FOLDS = 1_000
"""Number of series from which two folds are enough to compare models."""
RIDGE_SCALE = 8.0
"""Factor of ridge regression scores for targets of -1 and 1, so that they have the size of log-odds."""
MOST_PRODUCTS = 4_096
"""Maximum number of series for which all pairwise products are computed once; above it, each step uses the features."""
STEPS, TOLERANCE, FINAL_TOLERANCE = 300, 1e-3, 1e-4


class FeatureTable:
    """Standardized features of the training series, in the core.

    Args:
        rows: the features, which are standardized in place.
        threads: number of threads.
    """

    def __init__(self, rows: _core.DenseTable, threads: int) -> None:
        self.rows, self.threads = rows, threads
        means, deviations = rows.moments(threads=threads)
        usable = deviations > 0
        # The mean squared length of rows is 1, so that suitable penalties do not depend on the number of features.
        scale = 1 / np.sqrt(max(int(usable.sum()), 1))
        self.means = means
        self.factors = np.divide(scale, deviations, out=np.zeros_like(deviations), where=usable)
        rows.scale(means.astype(np.float32), self.factors.astype(np.float32), threads=threads)
        if len(rows) <= MOST_PRODUCTS:
            rows.multiply(threads=threads)

    def fits(
        self, jobs: Sequence[_core.LinearJob], targets: LinearTargets, tolerance: float
    ) -> list[list[tuple[Floats, Floats, Floats, int]]]:
        """Return coefficients, biases, held-out scores and steps for each job and each of its strengths."""
        loss = {"softmax": "softmax", "sigmoid": "logistic", None: "squared"}[targets.link]
        return self.rows.fit(list(jobs), loss=loss, steps=STEPS, tolerance=tolerance, threads=self.threads)

    def ridge(self, targets: LinearTargets) -> Ridge | None:
        """Return the ridge regression of targets; `None` if there are too many series, or their weights differ."""
        if len(self.rows) > MOST_PRODUCTS or (targets.weights != targets.weights[0]).any():
            return None
        return Ridge(self.products, targets.values.T.astype(np.float64), self.threads)

    @cached_property
    def products(self) -> npt.NDArray[np.float64]:
        """The products of all pairs of rows, (series, series)."""
        return self.rows.products().astype(np.float64)

    def head(self, coefficients: Floats, bias: Floats) -> LinearHead:
        """Return the linear model on unstandardized features.

        Args:
            coefficients: float32 (outputs, series), coefficients of standardized rows.
            bias: (outputs,).
        """
        rows = np.arange(len(self.rows), dtype=np.uint32)
        weights = self.rows.weights(rows, coefficients, threads=self.threads) * self.factors
        return LinearHead(weights.astype(np.float32), (bias - weights @ self.means).astype(np.float32))


@dataclass(frozen=True)
class HeldOutFits:
    """Out-of-sample scores of series.

    Args:
        kind: type of the selected model.
        C: its strength.
        places: int64 (held out,), indices of the series.
        scores: float32 (held out, outputs).
        losses: float64 (held out,): log losses after temperature scaling, in nats; for regression squared errors.
        weights: float32 (held out,), sample weights.
        tried: every C of this type with its mean loss.
    """

    kind: LinearKind
    C: float
    places: npt.NDArray[np.int64]
    scores: Floats
    losses: npt.NDArray[np.float64]
    weights: Floats
    tried: tuple[tuple[float, float], ...]

    @property
    def loss(self) -> float:
        """The mean loss."""
        return float(np.average(self.losses, weights=self.weights))

    def is_clearly_better(self, other: npt.NDArray[np.float64]) -> bool:
        """Return whether its losses are smaller than others of the same series, by more than a standard error."""
        gains = other - self.losses
        gain = float(np.average(gains, weights=self.weights))
        variance = np.average((gains - gain) ** 2, weights=self.weights)
        return gain > float(np.sqrt(variance / max(len(gains) - 1, 1)))


def cross_validated(
    table: FeatureTable, targets: LinearTargets, C: float | None, kinds: Sequence[LinearKind], folds: Sequence[Fold]
) -> HeldOutFits | None:
    """Return held-out scores of the selected model type and C; `None` without folds.

    The first type is selected unless another one is better by more than a standard error.

    Args:
        table: features of the training series.
        targets: training targets.
        C: the requested strength; `None`: chosen by the held-out loss.
        kinds: types of linear models; for classification "ridge" only if `table.ridge` returns one.
        folds: folds with every class in the training part.
    """
    if not folds:
        return None
    compared = folds[:2] if len(targets.weights) >= SERIES_FOR_TWO_FOLDS else folds
    best: HeldOutFits | None = None
    for kind in kinds:
        if best is not None and C is None:
            first = _of_kind(kind, table, targets, DEFAULT_C, compared)
            if best.is_clearly_better(first.losses):
                continue  # no other value of C could make up for the difference
        found = _of_kind(kind, table, targets, C, compared)
        if best is None or found.is_clearly_better(best.losses):
            best = found
    return best


def _of_kind(
    kind: LinearKind, table: FeatureTable, targets: LinearTargets, C: float | None, folds: Sequence[Fold]
) -> HeldOutFits:
    """Return held-out scores with the best C."""
    places = np.concatenate([fold.held_out for fold in folds])
    held_out = targets.taken(places)
    chosen = STRENGTHS[kind] if targets.link is not None else REGRESSION_STRENGTHS
    strengths = chosen if C is None else (C,)
    ridge = table.ridge(targets) if kind == "ridge" else None
    if ridge is not None:
        scale = 1.0 if targets.link is None else RIDGE_SCALE
        scores = [np.float32(scale) * ridge.held_out(folds, strength) for strength in strengths]
    else:
        jobs = [targets.job(fold.training, fold.held_out, strengths, keep=False) for fold in folds]
        found = table.fits(jobs, targets, TOLERANCE)
        scores = [np.concatenate([job[at][2] for job in found]) for at in range(len(strengths))]
    weights = held_out.weights if held_out.weights.any() else np.ones_like(held_out.weights)
    losses = [_losses(one, held_out) for one in scores]
    means = tuple(float(np.average(one, weights=weights)) for one in losses)
    tried = tuple(zip(strengths, means, strict=True))
    fits = [
        HeldOutFits(kind, strength, places, score, loss, weights, tried)
        for strength, score, loss in zip(strengths, scores, losses, strict=True)
    ]
    lowest = fits[int(np.argmin(means))]
    if targets.link is None or DEFAULT_C not in strengths:
        return lowest
    usual = fits[strengths.index(DEFAULT_C)]
    return lowest if lowest.is_clearly_better(usual.losses) else usual


def _losses(scores: Floats, targets: LinearTargets) -> npt.NDArray[np.float64]:
    """Return the loss of every sample, (samples,)."""
    if targets.link is None:
        return np.asarray(((scores - targets.classes) ** 2).mean(axis=1), dtype=np.float64)
    calibrated = Temperature(temperature_of(scores, targets)).apply(scores, targets.link)
    return log_losses(calibrated, targets.classes, targets.link)


def fitted_head(
    table: FeatureTable, targets: LinearTargets, C: float | None, kind: LinearKind
) -> tuple[LinearHead, float, Floats]:
    """Return a linear model fitted on all series, its C, and its scores of them, float32 (samples, outputs).

    For regression, ridge regression without a closed form is fitted by L-BFGS.
    """
    usual = DEFAULT_C if targets.link is not None else DEFAULT_REGRESSION_C
    strength = usual if C is None else C
    ridge = table.ridge(targets) if kind == "ridge" else None
    if ridge is not None:
        scale = 1.0 if targets.link is None else RIDGE_SCALE
        coefficients, bias, scores = (scale * one for one in ridge.fitted(strength))
        head = table.head(np.ascontiguousarray(coefficients.T, np.float32), bias.astype(np.float32))
        return head, strength, scores.astype(np.float32)
    everything = np.arange(len(targets.weights))
    job = targets.job(everything, everything, [strength], keep=True)
    found, found_bias, found_scores, _ = table.fits([job], targets, FINAL_TOLERANCE)[0][0]
    head = table.head(found, found_bias)
    return head, strength, found_scores
