"""Temperature scaling with a lower bound for few held-out samples."""

from __future__ import annotations

from malmoi.metrics.calibrators import Temperature, fitted_calibrator
from malmoi.models.linear.fitting import LinearTargets
from malmoi.models.linear.parts import Floats

__all__ = ["temperature_of"]

SAMPLES_TO_HALVE = 100
"""Number of held-out samples with which the temperature may be as low as 1/2."""


def temperature_of(scores: Floats, targets: LinearTargets) -> float:
    """Return the temperature with the smallest log loss on held-out scores, with a lower bound for few samples.

    If a few held-out samples are all predicted correctly, ever smaller temperatures lower the loss, and all
    probabilities would become 0 or 1. With n samples the temperature is at least 1 / (1 + n / 100).

    Args:
        scores: float32 (samples, outputs).
        targets: classes of these samples.

    Raises:
        ValueError: the targets are regression targets.
    """
    if targets.link is None:
        raise ValueError("targets must be classes, got regression targets")
    made = fitted_calibrator("temperature", scores, targets.classes, targets.link, targets.weights)
    least = 1 / (1 + len(scores) / SAMPLES_TO_HALVE)
    return max(made.temperature, least) if isinstance(made, Temperature) else 1.0
