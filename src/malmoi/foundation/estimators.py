"""scikit-learn's base classes, imported without what they do not need, and parameters inside parameters."""

from __future__ import annotations

from typing import Self

from malmoi.foundation.imports import standing_in
from malmoi.foundation.light_estimators import set_fields, split_parameters

with standing_in("scipy.stats"):
    from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin, TransformerMixin

__all__ = ["BaseEstimator", "ClassifierMixin", "Estimator", "RegressorMixin", "TransformerMixin"]


class Estimator(BaseEstimator):  # type: ignore[misc]
    """A `BaseEstimator` of scikit-learn whose parameters may be frozen values with fields, such as a network.

    Their fields can be set as parameters, `network__dropout`, by searches such as `GridSearchCV`. `get_params` gives
    the values alone, so that `type(estimator)(**estimator.get_params())` makes the same estimator.
    """

    def set_params(self, **params: object) -> Self:
        """Set parameters by name; a field of a frozen value as `network__dropout=0.5`.

        Raises:
            ValueError: there is no such parameter or field, or the field's value is out of its range.
        """
        own, changes = split_parameters(super().get_params(deep=False), params)
        super().set_params(**own)
        set_fields(self, changes)
        return self
