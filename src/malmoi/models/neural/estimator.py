"""What scikit-learn estimators with a network share: checked settings, the Keras model, the history."""

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
    """A fitted model with a network and the history of its training."""

    @property
    def network(self) -> TrainedNetwork:
        """Inputs to outputs."""

    @property
    def history(self) -> History:
        """The epochs of its training."""


class NetworkSettings(Protocol):
    """The parameters of an estimator as a value."""

    def check(self) -> None:
        """Refuse settings that are out of their range."""


Fitted = TypeVar("Fitted", bound=FittedModel)
Settings = TypeVar("Settings", bound=NetworkSettings)


class NetworkEstimator(Estimator, ModelEstimator[Fitted], Generic[Fitted, Settings]):
    """A scikit-learn estimator whose fitted model has a network.

    Attributes:
        settings_class: what its parameters become.
    """

    settings_class: ClassVar[type[Any]]

    def check_settings(self) -> Settings:
        """Refuse settings that are out of their range, before any work; returns them as a value.

        Raises:
            TypeError: a setting is of the wrong kind.
            ValueError: a setting is out of its range.
        """
        settings: Settings = self.settings_class(**self.get_params(deep=False))
        settings.check()
        return settings

    @property
    def network_(self) -> keras.Model:
        """The trained `keras.Model`; predictions follow weights that are set in it later."""
        model: NetworkModel = self.fitted  # type: ignore[assignment]
        return model.network.model

    @property
    def history_(self) -> History:
        """Loss and metric of every epoch."""
        model: NetworkModel = self.fitted  # type: ignore[assignment]
        return model.history
