"""Data without duplicates, with what is to be reviewed marked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from malmoi.data.coded_labels import AnyLabels
from malmoi.data.corpus import Corpus
from malmoi.evaluation.checks.base import Subject
from malmoi.evaluation.checks.conflicting_labels import conflicting_texts, label_codes

__all__ = ["COLUMNS", "FixedData", "fixed_data"]

COLUMNS = ("review", "suggested_label", "suggested_probability")
"""The columns that are added."""

Places = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class FixedData:
    """What is kept of data, and what is marked.

    Args:
        kept: int64 (kept,), places of the texts that are kept, in order.
        duplicates: equal texts that are left out.
        near_duplicates: nearly equal texts that are left out.
        conflicting: bool (samples,), texts whose equals have another label.
        suggested: label that the model of the check predicts instead, by place.
    """

    kept: Places
    duplicates: int
    near_duplicates: int
    conflicting: Flags
    suggested: dict[int, tuple[Any, float]]

    def columns(self, data: Corpus) -> dict[str, list[Any]]:
        """Return the columns that are added: what to review, the suggested label, its probability; for `kept`."""
        rows = self.kept.tolist()
        if data.coded is None:
            return {}
        review = [
            "suspected-label" if row in self.suggested else "conflicting-label" if self.conflicting[row] else None
            for row in rows
        ]
        pairs = [self.suggested.get(row, (None, None)) for row in rows]
        return dict(zip(COLUMNS, (review, [one for one, _ in pairs], [two for _, two in pairs]), strict=True))

    def __str__(self) -> str:
        marked = sum(1 for row in self.kept.tolist() if row in self.suggested)
        conflicts = int(self.conflicting[self.kept].sum())
        return (
            f"{len(self.kept):,} of {len(self.conflicting):,} texts, without {self.duplicates:,} duplicates and "
            f"{self.near_duplicates:,} near duplicates; {marked:,} suspected and {conflicts:,} conflicting labels "
            "to review"
        )


def fixed_data(subject: Subject, *, ignored: Sequence[str] = ()) -> FixedData:
    """Leave out duplicates, and mark labels for review.

    Of equal and of nearly equal texts with the same label the first is kept; with different labels one of each label.
    Blank texts are kept.

    Args:
        subject: its data is fixed.
        ignored: codes of findings that are not acted on: "duplicates", "near-duplicates", "conflicting-labels",
            "suspected-labels".
    """
    data, similar, samples = subject.data, subject.similar, len(subject.data)
    blank = subject.blank
    equal = similar.equal_groups[:samples]
    repeated = _are_repeated(equal, data.coded) & ~blank & ("duplicates" not in ignored)
    near = _are_repeated(similar.groups[:samples], data.coded) & ~_are_repeated(equal, data.coded)
    near &= ~blank & ("near-duplicates" not in ignored)
    conflicting = np.zeros(samples, dtype=np.bool_)
    if data.coded is not None and "conflicting-labels" not in ignored:
        conflicting = conflicting_texts(data.coded, equal) & ~blank
    suggested = {} if "suspected-labels" in ignored else _suggested(subject)
    kept = np.flatnonzero(~repeated & ~near)
    return FixedData(kept, int(repeated.sum()), int(near.sum()), conflicting, suggested)


def _are_repeated(groups: Places, labels: AnyLabels | None) -> Flags:
    """Whether each text is another one than the first of its group and label."""
    keys = groups if labels is None else groups * (1 + len(groups)) + label_codes(labels)
    _, firsts = np.unique(keys, return_index=True)
    repeated = np.ones(len(groups), dtype=np.bool_)
    repeated[firsts] = False
    return repeated


def _suggested(subject: Subject) -> dict[int, tuple[Any, float]]:
    """The labels that are suspected, with what is predicted for their texts."""
    suspected = subject.suspected
    if suspected is None:
        return {}
    names = subject.data.classes.tolist()
    rows = zip(suspected.places.tolist(), suspected.predicted.tolist(), suspected.probabilities.tolist(), strict=True)
    return {place: (names[label], round(probability, 4)) for place, label, probability in rows}
