"""What a file holds of a MiniRocket model."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np
import numpy.typing as npt

from malmoi.foundation.validation import shorten
from malmoi.metrics.calibrators import Temperature, calibrator_from
from malmoi.models.class_weights import class_weight_from, class_weight_to_json
from malmoi.models.linear.feature_files import floats_from
from malmoi.models.minirocket.parts import Convolutions, LinearHead, MiniRocketFacts, Preparation
from malmoi.models.minirocket.settings import LARGEST_C, LINEAR, MiniRocketSettings
from malmoi.models.normalization import NORMALIZATIONS, Normalization
from malmoi.models.series_examples import feature_names_from, series_from
from malmoi.models.standardization import Standardization
from malmoi.models.state import State, plain
from malmoi.models.task import task_from_state

__all__ = ["minirocket_state", "parts_from"]

SAVED = ("missing", "kernels", "normalize", "padding", "linear", "C", "seed")
"""Settings that are kept as they are; the number of threads is this machine's."""
SCALE = "scale"
LISTS = ("dilations", "counts", "channel_counts", "chosen")
LONGEST = 2**28
"""Steps at most to which a file may have series filled up."""


def minirocket_state(
    settings: MiniRocketSettings,
    preparation: Preparation,
    convolutions: Convolutions,
    head: LinearHead,
    calibrator: Temperature,
    facts: MiniRocketFacts,
    names: npt.NDArray[np.object_] | None,
) -> State:
    """Return header and arrays."""
    header = {
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
    arrays: dict[str, npt.NDArray[Any]] = {
        **preparation.normalization.scale.to_arrays(SCALE),
        **{f"convolutions/{name}": getattr(convolutions, name).astype(np.int64) for name in LISTS},
        "convolutions/biases": convolutions.biases,
        "linear/weights": head.weights,
        "linear/bias": head.bias,
    }
    return State(header, arrays)


def parts_from(state: State) -> dict[str, Any]:
    """Return the arguments of a MiniRocket model by name.

    Raises:
        ValueError: the state is not of such a model.
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
        raise ValueError(f"calibration must be a temperature, found {shorten(state.header['calibration'])}")
    return {
        "task": task,
        "settings": settings,
        "preparation": preparation,
        "convolutions": convolutions,
        "head": LinearHead(weights, floats_from(state, "linear/bias", (task.units,))),
        "calibrator": calibrator,
        "facts": _facts_from(state),
        "feature_names": feature_names_from(state, preparation.features),
        "examples": series_from(state, preparation.features),
    }


def _preparation_from(state: State, settings: MiniRocketSettings) -> Preparation:
    saved = state.get("preparation", dict)
    kind, padding, length = saved.get("normalize"), saved.get("padding"), state.get("length", int, saved)
    if kind is not None and kind not in NORMALIZATIONS:
        raise ValueError(f"preparation.normalize must be one of {', '.join(NORMALIZATIONS)}, found {shorten(kind)}")
    if padding not in ("zeros", None):
        raise ValueError(f"preparation.padding must be zeros or missing, found {shorten(padding)}")
    if not 1 <= length <= LONGEST:
        raise ValueError(f"preparation.length must be from 1 to {LONGEST:,}, found {length}")
    scale = Standardization.from_arrays(state.arrays, SCALE)
    return Preparation(Normalization(kind, scale), settings.missing, length, padding)


def _convolutions_from(state: State, preparation: Preparation) -> Convolutions:
    lists = []
    for name in LISTS:
        array = state.arrays.get(f"convolutions/{name}", np.zeros(0))
        if array.dtype != np.int64 or array.ndim != 1 or not array.size or array.min() < 0:
            raise ValueError(f"convolutions/{name} must be int64 of one axis, 0 or more, found {shorten(array)}")
        lists.append(array.astype(np.uint64))
    biases = state.arrays.get("convolutions/biases", np.zeros(0))
    biases = floats_from(state, "convolutions/biases", (biases.size,))
    dilations, counts, channel_counts, chosen = lists
    found = Convolutions(preparation.channels, preparation.least, dilations, counts, channel_counts, chosen, biases)
    found.core  # noqa: B018 -- raises where the arrays do not fit each other
    return found


def _facts_from(state: State) -> MiniRocketFacts:
    saved = state.get("facts", dict)
    for name in ("samples", "features", "held_out"):
        if state.get(name, int, saved) < 0:
            raise ValueError(f"facts.{name} must be 0 or more, found {saved[name]}")
    C, linear = state.get("C", float, saved), state.get("linear", str, saved)
    if linear not in LINEAR[1:]:
        raise ValueError(f"facts.linear must be one of {', '.join(LINEAR[1:])}, found {shorten(linear)}")
    if not 0 < C <= LARGEST_C:
        raise ValueError(f"facts.C must be above 0 and {LARGEST_C:g} at most, found {C}")
    accuracy = saved.get("training_accuracy")
    return MiniRocketFacts(
        samples=saved["samples"],
        features=saved["features"],
        linear=linear,
        C=C,
        tried=_pairs(state, saved, "tried", float),
        held_out=saved["held_out"],
        training_accuracy=None if accuracy is None else state.get("training_accuracy", float, saved),
        compared=_pairs(state, saved, "compared", str),
    )


def _pairs(state: State, saved: dict[str, Any], name: str, first: type) -> tuple[tuple[Any, float], ...]:
    found = state.get(name, list, saved)
    for pair in found:
        if not isinstance(pair, list) or len(pair) != 2 or not isinstance(pair[0], first):
            raise ValueError(f"facts.{name} must be pairs, found {shorten(pair)}")
        if not isinstance(pair[1], float):
            raise ValueError(f"facts.{name} must end in numbers, found {shorten(pair)}")
    return tuple((one, loss) for one, loss in found)
