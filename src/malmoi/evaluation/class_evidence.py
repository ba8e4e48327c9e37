"""Words, pairs of words, and marks in texts, with how many texts of each class hold them."""

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
"""Of a class, and of all others together: with fewer, a word of one class alone is often one by chance."""
MOST_TEXTS = 50_000
"""Texts that are counted at most, drawn evenly."""
MOST_CLASSES = 1000
SAMPLED_TEXTS = 8_000
"""Texts, of all classes together, in which frequent evidence is looked for before it is counted in all texts."""
LEAST_SAMPLED, MOST_SAMPLED = 50, 4000
"""Of each class."""
SAMPLED_CHARACTERS, SAMPLED_LONG_TEXTS = 600_000, 800
"""Of each class, about so many characters, or so many texts if that is more."""
SHARE = 0.05
"""Of the sampled texts of a class, that words and pairs of words have to stand in to be counted."""

Counts = npt.NDArray[np.int64]


class EvidenceKind(IntEnum):
    """What a piece of evidence is, as the core numbers it."""

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
    """Pieces of evidence, counted over classes.

    Args:
        labels: the labels of the classes; only those of 30 texts or more, and 1,000 at most.
        sizes: int64 (classes,), texts of each.
        counted: how many texts were counted.
        kinds: int64 (pieces,), an `EvidenceKind`.
        names: (pieces,), words in lower case, or values.
        texts: int64 (pieces,), texts that hold each.
        begins: int64 (pieces,), those that begin with it.
        ends: int64 (pieces,), those that end with it.
        examples: int64 (pieces,), a text that holds each.
        by_class: int64 (pieces, classes), texts of each class that hold each.
        kinds_by_class: int64 (kinds, classes), texts of each class that hold any piece of a kind.
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
        """Count the evidence of texts with labels."""
        chosen = even_places(len(corpus), MOST_TEXTS)
        labels = corpus.known_codes if len(chosen) == len(corpus) else corpus.known_codes.take(chosen)
        texts = corpus.texts if len(chosen) == len(corpus) else [corpus.texts[place] for place in chosen.tolist()]
        classes, codes, owners = _entries(labels)
        samples = [_sampled(owners[codes == code], texts, len(classes)) for code in range(len(classes))]
        kinds, names, rows, by_class, kinds_by_class = _core.class_counts(
            texts,
            codes=codes.astype("<u4").tobytes(),
            ends=np.searchsorted(owners, np.arange(len(texts)), side="right").astype("<u8").tobytes(),
            classes=len(classes),
            samples=samples,
            share=SHARE,
            threads=thread_count(),
        )
        columns = _counts(rows).reshape(-1, 4)
        return cls(
            labels=tuple(labels.classes[classes].tolist()),
            sizes=np.bincount(codes, minlength=len(classes)),
            counted=len(texts),
            kinds=np.frombuffer(kinds, np.uint8).astype(np.int64),
            names=tuple(names),
            texts=columns[:, 0],
            begins=columns[:, 1],
            ends=columns[:, 2],
            examples=chosen[columns[:, 3]],
            by_class=_counts(by_class).reshape(len(names), len(classes)),
            kinds_by_class=_counts(kinds_by_class).reshape(len(EvidenceKind), len(classes)),
        )

    @property
    def coverage(self) -> npt.NDArray[np.float64]:
        """Float64 (pieces, classes): the share of a class's texts that hold a piece."""
        return self.by_class / self.sizes

    @property
    def precision(self) -> npt.NDArray[np.float64]:
        """Float64 (pieces, classes): the share of a class among the texts that hold a piece."""
        return self.by_class / self.texts[:, None]

    @property
    def balanced_precision(self) -> npt.NDArray[np.float64]:
        """The same if the class had as many texts as all others together, half a text added to those of the others."""
        others = (self.texts[:, None] - self.by_class + 0.5) / (self.counted - self.sizes + 1)
        coverage = self.coverage
        return coverage / (coverage + others)


def _entries(labels: AnyLabels) -> tuple[Counts, Counts, Counts]:
    """Return the classes that are counted, and the code among them and the text of each of their labels."""
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
    """Places of a class's texts, evenly drawn: fewer of long texts than of short ones."""
    most = min(max(SAMPLED_TEXTS // classes, LEAST_SAMPLED), MOST_SAMPLED)
    drawn: list[int] = places[even_places(len(places), most)].tolist()
    length = sum(len(texts[place]) for place in drawn) // len(drawn)
    kept = min(max(SAMPLED_CHARACTERS // max(length, 1), SAMPLED_LONG_TEXTS), len(drawn))
    return [drawn[place] for place in even_places(len(drawn), kept).tolist()]


def _counts(data: bytes | bytearray) -> Counts:
    return np.frombuffer(data, "<u4").astype(np.int64)
