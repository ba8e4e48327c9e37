"""Data of a learning curve: the test set, and nested random subsets of the training data."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from inspect import signature
from typing import Literal

import numpy as np
import numpy.typing as npt

from malmoi.data.coded_labels import CodedSets
from malmoi.data.corpus import Corpus
from malmoi.data.corpus_files import read_corpus
from malmoi.data.draws import nested_order
from malmoi.data.readers import DataPath
from malmoi.data.unlabelled import are_among
from malmoi.errors import DataError
from malmoi.experiments.splitting import cut_up
from malmoi.foundation.validation import check_number, shorten, whole_number
from malmoi.models.labels import label_classes, places_among

__all__ = ["DrawPlan", "HeldOut", "Size", "set_aside"]

Size = int | Literal["all"]
SHOWN_CLASSES = 5
DEFAULT_SHARE = signature(cut_up).parameters["validation"].default
"""Default share of the texts that is held out."""


@dataclass(frozen=True)
class HeldOut:
    """Training data and test set without texts in both.

    Args:
        training: labelled texts from which subsets are drawn.
        held_out: the test set.
    """

    training: Corpus
    held_out: Corpus


def set_aside(
    data: Corpus | DataPath, test: Corpus | DataPath | None, validation: float | None, seed: int
) -> tuple[HeldOut, list[str]]:
    """Return training data and test set, and notes on the split.

    Args:
        data: labelled texts, or a path for `read_corpus`.
        test: test set; `None`: a part of `data`.
        validation: size of that part, as for `cut_up`; `None`: its default.
        seed: random seed of the split.

    Raises:
        ValueError: the split is impossible, or `validation` has no effect.
        DataError: the data or the test set is invalid.
    """
    if test is not None and validation is not None:
        raise ValueError(f"validation has no effect with test, got {validation}; leave one of them out")
    corpus = data if isinstance(data, Corpus) else read_corpus(data)
    label_classes(corpus.required_codes)
    if test is None:
        if validation is None and round(DEFAULT_SHARE * len(corpus)) < 1:
            rule = f"data must have {math.ceil(0.5 / DEFAULT_SHARE)} labelled texts or more, to hold some out"
            raise DataError(f"{rule}, got {len(corpus)}; use more texts, or pass a test set")
        cut = cut_up(corpus, seed=seed) if validation is None else cut_up(corpus, validation=validation, seed=seed)
        if cut.validation is None:
            raise ValueError(f"validation must be above 0, got {validation}: accuracy is measured on it")
        return HeldOut(cut.training, cut.validation), []
    held_out = test if isinstance(test, Corpus) else read_corpus(test)
    _check_test(corpus, held_out)
    repeated = are_among(corpus.texts, held_out.texts)
    notes = []
    if repeated.any():
        removed = f"removed from the labelled texts: {int(repeated.sum()):,} of {len(corpus):,}"
        notes.append(f"{removed} that are equal to a test text")
        corpus = corpus.take(np.flatnonzero(~repeated))
        if not len(corpus):
            raise DataError(
                f"test must have other texts than data: all {len(repeated):,} labelled texts are equal to a test text"
            )
        label_classes(corpus.required_codes)
    unknown = places_among(corpus.classes, held_out.classes) < 0
    if unknown.any():
        pairs = zip(held_out.classes[unknown].tolist(), held_out.required_codes.counts[unknown].tolist(), strict=True)
        shown = ", ".join([f"{shorten(label)} ({count:,})" for label, count in pairs][:SHOWN_CLASSES])
        more = ", ..." if unknown.sum() > SHOWN_CLASSES else ""
        notes.append(
            f"labels of the test set that are not in the data: {shown}{more}; their predictions count as wrong"
        )
    return HeldOut(corpus, held_out), notes


def _check_test(corpus: Corpus, test: Corpus) -> None:
    if not len(test):
        raise DataError("test must have labelled texts, got none")
    kinds = [(type(one.required_codes), one.classes.dtype.kind) for one in (corpus, test)]
    if kinds[0] != kinds[1]:
        first = [shorten(one.classes[:1].tolist()[0]) if len(one.classes) else "none" for one in (corpus, test)]
        raise DataError(f"test must have labels of the same type as data, got {first[1]} and {first[0]}")


@dataclass(frozen=True)
class DrawPlan:
    """Numbers of random subsets ("draws") by size, and the order of the texts in each draw.

    Args:
        draws: number of draws by number of labels, in ascending order of labels.
        orders: order of the texts for each draw, int64 (samples,); a subset is the first texts of an order.
        balanced: whether subsets have the same number of labels of each class.
    """

    draws: dict[int, int]
    orders: list[npt.NDArray[np.int64]]
    balanced: bool

    @classmethod
    def of(
        cls, labels: Sequence[Size], repeats: int | Sequence[int], corpus: Corpus, *, balanced: bool, seed: int
    ) -> DrawPlan:
        """Check numbers of labels and of draws, and return the plan.

        Raises:
            TypeError: a number is not a whole number.
            ValueError: a number is out of range, or is given twice.
        """
        if balanced and isinstance(corpus.required_codes, CodedSets):
            raise ValueError("balanced must be False for multilabel data, got True")
        sizes = _sizes(labels, corpus)
        numbers = list(repeats) if isinstance(repeats, Sequence) else [repeats] * len(sizes)
        if len(numbers) != len(sizes):
            rule = f"repeats must be 1 number, or 1 for each of the {len(sizes)} labels"
            raise ValueError(f"{rule}, got {len(numbers)}")
        for number in numbers:
            check_number("repeats", number, 1)
        counts = dict(sorted(zip(sizes, map(int, numbers), strict=True)))
        orders = [
            nested_order(corpus.required_codes, np.random.default_rng([seed, draw]), balanced=balanced)
            for draw in range(max(counts.values()))
        ]
        return cls(counts, orders, balanced)

    def notes(self, corpus: Corpus) -> list[str]:
        """Return notes on draws that are identical or not balanced."""
        notes = []
        every = len(corpus)
        if self.draws.get(every, 0) > 1:
            notes.append(f"draws of all {every:,} labels have the same texts and differ only in the random seed")
        if self.balanced:
            rarest, count = min(corpus.class_counts().items(), key=lambda pair: pair[1])
            short = [f"{size:,}" for size in self.draws if size // len(corpus.classes) > count]
            if short:
                rule = f"draws of {' and '.join(short)} labels are not balanced: the class {shorten(rarest)} has"
                notes.append(f"{rule} only {count:,}")
        return notes


def _sizes(labels: Sequence[Size], corpus: Corpus) -> list[int]:
    """Return the training-set sizes as numbers."""
    if isinstance(labels, str) or not isinstance(labels, Sequence) or not labels:
        raise TypeError(f'labels must be a list of one or more numbers or "all", got {shorten(labels)}')
    every, classes = len(corpus), len(corpus.classes)
    sizes: list[int] = []
    for one in labels:
        size = every if one == "all" else whole_number("labels", one)
        if size < classes:
            raise ValueError(f"labels must be {classes} or more, one text for each class, got {shorten(size)}")
        if size > every:
            rule = f"labels must be at most {every} (the labelled texts that are not held out), got {shorten(size)}"
            raise ValueError(f'{rule}; use "all", or leave it out')
        if size in sizes:
            again = f'{size}, which is "all",' if size == every and "all" in labels else f"{size}"
            raise ValueError(f"labels must be different numbers, got {again} twice; remove one")
        sizes.append(size)
    return sizes
