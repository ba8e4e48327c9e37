"""The methods by which classifiers of texts, and estimators of series, predict with their fitted models."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from malmoi.foundation.arrays import Probabilities
from malmoi.foundation.names import also_named

__all__ = ["SeriesPredictions", "SeriesProbabilities", "TextPredictions"]


class _Model(Protocol):
    @property
    def predict(self) -> Callable[..., Any]: ...

    @property
    def predict_proba(self) -> Callable[..., Probabilities]: ...


class _Fitted(Protocol):
    @property
    def fitted(self) -> _Model: ...


class TextPredictions:
    """Mixin of classifiers of texts: the labels and the probabilities that the fitted model predicts."""

    @also_named(X="texts")
    def predict_proba(self: _Fitted, texts: Sequence[str]) -> Probabilities:
        """Return the probability of every class.

        Args:
            texts: list of str, or an array or a column of them, or a data frame as for `fit`; also as `X`.

        Returns:
            float32 (samples, classes), in the order of `classes_`. For multilabel models the probabilities of the
            classes are independent, and a row need not sum to 1.

        Raises:
            NotFittedError: `fit` was not called.
        """
        return self.fitted.predict_proba(texts)

    @also_named(X="texts")
    def predict(self: _Fitted, texts: Sequence[str]) -> Any:
        """Return the label of every text.

        Args:
            texts: list of str, or an array or a column of them, or a data frame as for `fit`; also as `X`.

        Returns:
            The most probable labels, an array (samples,); `None` where the highest probability is below `reject_below`,
            for estimators with this setting. For multilabel models all labels with probability above 0.5, in the form
            used for `fit`.

        Raises:
            NotFittedError: `fit` was not called.
        """
        return self.fitted.predict(texts)


class SeriesPredictions:
    """Mixin of estimators of series: the labels or numbers that the fitted model predicts."""

    def predict(self: _Fitted, X: object) -> Any:
        """Return the label of every series; for regression its predicted value.

        Args:
            X: series, in the forms that `fit` accepts; with the number of features of the training series.

        Returns:
            The most probable labels, an array (samples,); for multilabel data all labels with probability above 0.5, in
            the form used for `fit`. For regression float64 (samples,) or (samples, targets), in the unit of the
            targets.

        Raises:
            NotFittedError: `fit` was not called.
            DataError: a series is invalid, or has another number of features.
        """
        return self.fitted.predict(X)


class SeriesProbabilities:
    """Mixin of classifiers of series: the probabilities that the fitted model predicts."""

    def predict_proba(self: _Fitted, X: object) -> Probabilities:
        """Return the probability of every class.

        Args:
            X: series, in the forms that `fit` accepts; with the number of features of the training series.

        Returns:
            float32 (samples, classes), in the order of `classes_`. For multilabel models the probabilities of the
            classes are independent, and a row need not sum to 1.

        Raises:
            NotFittedError: `fit` was not called.
            DataError: a series is invalid, or has another number of features.
        """
        return self.fitted.predict_proba(X)
