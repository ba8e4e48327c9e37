"""Labelled texts of a recipe selection."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from malmoi.data.coded_labels import AnyLabels
from malmoi.data.label_forms import labels_of
from malmoi.data.texts import Texts, taken
from malmoi.foundation.threads import thread_count
from malmoi.models.linear.folds import Fold, folds_of, with_every_class
from malmoi.models.linear.targets import strata_of
from malmoi.models.task import Multilabel
from malmoi.models.task_of_labels import classification_of

__all__ = ["Labelled", "Weights"]

Weights = Sequence[float] | npt.NDArray[np.floating] | None


class Labelled:
    """Texts with labels, as codes or as an indicator matrix, and sample weights."""

    def __init__(
        self,
        texts: Texts,
        labels: AnyLabels | npt.NDArray[np.int64],
        weights: npt.NDArray[np.floating] | None,
        strata: npt.NDArray[np.int64],
        classes: int,
    ) -> None:
        self.texts = texts
        self.labels = labels
        self.weights = weights
        self.strata = strata
        self.classes = classes

    @classmethod
    def of(cls, texts: Texts, labels: object, weights: Weights) -> Labelled:
        """Return checked labelled texts.

        Raises:
            ValueError: the numbers of texts, labels and weights differ.
        """
        task, targets = classification_of(labels)
        if len(targets) != len(texts):
            raise ValueError(f"labels must have {len(texts)} items, one per text, got {len(targets)}")
        counted = None if weights is None else np.asarray(weights)
        if counted is not None and counted.shape != (len(texts),):
            raise ValueError(
                f"sample_weight must have one number for each of the {len(texts)} samples, got {counted.shape}"
            )
        is_rows = isinstance(task, Multilabel) and task.indicator
        kept = np.asarray(targets, dtype=np.int64) if is_rows else labels_of(labels)
        return cls(texts, kept, counted, strata_of(task, targets), len(task.classes))

    def folds(self, seed: int, n_jobs: int | None) -> list[Fold]:
        """Return folds whose training parts have every class."""
        counts = np.bincount(self.strata)
        if counts[counts > 0].min(initial=2) < 2:
            return []
        found = folds_of(self.texts, self.strata, seed, thread_count(n_jobs))
        counted = np.ones(len(self.texts)) if self.weights is None else self.weights
        return with_every_class(found, self.strata, counted)

    def taken(self, places: npt.NDArray[np.int64]) -> Labelled:
        """Return the texts at some indices."""
        labels = self.labels[places] if isinstance(self.labels, np.ndarray) else self.labels.take(places)
        weights = None if self.weights is None else self.weights[places]
        return Labelled(taken(self.texts, places.tolist()), labels, weights, self.strata[places], self.classes)
