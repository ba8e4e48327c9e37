"""Selection of the parts that significantly lower the loss on held-out labelled texts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from malmoi.metrics.calibrators import Temperature, log_losses
from malmoi.models.linear.fitting import LinearTargets
from malmoi.models.linear.parts import Floats
from malmoi.models.linear.temperature import temperature_of

__all__ = ["combined", "kept_parts"]

FEW_HELD_OUT = 100


def combined(scores: Sequence[Floats], temperatures: Sequence[float]) -> Floats:
    """Return the mean of scores, each divided by its temperature; float32 (samples, outputs)."""
    parts = [one / temperature for one, temperature in zip(scores, temperatures, strict=True)]
    return np.asarray(np.mean(parts, axis=0, dtype=np.float64), dtype=np.float32)


def kept_parts(scores: Sequence[Floats], temperatures: Sequence[float], targets: LinearTargets) -> list[int]:
    """Return the indices of the parts to combine.

    The first part is selected unless another lowers the loss by more than one standard error of the difference, or two
    below 100 held-out texts, where the worse part often has the lower loss by chance. Then parts are added, the best
    one
    first, as long as each lowers the loss by more than two standard errors: adding a much worse part harms the mean.

    Args:
        scores: held-out scores float32 (samples, outputs) of each part, in the order of preference.
        temperatures: temperature of each part.
        targets: targets of the held-out texts.
    """

    def losses(chosen: list[int]) -> npt.NDArray[np.float64]:
        mixed = combined([scores[one] for one in chosen], [temperatures[one] for one in chosen])
        link = targets.link or "softmax"
        return log_losses(Temperature(temperature_of(mixed, targets)).apply(mixed, link), targets.classes, link)

    kept = [0]
    now = losses(kept)
    for one in range(1, len(scores)):
        if _is_lower(loss := losses([one]), now, 2 if len(now) < FEW_HELD_OUT else 1):
            kept, now = [one], loss
    while True:
        candidates = [one for one in range(len(scores)) if one not in kept]
        tried = {one: losses([*kept, one]) for one in candidates}
        better = [one for one in candidates if _is_lower(tried[one], now, 2)]
        if not better:
            return sorted(kept)
        best = min(better, key=lambda one: float(tried[one].mean()))
        kept, now = [*kept, best], tried[best]


def _is_lower(losses: npt.NDArray[np.float64], before: npt.NDArray[np.float64], errors: int) -> bool:
    """Return whether losses are lower than `before` by more than a number of standard errors."""
    differences = before - losses
    error = differences.std(ddof=1) / np.sqrt(len(differences)) if len(differences) > 1 else np.inf
    return bool(differences.mean() > error * errors)
