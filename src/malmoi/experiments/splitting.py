"""Split of a corpus into training set, validation set and unlabelled texts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from malmoi.data.corpus import Corpus
from malmoi.data.label_spellings import have_distinct_labels
from malmoi.data.unlabelled import without_texts
from malmoi.errors import DataError
from malmoi.foundation.validation import shorten

__all__ = ["Parts", "cut_up"]


@dataclass(frozen=True)
class Parts:
    """A split of a corpus.

    Args:
        training: training set.
        validation: validation set; `None` if there is none.
        unlabelled: unlabelled texts for recipes that use them.
        removed: number of unlabelled texts that were left out, because they are empty or equal to a validation text.
    """

    training: Corpus
    validation: Corpus | None
    unlabelled: list[str] = field(default_factory=list)
    removed: int = 0

    def with_unlabelled(self, texts: Sequence[str]) -> Parts:
        """Return the split with more unlabelled texts, without empty ones and those equal to a validation text."""
        if not len(texts):
            return self
        kept, removed = without_texts(texts, [] if self.validation is None else self.validation.texts)
        return replace(self, unlabelled=[*self.unlabelled, *kept], removed=self.removed + removed)


def cut_up(
    corpus: Corpus, *, labels: int | None = None, validation: float = 0.2, balanced: bool = False, seed: int = 0
) -> Parts:
    """Split a corpus into training and validation set; the texts of the rest are unlabelled texts.

    Args:
        corpus: labelled texts.
        labels: number of labelled texts to train on. `None`: all but the validation set.
        validation: size of the validation set, a number of texts or a share below 1.
        balanced: train on the same number of texts of every class, with `labels`.
        seed: random seed of the split.

    Raises:
        ValueError: the corpus cannot be split so.
        DataError: groups of equal texts do not fit, or ten texts or more all have different labels.
    """
    _refuse_distinct_labels(corpus)
    held_out = _samples(validation, len(corpus))
    _check_sizes(corpus, labels, validation, held_out)
    if balanced and labels is None:
        raise ValueError("balanced needs labels, the number of texts to distribute over the classes")
    if labels is None:
        if held_out == 0:
            return Parts(corpus, None)
        return Parts(*corpus.split(len(corpus) - held_out, seed=seed))
    if labels == len(corpus):
        return Parts(corpus, None)
    training, rest = corpus.split(labels, seed=seed, balanced=balanced)
    if held_out == 0:
        return Parts(training, None, rest.texts)
    if held_out == len(rest):
        return Parts(training, rest)
    strata = len(np.unique(rest.strata))
    if held_out < strata:
        rule = f"validation must be {strata} texts or more, one for each class"
        raise ValueError(f"{rule}, got {_number(held_out)}; 0 means no validation set")
    measured, rest = rest.split(held_out, seed=seed)
    return Parts(training, measured, rest.texts)


def _samples(validation: float, texts: int) -> int:
    """Return the number of texts for a number or a share below 1."""
    if not 0 <= validation < math.inf or (validation >= 1 and validation != int(validation)):
        raise ValueError(f"validation must be a number of texts or a share below 1, got {shorten(validation)}")
    return int(validation) if validation >= 1 else round(validation * texts)


def _number(value: int) -> str:
    """Return a formatted number, in full unless it is very large."""
    return str(value) if value < 10**15 else f"{float(value):g}"


def _refuse_distinct_labels(corpus: Corpus) -> None:
    """Refuse labels that look like ids."""
    if not have_distinct_labels(corpus.coded):
        return
    first = ", ".join(map(shorten, corpus.classes[:3].tolist()))
    column = (
        "" if corpus.source is None else f" in the column {' and '.join(map(shorten, corpus.source.label_columns))}"
    )
    rule = f"labels must be shared by texts, but all texts have different labels{column} ({first}, ...); is it an id?"
    raise DataError(f"{rule} set the label column with label_column (on the command line --label-column)")


def _check_sizes(corpus: Corpus, labels: int | None, validation: float, held_out: int) -> None:
    """Refuse sizes that are impossible for the corpus."""
    classes = len(np.unique(corpus.strata))
    if labels is None:
        if len(corpus) - held_out < classes:
            rule = f"validation must leave {classes} of the {len(corpus)} texts or more, one for each class"
            cure = "lower it (0 means no validation set), or use more texts of each class"
            raise ValueError(f"{rule}, got {validation:g} ({_number(held_out)} texts); {cure}")
    elif labels < classes:
        raise ValueError(f"labels must be {classes} or more, one text for each class, got {labels}")
    elif labels + held_out > len(corpus):
        sizes = f"labels {shorten(labels)} and validation {_number(held_out)}"
        raise ValueError(f"{sizes} must be at most {len(corpus)} together, the number of texts")
