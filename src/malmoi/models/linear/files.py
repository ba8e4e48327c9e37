"""Model files of bag models."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import TypedDict

import numpy as np
import numpy.typing as npt

from malmoi import _core
from malmoi.foundation.json_values import JsonObject
from malmoi.foundation.validation import shorten
from malmoi.metrics.calibrators import Calibrator, calibrator_from
from malmoi.models.class_weights import class_weight_from, class_weight_to_json
from malmoi.models.examples import example_texts
from malmoi.models.linear.feature_files import columns_from, features_from, features_to_json, floats_from
from malmoi.models.linear.parts import BagFacts, BagScorer, Learned, NgramWeight
from malmoi.models.linear.settings import WEIGHTINGS, BagSettings
from malmoi.models.linear.sides import side_labels
from malmoi.models.state import State, plain
from malmoi.models.task import Regression, Task, task_from_state

__all__ = ["bag_state", "parts_from"]

SAVED = ("weighting", "C", "buckets", "min_texts", "max_features", "seed", "smoothing", "calibration", "reject_below")
"""Settings that are saved; the number of threads is not, as it depends on the machine."""
LONGEST_NAME = 200
SMALLEST_PRIOR = 1e-12


def bag_state(
    settings: BagSettings,
    scorer: BagScorer,
    calibrator: Calibrator,
    learned: Learned,
    facts: BagFacts,
    top_ngrams: tuple[NgramWeight, ...],
) -> State:
    """Return the header and the arrays of the file."""
    features = scorer.features
    header: JsonObject = {
        "settings": {name: plain(getattr(settings, name)) for name in SAVED},
        "class_weight": class_weight_to_json(settings.class_weight),
        "features": features_to_json(features),
        "calibration": calibrator.to_json(),
        "facts": {**asdict(facts), "tried": [list(pair) for pair in facts.tried], "weight": learned.weight},
        "telling": [[one.name[:LONGEST_NAME], plain(one.label), one.weight] for one in top_ngrams],
    }
    arrays: dict[str, npt.NDArray[np.generic]] = {
        "linear/table": scorer.table,
        "linear/bias": scorer.bias,
        "learned/squares": learned.squares,
        "learned/curvature": learned.curvature,
        "learned/prior": learned.prior,
    }
    if settings.buckets is None:
        arrays["linear/hashes"] = scorer.columns.hashes()
    if scorer.factors is not None:
        arrays["linear/factors"] = scorer.factors
    return State(header, arrays)


class BagParts(TypedDict):
    """The constructor arguments of `BagModel`."""

    task: Task
    settings: BagSettings
    scorer: BagScorer
    calibrator: Calibrator
    learned: Learned
    facts: BagFacts
    top_ngrams: tuple[NgramWeight, ...]
    examples: tuple[str, ...]


def parts_from(state: State) -> BagParts:
    """Return the constructor arguments of a bag model by name.

    Raises:
        ValueError: the state is not of a bag model.
    """
    task = task_from_state(state)
    settings = _settings_from(state)
    features = features_from(state, state.header)
    if len(features.tokens) == 1:
        settings = replace(settings, tokens=features.tokens[0], ngrams=features.ngrams[0])
    else:
        settings = replace(settings, tokens=features.tokens, ngrams=features.ngrams)
    settings.check()
    if isinstance(task, Regression) and (settings.weighting == "nb" or settings.reject_below is not None):
        raise ValueError("settings of a regression model must not have the weighting 'nb' or reject_below")
    units = task.units
    columns = _columns_from(state, settings)
    table = floats_from(state, "linear/table", (len(columns), units))
    factors = None
    if WEIGHTINGS[settings.weighting].by_rarity:
        factors = floats_from(state, "linear/factors", (len(columns),))
    scorer = BagScorer(
        features, columns, table, floats_from(state, "linear/bias", (units,)), factors, WEIGHTINGS[settings.weighting]
    )
    saved = state.get("facts", dict)
    learned = Learned(
        floats_from(state, "learned/squares", (len(columns),), least=0),
        floats_from(state, "learned/curvature", (units,), least=0),
        floats_from(state, "learned/prior", (units,), least=SMALLEST_PRIOR),
        saved["weight"],
    )
    return {
        "task": task,
        "settings": settings,
        "scorer": scorer,
        "calibrator": _calibrator_from(state, one_output=units == 1 and not isinstance(task, Regression)),
        "learned": learned,
        "facts": _facts_from(state),
        "top_ngrams": tuple(_top_ngrams_from(state, side_labels(task))),
        "examples": example_texts(state, task.units),
    }


def _settings_from(state: State) -> BagSettings:
    saved = state.settings(SAVED, SAVED)
    return BagSettings(tokens="auto", ngrams="auto", class_weight=class_weight_from(state), **saved)


def _columns_from(state: State, settings: BagSettings) -> _core.BagColumns:
    if settings.buckets is not None:
        return _core.BagColumns.hashed(int(settings.buckets))
    return columns_from(state, "linear/hashes")


def _calibrator_from(state: State, *, one_output: bool) -> Calibrator:
    saved = state.get("calibration", dict)
    if saved.get("kind") == "isotonic" and not one_output:
        raise ValueError("calibration must be temperature for more than two classes, found isotonic")
    return calibrator_from(saved)


def _facts_from(state: State) -> BagFacts:
    saved = state.get("facts", dict)
    facts = {name: value for name, value in saved.items() if name != "weight"}
    return BagFacts(**{**facts, "tried": tuple(map(tuple, saved["tried"]))})


def _top_ngrams_from(state: State, labels: Sequence[object]) -> list[NgramWeight]:
    found = []
    for one in state.get("telling", list):
        if one[1] not in labels:
            raise ValueError(f"telling must name classes of the model, found {shorten(one[1])}")
        found.append(NgramWeight(*one))
    return found
