"""Labels of the outputs of a linear model."""

from __future__ import annotations

from collections.abc import Sequence

from malmoi.foundation.arrays import Label
from malmoi.models.task import Classification, Task

__all__ = ["side_labels"]


def side_labels(task: Task) -> Sequence[Label]:
    """Return the label of each output: the classes; "lower" and "higher" for a single regression target."""
    if isinstance(task, Classification):
        labels: list[Label] = task.classes.tolist()
        return labels
    return ["lower", "higher"] if task.units == 1 else [f"number {place}" for place in range(task.units)]
