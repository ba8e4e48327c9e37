"""Schema of the files of few-label models."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from malmoi.foundation.limits import check_limit
from malmoi.metrics.calibrators import LEAST_TEMPERATURE, MOST_TEMPERATURE
from malmoi.models.few_labels.settings import LARGEST_DIMENSION, PART_NAMES
from malmoi.models.linear.settings import WEIGHTINGS
from malmoi.models.rules import CALIBRATION, COUNT, FEATURES, SEED, SHARE, TASK, text_examples, whole_header
from malmoi.models.schema import (
    AnyOf,
    ArrayRule,
    Choice,
    Flag,
    Items,
    Number,
    Optional,
    Record,
    Row,
    Rule,
    Schema,
    Tagged,
    Text,
    Whole,
)

__all__ = ["FEW_LABEL_SCHEMA"]

SELF_TRAINING = "self-training"
"""The name of the bag that was trained on predicted labels."""
LOCALS = ("binary", "count", "sublinear")
EVERY_PART = (*PART_NAMES, SELF_TRAINING)
OF_A_PART = {"name": Choice(EVERY_PART), "temperature": Number(LEAST_TEMPERATURE, MOST_TEMPERATURE)}
STATIC = Record({"dtype": Text(), "form": Text(), "normalize": Flag(), "max_length": Optional(Whole())})
PART = Tagged(
    {
        "bag": {"features": FEATURES, "weighting": Choice(tuple(WEIGHTINGS))},
        "static": {"static": STATIC},
        "ngrams": {"features": FEATURES, "local": Choice(LOCALS)},
    },
    OF_A_PART,
)


@dataclass(frozen=True)
class Parts(Rule):
    """The parts, with a limit on the number of regular expressions in all of them."""

    def check(self, value: object, place: str) -> None:
        """Raise an error if the value is not a list of parts."""
        patterns = set(map(str, _patterns(value)))
        check_limit("patterns", place, len(patterns), of="regular expressions")
        Items(PART, 1, len(EVERY_PART)).check(value, place)


def _patterns(value: object) -> Iterator[object]:
    """Yield the pattern of every tokenizer in an arbitrary JSON value."""
    if isinstance(value, dict):
        if "pattern" in value:
            yield value["pattern"]
        value = list(value.values())
    for inner in value if isinstance(value, list) else ():
        yield from _patterns(inner)


TRIED = Record({"name": Text(), "loss": Optional(Number(0)), "accuracy": Optional(SHARE), "kept": Flag()})

FEW_LABEL_SCHEMA = Schema(
    whole_header(
        {
            "settings": Record(
                {
                    "dimension": Whole(2, LARGEST_DIMENSION),
                    "epochs": AnyOf((Choice(("auto",)), COUNT)),
                    "self_training": Flag(),
                    "reject_below": Optional(SHARE),
                    "seed": SEED,
                }
            ),
            "classes": TASK["classes"],
            "class_weight": TASK["class_weight"],
            "calibration": CALIBRATION,
            "facts": Record(
                {
                    "samples": Whole(),
                    "unlabelled": Whole(),
                    "distinct": Whole(),
                    "held_out": Whole(),
                    "known_shares": Optional(Row((SHARE, SHARE))),
                    "tried": Items(TRIED, largest=100),
                    "training_accuracy": Optional(SHARE),
                }
            ),
            "parts": Parts(),
            "examples": text_examples("outputs"),
        },
        {},
    ),
    (
        ArrayRule(r"part\d+/hashes", ("uint64",), 1),
        ArrayRule(r"part\d+/table", ("float16", "float32"), 2),
        ArrayRule(r"part\d+/(axes|weights)", ("float32",), 2, largest=1e30),
        ArrayRule(r"part\d+/(bias|factors|mean)", ("float32",), 1, largest=1e30),
        ArrayRule(r"part\d+/static/table", ("float16", "float32", "float64", "uint16", "int8"), 2),
        ArrayRule(r"part\d+/static/(weights|mapping|tokenizer)", ("float32", "int64", "uint8"), 1),
    ),
)
