"""The facts of a report on a comparison: the comparison itself, and its best recipe in all detail."""

from __future__ import annotations

from malmoi.experiments.comparison import Comparison
from malmoi.foundation.progress import Progress, silent
from malmoi.report.facts import ReportFacts
from malmoi.report.gathering import gather

__all__ = ["comparison_facts"]


def comparison_facts(
    comparison: Comparison,
    *,
    name: str,
    command: str,
    created: str | None = None,
    progress: Progress = silent,
) -> ReportFacts:
    """Train the best recipe once more, on the first draw of the largest number of labels, and gather the facts.

    Args:
        comparison: its best recipe is the one with the highest mean accuracy at that number of labels.
        name: of the data; the title of the report.
        command: how the comparison was made.
        created: date, ISO 8601; `None`: today in UTC.
        progress: progress callback.

    Raises:
        KeyError: no recipe has an accuracy with the largest number of labels.
        MalmoiError: the training failed.
    """
    best = comparison.best()
    again = comparison.train(best.recipe, best.labels, progress=progress)
    return gather(
        again.model.fitted,
        again.held_out,
        name=best.recipe,
        measured_name=name,
        command=command,
        training=again.training,
        training_name=name,
        comparison=comparison,
        seed=again.seed or 0,
        size_bytes=best.size_bytes,
        created=created,
        progress=progress,
    )
