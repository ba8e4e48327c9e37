"""Common rules for headers of several types of models."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from malmoi.data.label_forms import LabelForm
from malmoi.data.labels import LONGEST_LABEL
from malmoi.foundation.limits import most
from malmoi.metrics.calibrators import LEAST_TEMPERATURE, MOST_TEMPERATURE
from malmoi.models.examples import EXAMPLE_CHARACTERS
from malmoi.models.schema import (
    AnyOf,
    ArrayRule,
    Choice,
    Flag,
    Frozen,
    Items,
    Number,
    Optional,
    Record,
    Row,
    Rule,
    Table,
    Tagged,
    Text,
    Whole,
)
from malmoi.models.task import LABEL_KINDS
from malmoi.models.weights import LARGEST_WEIGHT
from malmoi.tokenizers import TOKENIZERS

__all__ = [
    "BAG_CALIBRATION",
    "CALIBRATION",
    "COUNT",
    "EXAMPLE_ARRAY",
    "FEATURES",
    "FEATURE_NAMES",
    "HISTORY",
    "LABEL",
    "OUTPUTS",
    "SCALE_ARRAY",
    "SEED",
    "SERIES_EXAMPLES",
    "SHARE",
    "TASK",
    "TOKENS",
    "text_examples",
    "whole_header",
]

SHARE = Number(0, 1)
COUNT = Whole(1, most("count"))
SEED = Whole(0, 2**64 - 1)
OUTPUTS = most("outputs")


@dataclass(frozen=True)
class Label(Rule):
    """A label, or the index of a target; the task checks the value."""

    def check(self, value: object, place: str) -> None:
        """Raise an error if the value is not a label."""
        rule = Text(LONGEST_LABEL) if isinstance(value, str) else AnyOf((Flag(), Number()))
        rule.check(value, place)


LABEL = Label()
CLASSES = Record(
    {"kind": Choice(tuple(LABEL_KINDS)), "values": Items(LABEL, 2, OUTPUTS)},
    {"form": Choice([form.value for form in LabelForm])},
)
CLASS_WEIGHT = AnyOf((Choice((None, "balanced")), Items(Row((LABEL, Number(0, LARGEST_WEIGHT))), largest=OUTPUTS)))
TASK: Mapping[str, Rule] = MappingProxyType({"classes": CLASSES, "flat": Flag(), "class_weight": CLASS_WEIGHT})
"""The task: classes; or for regression `flat`, with the scale among the arrays."""

TOKENS = Frozen(TOKENIZERS)
FEATURES = Record(
    {
        "tokens": Items(TOKENS, 1, most("token kinds")),
        "ngrams": Items(Row((Whole(1, most("n-gram size")),) * 2), 1, most("token kinds")),
        "choice": Text(),
    }
)
KNOTS = Items(Number(), 1)
CALIBRATION = Tagged(
    {"temperature": {"temperature": Number(LEAST_TEMPERATURE, MOST_TEMPERATURE)}},
)
BAG_CALIBRATION = Tagged({**CALIBRATION.kinds, "isotonic": {"scores": KNOTS, "probabilities": Items(SHARE, 1)}})

EPOCH = Record(
    {
        "loss": Number(),
        "accuracy": Optional(Number()),
        "validation_loss": Optional(Number()),
        "validation_accuracy": Optional(Number()),
    },
    {"error": Optional(Number()), "validation_error": Optional(Number())},
)
HISTORY: Mapping[str, Rule] = MappingProxyType(
    {
        "history": Items(EPOCH, largest=most("epochs kept")),
        "kept_epoch": Optional(Whole(1)),
        "note": Optional(Text()),
    }
)
"""The history of a network; older files have neither kept epoch nor note."""

FEATURE_NAMES = Items(Text())
SERIES_EXAMPLES = Items(AnyOf((Number(), Items(Number(), largest=OUTPUTS))), largest=most("examples"))
SCALE_ARRAY = ArrayRule(r"(target_)?scale/(means|scales)", ("float64",), 1, largest=1e150)
EXAMPLE_ARRAY = ArrayRule(r"example/\d+", ("float32",), 2, may_miss=True, largest=4e38)


def text_examples(predictions: str) -> Rule:
    """Return the rule of example texts, with their predictions under this key."""
    kept = Record({"text": Text(EXAMPLE_CHARACTERS), predictions: Items(Number(), 1, OUTPUTS)})
    return Items(kept, largest=most("examples"))


def whole_header(needed: Mapping[str, Rule], allowed: Mapping[str, Rule]) -> Record:
    """Return the rule of a header from required and optional fields, in addition to the fields of all models."""
    common = {"kind": Text(), "versions": Table(Text())}
    return Record({**common, **needed}, {**allowed, "text_columns": Items(Text())})
