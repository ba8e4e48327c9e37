"""The weights of classes as files hold them."""

from __future__ import annotations

from collections.abc import Mapping

from malmoi.foundation.json_values import Json
from malmoi.foundation.validation import shorten
from malmoi.models.state import State, plain
from malmoi.models.task import LABEL_KINDS
from malmoi.models.weights import ClassWeight

__all__ = ["class_weight_from", "class_weight_to_json"]


def class_weight_to_json(wanted: ClassWeight) -> Json:
    """Return weights of classes as pairs, because JSON has names for keys only."""
    if not isinstance(wanted, Mapping):
        return wanted
    return [[plain(label), float(weight)] for label, weight in wanted.items()]


def class_weight_from(state: State) -> ClassWeight:
    """Return what `class_weight_to_json` made.

    Raises:
        ValueError: it is something else.
    """
    wanted = state.header.get("class_weight")
    if wanted is None or isinstance(wanted, str):
        return wanted
    pairs = state.get("class_weight", list)
    if not all(isinstance(pair, list) and len(pair) == 2 and type(pair[0]) in LABEL_KINDS.values() for pair in pairs):
        raise ValueError(f"class_weight must be pairs of a label and a weight, found {shorten(pairs)}")
    return dict(pairs)
