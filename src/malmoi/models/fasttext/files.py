"""Model files of fastText classifiers."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, TypedDict

import numpy as np
import numpy.typing as npt

from malmoi.foundation.json_values import Json, JsonObject
from malmoi.foundation.validation import shorten
from malmoi.metrics.calibrators import Calibrator, calibrator_from
from malmoi.models.class_weights import class_weight_from, class_weight_to_json
from malmoi.models.examples import example_texts
from malmoi.models.fasttext.network import Dictionary, FastTextNetwork
from malmoi.models.fasttext.parts import FastTextFacts
from malmoi.models.fasttext.settings import FastTextSettings
from malmoi.models.fasttext.tables import QuantisedTable, Table, table_from
from malmoi.models.state import Arrays, State, plain, value_to_json
from malmoi.models.task import Binary, Classification, task_from_state
from malmoi.tokenizers import TOKENIZERS

__all__ = ["fasttext_state", "parts_from"]

SAVED = (
    "dimension",
    "epochs",
    "learning_rate",
    "ngrams",
    "characters",
    "buckets",
    "min_count",
    "loss",
    "calibration",
    "reject_below",
    "seed",
)
"""Settings that are saved; the number of threads and pretrained vectors are not."""
DICTIONARY = ("words", "ngrams", "characters", "buckets", "zeros")


def fasttext_state(
    settings: FastTextSettings,
    network: FastTextNetwork,
    calibrator: Calibrator,
    facts: FastTextFacts,
    prior: npt.NDArray[np.float32] | None,
) -> State:
    """Return the header and the arrays of the file.

    Raises:
        TypeError: the tokenizer is a function, which cannot be saved.
    """
    dictionary = network.dictionary
    tokens = network.tokens
    header: JsonObject = {
        "settings": {name: _plain(getattr(settings, name)) for name in SAVED},
        "class_weight": class_weight_to_json(settings.class_weight),
        "tokens": None if tokens is None else value_to_json(tokens.recorded()),
        "network": {
            **{name: _plain(getattr(dictionary, name)) for name in DICTIONARY},
            "loss": network.loss,
            "dimension": network.input.shape[1],
            "order": network.order.tolist(),
            "part": _part(network.input),
            "output_part": _part(network.output),
        },
        "calibration": calibrator.to_json(),
        "facts": {**asdict(facts), "losses": list(facts.losses)},
    }
    arrays: Arrays = {
        "dictionary/entries": dictionary.entries,
        "dictionary/ends": dictionary.ends,
        "dictionary/counts": dictionary.counts,
        **{f"input/{name}": array for name, array in network.input.arrays().items()},
        **{f"output/{name}": array for name, array in network.output.arrays().items()},
    }
    if dictionary.kept is not None:
        arrays["dictionary/kept"] = dictionary.kept
    if prior is not None:
        arrays["prior"] = prior
    return State(header, arrays)


def _plain(value: Any) -> Json:
    found: Json = list(value) if isinstance(value, tuple) else plain(value)
    return found


def _part(table: Table) -> int:
    return table.part if isinstance(table, QuantisedTable) else 0


class FastTextParts(TypedDict):
    """The constructor arguments of `FastTextModel`."""

    task: Classification
    settings: FastTextSettings
    network: FastTextNetwork
    calibrator: Calibrator
    facts: FastTextFacts
    prior: npt.NDArray[np.float32] | None
    examples: tuple[str, ...]


def parts_from(state: State) -> FastTextParts:
    """Return the constructor arguments of a fastText classifier by name.

    Raises:
        ValueError: the state is not of a fastText classifier.
    """
    task = task_from_state(state)
    if not isinstance(task, Classification):
        raise ValueError("a fastText classifier must have classes, found a regression model")
    network = _network_from(state, len(task.classes))
    saved = state.settings(SAVED, SAVED)
    pair, ngrams = saved.pop("characters"), saved.pop("ngrams")
    settings = FastTextSettings(
        tokens=network.tokens,
        ngrams=tuple(ngrams),
        characters=None if pair is None else tuple(pair),
        class_weight=class_weight_from(state),
        **saved,
    )
    settings.check()
    prior = state.arrays.get("prior")
    if prior is not None and (prior.shape != (len(task.classes),) or prior.min() < 0):
        raise ValueError(f"prior must have {len(task.classes)} shares, found {prior.shape}")
    facts = dict(state.get("facts", dict))
    calibration = state.get("calibration", dict)
    if calibration.get("kind") == "isotonic" and not isinstance(task, Binary):
        raise ValueError("calibration must be temperature for more than two classes, found isotonic")
    return {
        "task": task,
        "settings": settings,
        "network": network,
        "calibrator": calibrator_from(calibration),
        "facts": FastTextFacts(**{**facts, "losses": tuple(facts["losses"])}),
        "prior": None if prior is None else prior.astype(np.float32),
        "examples": example_texts(state, task.units),
    }


def _network_from(state: State, classes: int) -> FastTextNetwork:
    saved = state.get("network", dict)
    arrays = state.arrays
    counts, ends = (arrays.get(f"dictionary/{name}", np.zeros(0, np.int64)) for name in ("counts", "ends"))
    if len(ends) != saved["words"] + classes or len(counts) != len(ends) or counts.min(initial=0) < 0:
        raise ValueError(f"dictionary/ends must have {saved['words'] + classes} values, found {len(ends)}")
    kept = arrays.get("dictionary/kept")
    dictionary = Dictionary(
        entries=arrays["dictionary/entries"].astype(np.uint8),
        ends=ends.astype(np.int64),
        counts=counts.astype(np.int64),
        words=saved["words"],
        ngrams=saved["ngrams"],
        characters=tuple(saved["characters"]),
        buckets=saved["buckets"],
        kept=None if kept is None else kept.astype(np.uint32),
        zeros=saved["zeros"],
    )
    if sorted(saved["order"]) != list(range(classes)):
        raise ValueError(f"network.order must have 0 to {classes - 1}, found {shorten(saved['order'])}")
    tokens = None if state.header.get("tokens") is None else state.value("tokens", TOKENIZERS)
    columns = saved["dimension"]
    network = FastTextNetwork(
        tokens=tokens,
        dictionary=dictionary,
        input=table_from(arrays, "input/", columns, saved["part"]),
        output=table_from(arrays, "output/", columns, saved["output_part"]),
        loss=saved["loss"],
        order=np.array(saved["order"], dtype=np.int64),
    )
    _ = network.core  # checks that dictionary and matrices fit each other
    return network
