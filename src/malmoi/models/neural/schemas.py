"""Schemas of the files of networks."""

from __future__ import annotations

from dataclasses import fields

from malmoi.foundation.limits import most
from malmoi.models.neural.embeddings import SAVED_EMBEDDINGS
from malmoi.models.neural.networks import NETWORKS
from malmoi.models.neural.networks.plan import PRECISIONS
from malmoi.models.neural.settings import OPTIMIZERS, SCHEDULES
from malmoi.models.rules import (
    COUNT,
    EXAMPLE_ARRAY,
    FEATURE_NAMES,
    HISTORY,
    SCALE_ARRAY,
    SEED,
    SERIES_EXAMPLES,
    SHARE,
    TASK,
    TOKENS,
    text_examples,
    whole_header,
)
from malmoi.models.schema import (
    ArrayRule,
    Choice,
    Flag,
    Frozen,
    Items,
    Number,
    Optional,
    Record,
    Rule,
    Schema,
    Text,
    Whole,
    Words,
)
from malmoi.wordvectors import Coverage

__all__ = ["SERIES_ARRAYS", "SERIES_NETWORK", "SERIES_SCHEMA", "TEXT_SCHEMA"]

WEIGHTS = ArrayRule(r"(?!vocabulary/|example/).+", ("float32", "uint32"))
"""Arrays of a network's weights, and of the seeds of its dropout."""
NETWORK = Frozen(NETWORKS)
SIDE = Choice(("pre", "post"))
TRAINING: dict[str, Rule] = {
    "optimizer": Choice(OPTIMIZERS),
    "learning_rate": Optional(Number(0)),
    "seed": SEED,
}
COVERED: dict[str, Rule] = {one.name: Whole() for one in fields(Coverage) if one.name != "missing"}

TEXT_SCHEMA = Schema(
    whole_header(
        {
            "history": HISTORY["history"],
            "network": NETWORK,
            "classes": TASK["classes"],
            "embedding": Frozen(SAVED_EMBEDDINGS, "Learned"),
            "examples": text_examples("probabilities"),
            "settings": Record(
                {
                    **TRAINING,
                    "max_tokens": Optional(Whole(3, most("vocabulary"))),
                    "max_length": Whole(1, most("text length")),
                    "min_count": Whole(1, 2**63 - 1),
                    "padding": SIDE,
                    "truncating": SIDE,
                    "epochs": COUNT,
                    "batch_size": COUNT,
                },
                {"patience": Optional(COUNT), "precision": Choice(PRECISIONS)},
            ),
            "tokens": TOKENS,
            "facts": Record(
                {
                    "samples": Whole(),
                    "validation_samples": Whole(),
                    "cut_share": SHARE,
                    "unknown_share": SHARE,
                    "coverage": Optional(Record({**COVERED, "missing": Items(Text(), largest=100)})),
                }
            ),
            "words": Words(),
        },
        {**HISTORY, "given_network": NETWORK, "class_weight": TASK["class_weight"]},
    ),
    (ArrayRule("vocabulary/counts", ("int64",), 1), WEIGHTS),
)

SERIES_NETWORK = Record(
    {
        "history": HISTORY["history"],
        "network": NETWORK,
        "examples": SERIES_EXAMPLES,
        "length": Whole(1, most("series length")),
        "validation_samples": Whole(),
        "settings": Record(
            {
                **TRAINING,
                "missing": Choice(("refuse", "indicate")),
                "epochs": Optional(COUNT),
                "batch_size": Optional(COUNT),
                "patience": Optional(COUNT),
                "precision": Choice(PRECISIONS),
            },
            {
                "normalize": Choice(("auto", "series", "training", None)),
                "standardize": Flag(),
                "max_time_steps": Optional(COUNT),
                "schedule": Choice(SCHEDULES),
                "steps": Optional(COUNT),
            },
        ),
    },
    {
        **HISTORY,
        **TASK,
        "given_network": NETWORK,
        "feature_names": FEATURE_NAMES,
        "averaged_steps": Whole(1, most("series length")),
        "training": Optional(
            Record(
                {
                    "steps": Whole(),
                    "epochs": Whole(),
                    "batch_size": Whole(),
                    "patience": Optional(Whole()),
                    "share_set_aside": SHARE,
                }
            )
        ),
    },
)
"""Schema of a network of series, also used inside a forecaster."""
SERIES_ARRAYS = (SCALE_ARRAY, EXAMPLE_ARRAY, WEIGHTS)
SERIES_SCHEMA = Schema(whole_header(SERIES_NETWORK.needed, SERIES_NETWORK.allowed), SERIES_ARRAYS)
