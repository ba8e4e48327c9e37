"""What all model files share: history, network, weights, classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from malmoi.classifiers import Answers, NetworkEstimator
from malmoi.errors import DataError, shorten
from malmoi.history import EpochRow, History
from malmoi.labels import tidy_labels
from malmoi.networks import NETWORKS, Network, Plan, build_model
from malmoi.storage.files import Parts, plain, value_from, value_to_json, versions

__all__ = [
    "answers_from",
    "answers_to_json",
    "class_weight_from",
    "class_weight_to_json",
    "close",
    "common_header",
    "network_from",
    "settings_from",
    "take_weights",
    "weights_of",
]

LARGEST_DIFFERENCE = 1e-4
KINDS = {"bool": bool, "float": float, "int": int, "str": str}
FORMS = ("class", "sets", "indicator")


def common_header(model: NetworkEstimator) -> dict[str, Any]:
    """What the files of all kinds of models say.

    Raises:
        TypeError: the network is a function.
    """
    network, history = model.settings_["network"], model.history_
    if type(network).__name__ not in NETWORKS:
        cure = f"a file holds no program; train with one of {', '.join(NETWORKS)}, or keep network_.save_weights"
        raise TypeError(f"network must be one of ours to be saved, got {shorten(network)}; {cure}")
    rows = [{k: v for k, v in asdict(row).items() if k != "seconds"} for row in history.rows]
    return {
        "kind": type(model).__name__,
        "history": rows,
        "kept_epoch": history.kept_epoch,
        "note": history.note,
        "network": value_to_json(network),
        "versions": versions(),
    }


def weights_of(model: NetworkEstimator) -> dict[str, npt.NDArray[Any]]:
    """The weights by their paths; the seeds of dropout among them."""
    return {weight.path: np.asarray(weight.value) for weight in model.network_.weights}


def take_weights(model: NetworkEstimator, plan: Plan, parts: Parts, arrays: dict[str, npt.NDArray[Any]]) -> None:
    """Build the network and give it the file's weights; take the file's history."""
    plan.check()
    stored = sum(array.size for array in arrays.values() if array.dtype == np.float32)
    if plan.parameter_count != stored:
        raise parts.wrong(f"its settings need {plan.parameter_count} parameters, it holds {stored}")
    network = build_model(plan)
    for weight in network.weights:
        array = arrays.get(weight.path)
        if array is None or array.shape != tuple(weight.shape) or array.dtype != np.dtype(weight.dtype):
            raise parts.wrong(f"{weight.path} must be {weight.dtype} {tuple(weight.shape)}")
        weight.assign(array)
    model._take_network(network)
    model.history_ = history_from(parts)


def history_from(parts: Parts) -> History:
    """The epochs of the training."""
    rows = [_epoch(parts, row) for row in parts.get("history", list)]
    kept = parts.get("kept_epoch", int) if parts.header.get("kept_epoch") is not None else None
    if kept is not None and not 1 <= kept <= len(rows):
        raise parts.wrong(f"kept_epoch must be from 1 to {len(rows)}, found {kept}")
    return History(rows, kept, parts.get("note", str) if parts.header.get("note") is not None else None)


def network_from(parts: Parts) -> Network:
    """The network's settings."""
    network: Network = value_from(parts, "network", NETWORKS)
    return network


def settings_from(parts: Parts, known: Sequence[str], needed: Sequence[str]) -> dict[str, Any]:
    """The settings by name; those that came later have their defaults in older files."""
    settings = parts.get("settings", dict)
    if not set(needed) <= set(settings) <= set(known):
        raise parts.wrong(f"settings must be {', '.join(known)}, found {shorten(sorted(settings))}")
    return dict(settings)


def answers_to_json(answers: Answers) -> dict[str, Any]:
    """Classes of one kind, and how they are given."""
    values = [plain(value) for value in answers.classes.tolist()]
    return {"kind": type(values[0]).__name__, "values": values, "form": answers.form}


def answers_from(parts: Parts) -> Answers:
    """The classes, and how they are given."""
    form = parts.get("classes", dict).get("form", "class")
    if form not in FORMS:
        raise parts.wrong(f"classes.form must be one of {', '.join(FORMS)}, found {shorten(form)}")
    return Answers(_classes_from(parts), form)


def class_weight_to_json(wanted: Any) -> Any:
    """Pairs, because JSON has names for keys only."""
    if not isinstance(wanted, Mapping):
        return wanted
    return [[plain(label), float(weight)] for label, weight in wanted.items()]


def class_weight_from(parts: Parts) -> Any:
    """As `class_weight_to_json` wrote it."""
    wanted = parts.header.get("class_weight")
    if not isinstance(wanted, list):
        return wanted
    if not all(isinstance(pair, list) and len(pair) == 2 and type(pair[0]) in KINDS.values() for pair in wanted):
        raise parts.wrong(f"class_weight must be pairs of a label and a weight, found {shorten(wanted)}")
    return dict(wanted)


def close(answer: npt.NDArray[Any], saved: Any) -> bool:
    """Whether two answers are the same but for the last digits."""
    if np.shape(answer) != np.shape(saved):
        return False
    return bool(np.allclose(answer, saved, rtol=LARGEST_DIFFERENCE, atol=LARGEST_DIFFERENCE))


def _classes_from(parts: Parts) -> npt.NDArray[Any]:
    saved = parts.get("classes", dict)
    kind, values = KINDS.get(str(saved.get("kind"))), parts.get("values", list, saved)
    if kind is None or len(values) < 2 or any(type(value) is not kind for value in values):
        raise parts.wrong(f"classes must be 2 or more of one kind, found {shorten(saved)}")
    if kind is float:  # earlier versions learned such classes too
        classes = np.asarray(values)
    else:
        try:
            classes = tidy_labels(values, "classes[{}]".format)
        except DataError as error:
            raise parts.wrong(str(error)) from error
    if not np.array_equal(np.unique(classes), classes):
        raise parts.wrong("classes must be sorted and distinct")
    return classes


def _epoch(parts: Parts, row: object) -> EpochRow:
    names = {field.name for field in fields(EpochRow) if field.name != "seconds"}
    # Errors of numbers came later.
    if not isinstance(row, dict) or not names - {"error", "validation_error"} <= set(row) <= names:
        raise parts.wrong(f"history must have {', '.join(sorted(names))} in every row, found {shorten(row)}")
    if not all(value is None or type(value) in (float, int) for value in row.values()):
        raise parts.wrong(f"history must hold numbers, found {shorten(row)}")
    return EpochRow(**row)
