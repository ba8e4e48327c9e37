"""Records of trainings for `runs.db`."""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TypedDict, Unpack

import numpy as np

import malmoi
from malmoi.experiments.drawn_training import Trained
from malmoi.experiments.recipe import Recipe
from malmoi.experiments.run_record import Command, RunRecord
from malmoi.experiments.run_result import RunResult
from malmoi.metrics.scores import Share

__all__ = ["Training", "utc_time"]


def utc_time() -> str:
    """Return the current time in UTC, ISO 8601 with seconds."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class _Measured(TypedDict, total=False):
    """A validation score as fields of a record."""

    score: float | None
    low: float
    high: float
    baseline: float | None
    failure: str


class _Written(TypedDict, total=False):
    """A model file as fields of a record."""

    output: str
    size_bytes: int | None


class _Values(_Measured, _Written, total=False):
    """Fields of a record that are unknown at the start of a training."""

    training_samples: int
    validation_samples: int
    score_name: str
    seconds: float
    prediction_seconds: float
    hits: bytes
    history: str | None


@dataclass(frozen=True)
class Training:
    """A started training, from which a record is made when it finishes or fails.

    Args:
        command: training command; see `RunRecord`.
        name: name of the recipe or type of the model.
        recipe: recipe as JSON.
        data: names of the training files.
        seed: random seed.
        training_samples: number of labelled training samples.
        validation_samples: number of validation samples.
        started: time in UTC; by default now.
        clock: value of `time.perf_counter` at the start.
    """

    command: Command
    name: str
    recipe: str
    data: Sequence[str]
    seed: int
    training_samples: int
    validation_samples: int
    started: str = field(default_factory=utc_time)
    clock: float = field(default_factory=time.perf_counter)

    @classmethod
    def of(
        cls, command: Command, recipe: Recipe, data: Sequence[str], training_samples: int, validation_samples: int
    ) -> Training:
        """Return a training of a recipe that starts now."""
        seed = 0 if recipe.seed is None else recipe.seed
        return cls(command, recipe.name, recipe.to_json(), data, seed, training_samples, validation_samples)

    def finished(self, result: RunResult, output: str | os.PathLike[str] | None = None) -> RunRecord:
        """Return the record of a finished training.

        Args:
            result: result of the training.
            output: the written model file.
        """
        measured = _measured(result.validation_score)
        if measured["score"] is not None:
            measured["baseline"] = _measured(result.baseline[1])["score"]
        return self._record(
            training_samples=result.training_samples,
            validation_samples=result.validation_samples,
            score_name=result.score_name if result.validation_score is not None else "",
            seconds=result.seconds,
            history=_history(result),
            **measured,
            **_written(output),
        )

    def trained(self, found: Trained) -> RunRecord:
        """Return the record of a training of a comparison.

        Args:
            found: result of the training.
        """
        return self._record(
            seconds=found.seconds,
            prediction_seconds=found.prediction_seconds,
            size_bytes=found.size_bytes,
            hits=np.packbits(found.hits).tobytes(),
            history=found.history,
            **_measured(Share(int(found.hits.sum()), len(found.hits))),
        )

    def learned(self, output: str | os.PathLike[str] | None = None) -> RunRecord:
        """Return the record of a finished training without a score.

        Args:
            output: the written model file.
        """
        return self._record(seconds=time.perf_counter() - self.clock, **_written(output))

    def failed(self, failure: str) -> RunRecord:
        """Return the record of a failed training.

        Args:
            failure: the reason, in one line.
        """
        return self._record(seconds=time.perf_counter() - self.clock, failure=failure)

    def _record(self, **values: Unpack[_Values]) -> RunRecord:
        found: _Values = {
            "training_samples": self.training_samples,
            "validation_samples": self.validation_samples,
            "score_name": "",
            "score": None,
            **values,
        }
        return RunRecord(
            command=self.command,
            name=self.name,
            recipe=self.recipe,
            data=", ".join(self.data),
            seed=self.seed,
            started=self.started,
            version=malmoi.__version__,
            **found,
        )


def _measured(score: Share | float | None) -> _Measured:
    """Return the score with its interval; a score that is not finite is a failure."""
    if isinstance(score, Share):
        low, high = score.interval
        return {"score": score.value, "low": low, "high": high}
    if score is not None and not math.isfinite(score):
        return {"score": None, "failure": f"the score on the validation set is not finite: {score}"}
    return {"score": score}


def _written(output: str | os.PathLike[str] | None) -> _Written:
    return {} if output is None else {"output": os.fspath(output), "size_bytes": Path(output).stat().st_size}


def _history(result: RunResult) -> str | None:
    history = (result.validation_model or result.model.fitted).training_history
    return None if history is None else json.dumps(history.to_header(), ensure_ascii=False)
