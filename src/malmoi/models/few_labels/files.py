"""Model files of few-label models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TypedDict

import numpy as np
import numpy.typing as npt

from malmoi.foundation.json_values import JsonObject
from malmoi.foundation.validation import shorten
from malmoi.metrics.calibrators import Calibrator, calibrator_from
from malmoi.models.class_weights import class_weight_from, class_weight_to_json
from malmoi.models.examples import example_texts
from malmoi.models.few_labels.heads import LinearHead
from malmoi.models.few_labels.parts import BagPart, DensePart, FewLabelFacts, Part, TriedPart
from malmoi.models.few_labels.projection import Projection
from malmoi.models.few_labels.representations import NgramTable, Representation, StaticTable
from malmoi.models.few_labels.settings import FewLabelSettings
from malmoi.models.linear.feature_files import columns_from, features_from, features_to_json, floats_from
from malmoi.models.linear.parts import BagScorer
from malmoi.models.linear.settings import WEIGHTINGS
from malmoi.models.state import Arrays, State, plain
from malmoi.models.task import Task, task_from_state
from malmoi.wordvectors.static.vectors import StaticVectors

__all__ = ["ModelParts", "few_label_state", "parts_from"]

SAVED = ("dimension", "epochs", "self_training", "reject_below", "seed")
"""Settings that are saved; the others are part of the parts."""


class ModelParts(TypedDict):
    """The constructor arguments of `FewLabelModel`."""

    task: Task
    settings: FewLabelSettings
    parts: tuple[Part, ...]
    calibrator: Calibrator
    facts: FewLabelFacts
    examples: tuple[str, ...]


def few_label_state(
    settings: FewLabelSettings, parts: Sequence[Part], calibrator: Calibrator, facts: FewLabelFacts
) -> State:
    """Return the header and the arrays of the file."""
    saved = [_part_state(part, f"part{number}/") for number, part in enumerate(parts)]
    header: JsonObject = {
        "settings": {name: plain(getattr(settings, name)) for name in SAVED},
        "class_weight": class_weight_to_json(settings.class_weight),
        "calibration": calibrator.to_json(),
        "facts": asdict(facts),
        "parts": [one.header for one in saved],
    }
    return State(header, {name: array for one in saved for name, array in one.arrays.items()})


def _part_state(part: Part, prefix: str) -> State:
    header: JsonObject = {"name": part.name, "temperature": part.temperature}
    if isinstance(part, BagPart):
        scorer = part.scorer
        header |= {"kind": "bag", "features": features_to_json(scorer.features), "weighting": _weighting_name(scorer)}
        arrays: Mapping[str, npt.NDArray[np.generic] | None] = {
            "hashes": scorer.columns.hashes(),
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
    saved: JsonObject = {
        "kind": "ngrams",
        "features": features_to_json(representation.features),
        "local": representation.local,
    }
    kept: Arrays = {
        "hashes": representation.columns.hashes(),
        "table": representation.table.astype(np.float16),
    }
    if representation.factors is not None:
        kept["factors"] = representation.factors
    return State(saved, kept)


def _named(prefix: str, arrays: Mapping[str, npt.NDArray[np.generic] | None]) -> Arrays:
    return {prefix + name: array for name, array in arrays.items() if array is not None}


def _weighting_name(scorer: BagScorer) -> str:
    return next(name for name, weighting in WEIGHTINGS.items() if weighting == scorer.weighting)


def parts_from(state: State) -> ModelParts:
    """Return the constructor arguments of a few-label model by name.

    Raises:
        ValueError: the state is not of a few-label model.
        MissingExtraError: a part needs a library that is not installed.
    """
    task = task_from_state(state)
    saved = state.get("parts", list)
    if len({one["name"] for one in saved}) < len(saved):
        raise ValueError(f"parts must have distinct names, found {shorten([one['name'] for one in saved])}")
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
    return {
        "task": task,
        "settings": settings,
        "parts": parts,
        "calibrator": calibrator_from(state.get("calibration", dict)),
        "facts": _facts_from(state),
        "examples": example_texts(state, task.units),
    }


def _part_from(state: State, saved: JsonObject, prefix: str, units: int) -> Part:
    name, temperature = state.get("name", str, saved), state.get("temperature", float, saved)
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


def _representation_from(state: State, saved: JsonObject, prefix: str) -> Representation:
    kind = state.get("kind", str, saved)
    if kind == "static":
        start = f"{prefix}static/"
        arrays = {name.removeprefix(start): array for name, array in state.arrays.items() if name.startswith(start)}
        return StaticTable(StaticVectors.from_state(state.get("static", dict, saved), arrays))
    local = state.get("local", str, saved)
    if kind != "ngrams":
        raise ValueError(f"a part must be n-grams, static or a bag, found {shorten(saved)}")
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


def _scorer_from(state: State, saved: JsonObject, prefix: str, units: int) -> BagScorer:
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
    shares, tried = saved["known_shares"], tuple(TriedPart(**one) for one in saved["tried"])
    if any((one.loss is None) != (one.accuracy is None) for one in tried):
        raise ValueError("facts.tried must have both loss and accuracy, or neither")
    return FewLabelFacts(**{**saved, "known_shares": None if shares is None else tuple(shares), "tried": tried})
