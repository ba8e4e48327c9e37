"""The common base of both bag estimators."""

from __future__ import annotations

from malmoi.foundation.names import Deprecated
from malmoi.models.base import ModelEstimator
from malmoi.models.linear.model import BagModel
from malmoi.models.linear.parts import BagFacts, NgramWeight

__all__ = ["BagEstimator"]


class BagEstimator(ModelEstimator[BagModel]):
    """An estimator whose fitted model is a bag."""

    @property
    def facts_(self) -> BagFacts:
        """Facts about the training: number of texts, accuracy, and the values of C that were compared."""
        return self.fitted.facts

    telling_ = Deprecated("top_ngrams_")

    @property
    def top_ngrams_(self) -> tuple[NgramWeight, ...]:
        """The n-grams with the largest weights of each class, or for higher and for lower target values."""
        return self.fitted.top_ngrams
