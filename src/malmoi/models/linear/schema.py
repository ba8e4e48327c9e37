"""Schema of the files of bag models."""

from __future__ import annotations

from malmoi.foundation.limits import most
from malmoi.metrics.calibrators import CALIBRATIONS
from malmoi.models.linear.settings import LARGEST_C, WEIGHTINGS
from malmoi.models.rules import (
    BAG_CALIBRATION,
    FEATURES,
    LABEL,
    SCALE_ARRAY,
    SEED,
    SHARE,
    TASK,
    text_examples,
    whole_header,
)
from malmoi.models.schema import AnyOf, ArrayRule, Choice, Items, Number, Optional, Record, Row, Schema, Text, Whole

__all__ = ["BAG_SCHEMA", "STRENGTH", "TRIED"]

STRENGTH = Number(1e-12, LARGEST_C)
TRIED = Items(Row((Number(), Number())), largest=1_000)
AUTO = Choice(("auto",))

BAG_SCHEMA = Schema(
    whole_header(
        {
            "settings": Record(
                {
                    "weighting": Choice(tuple(WEIGHTINGS)),
                    "C": AnyOf((AUTO, Number(0, LARGEST_C))),
                    "buckets": Optional(Whole(1, most("buckets"))),
                    "min_texts": AnyOf((AUTO, Whole(1, most("count")))),
                    "max_features": Optional(Whole(1, most("count"))),
                    "seed": SEED,
                    "smoothing": Number(0),
                    "calibration": Choice((*CALIBRATIONS, None)),
                    "reject_below": Optional(SHARE),
                }
            ),
            "class_weight": TASK["class_weight"],
            "features": FEATURES,
            "calibration": BAG_CALIBRATION,
            "facts": Record(
                {
                    "samples": Whole(),
                    "entries": Whole(),
                    "C": STRENGTH,
                    "tried": TRIED,
                    "held_out": Whole(),
                    "training_accuracy": Optional(SHARE),
                    "weight": Number(0),
                }
            ),
            "telling": Items(Row((Text(), LABEL, Number()))),
            "examples": text_examples("outputs"),
        },
        TASK,
    ),
    (
        ArrayRule("linear/hashes", ("uint64",), 1),
        ArrayRule("linear/table", ("float32",), 2),
        ArrayRule("linear/(bias|factors)|learned/(squares|curvature|prior)", ("float32",), 1),
        SCALE_ARRAY,
    ),
)
