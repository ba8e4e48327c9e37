"""The fitted MiniRocket model: preparation, convolutions, linear model and task."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np
import numpy.typing as npt

from malmoi.data.series import as_series, check_feature_count, check_feature_names
from malmoi.foundation.json_values import JsonObject
from malmoi.foundation.threads import thread_count
from malmoi.metrics.calibrators import Temperature
from malmoi.models.base import FittedModel, InputKind
from malmoi.models.linear.targets import link_of
from malmoi.models.minirocket.files import minirocket_state, parts_from
from malmoi.models.minirocket.parts import Convolutions, Floats, LinearHead, MiniRocketFacts, Preparation
from malmoi.models.minirocket.settings import MiniRocketSettings
from malmoi.models.series_examples import changed_series, series_examples
from malmoi.models.state import State
from malmoi.models.task import Regression, Task

if TYPE_CHECKING:
    from malmoi.models.schema import Schema

__all__ = ["MiniRocketModel"]

SHOWN_FACTS = {
    "C": "chosen C",
    "held_out": "held-out series",
    "linear": "chosen linear model",
    "samples": "training series",
}


@dataclass(frozen=True, eq=False)
class MiniRocketModel(FittedModel):
    """A linear model on MiniRocket features of series.

    Args:
        task: the task.
        settings: settings of the fit.
        preparation: maps series to channels.
        convolutions: maps channels to features.
        head: maps features to scores.
        calibrator: maps scores to probabilities.
        facts: facts about the training.
        feature_names: object (features,), if the training series were tables with column names; else `None`.
        examples: the first training series, kept by `save` with their predictions, except those with
            more than 10,000 values.
    """

    input_kind: ClassVar[InputKind] = "series"

    task: Task
    settings: MiniRocketSettings
    preparation: Preparation
    convolutions: Convolutions
    head: LinearHead
    calibrator: Temperature
    facts: MiniRocketFacts
    feature_names: npt.NDArray[np.object_] | None
    examples: tuple[Floats, ...] = ()

    @property
    def kind(self) -> str:
        """The model's name in files."""
        return "MiniRocketRegressor" if isinstance(self.task, Regression) else "MiniRocketClassifier"

    @property
    def features(self) -> int:
        """Number of features."""
        return self.preparation.features

    @property
    def length(self) -> int:
        """Length of the longest training series, in steps."""
        return self.preparation.length

    @property
    def training_accuracy(self) -> float | None:
        """Accuracy on the training series."""
        return self.facts.training_accuracy

    def outputs(self, inputs: object) -> Floats:
        """Return outputs float32 (samples, units) of series."""
        check_feature_names(self.feature_names, inputs, "X")
        series = as_series(inputs, missing=self.settings.missing, name="X")
        check_feature_count(series, self.features)
        threads = thread_count(self.settings.n_jobs)
        parts = [self.head.scores(self.convolutions, batch, threads) for batch in self.preparation.batches(series)]
        scores, link = np.concatenate(parts), link_of(self.task)
        return scores if link is None else self.calibrator.apply(scores, link)

    def parameters(self) -> dict[str, object]:
        """Return the parameters of the estimator."""
        return self.settings.parameters(self.kind)

    def summary(self) -> list[tuple[str, object]]:
        """Return features, preparation, penalty and calibration."""
        facts, preparation = self.facts, self.preparation
        dilations = len(self.convolutions.dilations)
        shown: dict[str | None, str] = {
            None: "not normalized",
            "training": "standardized over the training series",
            "series": "each series standardized separately",
        }
        rows: list[tuple[str, object]] = [
            ("features", f"{facts.features:,}, MiniRocket's 84 kernels at {dilations} dilations"),
            ("values", shown[preparation.normalization.kind]),
        ]
        if preparation.padding is not None:
            rows.append(("shorter series", f"padded with zeros to {preparation.length:,} steps"))
        if facts.compared:
            rows.append(("compared", "; ".join(f"{name}: {loss:.4f}" for name, loss in facts.compared)))
        chosen = f" (compared: {', '.join(f'{C:g}' for C, _ in facts.tried)})" if len(facts.tried) > 1 else ""
        rows.append(("linear model", f"{facts.linear} regression, C {facts.C:g}{chosen}"))
        if link_of(self.task) is not None:
            rows.append(("calibration", f"{self.calibrator}, on {facts.held_out:,} held-out series"))
        return rows

    def to_state(self, examples: object = None) -> State:
        """Return the content of a file: settings, preparation, convolutions, weights, facts, examples."""
        kept = self.examples if examples is None else as_series(examples, missing=self.settings.missing)
        task = self.task.to_state()
        saved = series_examples(kept, self.outputs)
        state = minirocket_state(
            self.settings,
            self.preparation,
            self.convolutions,
            self.head,
            self.calibrator,
            self.facts,
            self.feature_names,
        )
        return State({**task.header, **state.header, **saved.header}, {**task.arrays, **state.arrays, **saved.arrays})

    @classmethod
    def schema(cls) -> Schema:
        """Return the schema of the file."""
        from malmoi.models.minirocket.schema import MINIROCKET_SCHEMA

        return MINIROCKET_SCHEMA

    @classmethod
    def from_state(cls, state: State) -> Self:
        """Create the model from the content of a file.

        Raises:
            ValueError: the state is not of a MiniRocket model.
        """
        return cls(**parts_from(state))

    def changed_example(self, state: State) -> str | None:
        """Predict the example series again; return a description of the change, if any prediction has changed."""
        return changed_series(self.examples, self.outputs, state)

    @classmethod
    def describe(cls, header: JsonObject) -> list[tuple[str, object]]:
        """Return steps, features, settings and facts of a header."""
        state = State(header, {})
        names = state.get("feature_names", list) if header.get("feature_names") else []
        preparation, facts = state.get("preparation", dict), state.get("facts", dict)
        return [
            ("steps", preparation["length"]),
            *([("features", names)] if names else []),
            ("chosen normalization", preparation["normalize"]),
            ("chosen padding", preparation["padding"]),
            *state.get("settings", dict).items(),
            *(
                (SHOWN_FACTS.get(name, name), value)
                for name, value in facts.items()
                if name not in ("tried", "compared")
            ),
        ]
