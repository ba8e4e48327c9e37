"""A temperature of scores that few held-out samples justify."""

from __future__ import annotations

from malmoi.metrics.calibrators import Temperature, fitted_calibrator
from malmoi.models.linear.fitting import LinearTargets
from malmoi.models.linear.parts import Floats

__all__ = ["temperature_of"]

SAMPLES_TO_HALVE = 100
"""Held-out samples that may halve a temperature."""


def temperature_of(scores: Floats, targets: LinearTargets) -> float:
    """Return the temperature with the smallest log loss on held-out scores, but none that few samples cannot justify.

    Where all of a few held-out samples are right, ever smaller temperatures lower the loss: probabilities would all be
    0 or 1. With n samples the temperature is 1 / (1 + n / 100) or more.

    Args:
        scores: float32 (samples, outputs).
        targets: classes of these samples.

    Raises:
        ValueError: the targets are numbers.
    """
    if targets.link is None:
        raise ValueError("targets must be classes, got numbers")
    made = fitted_calibrator("temperature", scores, targets.classes, targets.link, targets.weights)
    least = 1 / (1 + len(scores) / SAMPLES_TO_HALVE)
    return max(made.temperature, least) if isinstance(made, Temperature) else 1.0
