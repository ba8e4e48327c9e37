"""The threshold curve of a binary classifier."""

from __future__ import annotations

import math

import numpy as np

from malmoi.evaluation.label_matching import match_labels
from malmoi.metrics.thresholds import chosen_thresholds, threshold_scores
from malmoi.models.task import Binary
from malmoi.report.facts import Threshold, Unavailable
from malmoi.report.sources import Sources

__all__ = ["threshold_curve"]


def threshold_curve(sources: Sources) -> tuple[Threshold, ...] | Unavailable:
    """Return the scores of the positive (second) class at about 50 thresholds.

    Texts with labels unknown to the model are included; their predictions count as wrong.
    """
    if sources.has_label_sets:
        return Unavailable("several-labels")
    outputs, labels = sources.evaluation.outputs, sources.measured.required_codes
    if not isinstance(sources.task, Binary) or outputs is None:
        return Unavailable("not-two-classes", {"classes": len(sources.task.classes)})
    places = match_labels(sources.task.classes, labels).places  # type: ignore[arg-type]
    if not (places == 1).any():
        return Unavailable("too-few", {"class": str(sources.task.classes[1].item())})
    probabilities = sources.task.probabilities(outputs)[:, 1]
    found = threshold_scores(probabilities, places == 1, places == 0, chosen_thresholds(probabilities))
    columns = (found.thresholds, found.precision, found.recall, found.f1, found.accuracy)
    rows = zip(*(np.asarray(column, dtype=np.float64).tolist() for column in columns), strict=True)
    return tuple(Threshold(at, None if math.isnan(precision) else precision, *rest) for at, precision, *rest in rows)
