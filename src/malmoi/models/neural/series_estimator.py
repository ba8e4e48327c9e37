"""Base class of the estimators of series, with a network or MiniRocket."""

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
from malmoi.models.predictions import SeriesPredictions
from malmoi.models.standardization import Standardization

if TYPE_CHECKING:
    import keras

__all__ = ["SeriesEstimator"]


class SeriesEstimator(SeriesPredictions, ModelEstimator[Any]):
    """Attributes and methods of both estimators of series.

    Attributes:
        minirocket_class: the estimator that is used if the parameters name no network.
    """

    minirocket_class: ClassVar[type[MiniRocketEstimator]]
    network: Network | NetworkFunction | None
    recipe: str
    normalize: str | None

    def check_settings(self) -> SeriesSettings | MiniRocketSettings:
        """Check the settings and return them.

        Raises:
            TypeError: a setting has the wrong type.
            ValueError: a setting is out of range, or has no effect in combination with another.

        :meta private:
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
        """Return the MiniRocket estimator, or `None` if the parameters name a network; arguments as in `fit`.

        Raises:
            ValueError: a parameter or an argument is given that only networks use.

        :meta private:
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
            raise AttributeError(f"a {self.fitted.kind} has no {attribute}; only networks have it")
        return self.fitted

    @property
    def facts_(self) -> MiniRocketFacts:
        """Facts about the training of MiniRocket, and how its settings were chosen.

        Raises:
            AttributeError: it was fitted with a network.
        """
        if not isinstance(self.fitted, MiniRocketModel):
            raise AttributeError(f"a {self.fitted.kind} with a network has no facts_; only MiniRocket has it")
        return self.fitted.facts

    @property
    def network_(self) -> keras.Model:
        """The trained `keras.Model`; predictions use weights that are set in it later. Only with a network."""
        return self._network_model("network_").network.model

    @property
    def history_(self) -> History:
        """The training history: loss and metric of every epoch. Only with a network."""
        return self._network_model("history_").history

    @property
    def scale_(self) -> Standardization:
        """Mean and standard deviation of every feature, if "training" normalizes; else 0 and 1. Only with a network."""
        return self._network_model("scale_").scale

    @property
    def training_(self) -> SeriesTraining | None:
        """Length of the training: steps, epochs and batch size; `None` for old files. Only with a network."""
        return self._network_model("training_").training

    @property
    def averaged_steps_(self) -> int:
        """Number of consecutive steps that are averaged because of `max_time_steps`; 1: none. Only with a network."""
        return self._network_model("averaged_steps_").preparation.averaged_steps

    @property
    def length_(self) -> int:
        """Length of the longest training series, in steps."""
        return int(self.fitted.length)

    @property
    def n_features_in_(self) -> int:
        """Number of features of the series."""
        return int(self.fitted.features)

    @property
    def feature_names_in_(self) -> npt.NDArray[np.object_]:
        """Names of the features, an array of objects; only if the training series were tables with column names.

        Raises:
            AttributeError: the training series had no column names.
        """
        names: npt.NDArray[np.object_] | None = self.fitted.feature_names
        if names is None:
            raise AttributeError("the training series had no feature names")
        return names

    @property
    def validation_samples_(self) -> int:
        """Number of series in the validation set; 0 without one. Only with a network."""
        return self._network_model("validation_samples_").validation_samples

    @property
    def examples_(self) -> list[npt.NDArray[np.float32]]:
        """The series that `save` keeps with their predictions."""
        return list(self.fitted.examples)
