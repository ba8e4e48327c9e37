"""Cutting a corpus up: what is learned from, what is only measured, what only lends its words."""

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
    """A corpus cut up.

    Args:
        training: labelled texts to learn from.
        validation: labelled texts that are measured and never learned from; `None`: none.
        unlabelled: texts that some recipes learn from without labels.
        removed: unlabelled texts that were left out: empty ones, and those that equal a validation text.
    """

    training: Corpus
    validation: Corpus | None
    unlabelled: list[str] = field(default_factory=list)
    removed: int = 0

    def with_unlabelled(self, texts: Sequence[str]) -> Parts:
        """Return parts with more unlabelled texts, but for empty ones and those that equal a validation text."""
        if not len(texts):
            return self
        kept, removed = without_texts(texts, [] if self.validation is None else self.validation.texts)
        return replace(self, unlabelled=[*self.unlabelled, *kept], removed=self.removed + removed)


def cut_up(
    corpus: Corpus, *, labels: int | None = None, validation: float = 0.2, balanced: bool = False, seed: int = 0
) -> Parts:
    """Cut training texts out of a corpus, then validation from what is left; the rest lends its words.

    Args:
        corpus: labelled texts.
        labels: labelled texts to learn from. `None`: all but validation.
        validation: texts only measured on: a number, or a share below 1.
        balanced: as many labels of every class; with `labels`.
        seed: of the split.

    Raises:
        ValueError: the corpus cannot give such parts.
        DataError: groups of equal texts do not fit, or each of ten texts or more has a label of its own.
    """
    _refuse_distinct_labels(corpus)
    held_out = _samples(validation, len(corpus))
    _check_sizes(corpus, labels, validation, held_out)
    if balanced and labels is None:
        raise ValueError("balanced goes with labels, the number of texts that it shares out among the classes")
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
        raise ValueError(f"{rule}, got {_number(held_out)}; 0 measures on none")
    measured, rest = rest.split(held_out, seed=seed)
    return Parts(training, measured, rest.texts)


def _samples(validation: float, texts: int) -> int:
    """A number of texts, or a share of them below 1."""
    if not 0 <= validation < math.inf or (validation >= 1 and validation != int(validation)):
        raise ValueError(f"validation must be a number of texts or a share below 1, got {shorten(validation)}")
    return int(validation) if validation >= 1 else round(validation * texts)


def _number(value: int) -> str:
    """A number in full where texts can be so many."""
    return str(value) if value < 10**15 else f"{float(value):g}"


def _refuse_distinct_labels(corpus: Corpus) -> None:
    """Refuse labels that are ids."""
    if not have_distinct_labels(corpus.coded):
        return
    first = ", ".join(map(shorten, corpus.classes[:3].tolist()))
    column = (
        "" if corpus.source is None else f" in the column {' and '.join(map(shorten, corpus.source.label_columns))}"
    )
    rule = f"labels must be shared by texts, but every text has a label of its own{column} ({first}, ...); is it an id?"
    raise DataError(f"{rule} name the label column with label_column (on the command line --label-column)")


def _check_sizes(corpus: Corpus, labels: int | None, validation: float, held_out: int) -> None:
    """Refuse parts that the corpus cannot give."""
    classes = len(np.unique(corpus.strata))
    if labels is None:
        if len(corpus) - held_out < classes:
            rule = f"validation must leave {classes} of the {len(corpus)} texts or more, one for each class"
            cure = "lower it (0 measures on none), or give more texts of each class"
            raise ValueError(f"{rule}, got {validation:g} ({_number(held_out)} texts); {cure}")
    elif labels < classes:
        raise ValueError(f"labels must be {classes} or more, one text for each class, got {labels}")
    elif labels + held_out > len(corpus):
        asked = f"labels {shorten(labels)} and validation {_number(held_out)}"
        raise ValueError(f"{asked} must be {len(corpus)} together at most: the data has so many texts")
