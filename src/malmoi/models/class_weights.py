"""Class weights in model files."""

from __future__ import annotations

from collections.abc import Mapping

from malmoi.foundation.json_values import Json
from malmoi.foundation.validation import shorten
from malmoi.models.state import State, plain
from malmoi.models.task import LABEL_KINDS
from malmoi.models.weights import ClassWeight

__all__ = ["class_weight_from", "class_weight_to_json"]


def class_weight_to_json(wanted: ClassWeight) -> Json:
    """Return class weights as pairs, because JSON keys are always strings."""
    if not isinstance(wanted, Mapping):
        return wanted
    return [[plain(label), float(weight)] for label, weight in wanted.items()]


def class_weight_from(state: State) -> ClassWeight:
    """Return the class weights of a file.

    Raises:
        ValueError: the value is invalid.
    """
    wanted = state.header.get("class_weight")
    if wanted is None or isinstance(wanted, str):
        return wanted
    pairs = state.get("class_weight", list)
    if not all(isinstance(pair, list) and len(pair) == 2 and type(pair[0]) in LABEL_KINDS.values() for pair in pairs):
        raise ValueError(f"class_weight must be pairs of a label and a weight, found {shorten(pairs)}")
    return dict(pairs)
