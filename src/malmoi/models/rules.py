"""Rules for parts of headers that several kinds of model have."""

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
    """A label, or the place of a number, which the task checks further."""

    def check(self, value: object, place: str) -> None:
        """Refuse anything else."""
        rule = Text(LONGEST_LABEL) if isinstance(value, str) else AnyOf((Flag(), Number()))
        rule.check(value, place)


LABEL = Label()
CLASSES = Record(
    {"kind": Choice(tuple(LABEL_KINDS)), "values": Items(LABEL, 2, OUTPUTS)},
    {"form": Choice([form.value for form in LabelForm])},
)
CLASS_WEIGHT = AnyOf((Choice((None, "balanced")), Items(Row((LABEL, Number(0, LARGEST_WEIGHT))), largest=OUTPUTS)))
TASK: Mapping[str, Rule] = MappingProxyType({"classes": CLASSES, "flat": Flag(), "class_weight": CLASS_WEIGHT})
"""What is predicted: classes, or numbers, which have `flat` and a scale among the arrays."""

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
"""The epochs of a network; files of before have neither kept epoch nor note."""

FEATURE_NAMES = Items(Text())
SERIES_EXAMPLES = Items(AnyOf((Number(), Items(Number(), largest=OUTPUTS))), largest=most("examples"))
SCALE_ARRAY = ArrayRule(r"(target_)?scale/(means|scales)", ("float64",), 1, largest=1e150)
EXAMPLE_ARRAY = ArrayRule(r"example/\d+", ("float32",), 2, may_miss=True, largest=4e38)


def text_examples(predictions: str) -> Rule:
    """Return the rule of texts that are kept with their predictions, which have this name."""
    kept = Record({"text": Text(EXAMPLE_CHARACTERS), predictions: Items(Number(), 1, OUTPUTS)})
    return Items(kept, largest=most("examples"))


def whole_header(needed: Mapping[str, Rule], allowed: Mapping[str, Rule]) -> Record:
    """Return the rule of a header from what a kind of model needs and may have, beside what all have."""
    common = {"kind": Text(), "versions": Table(Text())}
    return Record({**common, **needed}, {**allowed, "text_columns": Items(Text())})
