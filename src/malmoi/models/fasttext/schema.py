"""Schema of the files of fastText classifiers."""

from __future__ import annotations

from malmoi.foundation.limits import most
from malmoi.metrics.calibrators import CALIBRATIONS
from malmoi.models.fasttext.settings import LARGEST_RATE, LOSSES
from malmoi.models.rules import BAG_CALIBRATION, COUNT, OUTPUTS, SEED, SHARE, TASK, TOKENS, text_examples, whole_header
from malmoi.models.schema import AnyOf, ArrayRule, Choice, Flag, Items, Number, Optional, Record, Row, Schema, Whole

__all__ = ["FASTTEXT_SCHEMA"]

NGRAM = Whole(1, most("n-gram size"))
PART = Whole(0, most("dimension"))
NETWORK_LOSSES = ("softmax", "one-vs-all", "negative sampling", "hierarchical softmax")
MOST_LENGTH = Whole(0, most("n-gram size"))

FASTTEXT_SCHEMA = Schema(
    whole_header(
        {
            "settings": Record(
                {
                    "dimension": Whole(1, most("dimension")),
                    "epochs": AnyOf((Choice(("auto",)), COUNT)),
                    "learning_rate": Number(0, LARGEST_RATE),
                    "ngrams": Row((NGRAM, NGRAM)),
                    "characters": Optional(Row((NGRAM, NGRAM))),
                    "buckets": Whole(1, most("buckets")),
                    "min_count": COUNT,
                    "loss": Choice(LOSSES),
                    "calibration": Choice((*CALIBRATIONS, None)),
                    "reject_below": Optional(SHARE),
                    "seed": SEED,
                }
            ),
            "class_weight": TASK["class_weight"],
            "tokens": Optional(TOKENS),
            "network": Record(
                {
                    "words": Whole(0, most("vocabulary")),
                    "ngrams": Whole(0, 1_000),
                    "characters": Row((MOST_LENGTH, MOST_LENGTH)),
                    "buckets": Whole(0, most("buckets")),
                    "zeros": Flag(),
                    "loss": Choice(NETWORK_LOSSES),
                    "dimension": Whole(1, most("dimension")),
                    "order": Items(Whole(0, OUTPUTS), 2, OUTPUTS),
                    "part": PART,
                    "output_part": PART,
                }
            ),
            "calibration": BAG_CALIBRATION,
            "facts": Record(
                {
                    "samples": Whole(),
                    "tokens": Whole(),
                    "epochs": Whole(),
                    "held_out": Whole(),
                    "learned_held_out": Flag(),
                    "losses": Items(Number(0), largest=most("count")),
                    "training_accuracy": Optional(SHARE),
                    "held_out_accuracy": Optional(SHARE),
                    "dropped_up_to": Whole(),
                }
            ),
            "examples": text_examples("outputs"),
        },
        {"classes": TASK["classes"]},
    ),
    (
        ArrayRule("dictionary/entries|(input|output)/norm_codes", ("uint8",), 1),
        ArrayRule("dictionary/(ends|counts)", ("int64",), 1),
        ArrayRule("dictionary/kept", ("uint32",), 1),
        ArrayRule("(input|output)/codes", ("uint8",), 2),
        ArrayRule("(input|output)/values", ("float32",), 2),
        ArrayRule("(input|output)/(centroids|norms)|prior", ("float32",), 1),
    ),
)
