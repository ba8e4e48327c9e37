"""Words, word pairs and marks in texts, with their document frequencies by class."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from malmoi import _core
from malmoi.data.coded_labels import AnyLabels, CodedLabels
from malmoi.data.corpus import Corpus
from malmoi.evaluation.text_facts import even_places
from malmoi.foundation.arrays import Label
from malmoi.foundation.threads import thread_count

__all__ = ["FEWEST_TEXTS", "MOST_TEXTS", "ClassEvidence", "EvidenceKind"]

FEWEST_TEXTS = 30
"""Minimum number of texts of a class, and of all others: with fewer, a word often occurs in one class by chance."""
MOST_TEXTS = 50_000
"""Maximum number of texts that are counted, sampled evenly."""
MOST_CLASSES = 1000
SAMPLED_TEXTS = 8_000
"""Number of sampled texts, over all classes, that are searched for frequent evidence before all texts are counted."""
LEAST_SAMPLED, MOST_SAMPLED = 50, 4000
"""Minimum and maximum number of sampled texts per class."""
SAMPLED_CHARACTERS, SAMPLED_LONG_TEXTS = 600_000, 800
"""Per class: approximate number of sampled characters, or the number of texts if that is more."""
SHARE = 0.05
"""Minimum share of the sampled texts of a class with a word or a word pair for it to be counted."""

Counts = npt.NDArray[np.int64]


class EvidenceKind(IntEnum):
    """Type of a piece of evidence, with its number in the core."""

    word = 0
    pair = 1
    path = 2
    prefix = 3
    suffix = 4
    date = 5
    host = 6
    number = 7
    year = 8
    month = 9


@dataclass(frozen=True, eq=False)
class ClassEvidence:
    """Pieces of evidence with their document frequencies by class.

    Args:
        labels: the labels of the classes; only those of 30 texts or more, at most 1,000.
        sizes: int64 (classes,), number of texts of each.
        counted: number of texts that were counted.
        kinds: int64 (pieces,), an `EvidenceKind`.
        names: (pieces,), words in lower case, or values.
        texts: int64 (pieces,), number of texts with each.
        begins: int64 (pieces,), number of texts that begin with it.
        ends: int64 (pieces,), number of texts that end with it.
        examples: int64 (pieces,), index of a text with each.
        by_class: int64 (pieces, classes), number of texts of each class with each.
        kinds_by_class: int64 (kinds, classes), number of texts of each class with any piece of a type.
    """

    labels: tuple[Label, ...]
    sizes: Counts
    counted: int
    kinds: Counts
    names: tuple[str, ...]
    texts: Counts
    begins: Counts
    ends: Counts
    examples: Counts
    by_class: Counts
    kinds_by_class: Counts

    @classmethod
    def of(cls, corpus: Corpus) -> ClassEvidence:
        """Count the evidence of labelled texts."""
        chosen = even_places(len(corpus), MOST_TEXTS)
        labels = corpus.required_codes if len(chosen) == len(corpus) else corpus.required_codes.take(chosen)
        texts = corpus.texts if len(chosen) == len(corpus) else [corpus.texts[place] for place in chosen.tolist()]
        classes, codes, owners = _entries(labels)
        samples = [_sampled(owners[codes == code], texts, len(classes)) for code in range(len(classes))]
        kinds, names, rows, by_class, kinds_by_class = _core.class_counts(
            texts,
            codes=codes.astype(np.uint32),
            ends=np.searchsorted(owners, np.arange(len(texts)), side="right").astype(np.uint64),
            classes=len(classes),
            samples=samples,
            share=SHARE,
            threads=thread_count(),
        )
        columns = rows.astype(np.int64)
        return cls(
            labels=tuple(labels.classes[classes].tolist()),
            sizes=np.bincount(codes, minlength=len(classes)),
            counted=len(texts),
            kinds=kinds.astype(np.int64),
            names=tuple(names),
            texts=columns[:, 0],
            begins=columns[:, 1],
            ends=columns[:, 2],
            examples=chosen[columns[:, 3]],
            by_class=by_class.astype(np.int64),
            kinds_by_class=kinds_by_class.astype(np.int64),
        )

    @property
    def coverage(self) -> npt.NDArray[np.float64]:
        """float64 (pieces, classes): share of a class's texts that have a piece."""
        return self.by_class / self.sizes

    @property
    def precision(self) -> npt.NDArray[np.float64]:
        """float64 (pieces, classes): share of a class among the texts that have a piece."""
        return self.by_class / self.texts[:, None]

    @property
    def balanced_precision(self) -> npt.NDArray[np.float64]:
        """The precision if the class had as many texts as all others together, half a text added to the others."""
        others = (self.texts[:, None] - self.by_class + 0.5) / (self.counted - self.sizes + 1)
        coverage = self.coverage
        return coverage / (coverage + others)


def _entries(labels: AnyLabels) -> tuple[Counts, Counts, Counts]:
    """Return the counted classes, and for each label its class code and its text."""
    owners = np.arange(len(labels)) if isinstance(labels, CodedLabels) else labels.owners
    counts = labels.counts
    large = (counts >= FEWEST_TEXTS) & (len(labels) - counts >= FEWEST_TEXTS)
    order = np.argsort(-counts, kind="stable")
    classes = np.sort(order[large[order]][:MOST_CLASSES])
    numbers = np.full(len(counts), -1, dtype=np.int64)
    numbers[classes] = np.arange(len(classes))
    codes = numbers[labels.codes]
    return classes, codes[codes >= 0], owners[codes >= 0]


def _sampled(places: Counts, texts: list[str], classes: int) -> list[int]:
    """Return indices of a class's texts, sampled evenly: fewer for long texts than for short ones."""
    most = min(max(SAMPLED_TEXTS // classes, LEAST_SAMPLED), MOST_SAMPLED)
    drawn: list[int] = places[even_places(len(places), most)].tolist()
    length = sum(len(texts[place]) for place in drawn) // len(drawn)
    kept = min(max(SAMPLED_CHARACTERS // max(length, 1), SAMPLED_LONG_TEXTS), len(drawn))
    return [drawn[place] for place in even_places(len(drawn), kept).tolist()]
