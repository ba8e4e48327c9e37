"""The facts of a report on a comparison: the comparison, and details of its best recipe."""

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
    """Retrain the best recipe on the first subset of the largest size, and return the facts of a report.

    Args:
        comparison: the comparison; the best recipe has the highest mean accuracy at the largest size.
        name: name of the data; the title of the report.
        command: command line or Python call of the comparison.
        created: date, ISO 8601; `None`: today in UTC.
        progress: progress callback, called with the step's name, the number done and the total.

    Raises:
        KeyError: no recipe has an accuracy at the largest size.
        MalmoiError: the training failed.
    """
    best = comparison.best()
    retrained = comparison.train(best.recipe, best.labels, progress=progress)
    return gather(
        retrained.model.fitted,
        retrained.held_out,
        name=best.recipe,
        measured_name=name,
        command=command,
        training=retrained.training,
        training_name=name,
        comparison=comparison,
        seed=retrained.seed or 0,
        size_bytes=best.size_bytes,
        created=created,
        progress=progress,
    )
