"""scikit-learn's base classes, imported without what they do not need."""

from malmoi.startup import standing_in

with standing_in("scipy.stats"):
    from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin, TransformerMixin

__all__ = ["BaseEstimator", "ClassifierMixin", "RegressorMixin", "TransformerMixin"]
