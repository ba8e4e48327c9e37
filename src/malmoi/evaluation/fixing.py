"""Removal of duplicates from data, and marking of texts for review."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from malmoi.data.coded_labels import AnyLabels
from malmoi.evaluation.checks.base import Subject
from malmoi.evaluation.checks.conflicting_labels import conflicting_texts, label_codes
from malmoi.foundation.arrays import Label

__all__ = ["COLUMNS", "FixedData", "fixed_data"]

FEWEST_WORDS = 20
"""Minimum number of words for removing near duplicates with different words, as one word may change the meaning."""
LEAST_PAIRS = 0.5
"""Minimum Jaccard similarity of the word pairs, so that the same words in another order are not a copy."""
WORD = re.compile(r"[^\W_]+")
COLUMNS = ("review", "suggested_label", "suggested_probability")
"""The columns that are added."""

Places = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class FixedData:
    """The selected texts of data, and marks for review.

    Args:
        kept: int64 (kept,), indices of the kept texts, in order.
        duplicates: number of removed equal texts.
        near_duplicates: number of removed near duplicates.
        marks: texts to review, by name: bool (samples,).
        suggested: label predicted by the suspected-labels check and its probability, by index.
    """

    kept: Places
    duplicates: int
    near_duplicates: int
    marks: dict[str, Flags]
    suggested: dict[int, tuple[Label, float]]

    def columns(self) -> dict[str, list[Label | float | None]]:
        """Return the added columns for the kept texts: marks for review, the suggested label, its probability."""
        rows = self.kept.tolist()
        review = ["|".join(name for name, which in self.marks.items() if which[row]) or None for row in rows]
        pairs = [self.suggested.get(row, (None, None)) for row in rows]
        added: list[list[Label | float | None]] = [[*review], [one for one, _ in pairs], [two for _, two in pairs]]
        return dict(zip(COLUMNS, added, strict=True))

    def __str__(self) -> str:
        samples = len(self.kept) + self.duplicates + self.near_duplicates
        marked = [f"{int(which[self.kept].sum()):,} {name}" for name, which in self.marks.items()]
        return (
            f"{len(self.kept):,} of {samples:,} texts, without {self.duplicates:,} duplicates and "
            f"{self.near_duplicates:,} near duplicates; to review: {', '.join(marked)}"
        )


def fixed_data(subject: Subject, *, ignored: Sequence[str] = ()) -> FixedData:
    """Remove duplicates, and mark texts and labels for review.

    Of equal texts with the same label the first is kept, with different labels one of each label. A near duplicate
    with the same label is removed if it differs only in case, white space and punctuation, or if both texts have 20
    words or more and share half of their word pairs; other near duplicates are kept and marked. Blank texts are kept.

    Args:
        subject: the checked data.
        ignored: codes of findings to ignore: "duplicates", "near-duplicates", "conflicting-labels",
            "suspected-labels".
    """
    data, samples = subject.data, len(subject.data)
    equal = subject.similar.equal_groups[:samples]
    none: Flags = np.zeros(samples, dtype=np.bool_)
    repeated = none if "duplicates" in ignored else _are_repeated(equal, data.coded) & ~subject.blank
    near, all_near = (none, none) if "near-duplicates" in ignored else _near_repeats(subject)
    near &= ~repeated
    conflicting = none
    if data.coded is not None and "conflicting-labels" not in ignored:
        conflicting = conflicting_texts(data.coded, equal) & ~subject.blank
    suggested = {} if "suspected-labels" in ignored else _suggested(subject)
    suspected = none.copy()
    suspected[list(suggested)] = True
    marks = {"suspected-label": suspected, "conflicting-label": conflicting, "near-duplicate": all_near & ~near}
    kept = np.flatnonzero(~repeated & ~near)
    return FixedData(kept, int(repeated.sum()), int(near.sum()), marks, suggested)


def _near_repeats(subject: Subject) -> tuple[Flags, Flags]:
    """Return near duplicates that are copies of an earlier text with the same label; and all near duplicates."""
    data, similar, samples = subject.data, subject.similar, len(subject.data)
    copies, all_near = np.zeros(samples, dtype=np.bool_), np.zeros(samples, dtype=np.bool_)
    chosen = (similar.texts < samples) & (similar.earlier < samples) & ~similar.equal
    codes = np.zeros(samples, dtype=np.int64) if data.coded is None else label_codes(data.coded)
    for later, earlier in zip(similar.texts[chosen].tolist(), similar.earlier[chosen].tolist(), strict=True):
        all_near[later] = True
        copies[later] = codes[later] == codes[earlier] and _is_copy(data.texts[later], data.texts[earlier])
    return copies, all_near


def _is_copy(text: str, other: str) -> bool:
    first, second = (WORD.findall(one.lower()) for one in (text, other))
    if first == second:
        return True
    if min(len(first), len(second)) < FEWEST_WORDS:
        return False
    pairs = [set(pairwise(one)) for one in (first, second)]
    return len(pairs[0] & pairs[1]) >= LEAST_PAIRS * len(pairs[0] | pairs[1])


def _are_repeated(groups: Places, labels: AnyLabels | None) -> Flags:
    """Return whether each text is not the first of its group and label."""
    keys = groups if labels is None else groups * (1 + len(groups)) + label_codes(labels)
    _, firsts = np.unique(keys, return_index=True)
    repeated = np.ones(len(groups), dtype=np.bool_)
    repeated[firsts] = False
    return repeated


def _suggested(subject: Subject) -> dict[int, tuple[Label, float]]:
    """Return the predicted label and its probability for each suspected label, by index."""
    suspected = subject.suspected
    if suspected is None:
        return {}
    names = subject.data.classes.tolist()
    rows = zip(suspected.places.tolist(), suspected.predicted.tolist(), suspected.probabilities.tolist(), strict=True)
    return {place: (names[label], round(probability, 4)) for place, label, probability in rows}
