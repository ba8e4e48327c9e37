"""scikit-learn's base classes, imported without unneeded modules, and support for nested parameters."""

from __future__ import annotations

from typing import Self

from malmoi.foundation.library_changes import NOT_NEEDED_BY_SKLEARN, standing_in
from malmoi.foundation.light_estimators import set_fields, split_parameters

with standing_in(*NOT_NEEDED_BY_SKLEARN):
    from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin, TransformerMixin

__all__ = ["BaseEstimator", "ClassifierMixin", "Estimator", "RegressorMixin", "TransformerMixin"]


class Estimator(BaseEstimator):  # type: ignore[misc]
    """A scikit-learn `BaseEstimator` whose parameters may be frozen dataclasses, such as a network.

    Their fields can be set as nested parameters, such as `network__dropout`, for example by `GridSearchCV`.
    `get_params` returns the dataclasses only, so that `type(estimator)(**estimator.get_params())` is a clone.
    """

    def set_params(self, **params: object) -> Self:
        """Set parameters by name; fields of frozen dataclasses as `network__dropout=0.5`.

        Args:
            **params: parameters of the constructor, with their new values; what was learned does not change.

        Raises:
            ValueError: a parameter or a field is unknown, or the value of a field is out of range.

        Example:
            >>> from malmoi import BagVectorizer, Words
            >>> BagVectorizer(Words()).set_params(min_texts=2, tokens__lowercase=False)
            BagVectorizer(min_texts=2, tokens=Words(lowercase=False))
        """
        plain, changes = split_parameters(super().get_params(deep=False), params)
        super().set_params(**plain)
        set_fields(self, changes)
        return self
