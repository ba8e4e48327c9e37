"""Texts to learn from, and texts that are only looked at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from malmoi.classifiers.targets import Answers
from malmoi.corpus import Corpus, as_texts
from malmoi.errors import DataError, shorten

__all__ = ["TextParts", "Validation", "set_aside", "texts_and_labels"]

Validation: TypeAlias = Corpus | tuple[Sequence[str], Sequence[object]] | float | None


@dataclass(frozen=True)
class TextParts:
    """What a fit of texts works on, all of it checked."""

    answers: Answers
    texts: list[str]
    targets: npt.NDArray[Any]
    weights: npt.NDArray[np.float32] | None
    unlabelled: list[str]
    held_out: list[str] | None = None
    held_out_targets: npt.NDArray[Any] | None = None

    def with_held_out(self, texts: list[str], targets: npt.NDArray[Any]) -> TextParts:
        """The same, with texts that are only looked at."""
        if len(texts) != len(targets):
            raise ValueError(f"labels must be as many as the {len(texts)} texts, got {len(targets)}")
        if not texts:
            raise DataError("validation must hold labelled texts, got none")
        return TextParts(self.answers, self.texts, self.targets, self.weights, self.unlabelled, texts, targets)


def set_aside(parts: TextParts, share: float, seed: int) -> TextParts:
    """Look only at a share of the texts; equal texts stay on one side."""
    one_class = parts.answers.form == "class"
    corpus = Corpus(parts.texts, parts.targets if one_class else None)
    first, rest = corpus.split_places(len(corpus) - max(round(share * len(corpus)), 1), seed=seed, stratify=one_class)
    weights = None if parts.weights is None else parts.weights[first]
    training = TextParts(
        parts.answers, [parts.texts[place] for place in first], parts.targets[first], weights, parts.unlabelled
    )
    return training.with_held_out([parts.texts[place] for place in rest], parts.targets[rest])


def texts_and_labels(validation: Validation) -> tuple[list[str], object]:
    """The texts that are only looked at, and their labels.

    Raises:
        TypeError: it is something else.
    """
    if isinstance(validation, Corpus):
        return validation.texts, validation.labels
    if not isinstance(validation, tuple | list) or len(validation) != 2:
        cure = "a Corpus, (texts, labels), or a share between 0 and 1"
        raise TypeError(f"validation must be {cure}, got {shorten(validation)}")
    return as_texts(validation[0]), validation[1]
