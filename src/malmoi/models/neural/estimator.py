"""Base class of scikit-learn estimators with a network: checked settings, the Keras model, the history."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Generic, Protocol, TypeVar

from malmoi.foundation.estimators import Estimator
from malmoi.models.base import FittedModel, ModelEstimator
from malmoi.models.history import History
from malmoi.models.neural.network import TrainedNetwork

if TYPE_CHECKING:
    import keras

__all__ = ["NetworkEstimator"]


class NetworkModel(Protocol):
    """A fitted model with a network and a training history."""

    @property
    def network(self) -> TrainedNetwork:
        """The trained network."""

    @property
    def history(self) -> History:
        """The history of the training."""


class NetworkSettings(Protocol):
    """The parameters of an estimator as a dataclass."""

    def check(self) -> None:
        """Raise an error if a setting is out of range."""


Fitted = TypeVar("Fitted", bound=FittedModel)
Settings = TypeVar("Settings", bound=NetworkSettings)


class NetworkEstimator(Estimator, ModelEstimator[Fitted], Generic[Fitted, Settings]):
    """A scikit-learn estimator whose fitted model has a network.

    Attributes:
        settings_class: dataclass of its parameters.
    """

    settings_class: ClassVar[type[Any]]

    def check_settings(self) -> Settings:
        """Check the settings and return them.

        Raises:
            TypeError: a setting has the wrong type.
            ValueError: a setting is out of range.

        :meta private:
        """
        settings: Settings = self.settings_class(**self.get_params(deep=False))
        settings.check()
        return settings

    @property
    def network_(self) -> keras.Model:
        """The trained `keras.Model`; predictions use weights that are set in it later."""
        model: NetworkModel = self.fitted  # type: ignore[assignment]
        return model.network.model

    @property
    def history_(self) -> History:
        """The training history: loss and metric of every epoch."""
        model: NetworkModel = self.fitted  # type: ignore[assignment]
        return model.history
