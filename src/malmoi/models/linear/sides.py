"""What each output of a linear model speaks for."""

from __future__ import annotations

from collections.abc import Sequence

from malmoi.foundation.arrays import Label
from malmoi.models.task import Classification, Task

__all__ = ["side_labels"]


def side_labels(task: Task) -> Sequence[Label]:
    """Return what each output speaks for: the classes; of one number "lower" and "higher"."""
    if isinstance(task, Classification):
        labels: list[Label] = task.classes.tolist()
        return labels
    return ["lower", "higher"] if task.units == 1 else [f"number {place}" for place in range(task.units)]
