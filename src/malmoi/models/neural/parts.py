"""Labelled texts for a fit: the training set and the validation set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from malmoi.data.corpus import Corpus
from malmoi.data.texts import Texts, as_texts, taken
from malmoi.errors import DataError
from malmoi.foundation.validation import shorten
from malmoi.models.task import Classification

__all__ = ["TextParts", "Validation", "set_aside", "texts_and_labels"]

Validation: TypeAlias = Corpus | tuple[Sequence[str], Sequence[object]] | float | None


@dataclass(frozen=True)
class TextParts:
    """Checked data for fitting a network on texts."""

    task: Classification
    texts: Texts
    targets: npt.NDArray[np.generic]
    weights: npt.NDArray[np.float32] | None
    unlabelled: list[str]
    held_out: Texts | None = None
    held_out_targets: npt.NDArray[np.generic] | None = None

    def with_held_out(self, texts: Texts, targets: npt.NDArray[np.generic]) -> TextParts:
        """Return the same training set with a validation set."""
        if len(texts) != len(targets):
            raise ValueError(f"labels must have {len(texts)} items, one per text, got {len(targets)}")
        if not texts:
            raise DataError("validation must contain labelled texts, got none")
        return TextParts(self.task, self.texts, self.targets, self.weights, self.unlabelled, texts, targets)


def set_aside(parts: TextParts, share: float, seed: int) -> TextParts:
    """Hold out a share of the texts for validation; equal texts stay together."""
    one_class = parts.targets.ndim == 1
    corpus = Corpus(parts.texts, parts.targets if one_class else None)
    first, rest = corpus.split_indices(len(corpus) - max(round(share * len(corpus)), 1), seed=seed, stratify=one_class)
    weights = None if parts.weights is None else parts.weights[first]
    training = TextParts(
        parts.task, taken(parts.texts, first.tolist()), parts.targets[first], weights, parts.unlabelled
    )
    return training.with_held_out(taken(parts.texts, rest.tolist()), parts.targets[rest])


def texts_and_labels(validation: Validation) -> tuple[Texts, object]:
    """Return the texts of a validation set, and their labels.

    Raises:
        TypeError: `validation` has another type.
    """
    if isinstance(validation, Corpus):
        return validation.texts, validation.coded
    if not isinstance(validation, tuple | list) or len(validation) != 2:
        expected = "a Corpus, (texts, labels), or a share between 0 and 1"
        raise TypeError(f"validation must be {expected}, got {shorten(validation)}")
    return as_texts(validation[0]), validation[1]
