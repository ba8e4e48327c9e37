"""Calibration of scores to probabilities, by temperature scaling or isotonic regression."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from malmoi.foundation.json_values import JsonObject
from malmoi.foundation.validation import shorten
from malmoi.metrics.golden_section import minimum_between

__all__ = [
    "CALIBRATIONS",
    "LEAST_TEMPERATURE",
    "MOST_TEMPERATURE",
    "Calibrator",
    "Isotonic",
    "Link",
    "Temperature",
    "calibrator_from",
    "fitted_calibrator",
    "log_losses",
]

Link = Literal["sigmoid", "softmax"]
Scores: TypeAlias = npt.NDArray[np.float32]
Targets: TypeAlias = npt.NDArray[np.integer] | npt.NDArray[np.floating]
CALIBRATIONS = ("auto", "temperature", "isotonic")
SMALLEST_TEMPERATURE, LARGEST_TEMPERATURE = 0.02, 50.0
LEAST_TEMPERATURE, MOST_TEMPERATURE = SMALLEST_TEMPERATURE / 2, 2 * LARGEST_TEMPERATURE
"""Range of the temperature in a model file."""
LEAST_FOR_ISOTONIC = 1_000
"""Isotonic regression is nonparametric: with fewer samples it overfits."""


class Calibrator(Protocol):
    """A mapping from scores to probabilities."""

    def apply(self, scores: Scores, link: Link) -> Scores:
        """Return probabilities float32 (samples, outputs) of scores (samples, outputs)."""

    def to_json(self) -> JsonObject:
        """Return the parameters as a JSON object."""


@dataclass(frozen=True)
class Temperature:
    """Temperature scaling: scores are divided by the temperature before the link function.

    Args:
        temperature: above 0; values above 1 make probabilities less confident.

    Source:
        Guo et al. 2017, "On calibration of modern neural networks".
    """

    temperature: float = 1.0

    def apply(self, scores: Scores, link: Link) -> Scores:
        """Return probabilities float32 (samples, outputs)."""
        scaled = scores.astype(np.float64) / self.temperature
        if link == "sigmoid":
            return _sigmoid(scaled).astype(np.float32)
        shifted = np.exp(scaled - scaled.max(axis=1, keepdims=True)) if len(scaled) else scaled
        shares: Scores = (shifted / shifted.sum(axis=1, keepdims=True)).astype(np.float32)
        return shares

    def __str__(self) -> str:
        """Return a description with the temperature."""
        return f"temperature {self.temperature:.3g}"

    def to_json(self) -> JsonObject:
        """Return kind and temperature."""
        return {"kind": "temperature", "temperature": self.temperature}


@dataclass(frozen=True)
class Isotonic:
    """Isotonic regression for two classes: an increasing, piecewise linear function of the score.

    Args:
        scores: (knots,), increasing.
        probabilities: (knots,), of the second class, increasing, between 0 and 1.

    Source:
        Zadrozny and Elkan 2002; the knots are the means of the blocks of the pool adjacent violators algorithm, with
        one sample of each class added to every block so that no probability is 0 or 1.
    """

    scores: tuple[float, ...]
    probabilities: tuple[float, ...]

    def apply(self, scores: Scores, link: Link) -> Scores:
        """Return probabilities float32 (samples, 1)."""
        return np.interp(scores.astype(np.float64), self.scores, self.probabilities).astype(np.float32)

    def __str__(self) -> str:
        """Return a description with the number of knots."""
        return f"isotonic, {len(self.scores)} knots"

    def to_json(self) -> JsonObject:
        """Return kind and knots."""
        return {"kind": "isotonic", "scores": list(self.scores), "probabilities": list(self.probabilities)}


def calibrator_from(saved: object) -> Calibrator:
    """Return the calibrator from the value stored in a model file.

    Raises:
        ValueError: the value is invalid.
    """
    wrong = ValueError(f"calibration must be a temperature or isotonic, found {shorten(saved)}")
    if not isinstance(saved, dict):
        raise wrong
    temperature = saved.get("temperature")
    if saved.get("kind") == "temperature" and isinstance(temperature, float):
        if not LEAST_TEMPERATURE <= temperature <= MOST_TEMPERATURE:
            raise wrong
        return Temperature(temperature)
    knots = (saved.get("scores"), saved.get("probabilities"))
    if saved.get("kind") != "isotonic" or not all(_are_floats(values) for values in knots):
        raise wrong
    scores, probabilities = saved["scores"], saved["probabilities"]
    increasing = all(first <= second for values in knots if values for first, second in pairwise(values))
    if len(scores) != len(probabilities) or not scores or not increasing:
        raise wrong
    if not all(0 <= value <= 1 for value in probabilities):
        raise wrong
    return Isotonic(tuple(saved["scores"]), tuple(saved["probabilities"]))


def _are_floats(values: object) -> bool:
    return isinstance(values, list) and all(isinstance(value, float) and math.isfinite(value) for value in values)


def fitted_calibrator(
    wanted: str, scores: Scores, targets: Targets, link: Link, weights: npt.NDArray[np.float32] | None = None
) -> Calibrator:
    """Fit a calibrator on held-out scores.

    Args:
        wanted: "temperature"; "isotonic", for two classes only; "auto": the one with the smaller log loss in two-fold
            cross-validation.
        scores: float32 (samples, outputs), of held-out texts.
        targets: int (samples,), classes from 0; or zeros and ones (samples, outputs).
        link: link function from scores to probabilities.
        weights: float32 (samples,), weight of each sample.

    Raises:
        ValueError: "isotonic" is requested for more than two classes.
    """
    binary = link == "sigmoid" and scores.shape[1] == 1
    weights = np.ones(len(scores), dtype=np.float32) if weights is None else weights
    if wanted == "isotonic":
        if not binary:
            raise ValueError("calibration must be 'temperature' or 'auto' for more than two classes, got 'isotonic'")
        return _isotonic(scores, targets, weights)
    if wanted == "auto" and binary and len(scores) >= LEAST_FOR_ISOTONIC:
        halves = [np.arange(len(scores)) % 2 == side for side in (0, 1)]
        losses = []
        for fit in (_temperature, _isotonic):
            total = 0.0
            for half in halves:
                fitted = fit(scores[~half], targets[~half], weights[~half], link)
                total += float(log_losses(fitted.apply(scores[half], link), targets[half], link) @ weights[half])
            losses.append(total)
        if losses[1] < losses[0]:
            return _isotonic(scores, targets, weights)
    return _temperature(scores, targets, weights, link)


def log_losses(probabilities: Scores, targets: Targets, link: Link) -> npt.NDArray[np.float64]:
    """Return the log loss of every sample in nats, (samples,), averaged over outputs."""
    shares = probabilities.astype(np.float64).clip(1e-7, 1 - 1e-7)
    if link == "softmax":
        return np.asarray(-np.log(shares[np.arange(len(shares)), targets.astype(np.int64)]))
    truth = targets.reshape(len(shares), -1)
    return np.asarray(-np.where(truth > 0, np.log(shares), np.log1p(-shares)).mean(axis=1))


def _temperature(scores: Scores, targets: Targets, weights: Scores, link: Link = "sigmoid") -> Temperature:
    """Return the temperature with the smallest log loss, by golden-section search over its logarithm."""
    if not len(scores) or not weights.any():
        return Temperature()

    def loss(logarithm: float) -> float:
        probabilities = Temperature(math.exp(logarithm)).apply(scores, link)
        return float(np.average(log_losses(probabilities, targets, link), weights=weights))

    found = minimum_between(loss, math.log(SMALLEST_TEMPERATURE), math.log(LARGEST_TEMPERATURE))
    return Temperature(math.exp(found))


def _isotonic(scores: Scores, targets: Targets, weights: Scores, link: Link = "sigmoid") -> Isotonic:
    """Fit isotonic regression with pool adjacent violators; every block becomes a knot at its mean score."""
    values, inverse = np.unique(scores[:, 0].astype(np.float64), return_inverse=True)
    counts = np.bincount(inverse, weights, minlength=len(values))
    hits = np.bincount(inverse, weights * targets.reshape(-1), minlength=len(values))
    blocks: list[list[float]] = []  # weight, weighted truth, weighted score
    for value, one, weight in zip(values.tolist(), hits.tolist(), counts.tolist(), strict=True):
        if weight <= 0:
            continue
        blocks.append([weight, one, weight * value])
        while len(blocks) > 1 and blocks[-2][1] * blocks[-1][0] >= blocks[-1][1] * blocks[-2][0]:
            last = blocks.pop()
            blocks[-1] = [first + second for first, second in zip(blocks[-1], last, strict=True)]
    if not blocks:
        return Isotonic((0.0,), (0.5,))
    knots = [(total / weight, (one + 1) / (weight + 2)) for weight, one, total in blocks]
    shares = np.maximum.accumulate([share for _, share in knots]).tolist()
    return Isotonic(tuple(score for score, _ in knots), tuple(shares))


def _sigmoid(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    # Positive and negative values separately, so that nothing overflows.
    small = np.exp(-np.abs(values))
    return np.asarray(np.where(values >= 0, 1, small) / (1 + small))
