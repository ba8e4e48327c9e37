"""Fit a linear model: choose the penalty by cross-validation, calibrate on held-out scores, then fit on all texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from malmoi import _core
from malmoi.foundation.progress import Progress
from malmoi.metrics.calibrators import Calibrator, Link, Temperature, fitted_calibrator, log_losses
from malmoi.models.linear.folds import Fold
from malmoi.models.linear.matrix import BagMatrix, Floats, LinearLoss
from malmoi.models.linear.settings import BagSettings
from malmoi.models.task import Targets

__all__ = ["HeldOut", "LinearFit", "LinearTargets", "StrengthSearch", "cross_validated", "fit_linear"]

STRENGTHS = (0.25, 1.0, 4.0, 16.0, 64.0, 256.0, 1024.0)
"""Values of C that are compared, from the strongest penalty to the weakest."""
FIRST = 3
DEFAULT_C = 16.0
CLEARLY = 0.005
TEXTS_FOR_TWO_FOLDS = 2_000
"""Number of texts from which two folds are enough to compare values of C."""


@dataclass(frozen=True)
class LinearTargets:
    """Training targets of a linear model.

    Args:
        values: float32 (outputs, samples): -1 and 1, or standardized regression targets.
        classes: int (samples,) class indices; zeros and ones (samples, outputs); or targets of regression
            (samples, outputs).
        weights: float32 (samples,), sample weights.
        link: function from scores to probabilities; `None` for regression.
    """

    values: Floats
    classes: Targets
    weights: Floats
    link: Link | None

    @property
    def loss(self) -> LinearLoss:
        """The loss function."""
        return "squared" if self.link is None else "logistic"

    def job(
        self,
        training: npt.NDArray[np.integer],
        held_out: npt.NDArray[np.integer],
        strengths: Sequence[float],
        *,
        keep: bool,
    ) -> _core.LinearJob:
        """Return a fitting job of the core."""
        return _core.LinearJob(
            rows=np.ascontiguousarray(training, np.uint32),
            targets=np.ascontiguousarray(self.values[:, training], np.float32),
            weights=np.ascontiguousarray(self.weights[training], np.float32),
            strengths=list(map(float, strengths)),
            held_out=np.ascontiguousarray(held_out, np.uint32),
            keep_weights=keep,
        )

    def taken(self, places: npt.NDArray[np.integer]) -> LinearTargets:
        """Return the targets of some of the samples."""
        return LinearTargets(self.values[:, places], self.classes[places], self.weights[places], self.link)

    def held_out_loss(self, scores: Floats, places: npt.NDArray[np.integer]) -> float:
        """Return the mean log loss after temperature scaling, in nats; for regression the mean squared error."""
        weights = self.weights[places]
        if not weights.any():
            return 0.0
        if self.link is None:
            errors = ((scores - self.classes[places]) ** 2).mean(axis=1)
            return float(np.average(errors, weights=weights))
        made = fitted_calibrator("temperature", scores, self.classes[places], self.link, weights)
        losses = log_losses(made.apply(scores, self.link), self.classes[places], self.link)
        return float(np.average(losses, weights=weights))


@dataclass(frozen=True)
class HeldOut:
    """Out-of-sample scores of texts.

    Args:
        C: the best strength.
        places: int64 (held out,), indices of the texts.
        scores: float32 (held out, outputs).
        loss: mean log loss after temperature scaling.
        tried: loss by C, for every C that was compared.
    """

    C: float
    places: npt.NDArray[np.int64]
    scores: Floats
    loss: float
    tried: dict[float, float]


@dataclass
class StrengthSearch:
    """Search for the best C by the held-out scores of some folds."""

    matrix: BagMatrix
    targets: LinearTargets
    settings: BagSettings
    folds: list[Fold]
    progress: Progress
    losses: dict[float, float] = field(default_factory=dict)
    scores: dict[float, list[Floats]] = field(default_factory=dict)
    best: float = 0.0

    def measure(self, strengths: Sequence[float]) -> None:
        """Fit and score every fold with each strength."""
        places = np.concatenate([fold.held_out for fold in self.folds])
        for strength, parts in zip(strengths, self.fitted(self.folds, strengths), strict=True):
            self.scores[strength] = parts
            self.losses[strength] = self.targets.held_out_loss(np.concatenate(parts), places)
        self.progress("cross-validation", len(self.losses), len(STRENGTHS))

    def fitted(self, folds: list[Fold], strengths: Sequence[float]) -> list[list[Floats]]:
        """Return for each strength the held-out scores of each fold."""
        jobs = [self.targets.job(fold.training, fold.held_out, strengths, keep=False) for fold in folds]
        found = self.matrix.fit(jobs, self.settings, self.targets.loss)
        return [[job[number][1] for job in found] for number in range(len(strengths))]

    def run(self) -> float:
        """Return the best C, or the requested one, and keep its scores."""
        if self.settings.C == "auto":
            self.climb()
        else:
            self.best = float(self.settings.C)
            self.measure([self.best])
        return self.best

    def climb(self) -> None:
        """Start at the middle strength and move in the direction in which the loss decreases, until it no longer does.

        A weaker penalty must lower the loss by a minimum fraction, since it fits more slowly and is more overconfident.
        """
        self.measure(STRENGTHS[FIRST : FIRST + 2])
        weaker = self.losses[STRENGTHS[FIRST + 1]] < (1 - CLEARLY) * self.losses[STRENGTHS[FIRST]]
        step, place = (1, FIRST + 1) if weaker else (-1, FIRST)
        self.best = STRENGTHS[place]
        while 0 <= place + step < len(STRENGTHS):
            place += step
            self.measure([STRENGTHS[place]])
            bound = self.losses[self.best] * (1 - CLEARLY if step > 0 else 1)
            if self.losses[STRENGTHS[place]] >= bound:
                return
            self.best = STRENGTHS[place]


def cross_validated(
    matrix: BagMatrix, targets: LinearTargets, settings: BagSettings, folds: list[Fold], progress: Progress
) -> HeldOut | None:
    """Return held-out scores with the best C, or the requested one; `None` without folds.

    For large data sets values of C are compared on two folds, and the best one is scored on all folds.
    """
    if not folds:
        return None
    compared = 2 if len(targets.weights) >= TEXTS_FOR_TWO_FOLDS and settings.C == "auto" else len(folds)
    search = StrengthSearch(matrix, targets, settings, folds[:compared], progress)
    best = search.run()
    scores = search.scores[best]
    if folds[compared:] and settings.calibration is not None:
        scores = scores + search.fitted(folds[compared:], [best])[0]
    progress("cross-validation", len(STRENGTHS), len(STRENGTHS))
    places = np.concatenate([fold.held_out for fold in folds[: len(scores)]])
    joined = np.concatenate(scores)
    return HeldOut(best, places, joined, targets.held_out_loss(joined, places), dict(sorted(search.losses.items())))


@dataclass(frozen=True)
class LinearFit:
    """A fitted linear model.

    Args:
        table: float32 (features, outputs), weights.
        bias: float32 (outputs,).
        C: its strength.
        calibrator: maps scores to probabilities.
        held_out: out-of-sample scores, if there are any.
        training_scores: float32 (samples, outputs).
        prior: float32 (outputs,), mean square of the features' factors.
    """

    table: Floats
    bias: Floats
    C: float
    calibrator: Calibrator
    held_out: HeldOut | None
    training_scores: Floats
    prior: Floats


def fit_linear(
    matrix: BagMatrix, targets: LinearTargets, settings: BagSettings, held_out: HeldOut | None, progress: Progress
) -> LinearFit:
    """Fit on all texts; calibrate on the held-out scores, if there are any."""
    strength = held_out.C if held_out is not None else DEFAULT_C if settings.C == "auto" else float(settings.C)
    everything = np.arange(len(targets.weights))
    job = targets.job(everything, everything, [strength], keep=True)
    weights, scores, _, prior = matrix.fit([job], settings, targets.loss)[0][0]
    progress("fitting", 1, 1)
    calibrator: Calibrator = Temperature()
    if held_out is not None and settings.calibration is not None and targets.link is not None:
        places = held_out.places
        chosen = (held_out.scores, targets.classes[places], targets.link, targets.weights[places])
        calibrator = fitted_calibrator(settings.calibration, *chosen)
    return LinearFit(
        weights.table(),
        weights.bias(),
        strength,
        calibrator,
        held_out,
        scores,
        np.asarray(prior, dtype=np.float32),
    )
