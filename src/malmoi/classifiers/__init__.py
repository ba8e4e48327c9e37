"""Estimators that learn labels from texts, and labels or numbers from series."""

from malmoi.classifiers.base import NetworkEstimator
from malmoi.classifiers.parts import Validation
from malmoi.classifiers.scaling import Standardization
from malmoi.classifiers.series import SeriesClassifier, SeriesRegressor
from malmoi.classifiers.targets import Answers
from malmoi.classifiers.text import EmbeddingClassifier, TrainingFacts
from malmoi.classifiers.windows import windows

__all__ = [
    "Answers",
    "EmbeddingClassifier",
    "NetworkEstimator",
    "SeriesClassifier",
    "SeriesRegressor",
    "Standardization",
    "TrainingFacts",
    "Validation",
    "windows",
]
