"""Labels as codes: a place among the classes for each sample, so that no array is as wide as the longest label."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from malmoi.foundation.arrays import Label, Labels

__all__ = ["AnyLabels", "CodedLabels", "CodedSets", "joined_labels"]

Places = npt.NDArray[np.integer]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class CodedLabels:
    """One label for each sample.

    Args:
        codes: int32 (samples,), places among the classes.
        classes: (classes,), the distinct labels, sorted; each is the label of a sample.

    Example:
        >>> labels = CodedLabels(np.array([1, 0, 0], dtype=np.int32), np.array(["neg", "pos"]))
        >>> labels.to_list(), labels.class_counts()
        (['pos', 'neg', 'neg'], {'neg': 2, 'pos': 1})
    """

    codes: npt.NDArray[np.int32]
    classes: Labels

    def __len__(self) -> int:
        """Return how many samples there are."""
        return len(self.codes)

    @property
    def counts(self) -> npt.NDArray[np.int64]:
        """int64 (classes,): samples of each class."""
        return np.bincount(self.codes, minlength=len(self.classes))

    def class_counts(self) -> dict[Label, int]:
        """Return how many samples each class has, in the order of `classes`."""
        return dict(zip(self.classes.tolist(), self.counts.tolist(), strict=True))

    def take(self, places: Places) -> CodedLabels:
        """Return the labels of some samples, with the classes that these have."""
        codes = self.codes[places]
        used = np.bincount(codes, minlength=len(self.classes)) > 0
        if used.all():
            return CodedLabels(codes, self.classes)
        return CodedLabels((np.cumsum(used) - 1).astype(np.int32)[codes], self.classes[used])

    def to_array(self) -> Labels:
        """Return (samples,), the labels themselves; of str as wide as the longest."""
        return self.classes[self.codes]

    def to_list(self) -> list[Label]:
        """Return the labels as a list of str, int or bool."""
        names = self.classes.tolist()
        return [names[code] for code in self.codes.tolist()]

    def strata(self) -> npt.NDArray[np.int64]:
        """Return the groups of which each part of a split should have its share, int64 (samples,), from 0."""
        return self.codes.astype(np.int64)

    def most_frequent(self) -> tuple[Label, npt.NDArray[np.bool_]]:
        """Return the most frequent label (the first of them in order, on a tie), and which samples have it.

        Raises:
            ValueError: there are no samples.
        """
        code = int(self.counts.argmax())
        most: Label = self.classes[code].item()
        return most, self.codes == code


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class CodedSets:
    """Several labels, or none, for each sample.

    Args:
        codes: int32 (entries,), places among the classes, one sample after the other, sorted within each.
        ends: int64 (samples,), where the entries of each sample end.
        classes: (classes,), the distinct labels, sorted; each is a label of a sample.

    Example:
        >>> sets = CodedSets(np.array([0, 1, 1], dtype=np.int32), np.array([2, 2, 3]), np.array(["bad", "film"]))
        >>> sets.to_list(), sets.class_counts()
        ([('bad', 'film'), (), ('film',)], {'bad': 1, 'film': 2})
    """

    codes: npt.NDArray[np.int32]
    ends: npt.NDArray[np.int64]
    classes: Labels

    def __len__(self) -> int:
        """Return how many samples there are."""
        return len(self.ends)

    @property
    def sizes(self) -> npt.NDArray[np.int64]:
        """int64 (samples,): labels of each sample."""
        return np.diff(self.ends, prepend=0)

    @property
    def owners(self) -> npt.NDArray[np.int64]:
        """int64 (entries,): the sample of each entry."""
        return np.repeat(np.arange(len(self)), self.sizes)

    @property
    def counts(self) -> npt.NDArray[np.int64]:
        """int64 (classes,): samples that have each label."""
        return np.bincount(self.codes, minlength=len(self.classes))

    def class_counts(self) -> dict[Label, int]:
        """Return how many samples have each label, in the order of `classes`."""
        return dict(zip(self.classes.tolist(), self.counts.tolist(), strict=True))

    def take(self, places: Places) -> CodedSets:
        """Return the labels of some samples, with the classes that these have."""
        sizes = self.sizes[places]
        ends = np.cumsum(sizes, dtype=np.int64)
        starts = self.ends[places] - sizes
        entries = np.arange(int(sizes.sum())) + np.repeat(starts - (ends - sizes), sizes)
        labels = CodedLabels(self.codes, self.classes).take(entries)
        return CodedSets(labels.codes, ends, labels.classes)

    def to_list(self) -> list[tuple[Label, ...]]:
        """Return the labels of each sample as a tuple, sorted."""
        names = CodedLabels(self.codes, self.classes).to_list()
        return [
            tuple(names[end - size : end]) for end, size in zip(self.ends.tolist(), self.sizes.tolist(), strict=True)
        ]

    def strata(self) -> npt.NDArray[np.int64]:
        """Return the groups of which each part of a split should have its share, int64 (samples,), from 0.

        A sample belongs to the rarest of its labels (the first in order, on a tie), so that rare labels come into both
        parts; samples without labels are a group of their own.
        """
        order = np.lexsort((self.codes, self.counts[self.codes], self.owners))
        rarest = np.full(len(self), -1, dtype=np.int64)
        has_labels = self.sizes > 0
        rarest[has_labels] = self.codes[order][(self.ends - self.sizes)[has_labels]]
        strata: npt.NDArray[np.int64] = np.unique(rarest, return_inverse=True)[1].reshape(-1)
        return strata

    def most_frequent(self) -> tuple[tuple[Label, ...], npt.NDArray[np.bool_]]:
        """Return the most frequent set of labels (the first to occur, on a tie), and which samples have it.

        Raises:
            ValueError: there are no samples.
        """
        if not len(self):
            raise ValueError("labels must hold 1 sample or more, got 0")
        data = self.codes.astype("<i4").tobytes()
        spans = zip((4 * self.ends).tolist(), (4 * self.sizes).tolist(), strict=True)
        keys = [data[end - size : end] for end, size in spans]
        most = Counter(keys).most_common(1)[0][0]
        label = tuple(self.classes[np.frombuffer(most, "<i4")].tolist())
        return label, np.fromiter((key == most for key in keys), dtype=np.bool_, count=len(keys))


AnyLabels: TypeAlias = CodedLabels | CodedSets
"""One label a sample, or several."""


def joined_labels(first: AnyLabels, second: AnyLabels) -> AnyLabels:
    """Return the labels of the first samples, then those of the second.

    Raises:
        TypeError: one has one label a sample, the other several.
    """
    if type(first) is not type(second):
        raise TypeError("labels must be of one form, got one label a sample and several")
    if first.classes.dtype.kind == second.classes.dtype.kind:
        classes: Labels = np.unique(np.concatenate([first.classes, second.classes]))
    else:  # one of them has no labels
        classes = max((first.classes, second.classes), key=len)
    codes = np.concatenate([_moved(one, classes) for one in (first, second)])
    if isinstance(first, CodedSets) and isinstance(second, CodedSets):
        return CodedSets(codes, np.concatenate([first.ends, second.ends + len(first.codes)]), classes)
    return CodedLabels(codes, classes)


def _moved(labels: AnyLabels, classes: Labels) -> npt.NDArray[np.int32]:
    """Codes among other classes, which hold all of its own."""
    if not len(labels.classes):
        return labels.codes
    return np.searchsorted(classes, labels.classes).astype(np.int32)[labels.codes]
