"""The fitted network of series: preparation, network and task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from malmoi.data.series import Series, SeriesError, as_series, check_feature_count, check_feature_names
from malmoi.errors import DataError
from malmoi.models.base import FittedModel, InputKind
from malmoi.models.class_weights import class_weight_from, class_weight_to_json
from malmoi.models.history import History
from malmoi.models.neural.header import built_network_from, network_header
from malmoi.models.neural.network import TrainedNetwork
from malmoi.models.neural.networks import as_network
from malmoi.models.neural.samples import Inputs
from malmoi.models.neural.series_preparation import Preparation
from malmoi.models.neural.series_settings import SeriesSettings
from malmoi.models.neural.series_training import SeriesTraining
from malmoi.models.normalization import Normalization
from malmoi.models.series_examples import EXAMPLE, changed_series, feature_names_from, series_examples, series_from
from malmoi.models.standardization import Standardization
from malmoi.models.state import Arrays, State
from malmoi.models.task import Classification, Regression, Task, task_from_state

if TYPE_CHECKING:
    from malmoi.models.schema import Schema

__all__ = ["SeriesNetworkModel", "series_inputs"]

SCALE, TARGET_SCALE = "scale", "target_scale"


@dataclass(frozen=True, eq=False)
class SeriesNetworkModel(FittedModel):
    """A trained network for classification or regression of series.

    Args:
        task: the task.
        settings: settings of the fit.
        preparation: averaging and normalization of series.
        training: length of the training; `None` for a file of an older version.
        length: length of the longest training series, in steps.
        feature_names: object (features,), if the training series were tables with column names; else `None`.
        network: maps series to outputs.
        history: history of the training.
        validation_samples: number of series in the validation set.
        examples: the first training series, kept by `save` with their predictions.
    """

    input_kind: ClassVar[InputKind] = "series"
    libraries: ClassVar[tuple[str, ...]] = ("keras", "numpy")

    task: Task
    settings: SeriesSettings
    preparation: Preparation
    training: SeriesTraining | None
    length: int
    feature_names: npt.NDArray[np.object_] | None
    network: TrainedNetwork
    history: History
    validation_samples: int
    examples: tuple[npt.NDArray[np.float32], ...]

    @property
    def kind(self) -> str:
        """The model's name in files."""
        return "SeriesClassifier" if isinstance(self.task, Classification) else "SeriesRegressor"

    @property
    def features(self) -> int:
        """Number of features."""
        return self.preparation.normalization.features

    @property
    def scale(self) -> Standardization:
        """Mean and standard deviation of every feature; 0 and 1 unless `normalize` is "training"."""
        return self.preparation.normalization.scale

    @property
    def training_history(self) -> History:
        """The history of the training."""
        return self.history

    def outputs(self, inputs: object) -> npt.NDArray[np.float32]:
        """Return outputs float32 (samples, units) of series."""
        check_feature_names(self.feature_names, inputs, "X")
        series = as_series(inputs, missing=self.settings.missing, name="X")
        longest = max(map(len, series), default=0)
        if longest > self.length and not self.network.plan.masked:
            raise DataError(f"X must have {self.length} steps, as the training series, got {longest}")
        inputs = series_inputs(self.settings, series, self.preparation, max(self.length, longest))
        return self.network.outputs(inputs)

    def parameters(self) -> dict[str, object]:
        """Return the parameters of the estimator."""
        settings = {field.name: getattr(self.settings, field.name) for field in fields(self.settings)}
        if not isinstance(self.task, Classification):
            del settings["class_weight"]
        return settings

    def to_state(self, examples: object = None) -> State:
        """Return the content of a file: settings, scale, task, history, examples, weights."""
        kept = self.examples if examples is None else as_series(examples, missing=self.settings.missing)
        task, saved = self.task.to_state(), series_examples(kept, self._predictions)
        header = {
            **network_header(self.settings.network, self.network.plan.network, self.history),
            **task.header,
            **saved.header,
            "length": self.length,
            "feature_names": [] if self.feature_names is None else list(self.feature_names),
            "validation_samples": self.validation_samples,
            "averaged_steps": self.preparation.averaged_steps,
            "training": None if self.training is None else self.training.to_header(),
            "settings": self.settings.to_header(),
        }
        if isinstance(self.task, Classification):
            header["class_weight"] = class_weight_to_json(self.settings.class_weight)
        scale = self.scale.to_arrays(SCALE)
        return State(header, {**self.network.weights, **scale, **task.arrays, **saved.arrays})

    def _predictions(self, series: Sequence[npt.NDArray[np.float32]]) -> npt.NDArray[np.floating]:
        """Return probabilities, or predicted values for regression."""
        predicted: npt.NDArray[np.floating] = (
            self.predict_proba(series) if isinstance(self.task, Classification) else self.predict(series)
        )
        return predicted

    @classmethod
    def schema(cls) -> Schema:
        """Return the schema of the file."""
        from malmoi.models.neural.schemas import SERIES_SCHEMA

        return SERIES_SCHEMA

    @classmethod
    def from_state(cls, state: State) -> Self:
        """Create the model from the content of a file.

        Raises:
            ValueError: the state is not of a network of series.
        """
        settings = SeriesSettings.from_state(state, class_weight_from(state))
        task = task_from_state(state)
        scale = Standardization.from_arrays(state.arrays, SCALE)
        averaged_steps = state.get("averaged_steps", int) if "averaged_steps" in state.header else 1
        preparation = Preparation(averaged_steps, Normalization(settings.normalization, scale))
        length = state.get("length", int)
        names = feature_names_from(state, len(scale.means))
        validation_samples = state.get("validation_samples", int)
        built = replace(settings, network=built_network_from(state))
        plan = built.plan(preparation.length(length), len(scale.means), task.units, task.activation)
        history, examples = History.from_state(state), series_from(state, len(scale.means), _prediction_width(task))
        training = SeriesTraining.from_state(state)
        network = TrainedNetwork.from_weights(plan, _weights_of(state))
        return cls(task, settings, preparation, training, length, names, network, history, validation_samples, examples)

    def changed_example(self, state: State) -> str | None:
        """Predict the saved examples again; return a description of the change, if any prediction has changed."""
        return changed_series(self.examples, self._predictions, state)

    def summary(self) -> list[tuple[str, object]]:
        """Return the number of parameters, the length of the training, and the averaging of steps."""
        rows: list[tuple[str, object]] = [("parameters", f"{self.network.parameter_count:,}")]
        if self.training is not None:
            rows.append(("training", str(self.training)))
        if self.preparation.averaged_steps > 1:
            rows.append(("resolution", f"means of {self.preparation.averaged_steps} steps (max_time_steps)"))
        return rows

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


def series_inputs(settings: SeriesSettings, series: Series, preparation: Preparation, length: int) -> Inputs:
    """Return series as inputs of one length.

    Args:
        settings: settings of the estimator.
        series: float32 (time, features) each.
        preparation: averaging and normalization of series.
        length: length of the result, in steps before averaging.

    Raises:
        DataError: a series has another number of features, or the network does not accept it.
    """
    features = preparation.normalization.features
    check_feature_count(series, features)
    length = preparation.length(length)
    masked = as_network(settings.network).masked
    lengths = np.asarray([preparation.length(len(one)) for one in series], dtype=np.int64)
    _refuse_short(series, lengths, as_network(settings.network).shortest if masked else length, masked=masked)
    values, mask = preparation.padded(series, length, indicate=settings.missing == "indicate")
    return Inputs((values, mask), lengths=lengths) if masked else Inputs((values,))


def _refuse_short(series: Series, lengths: npt.NDArray[np.int64], least: int, *, masked: bool) -> None:
    short = np.flatnonzero(lengths < least)
    if not short.size:
        return
    place = int(short[0])
    got = f"got {len(series[place])}"
    if masked:
        rule = f"must not be shorter than the network's widest window, {least} steps, {got}"
        raise SeriesError("X", place, rule, cure="lower widths, or leave it out")
    rule = f"must have {least} steps, as the longest series: this network needs series of equal length, {got}"
    raise SeriesError("X", place, rule, cure="use Average, Conv or Recurrent")


def _prediction_width(task: Task) -> int | None:
    """Return the number of values per prediction; `None`: it is a scalar."""
    if isinstance(task, Classification):
        return len(task.classes)
    return None if isinstance(task, Regression) and task.flat else task.units


def _weights_of(state: State) -> Arrays:
    """Return the network's arrays: all but scales and examples."""
    other_names = (EXAMPLE, f"{SCALE}/", f"{TARGET_SCALE}/")
    return {name: array for name, array in state.arrays.items() if not name.startswith(other_names)}
