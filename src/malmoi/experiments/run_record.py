"""One training as a row of `runs.db`: recipe, data, score and cost."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, get_args

from malmoi.foundation.validation import LARGEST_COUNT, check_number, shorten

__all__ = ["COMMANDS", "Command", "RunRecord"]

Command: TypeAlias = Literal["train", "train --continue", "series train", "tune", "compare"]
COMMANDS: tuple[Command, ...] = get_args(Command)
"""Commands whose trainings are recorded."""


@dataclass(frozen=True)
class RunRecord:
    """The record of a training.

    Args:
        command: "train", "train --continue", "series train", "tune" or "compare".
        name: displayed name of the recipe; for continued training, the model type, such as "BagClassifier".
        recipe: recipe as JSON (`Recipe.to_json`); "" for continued training.
        data: names of the training files, joined by ", ".
        checksum: SHA-256 of texts and labels in hexadecimal; "" if it was not computed. Runs with the same checksum and
            the same number of `hits` have the same test texts in the same order.
        seed: random seed of the training, 0 to 2**63 - 1.
        draw: number of the training subset, from 0; `None` outside comparisons.
        training_samples: number of labelled training samples.
        validation_samples: number of validation samples.
        score_name: "accuracy", "exact match" or "mean absolute error"; "" if there is no score.
        score: score on the validation set; `None` if there is none, or the run failed.
        low: lower bound of the 95 % interval of the score.
        high: upper bound of the 95 % interval of the score.
        baseline: score of the majority class, or of the median, on the validation set.
        seconds: training time.
        prediction_seconds: prediction time for the validation set; `None` if it was not measured.
        size_bytes: size of the model file; `None` if there is none.
        failure: why the training failed; `None` if it did not.
        output: the written model file; "" if there is none.
        version: version of malmoi.
        started: time in UTC, ISO 8601 with seconds, such as "2026-11-27T08:30:00Z".
        key: unique key of a run of a comparison (a hash of data, recipe, labels and draw); "" outside comparisons. A
            file has at most one finished run per key.
        hits: packed bits (`numpy.packbits`) of correct predictions; `None` outside comparisons.
        history: training history as JSON (`History.to_header`); `None` for models without epochs.
        id: number of the run in the file; `None` before it is written.

    Raises:
        ValueError: unknown command, seed out of range, or a number that is not finite.
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
                raise ValueError(f"{name} must be finite, got {value}; use None, with the reason in failure")
