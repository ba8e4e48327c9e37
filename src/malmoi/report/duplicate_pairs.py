"""Pairs of duplicates between training and test data, or within the test data."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from malmoi.data.corpus import Corpus
from malmoi.report.shown_texts import DuplicatePair, Duplicates
from malmoi.report.sources import Sources, label_name, shortened

__all__ = ["duplicate_pairs"]

MOST_PAIRS = 40
LONGEST_TEXT = 200

Places = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Pairs:
    """Pairs of texts, arrays of shape (pairs,).

    Args:
        texts: int64, indices among the training texts followed by the test texts.
        others: int64, index of the training text, or of the first occurrence.
        similarities: float32, Jaccard similarity.
        equal: bool, whether the texts are equal.
    """

    texts: Places
    others: Places
    similarities: npt.NDArray[np.float32]
    equal: npt.NDArray[np.bool_]


def duplicate_pairs(sources: Sources) -> Duplicates:
    """Return test texts that duplicate a training text or, without training data, an earlier test text."""
    across = sources.training is not None
    pairs = _across(sources) if across else _within(sources)
    order = np.lexsort((pairs.texts, ~pairs.equal, -pairs.similarities))[:MOST_PAIRS]
    measured, other = _labels(sources.measured), _labels(sources.learned)
    first = len(sources.learned) if across else 0
    shown = []
    for number in order.tolist():
        text, earlier = int(pairs.texts[number]) - first, int(pairs.others[number])
        shown.append(
            DuplicatePair(
                place=sources.measured_place(text),
                text=shortened(sources.measured.texts[text], LONGEST_TEXT),
                label=measured[text],
                other_place=sources.learned_place(earlier),
                other_text=shortened(sources.learned.texts[earlier], LONGEST_TEXT),
                other_label=other[earlier],
                similarity=round(float(pairs.similarities[number]), 4),
                equal=bool(pairs.equal[number]),
            )
        )
    return Duplicates(across, len(pairs.texts), int(pairs.equal.sum()), tuple(shown))


def _across(sources: Sources) -> Pairs:
    """Return test texts with the training text that they duplicate, as counted by the check "leak"."""
    similar, samples = sources.subject.similar, len(sources.learned)
    firsts = similar.equal_groups[samples:]
    equal = np.flatnonzero(firsts < samples)
    near = (similar.texts >= samples) & (similar.earlier < samples)
    near[near] = ~np.isin(similar.texts[near] - samples, equal)
    return Pairs(
        np.concatenate([equal + samples, similar.texts[near]]),
        np.concatenate([firsts[equal], similar.earlier[near]]),
        np.concatenate([np.ones(len(equal), np.float32), similar.similarities[near]]),
        np.repeat([True, False], [len(equal), int(near.sum())]),
    )


def _within(sources: Sources) -> Pairs:
    """Return non-blank test texts that duplicate an earlier one, as counted by the check of duplicates."""
    similar = sources.subject.similar
    chosen = np.flatnonzero(~sources.subject.blank[similar.texts])
    return Pairs(similar.texts[chosen], similar.earlier[chosen], similar.similarities[chosen], similar.equal[chosen])


def _labels(corpus: Corpus) -> list[str]:
    return list(map(label_name, corpus.required_codes.to_list()))
