"""What a file holds of a few-label model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import numpy.typing as npt

from malmoi.foundation.validation import shorten
from malmoi.metrics.calibrators import Calibrator, calibrator_from
from malmoi.models.class_weights import class_weight_from, class_weight_to_json
from malmoi.models.examples import example_texts
from malmoi.models.few_labels.heads import LinearHead
from malmoi.models.few_labels.parts import BagPart, DensePart, FewLabelFacts, Part, TriedPart
from malmoi.models.few_labels.projection import Projection
from malmoi.models.few_labels.representations import NgramTable, Representation, StaticTable
from malmoi.models.few_labels.settings import PART_NAMES, FewLabelSettings
from malmoi.models.linear.feature_files import columns_from, features_from, features_to_json, floats_from
from malmoi.models.linear.parts import BagScorer
from malmoi.models.linear.settings import WEIGHTINGS
from malmoi.models.state import Arrays, State, plain
from malmoi.models.task import task_from_state
from malmoi.wordvectors.static.vectors import StaticVectors

__all__ = ["few_label_state", "parts_from"]

SAVED = ("dimension", "epochs", "self_training", "reject_below", "seed")
"""Settings that are kept as they are; the others are in the parts."""
SELF_TRAINING = "self-training"
LOCALS = ("binary", "count", "sublinear")


def few_label_state(
    settings: FewLabelSettings, parts: Sequence[Part], calibrator: Calibrator, facts: FewLabelFacts
) -> State:
    """Return header and arrays."""
    saved = [_part_state(part, f"part{number}/") for number, part in enumerate(parts)]
    header = {
        "settings": {name: plain(getattr(settings, name)) for name in SAVED},
        "class_weight": class_weight_to_json(settings.class_weight),
        "calibration": calibrator.to_json(),
        "facts": asdict(facts),
        "parts": [one.header for one in saved],
    }
    return State(header, {name: array for one in saved for name, array in one.arrays.items()})


def _part_state(part: Part, prefix: str) -> State:
    header: dict[str, Any] = {"name": part.name, "temperature": part.temperature}
    if isinstance(part, BagPart):
        scorer = part.scorer
        header |= {"kind": "bag", "features": features_to_json(scorer.features), "weighting": _weighting_name(scorer)}
        arrays: dict[str, npt.NDArray[Any] | None] = {
            "hashes": np.frombuffer(scorer.columns.hashes(), "<u8"),
            "table": scorer.table,
            "bias": scorer.bias,
            "factors": scorer.factors,
        }
        return State(header, _named(prefix, arrays))
    if not isinstance(part, DensePart):
        raise TypeError(f"parts must be dense or bags, got {shorten(part)}")
    inner = _representation_state(part.representation)
    header |= inner.header
    arrays = {
        **inner.arrays,
        "mean": part.projection.mean,
        "axes": part.projection.axes,
        "weights": part.head.weights,
        "bias": part.head.bias,
    }
    return State(header, _named(prefix, arrays))


def _representation_state(representation: Representation) -> State:
    if isinstance(representation, StaticTable):
        header, arrays = representation.static.to_state()
        return State({"kind": "static", "static": header}, {f"static/{name}": array for name, array in arrays.items()})
    if not isinstance(representation, NgramTable):
        raise TypeError(f"representation must be a table, got {shorten(representation)}")
    saved = {"kind": "ngrams", "features": features_to_json(representation.features), "local": representation.local}
    kept: dict[str, Any] = {
        "hashes": np.frombuffer(representation.columns.hashes(), "<u8"),
        "table": representation.table.astype(np.float16),
    }
    if representation.factors is not None:
        kept["factors"] = representation.factors
    return State(saved, kept)


def _named(prefix: str, arrays: dict[str, npt.NDArray[Any] | None]) -> Arrays:
    return {prefix + name: array for name, array in arrays.items() if array is not None}


def _weighting_name(scorer: BagScorer) -> str:
    return next(name for name, weighting in WEIGHTINGS.items() if weighting == scorer.weighting)


def parts_from(state: State) -> dict[str, Any]:
    """Return the arguments of a few-label model by name.

    Raises:
        ValueError: the state is not of such a model.
        MissingExtraError: a part needs a library that is not installed.
    """
    task = task_from_state(state)
    saved = state.get("parts", list)
    if not saved or not all(isinstance(one, dict) for one in saved):
        raise ValueError(f"parts must be one or more, found {shorten(saved)}")
    parts = tuple(_part_from(state, one, f"part{number}/", task.units) for number, one in enumerate(saved))
    given = state.settings(SAVED, SAVED)
    settings = FewLabelSettings(
        parts="auto",
        tokens="auto",
        ngrams="auto",
        vectors=None,
        embedder=None,
        class_weight=class_weight_from(state),
        **given,
    )
    settings.check()
    calibration = state.get("calibration", dict)
    if calibration.get("kind") != "temperature":
        raise ValueError(f"calibration must be a temperature, found {shorten(calibration)}")
    return {
        "task": task,
        "settings": settings,
        "parts": parts,
        "calibrator": calibrator_from(calibration),
        "facts": _facts_from(state),
        "examples": example_texts(state),
    }


def _part_from(state: State, saved: dict[str, Any], prefix: str, units: int) -> Part:
    name, temperature = state.get("name", str, saved), state.get("temperature", float, saved)
    if name not in (*PART_NAMES, SELF_TRAINING):
        raise ValueError(f"parts must be some of {', '.join(PART_NAMES)}, found {shorten(name)}")
    if not 0 < temperature < np.inf:
        raise ValueError(f"temperature must be above 0 and finite, found {temperature}")
    if state.get("kind", str, saved) == "bag":
        return BagPart(name, _scorer_from(state, saved, prefix, units), temperature)
    representation = _representation_from(state, saved, prefix)
    dimension = representation.dimension
    axes = state.arrays.get(f"{prefix}axes", np.zeros(0))
    kept = axes.shape[1] if axes.ndim == 2 else 0
    projection = Projection(
        floats_from(state, f"{prefix}mean", (dimension,)), floats_from(state, f"{prefix}axes", (dimension, kept))
    )
    head = LinearHead(
        floats_from(state, f"{prefix}weights", (kept, units)), floats_from(state, f"{prefix}bias", (units,))
    )
    return DensePart(name, representation, projection, head, temperature)


def _representation_from(state: State, saved: dict[str, Any], prefix: str) -> Representation:
    kind = state.get("kind", str, saved)
    if kind == "static":
        start = f"{prefix}static/"
        arrays = {name.removeprefix(start): array for name, array in state.arrays.items() if name.startswith(start)}
        return StaticTable(StaticVectors.from_state(state.get("static", dict, saved), arrays))
    local = state.get("local", str, saved)
    if kind != "ngrams" or local not in LOCALS:
        raise ValueError(f"a part must be of n-grams, static or a bag, found {shorten(saved)}")
    columns = columns_from(state, f"{prefix}hashes")
    table = state.arrays.get(f"{prefix}table", np.zeros(0))
    width = table.shape[1] if table.ndim == 2 else 0
    factors = f"{prefix}factors"
    return NgramTable(
        features_from(state, saved),
        columns,
        floats_from(state, f"{prefix}table", (len(columns), width), dtype=np.float16),
        floats_from(state, factors, (len(columns),)) if factors in state.arrays else None,
        local,
    )


def _scorer_from(state: State, saved: dict[str, Any], prefix: str, units: int) -> BagScorer:
    name = state.get("weighting", str, saved)
    weighting = WEIGHTINGS.get(name)
    if weighting is None:
        raise ValueError(f"weighting must be one of {', '.join(WEIGHTINGS)}, found {shorten(name)}")
    columns = columns_from(state, f"{prefix}hashes")
    return BagScorer(
        features_from(state, saved),
        columns,
        floats_from(state, f"{prefix}table", (len(columns), units)),
        floats_from(state, f"{prefix}bias", (units,)),
        floats_from(state, f"{prefix}factors", (len(columns),)) if weighting.by_rarity else None,
        weighting,
    )


def _facts_from(state: State) -> FewLabelFacts:
    saved = state.get("facts", dict)
    numbers = {name: state.get(name, int, saved) for name in ("samples", "unlabelled", "distinct", "held_out")}
    if min(numbers.values()) < 0:
        raise ValueError(f"facts must be 0 or more, found {shorten(numbers)}")
    shares = saved.get("known_shares")
    if shares is not None and not (isinstance(shares, list) and len(shares) == 2 and all(map(_is_share, shares))):
        raise ValueError(f"known_shares must be two shares, found {shorten(shares)}")
    accuracy = saved.get("training_accuracy")
    if accuracy is not None and not _is_share(accuracy):
        raise ValueError(f"training_accuracy must be a share, found {shorten(accuracy)}")
    return FewLabelFacts(
        **numbers,
        known_shares=None if shares is None else (shares[0], shares[1]),
        tried=tuple(_tried_from(state, one) for one in state.get("tried", list, saved)),
        training_accuracy=accuracy,
    )


def _tried_from(state: State, saved: object) -> TriedPart:
    if not isinstance(saved, dict):
        raise ValueError(f"tried must be parts, found {shorten(saved)}")
    name, kept = state.get("name", str, saved), state.get("kept", bool, saved)
    if saved.get("loss") is None and saved.get("accuracy") is None:
        return TriedPart(name, None, None, kept)
    loss, accuracy = state.get("loss", float, saved), state.get("accuracy", float, saved)
    if not (0 <= loss < np.inf and _is_share(accuracy)):
        raise ValueError(f"tried must have a loss from 0 and a share, found {shorten(saved)}")
    return TriedPart(name, loss, accuracy, kept)


def _is_share(value: object) -> bool:
    return isinstance(value, float) and 0 <= value <= 1
