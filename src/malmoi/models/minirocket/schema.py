"""Schema of the files of MiniRocket models."""

from __future__ import annotations

from malmoi.foundation.limits import most
from malmoi.models.minirocket.settings import KERNELS, LARGEST_C, LINEAR, MOST_KERNELS, PADDINGS
from malmoi.models.normalization import NORMALIZATIONS
from malmoi.models.rules import (
    CALIBRATION,
    EXAMPLE_ARRAY,
    FEATURE_NAMES,
    SCALE_ARRAY,
    SEED,
    SERIES_EXAMPLES,
    SHARE,
    TASK,
    whole_header,
)
from malmoi.models.schema import AnyOf, ArrayRule, Choice, Items, Number, Optional, Record, Row, Schema, Text, Whole

__all__ = ["MINIROCKET_SCHEMA"]

MINIROCKET_SCHEMA = Schema(
    whole_header(
        {
            "settings": Record(
                {
                    "missing": Choice(("refuse", "indicate")),
                    "kernels": Whole(KERNELS, MOST_KERNELS),
                    "normalize": Choice(("auto", *NORMALIZATIONS, None)),
                    "padding": Choice(PADDINGS),
                    "linear": Choice(LINEAR),
                    "C": AnyOf((Choice(("auto",)), Number(0, LARGEST_C))),
                    "seed": SEED,
                }
            ),
            "class_weight": TASK["class_weight"],
            "preparation": Record(
                {
                    "normalize": Choice((*NORMALIZATIONS, None)),
                    "padding": Choice(("zeros", None)),
                    "length": Whole(1, most("series length")),
                }
            ),
            "calibration": CALIBRATION,
            "facts": Record(
                {
                    "samples": Whole(),
                    "features": Whole(),
                    "linear": Choice(LINEAR[1:]),
                    "C": Number(0, LARGEST_C),
                    "tried": Items(Row((Number(), Number())), largest=1_000),
                    "held_out": Whole(),
                    "training_accuracy": Optional(SHARE),
                    "compared": Items(Row((Text(), Number())), largest=1_000),
                }
            ),
            "feature_names": FEATURE_NAMES,
            "examples": SERIES_EXAMPLES,
        },
        TASK,
    ),
    (
        SCALE_ARRAY,
        EXAMPLE_ARRAY,
        ArrayRule("convolutions/(dilations|counts|channel_counts|chosen)", ("int64",), 1),
        ArrayRule("convolutions/biases|linear/bias", ("float32",), 1),
        ArrayRule("linear/weights", ("float32",), 2),
    ),
)
