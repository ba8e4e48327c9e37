"""Base classes of estimators that scikit-learn accepts and that need no scikit-learn: import takes no time.

scikit-learn's functions ask an estimator for `get_params`, `set_params`, `__sklearn_tags__` and
`__sklearn_is_fitted__`, not for its base class. What is missing beside `BaseEstimator`: metadata routing
(`set_fit_request`).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol, Self

import numpy as np
import numpy.typing as npt

from malmoi.foundation.validation import shorten

if TYPE_CHECKING:
    from sklearn.utils import Tags

__all__ = [
    "LabelScore",
    "LightClassifierMixin",
    "LightEstimator",
    "LightRegressorMixin",
    "TextInputs",
    "set_fields",
    "split_parameters",
]

FieldChanges = dict[str, dict[str, object]]


class LightEstimator:
    """An estimator whose parameters are those of its `__init__`, and may be frozen values with fields.

    Their fields can be set as parameters, `network__dropout`, by searches such as `GridSearchCV`. `get_params` gives
    the values alone, so that `type(estimator)(**estimator.get_params())` makes the same estimator.
    """

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters by name, sorted.

        Args:
            deep: also those of parameters that are estimators, as `name__parameter`.
        """
        found: dict[str, object] = {}
        for name in _parameter_defaults(type(self)):
            value = found[name] = getattr(self, name)
            if deep and hasattr(value, "get_params") and not isinstance(value, type):
                found |= {f"{name}__{inner}": item for inner, item in value.get_params().items()}
        return found

    def set_params(self, **params: object) -> Self:
        """Set parameters by name; a field of a frozen value as `network__dropout=0.5`.

        Raises:
            ValueError: there is no such parameter or field, or the field's value is out of its range.
        """
        known = list(_parameter_defaults(type(self)))
        for name in params:
            if name.partition("__")[0] not in known:
                raise ValueError(f"Invalid parameter {name!r} for {type(self).__name__}, which has {', '.join(known)}")
        own, changes = split_parameters(self.get_params(deep=False), params)
        inner: FieldChanges = {}
        for name, value in own.items():
            outer, _, rest = name.partition("__")
            if rest:
                inner.setdefault(outer, {})[rest] = value
            else:
                setattr(self, name, value)
        for outer, values in inner.items():
            getattr(self, outer).set_params(**values)
        set_fields(self, changes)
        return self

    def __repr__(self) -> str:
        """Return the call that makes it, without the parameters that have their defaults."""
        changed = []
        for name, default in _parameter_defaults(type(self)).items():
            value = getattr(self, name, default)
            if repr(value) != repr(default):
                changed.append(f"{name}={value!r}")
        return f"{type(self).__name__}({', '.join(changed)})"

    def __sklearn_tags__(self) -> Tags:
        """Return what scikit-learn wants to know of an estimator."""
        from sklearn.utils import InputTags, Tags, TargetTags

        return Tags(estimator_type=None, target_tags=TargetTags(required=False), input_tags=InputTags())

    def _repr_html_(self) -> str:
        """Return the diagram that scikit-learn draws in notebooks."""
        from sklearn.utils import estimator_html_repr

        return str(estimator_html_repr(self))


class _Hits(Protocol):
    @property
    def hits(self) -> Callable[..., npt.NDArray[np.bool_]]: ...


class _FittedClassifier(Protocol):
    @property
    def fitted(self) -> _Hits: ...


class LabelScore:
    """A classifier with a fitted model: accuracy as its score, on labels in any form that `fit` takes."""

    def score(self: _FittedClassifier, X: object, y: object, sample_weight: npt.ArrayLike | None = None) -> float:
        """Return the accuracy; of several labels a sample, the share of samples with exactly the true ones.

        Args:
            X: samples, as `predict` takes them.
            y: the true labels, as many, in the form that `fit` was given.
            sample_weight: float (samples,), how much each sample counts.

        Raises:
            ValueError: there are no samples, not as many labels as samples, or labels of another kind.
        """
        return _weighted_mean(self.fitted.hits(X, y), sample_weight)


class LightClassifierMixin(LabelScore):
    """A classifier: accuracy as its score."""

    _estimator_type = "classifier"
    predict: Callable[..., object]

    def __sklearn_tags__(self) -> Tags:
        """Labels are needed."""
        from sklearn.utils import ClassifierTags

        tags = super().__sklearn_tags__()  # type: ignore[misc]
        tags.estimator_type, tags.classifier_tags = "classifier", ClassifierTags()
        tags.target_tags.required = True
        return tags


class LightRegressorMixin:
    """A regressor: the coefficient of determination as its score."""

    _estimator_type = "regressor"
    predict: Callable[..., npt.NDArray[np.generic]]

    def __sklearn_tags__(self) -> Tags:
        """Targets are needed."""
        from sklearn.utils import RegressorTags

        tags = super().__sklearn_tags__()  # type: ignore[misc]
        tags.estimator_type, tags.regressor_tags = "regressor", RegressorTags()
        tags.target_tags.required = True
        return tags

    def score(self, X: object, y: npt.ArrayLike, sample_weight: npt.ArrayLike | None = None) -> float:
        """Return the coefficient of determination R², the mean over targets; 1 is perfect, the mean alone gives 0.

        Args:
            X: samples, as `predict` takes them.
            y: the true numbers, (samples,) or (samples, targets).
            sample_weight: float (samples,), how much each sample counts.

        Raises:
            ValueError: there are no samples, or the numbers have another shape than the predictions.

        Source:
            `sklearn.metrics.r2_score`, which also gives a constant target 1 where it is met and 0 where not.
        """
        truth = np.asarray(y, dtype=np.float64)
        predicted = np.asarray(self.predict(X), dtype=np.float64)
        if truth.shape != predicted.shape:
            raise ValueError(f"y must have the shape of the predictions, {predicted.shape}, got {truth.shape}")
        rows, guesses = truth.reshape(len(truth), -1), predicted.reshape(len(truth), -1)
        mean = _weighted_mean_of_columns(rows, sample_weight)
        residual = _weighted_mean_of_columns((rows - guesses) ** 2, sample_weight)
        total = _weighted_mean_of_columns((rows - mean) ** 2, sample_weight)
        ratio = np.divide(residual, total, out=(residual > 0).astype(np.float64), where=total > 0)
        return float(np.mean(1 - ratio))


class TextInputs:
    """An estimator whose samples are texts; stands before the mixins of classifiers and regressors."""

    def __sklearn_tags__(self) -> Tags:
        """Texts come in, one str a sample; classifiers take several labels a text."""
        tags = super().__sklearn_tags__()  # type: ignore[misc]
        tags.input_tags.string = True
        tags.input_tags.one_d_array = True
        tags.input_tags.two_d_array = False
        if tags.classifier_tags is not None:
            tags.classifier_tags.multi_label = True
        return tags


def _parameter_defaults(kind: type) -> dict[str, object]:
    """Names of the parameters of a class, sorted, with their defaults."""
    parameters = inspect.signature(kind).parameters.values()
    for one in parameters:
        if one.kind in (one.VAR_POSITIONAL, one.VAR_KEYWORD):
            raise TypeError(f"{kind.__name__} must have named parameters, got *{one.name}")
    return {one.name: one.default for one in sorted(parameters, key=lambda one: one.name)}


def split_parameters(own: dict[str, object], params: dict[str, object]) -> tuple[dict[str, object], FieldChanges]:
    """Return parameters without those that are fields of frozen values, and these by the value's name.

    Args:
        own: the parameters that an estimator has.
        params: what is to be set.

    Raises:
        ValueError: a parameter has no fields.
    """
    rest: dict[str, object] = {}
    changes: FieldChanges = {}
    for name, value in params.items():
        outer, _, field = name.partition("__")
        holder = params.get(outer, own.get(outer))
        if field and is_dataclass(holder):
            changes.setdefault(outer, {})[field] = value
        elif field and outer in own and not hasattr(holder, "set_params"):
            raise ValueError(f"{outer} must have fields for {name}, got {shorten(holder)}")
        else:
            rest[name] = value
    return rest, changes


def set_fields(estimator: object, changes: FieldChanges) -> None:
    """Replace parameters that are frozen values by ones with other fields.

    Raises:
        ValueError: there is no such field, or its value is out of its range.
    """
    for outer, found in changes.items():
        value = getattr(estimator, outer)
        known = [field.name for field in fields(value)]
        for name in found:
            if name not in known:
                raise ValueError(f"{outer} must have the field, one of {', '.join(known)}, got {shorten(name)}")
        setattr(estimator, outer, replace(value, **found))


def _weighted_mean(values: npt.NDArray[np.bool_], weights: npt.ArrayLike | None) -> float:
    return float(_weighted_mean_of_columns(values[:, None], weights)[0])


def _weighted_mean_of_columns(
    rows: npt.NDArray[np.bool_] | npt.NDArray[np.float64], weights: npt.ArrayLike | None
) -> npt.NDArray[np.float64]:
    if not len(rows):
        raise ValueError("y must hold 1 sample or more, got 0")
    given = None if weights is None else np.asarray(weights, dtype=np.float64)
    if given is not None and given.shape != (len(rows),):
        raise ValueError(f"sample_weight must have shape ({len(rows)},), got {given.shape}")
    mean: npt.NDArray[np.float64] = np.average(rows, axis=0, weights=given)
    return mean
