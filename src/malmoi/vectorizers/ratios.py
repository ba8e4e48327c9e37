"""Naive-Bayes log-count ratios of two classes."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from malmoi.data.labels import coded_labels
from malmoi.errors import DataError
from malmoi.vectorizers.sparse import CoreRows

__all__ = ["log_count_ratios", "weighed"]


def log_count_ratios(rows: CoreRows, labels: Any, samples: int, width: int) -> npt.NDArray[np.float64]:
    """Return the naive-Bayes log-count ratio of each n-gram between two classes.

    Args:
        rows: binary bags of the texts.
        labels: (samples,) labels of two classes.
        samples: number of texts.
        width: number of n-grams.

    Returns:
        float64 (n-grams,), in nats; positive if the n-gram is more frequent in the class that sorts last.

    Raises:
        ValueError: labels are missing, or their number differs from the number of texts.
        DataError: a label is invalid, or there are not two classes.

    Source:
        Wang and Manning 2012, section 2.1, with add-one smoothing.
    """
    if labels is None:
        raise ValueError("y must be the labels for the weighting 'naive-bayes', got None")
    given = list(labels)
    if len(given) != samples:
        raise ValueError(f"y must have {samples} items, one per text, got {len(given)}")
    coded = coded_labels(given, "y[{}]".format)
    if len(coded.classes) != 2:
        cure = "for more classes, wrap a pipeline with this vectorizer in scikit-learn's OneVsRestClassifier"
        raise DataError(f"y must have 2 classes for the weighting 'naive-bayes', got {len(coded.classes)}; {cure}")
    _, columns, starts = rows
    owners = np.repeat(coded.codes, np.diff(starts))
    first, second = (np.bincount(columns[owners == code], minlength=width) + 1.0 for code in (0, 1))
    ratios: npt.NDArray[np.float64] = np.log((second / second.sum()) / (first / first.sum()))
    return ratios


def weighed(rows: CoreRows, weights: npt.NDArray[np.float64], norm: str | None) -> CoreRows:
    """Return binary bags multiplied by feature weights and normalised."""
    _, columns, starts = rows
    values = weights[columns]
    if norm is not None:
        lengths = np.diff(starts)
        owners = np.repeat(np.arange(len(lengths)), lengths)
        sums = np.bincount(owners, np.abs(values) if norm == "l1" else values**2, minlength=len(lengths))
        sizes = sums if norm == "l1" else np.sqrt(sums)
        values = values / np.where(sizes > 0, sizes, 1)[owners]
    return values.astype(np.float32), columns, starts
