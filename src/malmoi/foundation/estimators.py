"""scikit-learn's base classes, imported without what they do not need, and parameters inside parameters."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import Any, Self

from malmoi.foundation.imports import standing_in
from malmoi.foundation.validation import shorten

with standing_in("scipy.stats"):
    from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin, TransformerMixin

__all__ = ["BaseEstimator", "ClassifierMixin", "Estimator", "RegressorMixin", "TransformerMixin"]


class Estimator(BaseEstimator):  # type: ignore[misc]
    """An estimator whose parameters may be frozen values with fields, such as a network.

    Their fields can be set as parameters, `network__dropout`, by searches such as `GridSearchCV`. `get_params` gives
    the values alone, so that `type(estimator)(**estimator.get_params())` makes the same estimator.
    """

    def set_params(self, **params: Any) -> Self:
        """Set parameters by name; a field of a frozen value as `network__dropout=0.5`.

        Raises:
            ValueError: there is no such parameter or field, or the field's value is out of its range.
        """
        changes: dict[str, dict[str, Any]] = {}
        own = super().get_params(deep=False)
        for name, value in params.items():
            outer, _, field = name.partition("__")
            holder = params.get(outer, own.get(outer))
            if field and is_dataclass(holder):
                changes.setdefault(outer, {})[field] = value
            elif field and outer in own and not hasattr(holder, "set_params"):
                raise ValueError(f"{outer} must have fields for {name}, got {shorten(holder)}")
        inner = {f"{outer}__{field}" for outer, found in changes.items() for field in found}
        super().set_params(**{name: value for name, value in params.items() if name not in inner})
        for outer, found in changes.items():
            value = getattr(self, outer)
            known = [field.name for field in fields(value)]
            for name in found:
                if name not in known:
                    raise ValueError(f"{outer} must have the field, one of {', '.join(known)}, got {shorten(name)}")
            setattr(self, outer, replace(value, **found))
        return self
