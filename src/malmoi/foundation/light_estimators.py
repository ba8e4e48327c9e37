"""Base classes of estimators that are compatible with scikit-learn without importing it.

scikit-learn's functions use `get_params`, `set_params`, `__sklearn_tags__` and `__sklearn_is_fitted__` of an estimator,
and do not check its base class. Unlike `BaseEstimator`, metadata routing (`set_fit_request`) is missing.
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
    """An estimator whose parameters are those of its `__init__`, and may be frozen dataclasses.

    Their fields can be set as nested parameters, such as `network__dropout`, for example by `GridSearchCV`.
    `get_params` returns the dataclasses only, so that `type(estimator)(**estimator.get_params())` is a clone.
    """

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters by name, sorted.

        Args:
            deep: whether to include the parameters of nested estimators, as `name__parameter`.

        Example:
            >>> from malmoi import BagClassifier
            >>> BagClassifier(min_texts=2).get_params()["min_texts"]
            2
        """
        found: dict[str, object] = {}
        for name in _parameter_defaults(type(self)):
            value = found[name] = getattr(self, name)
            if deep and hasattr(value, "get_params") and not isinstance(value, type):
                found |= {f"{name}__{inner}": item for inner, item in value.get_params().items()}
        return found

    def set_params(self, **params: object) -> Self:
        """Set parameters by name; fields of frozen dataclasses as `network__dropout=0.5`.

        Args:
            **params: parameters of the constructor, with their new values; what was learned does not change.

        Raises:
            ValueError: a parameter or a field is unknown, or the value of a field is out of range.

        Example:
            >>> from malmoi import BagClassifier, Words
            >>> BagClassifier(tokens=Words()).set_params(C=4.0, tokens__lowercase=False)
            BagClassifier(C=4.0, tokens=Words(lowercase=False))
        """
        names = list(_parameter_defaults(type(self)))
        for name in params:
            if name.partition("__")[0] not in names:
                raise ValueError(f"Invalid parameter {name!r} for {type(self).__name__}, which has {', '.join(names)}")
        plain, changes = split_parameters(self.get_params(deep=False), params)
        inner: FieldChanges = {}
        for name, value in plain.items():
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
        """Return the constructor call with the parameters that differ from their defaults."""
        changed = []
        for name, default in _parameter_defaults(type(self)).items():
            value = getattr(self, name, default)
            if repr(value) != repr(default):
                changed.append(f"{name}={value!r}")
        return f"{type(self).__name__}({', '.join(changed)})"

    def __sklearn_tags__(self) -> Tags:
        """Return scikit-learn's tags."""
        from sklearn.utils import InputTags, Tags, TargetTags

        return Tags(estimator_type=None, target_tags=TargetTags(required=False), input_tags=InputTags())

    def _repr_html_(self) -> str:
        """Return scikit-learn's HTML diagram for notebooks."""
        from sklearn.utils import estimator_html_repr

        return str(estimator_html_repr(self))


class _Hits(Protocol):
    @property
    def hits(self) -> Callable[..., npt.NDArray[np.bool_]]: ...


class _FittedClassifier(Protocol):
    @property
    def fitted(self) -> _Hits: ...


class LabelScore:
    """Mixin of classifiers whose score is accuracy, for labels in any form that `fit` accepts."""

    def score(self: _FittedClassifier, X: object, y: object, sample_weight: npt.ArrayLike | None = None) -> float:
        """Return the accuracy; for multilabel models the subset accuracy (exact match).

        Args:
            X: samples, any input of `predict`.
            y: true labels, one item per sample, in the form that was passed to `fit`.
            sample_weight: float (samples,), weight of each sample.

        Raises:
            ValueError: there are no samples, the numbers of samples and labels differ, or labels have another type.

        Example:
            >>> from malmoi import BagClassifier
            >>> texts, labels = ["so good", "so bad", "good", "bad"], ["pos", "neg", "pos", "neg"]
            >>> BagClassifier(C=1.0).fit(texts, labels).score(["good film", "bad film"], ["pos", "pos"])
            0.5
        """
        return _weighted_mean(self.fitted.hits(X, y), sample_weight)


class LightClassifierMixin(LabelScore):
    """Mixin of classifiers, with accuracy as score."""

    _estimator_type = "classifier"
    predict: Callable[..., object]

    def __sklearn_tags__(self) -> Tags:
        """Return scikit-learn's tags; labels are required."""
        from sklearn.utils import ClassifierTags

        tags = super().__sklearn_tags__()  # type: ignore[misc]
        tags.estimator_type, tags.classifier_tags = "classifier", ClassifierTags()
        tags.target_tags.required = True
        return tags


class LightRegressorMixin:
    """Mixin of regressors, with the coefficient of determination R² as score."""

    _estimator_type = "regressor"
    predict: Callable[..., npt.NDArray[np.generic]]

    def __sklearn_tags__(self) -> Tags:
        """Return scikit-learn's tags; targets are required."""
        from sklearn.utils import RegressorTags

        tags = super().__sklearn_tags__()  # type: ignore[misc]
        tags.estimator_type, tags.regressor_tags = "regressor", RegressorTags()
        tags.target_tags.required = True
        return tags

    def score(self, X: object, y: npt.ArrayLike, sample_weight: npt.ArrayLike | None = None) -> float:
        """Return the coefficient of determination R², averaged over targets; 1 is perfect, the mean-only baseline is 0.

        Args:
            X: samples, any input of `predict`.
            y: true values, (samples,) or (samples, targets).
            sample_weight: float (samples,), weight of each sample.

        Raises:
            ValueError: there are no samples, or the shape differs from that of the predictions.

        Source:
            `sklearn.metrics.r2_score`, also for constant targets: 1 if predicted exactly, otherwise 0.

        Example:
            >>> from malmoi import BagRegressor
            >>> model = BagRegressor(C=100.0).fit(["so good", "so bad", "good", "bad"], [5.0, 1.0, 4.0, 2.0])
            >>> model.score(["good film", "bad film"], [4.0, 2.0]) > 0.9
            True
        """
        truth = np.asarray(y, dtype=np.float64)
        predicted = np.asarray(self.predict(X), dtype=np.float64)
        if truth.shape != predicted.shape:
            raise ValueError(f"y must have the shape of the predictions, {predicted.shape}, got {truth.shape}")
        rows, predictions = truth.reshape(len(truth), -1), predicted.reshape(len(truth), -1)
        mean = _weighted_mean_of_columns(rows, sample_weight)
        residual = _weighted_mean_of_columns((rows - predictions) ** 2, sample_weight)
        total = _weighted_mean_of_columns((rows - mean) ** 2, sample_weight)
        ratio = np.divide(residual, total, out=(residual > 0).astype(np.float64), where=total > 0)
        return float(np.mean(1 - ratio))


class TextInputs:
    """Mixin of estimators whose samples are texts; must precede the classifier and regressor mixins."""

    def __sklearn_tags__(self) -> Tags:
        """Return scikit-learn's tags: the input is one str per sample; classifiers support multilabel targets."""
        tags = super().__sklearn_tags__()  # type: ignore[misc]
        tags.input_tags.string = True
        tags.input_tags.one_d_array = True
        tags.input_tags.two_d_array = False
        if tags.classifier_tags is not None:
            tags.classifier_tags.multi_label = True
        return tags


def _parameter_defaults(kind: type) -> dict[str, object]:
    """Return the parameters of a class with their defaults, sorted by name."""
    parameters = inspect.signature(kind).parameters.values()
    for one in parameters:
        if one.kind in (one.VAR_POSITIONAL, one.VAR_KEYWORD):
            raise TypeError(f"{kind.__name__} must have named parameters, got *{one.name}")
    return {one.name: one.default for one in sorted(parameters, key=lambda one: one.name)}


def split_parameters(own: dict[str, object], params: dict[str, object]) -> tuple[dict[str, object], FieldChanges]:
    """Split parameters into plain ones and fields of frozen dataclasses, the latter grouped by parameter.

    Args:
        own: current parameters of the estimator.
        params: parameters to set.

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
    """Set fields of parameters that are frozen dataclasses, by replacing these.

    Raises:
        ValueError: a field is unknown, or its value is out of range.
    """
    for outer, found in changes.items():
        value = getattr(estimator, outer)
        names = [field.name for field in fields(value)]
        for name in found:
            if name not in names:
                raise ValueError(f"a field of {outer} must be one of {', '.join(names)}, got {shorten(name)}")
        setattr(estimator, outer, replace(value, **found))


def _weighted_mean(values: npt.NDArray[np.bool_], weights: npt.ArrayLike | None) -> float:
    return float(_weighted_mean_of_columns(values[:, None], weights)[0])


def _weighted_mean_of_columns(
    rows: npt.NDArray[np.bool_] | npt.NDArray[np.float64], weights: npt.ArrayLike | None
) -> npt.NDArray[np.float64]:
    if not len(rows):
        raise ValueError("y must have 1 sample or more, got 0")
    given = None if weights is None else np.asarray(weights, dtype=np.float64)
    if given is not None and given.shape != (len(rows),):
        raise ValueError(f"sample_weight must have shape ({len(rows)},), got {given.shape}")
    mean: npt.NDArray[np.float64] = np.average(rows, axis=0, weights=given)
    return mean
