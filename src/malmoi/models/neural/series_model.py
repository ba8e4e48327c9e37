"""The fitted network of series: scale, network and task, which predict by themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from malmoi.data.series import MISSING, Series, as_series, check_feature_names
from malmoi.errors import DataError
from malmoi.foundation.validation import shorten
from malmoi.models.base import FittedModel, InputKind
from malmoi.models.class_weights import class_weight_from, class_weight_to_json
from malmoi.models.examples import is_close
from malmoi.models.history import History
from malmoi.models.neural.header import network_from, network_header
from malmoi.models.neural.network import TrainedNetwork
from malmoi.models.neural.networks import Network, NetworkFunction, Plan, as_network
from malmoi.models.neural.samples import Inputs
from malmoi.models.neural.settings import TrainingSettings
from malmoi.models.standardization import Standardization
from malmoi.models.state import State, plain
from malmoi.models.task import Activation, Classification, Task, task_from_state
from malmoi.models.weights import ClassWeight, check_class_weight

__all__ = ["SeriesNetworkModel", "SeriesSettings", "series_inputs"]

SETTINGS = (
    "missing",
    "standardize",
    "optimizer",
    "learning_rate",
    "epochs",
    "batch_size",
    "seed",
    "patience",
    "precision",
)
EXAMPLE = "example/"
SCALE, TARGET_SCALE = "scale", "target_scale"


@dataclass(frozen=True)
class SeriesSettings:
    """The parameters of both estimators of series, whose docstrings explain them and which have their defaults."""

    network: Network | NetworkFunction
    missing: str
    standardize: bool
    optimizer: str
    learning_rate: float | None
    epochs: int
    batch_size: int
    seed: int
    patience: int | None
    precision: str
    class_weight: ClassWeight = None

    def check(self) -> None:
        """Refuse settings that are out of their range.

        Raises:
            TypeError: a setting is of the wrong kind.
            ValueError: a setting is out of its range.
        """
        as_network(self.network)
        if self.missing not in MISSING:
            raise ValueError(f"missing must be one of {', '.join(MISSING)}, got {shorten(self.missing)}")
        if not isinstance(self.standardize, bool):
            raise TypeError(f"standardize must be True or False, got {shorten(self.standardize)}")
        check_class_weight(self.class_weight)
        self.training()  # which checks the rest

    def training(self) -> TrainingSettings:
        """Return the settings of the training loop.

        Raises:
            TypeError: a setting is of the wrong kind.
            ValueError: a setting is out of its range.
        """
        return TrainingSettings(
            self.optimizer, self.learning_rate, self.epochs, self.batch_size, self.seed, self.patience, None
        )

    def plan(self, length: int, features: int, units: int = 1, activation: Activation = "linear") -> Plan:
        """Return the network's shapes, checked."""
        columns = features * (2 if self.missing == "indicate" else 1)
        plan = Plan(self.network, 0, length, columns, units, activation, precision=self.precision)
        plan.check()
        return plan


@dataclass(frozen=True, eq=False)
class SeriesNetworkModel(FittedModel):
    """A trained network that predicts labels or numbers for series.

    Args:
        task: what it predicts.
        settings: what it was trained with.
        scale: mean and standard deviation of every feature.
        length: steps of the longest training series.
        feature_names: object (features,), where the training series were tables with names; else `None`.
        network: series to outputs.
        history: the epochs of its training.
        validation_samples: series of the validation set.
        examples: the first training series, kept by `save` with their predictions.
    """

    input_kind: ClassVar[InputKind] = "series"
    libraries: ClassVar[tuple[str, ...]] = ("keras", "numpy")

    task: Task
    settings: SeriesSettings
    scale: Standardization
    length: int
    feature_names: npt.NDArray[np.object_] | None
    network: TrainedNetwork
    history: History
    validation_samples: int
    examples: tuple[npt.NDArray[np.float32], ...]

    @property
    def kind(self) -> str:
        """Its name in files."""
        return "SeriesClassifier" if isinstance(self.task, Classification) else "SeriesRegressor"

    @property
    def features(self) -> int:
        """Features of a step."""
        return len(self.scale.means)

    @property
    def training_history(self) -> History:
        """The epochs of its training."""
        return self.history

    def outputs(self, inputs: object) -> npt.NDArray[np.float32]:
        """Return outputs float32 (samples, units) for series."""
        check_feature_names(self.feature_names, inputs, "X")
        series = as_series(inputs, missing=self.settings.missing, name="X")
        longest = max(map(len, series), default=0)
        if longest > self.length and not self.network.plan.masked:
            raise DataError(f"X must have {self.length} steps, as the training series had, got {longest}")
        return self.network.outputs(series_inputs(self.settings, series, self.scale, max(self.length, longest)))

    def parameters(self) -> dict[str, Any]:
        """Return the parameters of the estimator."""
        settings = {field.name: getattr(self.settings, field.name) for field in fields(self.settings)}
        if not isinstance(self.task, Classification):
            del settings["class_weight"]
        return settings

    def to_state(self, examples: object = None) -> State:
        """Return what a file holds: settings, scale, task, history, examples, weights."""
        kept = self.examples if examples is None else as_series(examples, missing=self.settings.missing)
        task = self.task.to_state()
        header = {
            **network_header(self.settings.network, self.history),
            **task.header,
            "examples": self._predictions(kept).tolist() if len(kept) else [],
            "length": self.length,
            "feature_names": [] if self.feature_names is None else list(self.feature_names),
            "validation_samples": self.validation_samples,
            "settings": {name: plain(getattr(self.settings, name)) for name in SETTINGS},
        }
        if isinstance(self.task, Classification):
            header["class_weight"] = class_weight_to_json(self.settings.class_weight)
        arrays = {**self.network.weights, **self.scale.to_arrays(SCALE), **task.arrays}
        arrays |= {f"{EXAMPLE}{place}": np.asarray(one, np.float32) for place, one in enumerate(kept)}
        return State(header, arrays)

    def _predictions(self, series: Sequence[npt.NDArray[np.float32]]) -> npt.NDArray[Any]:
        """Probabilities, or numbers."""
        predicted: npt.NDArray[Any] = (
            self.predict_proba(series) if isinstance(self.task, Classification) else self.predict(series)
        )
        return predicted

    @classmethod
    def from_state(cls, state: State) -> Self:
        """Return the model that a file holds.

        Raises:
            ValueError: the state is not of such a model.
        """
        settings = SeriesSettings(
            network=network_from(state),
            class_weight=class_weight_from(state),
            **state.settings(SETTINGS, SETTINGS),
        )
        task = task_from_state(state)
        settings.check()
        scale = Standardization.from_arrays(state.arrays, SCALE)
        length = state.get("length", int)
        if length < 1:
            raise ValueError(f"length must be 1 or more, found {length}")
        names = _feature_names_from(state, len(scale.means))
        validation_samples = state.get("validation_samples", int)
        plan = settings.plan(length, len(scale.means), task.units, task.activation)
        network = TrainedNetwork.from_weights(plan, _weights_of(state))
        history, examples = History.from_state(state), _examples_from(state, len(scale.means))
        return cls(task, settings, scale, length, names, network, history, validation_samples, examples)

    def changed_example(self, state: State) -> str | None:
        """Predict the kept series once more; return what differs from what was saved, if anything."""
        saved = state.get("examples", list)
        if not self.examples and not saved:
            return None
        predicted = self._predictions(self.examples)
        if is_close(predicted, saved):
            return None
        return f"answers its examples with {shorten(predicted.tolist())}, it was {shorten(saved)}"

    def summary(self) -> list[tuple[str, object]]:
        """Return the number of parameters."""
        return [("parameters", f"{self.network.model.count_params():,}")]

    @classmethod
    def describe(cls, header: Mapping[str, Any]) -> list[tuple[str, object]]:
        """Return steps, features, network and settings of a header."""
        names = header.get("feature_names")
        return [
            ("steps", header["length"]),
            *([("features", list(names))] if names else []),
            ("network", dict(header["network"])),
            *header["settings"].items(),
        ]


def series_inputs(settings: SeriesSettings, series: Series, scale: Standardization, length: int) -> Inputs:
    """Return series of one length as inputs.

    Raises:
        DataError: a series has another number of features, or the network cannot take it.
    """
    features = len(scale.means)
    for place, one in enumerate(series):
        if one.shape[1] != features:
            raise DataError(f"X[{place}] must have {features} features, got {one.shape[1]}")
    plan = settings.plan(length, features)
    lengths = np.asarray([len(one) for one in series], dtype=np.int64)
    _refuse_short(plan, lengths, as_network(settings.network).widest)
    values, mask = _padded(series, scale, length, missing=settings.missing)
    return Inputs((values, mask), lengths=lengths) if plan.masked else Inputs((values,))


def _refuse_short(plan: Plan, lengths: npt.NDArray[np.int64], widest: int) -> None:
    short = np.flatnonzero(lengths < (widest if plan.masked else plan.length))
    if short.size and plan.masked:
        rule = f"X[{short[0]}] must be as long as the network's widest window, {widest}"
        raise DataError(f"{rule}, got {lengths[short[0]]} steps; lower widths, or leave it out")
    if short.size:
        rule = f"X[{short[0]}] must have {plan.length} steps, as the longest has: this network takes no ragged series"
        raise DataError(f"{rule}, got {lengths[short[0]]}; use Average, Conv or Recurrent")


def _padded(
    series: Series, scale: Standardization, length: int, *, missing: str
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
    """Values float32 (samples, length, features), scaled, and the mask of real steps, bool (samples, length).

    With `missing="indicate"` there are twice as many features: the second half is 1 where a number is missing, which
    itself is the mean.
    """
    features = len(scale.means)
    values = np.zeros((len(series), length, features * (2 if missing == "indicate" else 1)), dtype=np.float32)
    mask = np.zeros((len(series), length), dtype=bool)
    for row, real, one in zip(values, mask, series, strict=True):
        scaled = scale.apply(one)
        gaps = np.isnan(scaled)
        row[: len(one), :features] = np.where(gaps, 0, scaled)
        if missing == "indicate":
            row[: len(one), features:] = gaps
        real[: len(one)] = True
    return values, mask


def _weights_of(state: State) -> dict[str, npt.NDArray[Any]]:
    """The network's arrays: all but scales and examples."""
    others = (EXAMPLE, f"{SCALE}/", f"{TARGET_SCALE}/")
    return {name: array for name, array in state.arrays.items() if not name.startswith(others)}


def _examples_from(state: State, features: int) -> tuple[npt.NDArray[np.float32], ...]:
    named = [name for name in state.arrays if name.startswith(EXAMPLE)]
    examples = []
    for name in sorted(named, key=lambda name: (len(name), name)):
        array = state.arrays[name]
        if array.dtype != np.float32 or array.ndim != 2 or array.shape[1] != features or not len(array):
            raise ValueError(f"{name} must be float32 (time, {features}), found {array.dtype} {array.shape}")
        examples.append(array)
    return tuple(examples)


def _feature_names_from(state: State, features: int) -> npt.NDArray[np.object_] | None:
    names = state.header.get("feature_names") or []  # files of before have none
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ValueError(f"feature_names must be texts, found {shorten(names)}")
    if names and len(names) != features:
        raise ValueError(f"feature_names must be {features}, found {len(names)}")
    return np.asarray(names, dtype=object) if names else None
