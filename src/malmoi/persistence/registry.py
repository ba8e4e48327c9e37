"""Table of model kinds, with the classes of the fitted model and of the estimator."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module

from malmoi.models.base import FittedModel, ModelEstimator

__all__ = ["KINDS", "Kind"]


@dataclass(frozen=True)
class Kind:
    """A kind of model.

    Args:
        model: module and name of the class of the fitted model.
        estimator: module and name of the class of the estimator.
    """

    model: str
    estimator: str

    def model_class(self) -> type[FittedModel]:
        """Import the class of the fitted model."""
        found: type[FittedModel] = _imported(self.model)
        return found

    def estimator_class(self) -> type[ModelEstimator[FittedModel]]:
        """Import the class of the estimator."""
        found: type[ModelEstimator[FittedModel]] = _imported(self.estimator)
        return found


def _imported(place: str) -> type:
    module, _, name = place.partition(":")
    found: type = getattr(import_module(module), name)
    return found


KINDS: dict[str, Kind] = {
    "BagClassifier": Kind("malmoi.models.linear.model:BagModel", "malmoi.models.linear.classifier:BagClassifier"),
    "BagRegressor": Kind("malmoi.models.linear.model:BagModel", "malmoi.models.linear.regressor:BagRegressor"),
    "EmbeddingClassifier": Kind(
        "malmoi.models.neural.text_model:TextNetworkModel", "malmoi.models.neural.text:EmbeddingClassifier"
    ),
    "FastTextClassifier": Kind(
        "malmoi.models.fasttext.model:FastTextModel", "malmoi.models.fasttext.classifier:FastTextClassifier"
    ),
    "FewLabelClassifier": Kind(
        "malmoi.models.few_labels.model:FewLabelModel", "malmoi.models.few_labels.classifier:FewLabelClassifier"
    ),
    "Forecaster": Kind(
        "malmoi.models.forecasting.model:ForecastModel", "malmoi.models.forecasting.forecaster:Forecaster"
    ),
    "MiniRocketClassifier": Kind(
        "malmoi.models.minirocket.model:MiniRocketModel", "malmoi.models.minirocket.estimators:MiniRocketClassifier"
    ),
    "MiniRocketRegressor": Kind(
        "malmoi.models.minirocket.model:MiniRocketModel", "malmoi.models.minirocket.estimators:MiniRocketRegressor"
    ),
    "SeriesClassifier": Kind(
        "malmoi.models.neural.series_model:SeriesNetworkModel", "malmoi.models.neural.series:SeriesClassifier"
    ),
    "SeriesRegressor": Kind(
        "malmoi.models.neural.series_model:SeriesNetworkModel", "malmoi.models.neural.series:SeriesRegressor"
    ),
}
"""All kinds of models by their names in files; imported lazily."""
