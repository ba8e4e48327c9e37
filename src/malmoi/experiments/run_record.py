"""One training as a row of `runs.db`: what was trained on what, what it reached, what it cost."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, get_args

from malmoi.foundation.validation import LARGEST_COUNT, check_number, shorten

__all__ = ["COMMANDS", "Command", "RunRecord"]

Command: TypeAlias = Literal["train", "train --continue", "series train", "tune", "compare"]
COMMANDS: tuple[Command, ...] = get_args(Command)
"""Commands whose trainings are rows."""


@dataclass(frozen=True)
class RunRecord:
    """One training.

    Args:
        command: "train", "train --continue", "series train", "tune" or "compare".
        name: of the recipe, as tables show it; of a model that learns on, its kind, such as "BagClassifier".
        recipe: the recipe as JSON (`Recipe.to_json`); "" of a model that learns on, whose file has its settings.
        data: files that it learned from, as they were named, with ", " between them.
        checksum: SHA-256 of the texts and labels, hexadecimal; "" where it was not worked out. Runs of one checksum
            that have equally many `hits` were measured on the same texts in the same order.
        seed: random seed of the training; 0 or more, 2**63 - 1 at most.
        draw: number of the draw, from 0; `None` outside comparisons.
        training_samples: labelled samples that it learned from.
        validation_samples: samples that it was measured on.
        score_name: "accuracy", "exact match" or "mean absolute error"; "" where nothing was measured.
        score: on the validation set; `None` where there is none, or the run failed.
        low: lower bound of the 95 % interval of the score.
        high: upper bound of the 95 % interval of the score.
        baseline: the score of the majority class, or of the median, on the validation set.
        seconds: of the training.
        prediction_seconds: of the predictions for the validation set; `None` where they were not timed.
        size_bytes: of the model file; `None` where none was written or made.
        failure: why the training failed; `None`: it did not.
        output: the model file that was written; "" where none was.
        version: of malmoi.
        started: time in UTC, ISO 8601 with seconds, such as "2026-11-27T08:30:00Z".
        key: what tells a run of a comparison from all others (a hash of data, recipe, labels and draw); "" outside
            comparisons. A file holds one finished run of each key.
        hits: bits (`numpy.packbits`) of which validation texts were predicted right; `None` outside comparisons.
        history: the epochs as JSON (`History.to_header`); `None` of models without epochs.
        id: its number in the file; `None` before it is written.

    Raises:
        ValueError: the command is unknown, the seed is out of its range, or a number is not finite; SQLite cannot hold
            such numbers.
    """

    command: Command
    name: str
    recipe: str
    data: str
    seed: int
    training_samples: int
    validation_samples: int
    score_name: str
    score: float | None
    seconds: float
    started: str
    version: str
    checksum: str = ""
    draw: int | None = None
    low: float | None = None
    high: float | None = None
    baseline: float | None = None
    prediction_seconds: float | None = None
    size_bytes: int | None = None
    failure: str | None = None
    output: str = ""
    key: str = ""
    hits: bytes | None = field(default=None, repr=False)
    history: str | None = field(default=None, repr=False)
    id: int | None = None

    def __post_init__(self) -> None:
        if self.command not in COMMANDS:
            raise ValueError(f"command must be one of {', '.join(COMMANDS)}, got {shorten(self.command)}")
        check_number("seed", self.seed, 0, LARGEST_COUNT)
        for name in ("score", "low", "high", "baseline", "seconds", "prediction_seconds"):
            value = getattr(self, name)
            if value is not None and not math.isfinite(value):
                raise ValueError(f"{name} must be finite, got {value}; give None, and say why in failure")
