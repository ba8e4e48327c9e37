"""Linear models on the features of all training series: the penalty by cross-validation, then a fit on all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from malmoi import _core
from malmoi.metrics.calibrators import Temperature, log_losses
from malmoi.models.linear.fitting import LinearTargets
from malmoi.models.linear.folds import Fold
from malmoi.models.linear.temperature import temperature_of
from malmoi.models.minirocket.parts import Floats, LinearHead

__all__ = ["FeatureTable", "HeldOutFits", "cross_validated", "fitted_head"]

STRENGTHS = (1.0, 10.0, 100.0, 1_000.0, 10_000.0)
"""Values of C that are compared, from the strongest penalty to the weakest."""
DEFAULT_C = 100.0
REGRESSION_STRENGTHS = (0.01, 0.1, 1.0, 10.0, 100.0, 1_000.0, 10_000.0)
DEFAULT_REGRESSION_C = 10.0
MOST_PRODUCTS = 4_096
"""Up to so many series the products of all pairs are made once; above, each step multiplies by the features."""
STEPS, TOLERANCE, FINAL_TOLERANCE = 300, 1e-3, 1e-4


class FeatureTable:
    """Standardized features of the training series, in the core.

    Args:
        rows: the features, which it changes.
        threads: how many work.
    """

    def __init__(self, rows: _core.DenseTable, threads: int) -> None:
        self.rows, self.threads = rows, threads
        means, deviations = (np.frombuffer(one) for one in rows.moments(threads=threads))
        usable = deviations > 0
        # Rows have a mean squared length of 1, so that the same penalties suit any number of features.
        scale = 1 / np.sqrt(max(int(usable.sum()), 1))
        self.means = means
        self.factors = np.divide(scale, deviations, out=np.zeros_like(deviations), where=usable)
        rows.scale(means.astype("<f4").tobytes(), self.factors.astype("<f4").tobytes(), threads=threads)
        if len(rows) <= MOST_PRODUCTS:
            rows.multiply(threads=threads)

    def fits(
        self, jobs: Sequence[_core.LinearJob], targets: LinearTargets, tolerance: float
    ) -> list[list[tuple[bytearray, bytearray, bytearray, int]]]:
        """Return coefficients, biases, held-out scores and steps for each job and each of its strengths."""
        loss = {"softmax": "softmax", "sigmoid": "logistic", None: "squared"}[targets.link]
        return self.rows.fit(list(jobs), loss=loss, steps=STEPS, tolerance=tolerance, threads=self.threads)

    def head(self, places: npt.NDArray[np.int64], coefficients: bytearray, bias: bytearray) -> LinearHead:
        """Return the linear model on plain features that coefficients of standardized rows stand for."""
        rows = places.astype("<u4").tobytes()
        found = self.rows.weights(rows, bytes(coefficients), threads=self.threads)
        outputs = len(bias) // 4
        weights = np.frombuffer(found, "<f4").reshape(outputs, -1) * self.factors
        shifted = np.frombuffer(bias, "<f4") - weights @ self.means
        return LinearHead(weights.astype(np.float32), shifted.astype(np.float32))


@dataclass(frozen=True)
class HeldOutFits:
    """Scores of series by models that did not learn from them.

    Args:
        C: the strength that is used.
        places: int64 (held out,).
        scores: float32 (held out, outputs).
        loss: mean log loss after calibration by a temperature, in nats; of numbers the mean squared error.
        tried: every C with its loss.
    """

    C: float
    places: npt.NDArray[np.int64]
    scores: Floats
    loss: float
    tried: tuple[tuple[float, float], ...]


def cross_validated(
    table: FeatureTable, targets: LinearTargets, C: float | None, folds: Sequence[Fold]
) -> HeldOutFits | None:
    """Return held-out scores with the C that is used; `None` without folds.

    Args:
        table: features of the training series.
        targets: what is learned.
        C: the strength that was asked for; `None`: chosen by the held-out loss.
        folds: each with every class in its training part.
    """
    if not folds:
        return None
    chosen = STRENGTHS if targets.link is not None else REGRESSION_STRENGTHS
    strengths = chosen if C is None else (C,)
    jobs = [targets.job(fold.training, fold.held_out, strengths, keep=False) for fold in folds]
    found = table.fits(jobs, targets, TOLERANCE)
    places = np.concatenate([fold.held_out for fold in folds])
    held_out = targets.taken(places)
    scores = [np.concatenate([held_out.scores(job[at][2]) for job in found]) for at in range(len(strengths))]
    losses = [_losses(one, held_out) for one in scores]
    weights = held_out.weights if held_out.weights.any() else np.ones_like(held_out.weights)
    means = [float(np.average(one, weights=weights)) for one in losses]
    best = _best(strengths, losses, means, weights, targets) if C is None else 0
    return HeldOutFits(strengths[best], places, scores[best], means[best], tuple(zip(strengths, means, strict=True)))


def _losses(scores: Floats, targets: LinearTargets) -> npt.NDArray[np.float64]:
    """Loss of every sample, (samples,)."""
    if targets.link is None:
        return np.asarray(((scores - targets.classes) ** 2).mean(axis=1), dtype=np.float64)
    calibrated = Temperature(temperature_of(scores, targets)).apply(scores, targets.link)
    return log_losses(calibrated, targets.classes, targets.link)


def _best(
    strengths: Sequence[float],
    losses: Sequence[npt.NDArray[np.float64]],
    means: Sequence[float],
    weights: Floats,
    targets: LinearTargets,
) -> int:
    """The place of the C to use: for classes the usual one, unless another is better by more than a standard error."""
    lowest = int(np.argmin(means))
    if targets.link is None:
        return lowest
    usual = strengths.index(DEFAULT_C)
    gains = losses[usual] - losses[lowest]
    gain = float(np.average(gains, weights=weights))
    error = float(np.sqrt(np.average((gains - gain) ** 2, weights=weights) / max(len(gains) - 1, 1)))
    return lowest if gain > error else usual


def fitted_head(table: FeatureTable, targets: LinearTargets, C: float | None) -> tuple[LinearHead, float, Floats]:
    """Return a linear model fitted on all series, its C, and its scores of them, float32 (samples, outputs)."""
    usual = DEFAULT_C if targets.link is not None else DEFAULT_REGRESSION_C
    strength = usual if C is None else C
    everything = np.arange(len(targets.weights))
    job = targets.job(everything, everything, [strength], keep=True)
    coefficients, bias, scores, _ = table.fits([job], targets, FINAL_TOLERANCE)[0][0]
    return table.head(everything, coefficients, bias), strength, targets.scores(scores)
