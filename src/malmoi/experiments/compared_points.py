"""Points of a comparison, from the records of trainings."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from malmoi.data.coded_labels import AnyLabels
from malmoi.errors import FormatError
from malmoi.experiments.comparison import BAG, MAJORITY, ComparedPoint, Difference
from malmoi.experiments.drawn_training import DrawnTraining, DrawnTrainings
from malmoi.experiments.run_record import RunRecord
from malmoi.foundation.json_values import parsed_json
from malmoi.foundation.validation import shorten
from malmoi.metrics.crossed import crossed_accuracy, crossed_difference, holm
from malmoi.metrics.intervals import Score
from malmoi.models.history import History
from malmoi.models.state import State

__all__ = ["compared_points", "first_histories"]

Hits = npt.NDArray[np.bool_]
Records = Mapping[DrawnTraining, RunRecord]


def compared_points(trainings: DrawnTrainings, records: Records) -> tuple[ComparedPoint, ...]:
    """Return the points of a comparison, with Holm's correction over all their tests."""
    points: list[ComparedPoint] = []
    for labels, draws in trainings.plan.draws.items():
        hits = {MAJORITY: _majority_hits(trainings, draws)}
        of_size = [ComparedPoint(MAJORITY, labels, *_scores(hits[MAJORITY]))]
        for name in trainings.recipes:
            taken = [records[DrawnTraining(name, labels, draw)] for draw in range(draws)]
            point, found = _point(name, labels, taken, len(trainings.parts.held_out))
            of_size.append(point)
            if found is not None:
                hits[name] = found
        points += [_with_difference(point, hits) for point in of_size]
    return _adjusted(points)


def first_histories(trainings: DrawnTrainings, records: Records) -> dict[str, History]:
    """Return the training history of each recipe with epochs, of the first draw of the largest size."""
    found = {}
    for name in trainings.recipes:
        record = records[DrawnTraining(name, max(trainings.plan.draws), 0)]
        if record.history is not None:
            try:
                found[name] = History.from_state(State(parsed_json(record.history), {}))
            except (AttributeError, KeyError, TypeError, ValueError) as error:
                where = f"the history of run {record.id} cannot be read"
                raise FormatError(f"{where}: {shorten(str(error))}; delete the run and compare again") from None
    return found


def _majority_hits(trainings: DrawnTrainings, draws: int) -> Hits:
    """Return the correct predictions of the majority class, bool (draws, held_out).

    It is the majority class of all labelled texts, so that ties in small subsets do not matter.
    """
    label, _ = trainings.parts.training.required_codes.most_frequent()
    return np.tile(_equals(trainings.parts.held_out.required_codes, label), (draws, 1))


def _equals(labels: AnyLabels, label: object) -> Hits:
    return np.array([one == label for one in labels.to_list()], dtype=np.bool_)


def _scores(hits: Hits) -> tuple[Score, tuple[float, ...]]:
    return crossed_accuracy(hits), tuple(hits.mean(axis=1).tolist())


def _point(name: str, labels: int, records: list[RunRecord], held_out: int) -> tuple[ComparedPoint, Hits | None]:
    """Return the point of a recipe, and the mask of correct predictions by draw; missing if a draw failed."""
    failed = [record for record in records if record.hits is None]
    if failed:
        first = failed[0]
        which = "" if len(failed) == len(records) else f"draw {first.draw}: "
        return ComparedPoint(name, labels, None, missing=f"{which}{first.failure}"), None
    packed = [np.frombuffer(record.hits or b"", dtype=np.uint8) for record in records]
    hits = np.stack([np.unpackbits(one, count=held_out).astype(np.bool_) for one in packed])
    accuracy, accuracies = _scores(hits)
    predicting = [record.prediction_seconds for record in records if record.prediction_seconds]
    sizes = [record.size_bytes for record in records if record.size_bytes is not None]
    point = ComparedPoint(
        name,
        labels,
        accuracy,
        accuracies,
        seconds=tuple(record.seconds for record in records),
        texts_per_second=held_out / statistics.median(predicting) if predicting else None,
        size_bytes=round(statistics.median(sizes)) if sizes else None,
    )
    return point, hits


def _with_difference(point: ComparedPoint, hits: Mapping[str, Hits]) -> ComparedPoint:
    """Return the point with its difference from the better baseline; for the bag, from the majority class."""
    if point.recipe == MAJORITY or point.recipe not in hits:
        return point
    baselines = [name for name in (BAG, MAJORITY) if name in hits and name != point.recipe]
    best = max(baselines, key=lambda name: float(hits[name].mean()))
    found = crossed_difference(hits[point.recipe], hits[best])
    return replace(point, difference=Difference(best, found.value, found.low, found.high, found.p_value, 1.0))


def _adjusted(points: list[ComparedPoint]) -> tuple[ComparedPoint, ...]:
    tested = [point.difference for point in points if point.difference is not None]
    adjusted = iter(holm([difference.p_value for difference in tested]))
    return tuple(
        point
        if point.difference is None
        else replace(point, difference=replace(point.difference, adjusted_p=next(adjusted)))
        for point in points
    )
