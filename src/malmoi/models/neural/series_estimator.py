"""What the estimators of series share: parameters that name a network or MiniRocket, and learned attributes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt

from malmoi.models.base import ModelEstimator
from malmoi.models.history import History
from malmoi.models.minirocket.estimators import MiniRocketEstimator
from malmoi.models.minirocket.model import MiniRocketModel
from malmoi.models.minirocket.parts import MiniRocketFacts
from malmoi.models.minirocket.settings import MiniRocketSettings
from malmoi.models.neural.networks import Network, NetworkFunction
from malmoi.models.neural.series_model import SeriesNetworkModel
from malmoi.models.neural.series_recipes import chosen_network, minirocket_for
from malmoi.models.neural.series_settings import SeriesSettings
from malmoi.models.neural.series_training import SeriesTraining
from malmoi.models.standardization import Standardization

if TYPE_CHECKING:
    import keras

__all__ = ["SeriesEstimator"]


class SeriesEstimator(ModelEstimator[Any]):
    """The attributes and methods that both estimators of series have.

    Attributes:
        minirocket_class: the estimator that parameters become which name no network.
    """

    minirocket_class: ClassVar[type[MiniRocketEstimator]]
    network: Network | NetworkFunction | None
    recipe: str
    normalize: str | None

    def check_settings(self) -> SeriesSettings | MiniRocketSettings:
        """Refuse settings that are out of their range, before any work; returns them as a value.

        Raises:
            TypeError: a setting is of the wrong kind.
            ValueError: a setting is out of its range, or has no effect beside another.
        """
        network = chosen_network(self.network, self.recipe)
        if network is None:
            return minirocket_for(self, self.minirocket_class, []).check_settings()
        parameters = {name: value for name, value in self.get_params(deep=False).items() if name != "recipe"}
        settings = SeriesSettings(**{**parameters, "network": network})
        settings.check()
        return settings

    def minirocket(
        self, *, validation: object, callbacks: Sequence[keras.callbacks.Callback], checkpoint: object
    ) -> MiniRocketEstimator | None:
        """Return MiniRocket's estimator where no network is named; the arguments are those of `fit`.

        Raises:
            ValueError: a parameter or an argument is given that only networks have.
        """
        if chosen_network(self.network, self.recipe) is not None:
            return None
        given = {
            "validation": validation is not None,
            "callbacks": bool(callbacks),
            "checkpoint": checkpoint is not None,
        }
        return minirocket_for(self, self.minirocket_class, [name for name, is_given in given.items() if is_given])

    def _network_model(self, attribute: str) -> SeriesNetworkModel:
        if not isinstance(self.fitted, SeriesNetworkModel):
            raise AttributeError(f"a {self.fitted.kind} has no {attribute}, which is of networks")
        return self.fitted

    @property
    def facts_(self) -> MiniRocketFacts:
        """What MiniRocket learned from, and how its settings were chosen."""
        if not isinstance(self.fitted, MiniRocketModel):
            raise AttributeError(f"a {self.fitted.kind} with a network has no facts_, which is of MiniRocket")
        return self.fitted.facts

    @property
    def network_(self) -> keras.Model:
        """The trained `keras.Model`; predictions follow weights that are set in it later."""
        return self._network_model("network_").network.model

    @property
    def history_(self) -> History:
        """Loss and metric of every epoch."""
        return self._network_model("history_").history

    @property
    def scale_(self) -> Standardization:
        """Mean and standard deviation of every feature; 0 and 1 unless `normalize` is "training"."""
        return self._network_model("scale_").scale

    @property
    def training_(self) -> SeriesTraining | None:
        """How long it was trained: steps, epochs, batch size; `None` for an older file, which does not say."""
        return self._network_model("training_").training

    @property
    def averaged_steps_(self) -> int:
        """Steps in a row that were averaged into one because of `max_time_steps`; 1: none."""
        return self._network_model("averaged_steps_").preparation.averaged_steps

    @property
    def length_(self) -> int:
        """Steps of the longest training series."""
        return int(self.fitted.length)

    @property
    def n_features_in_(self) -> int:
        """Features of a step."""
        return int(self.fitted.features)

    @property
    def feature_names_in_(self) -> npt.NDArray[np.object_]:
        """Names of the features.

        Raises:
            AttributeError: the training series were no tables with names.
        """
        names: npt.NDArray[np.object_] | None = self.fitted.feature_names
        if names is None:
            raise AttributeError("the training series had no names of features")
        return names

    @property
    def validation_samples_(self) -> int:
        """Series of the validation set."""
        return self._network_model("validation_samples_").validation_samples

    @property
    def examples_(self) -> list[npt.NDArray[np.float32]]:
        """The series that `save` keeps with their predictions."""
        return list(self.fitted.examples)

    def predict(self, X: object) -> Any:
        """Return the most probable label of every series, or numbers in the unit of the training targets.

        Where a series has several labels: all that are more probable than not. Numbers are float64 (samples,) or
        (samples, numbers), as `fit` was given them.
        """
        return self.fitted.predict(X)
