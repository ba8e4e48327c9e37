"""Model files of MiniRocket models."""

from __future__ import annotations

from dataclasses import asdict
from typing import TypedDict

import numpy as np
import numpy.typing as npt

from malmoi.foundation.json_values import JsonObject
from malmoi.foundation.limits import check_limit, check_prediction
from malmoi.foundation.validation import shorten
from malmoi.metrics.calibrators import Temperature, calibrator_from
from malmoi.models.class_weights import class_weight_from, class_weight_to_json
from malmoi.models.linear.feature_files import floats_from
from malmoi.models.minirocket.parts import Convolutions, LinearHead, MiniRocketFacts, Preparation
from malmoi.models.minirocket.settings import MiniRocketSettings
from malmoi.models.normalization import Normalization
from malmoi.models.series_examples import feature_names_from, series_from
from malmoi.models.standardization import Standardization
from malmoi.models.state import Arrays, State, plain
from malmoi.models.task import Task, task_from_state

__all__ = ["ModelParts", "minirocket_state", "parts_from"]

SAVED = ("missing", "kernels", "normalize", "padding", "linear", "C", "seed")
"""Settings that are saved; the number of threads is not, as it depends on the machine."""
SCALE = "scale"
LISTS = ("dilations", "counts", "channel_counts", "chosen")


class ModelParts(TypedDict):
    """The constructor arguments of `MiniRocketModel`."""

    task: Task
    settings: MiniRocketSettings
    preparation: Preparation
    convolutions: Convolutions
    head: LinearHead
    calibrator: Temperature
    facts: MiniRocketFacts
    feature_names: npt.NDArray[np.object_] | None
    examples: tuple[npt.NDArray[np.float32], ...]


def minirocket_state(
    settings: MiniRocketSettings,
    preparation: Preparation,
    convolutions: Convolutions,
    head: LinearHead,
    calibrator: Temperature,
    facts: MiniRocketFacts,
    names: npt.NDArray[np.object_] | None,
) -> State:
    """Return the header and the arrays of the file."""
    header: JsonObject = {
        "settings": {name: plain(getattr(settings, name)) for name in SAVED},
        "class_weight": class_weight_to_json(settings.class_weight),
        "preparation": {
            "normalize": preparation.normalization.kind,
            "padding": preparation.padding,
            "length": preparation.length,
        },
        "calibration": calibrator.to_json(),
        "facts": {
            **asdict(facts),
            "tried": [list(pair) for pair in facts.tried],
            "compared": [list(pair) for pair in facts.compared],
        },
        "feature_names": [] if names is None else list(names),
    }
    arrays: Arrays = {
        **preparation.normalization.scale.to_arrays(SCALE),
        **{f"convolutions/{name}": getattr(convolutions, name).astype(np.int64) for name in LISTS},
        "convolutions/biases": convolutions.biases,
        "linear/weights": head.weights,
        "linear/bias": head.bias,
    }
    return State(header, arrays)


def parts_from(state: State) -> ModelParts:
    """Return the constructor arguments of a MiniRocket model by name.

    Raises:
        ValueError: the state is not of a MiniRocket model.
    """
    task = task_from_state(state)
    given = state.settings(SAVED, SAVED)
    settings = MiniRocketSettings(class_weight=class_weight_from(state), **given)
    settings.check()
    preparation = _preparation_from(state, settings)
    convolutions = _convolutions_from(state, preparation)
    weights = floats_from(state, "linear/weights", (task.units, len(convolutions)))
    calibrator = calibrator_from(state.get("calibration", dict))
    if not isinstance(calibrator, Temperature):
        raise ValueError(f"calibration must be temperature, found {shorten(state.header['calibration'])}")
    return {
        "task": task,
        "settings": settings,
        "preparation": preparation,
        "convolutions": convolutions,
        "head": LinearHead(weights, floats_from(state, "linear/bias", (task.units,))),
        "calibrator": calibrator,
        "facts": _facts_from(state),
        "feature_names": feature_names_from(state, preparation.features),
        "examples": series_from(state, preparation.features, task.units),
    }


def _preparation_from(state: State, settings: MiniRocketSettings) -> Preparation:
    saved = state.get("preparation", dict)
    scale = Standardization.from_arrays(state.arrays, SCALE)
    return Preparation(Normalization(saved["normalize"], scale), settings.missing, saved["length"], saved["padding"])


def _convolutions_from(state: State, preparation: Preparation) -> Convolutions:
    lists = []
    for name in LISTS:
        array = state.arrays.get(f"convolutions/{name}", np.zeros(0))
        if array.dtype != np.int64 or array.ndim != 1 or not array.size or array.min() < 0:
            raise ValueError(f"convolutions/{name} must be one-dimensional int64, 0 or more, found {shorten(array)}")
        lists.append(array.astype(np.uint64))
    biases = state.arrays.get("convolutions/biases", np.zeros(0))
    biases = floats_from(state, "convolutions/biases", (biases.size,))
    dilations, counts, channel_counts, chosen = lists
    check_limit("series length", "convolutions/dilations", int(dilations.max()))
    found = Convolutions(preparation.channels, preparation.least, dilations, counts, channel_counts, chosen, biases)
    found.core  # noqa: B018 -- raises an error if the arrays are inconsistent
    _check_work(found)
    return found


def _check_work(found: Convolutions) -> None:
    """Raise an error for convolutions that would need too much memory or time for a padded series."""
    # The channels and three times their values, padded on both sides, and the sums of their shifted copies.
    width = found.least + 8 * min(int(found.dilations.max()), found.least)
    numbers = found.channels * (2 * width + 2 * found.least) + 4 * found.least + len(found)
    check_prediction(4 * numbers, "it pads series to too many steps")
    steps = found.least * (len(found.channel_counts) + len(found))
    check_limit("convolved steps", "steps of a series times convolutions", steps)


def _facts_from(state: State) -> MiniRocketFacts:
    saved = state.get("facts", dict)
    pairs = {name: tuple(map(tuple, saved[name])) for name in ("tried", "compared")}
    return MiniRocketFacts(**{**saved, **pairs})
