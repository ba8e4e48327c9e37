"""Models of series without epochs: labels, or numbers, by the mean of the first feature."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from malmoi.data.series import as_series, feature_names
from malmoi.experiments.kinds import RecipeKind
from malmoi.foundation.estimators import ClassifierMixin, RegressorMixin
from malmoi.models.base import FittedModel, ModelEstimator
from malmoi.models.state import State
from malmoi.models.task import Regression, Task, regression_of, task_from_state
from malmoi.models.task_of_labels import classification_of
from malmoi.persistence import Kind


def means_of(series):
    return np.array([one[:, 0].mean() for one in as_series(series, missing="refuse", name="X")], np.float32)


@dataclass(frozen=True, eq=False)
class PlainModel(FittedModel):
    """Above or below 0; or the mean itself."""

    input_kind: ClassVar[str] = "series"
    task: Task
    feature_names: np.ndarray | None = None
    samples: int = 0

    @property
    def kind(self):
        return "PlainRegressor" if isinstance(self.task, Regression) else "PlainClassifier"

    def outputs(self, inputs):
        means = means_of(inputs)
        return (means if isinstance(self.task, Regression) else 1 / (1 + np.exp(-4 * means)))[:, None]

    def parameters(self):
        return {}

    def to_state(self, examples=None):
        state = self.task.to_state()
        names = [] if self.feature_names is None else self.feature_names.tolist()
        return State({**state.header, "names": names, "samples": self.samples, "examples": []}, state.arrays)

    @classmethod
    def from_state(cls, state):
        names = state.header["names"]
        return cls(task_from_state(state), np.array(names, object) if names else None, state.header["samples"])

    def changed_example(self, state):
        return None


class PlainClassifier(ClassifierMixin, ModelEstimator):
    """The estimator of labels."""

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed

    def fit(self, X, y):
        self.fitted_ = PlainModel(classification_of(y)[0], feature_names(X), len(means_of(X)))
        return self


class PlainRegressor(RegressorMixin, ModelEstimator):
    """The estimator of numbers."""

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed

    def fit(self, X, y):
        self.fitted_ = PlainModel(regression_of(y, standardize=False)[0], feature_names(X), len(means_of(X)))
        return self


KINDS_OF_PLAIN = {
    name: Kind(f"{__name__}:PlainModel", f"{__name__}:{name}") for name in ("PlainClassifier", "PlainRegressor")
}
RECIPES_OF_PLAIN = {
    ("series", "classification"): RecipeKind(f"{__name__}:PlainClassifier"),
    ("series", "regression"): RecipeKind(f"{__name__}:PlainRegressor"),
}
