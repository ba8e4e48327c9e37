"""Labels as integer codes, which index an array of classes: a str array would be as wide as the longest label."""

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
    """One label per sample, as integer codes.

    Args:
        codes: int32 (samples,), indices into `classes`.
        classes: (classes,), the distinct labels, sorted; each is the label of at least one sample.

    Example:
        >>> labels = CodedLabels(np.array([1, 0, 0], dtype=np.int32), np.array(["neg", "pos"]))
        >>> labels.to_list(), labels.class_counts()
        (['pos', 'neg', 'neg'], {'neg': 2, 'pos': 1})
    """

    codes: npt.NDArray[np.int32]
    classes: Labels

    def __len__(self) -> int:
        """Return the number of samples."""
        return len(self.codes)

    @property
    def counts(self) -> npt.NDArray[np.int64]:
        """int64 (classes,): number of samples of each class."""
        return np.bincount(self.codes, minlength=len(self.classes))

    def class_counts(self) -> dict[Label, int]:
        """Return the number of samples per class, in the order of `classes`."""
        return dict(zip(self.classes.tolist(), self.counts.tolist(), strict=True))

    def take(self, places: Places) -> CodedLabels:
        """Return the labels of some samples; classes without a sample are removed."""
        codes = self.codes[places]
        used = np.bincount(codes, minlength=len(self.classes)) > 0
        if used.all():
            return CodedLabels(codes, self.classes)
        return CodedLabels((np.cumsum(used) - 1).astype(np.int32)[codes], self.classes[used])

    def to_array(self) -> Labels:
        """Return the labels as an array (samples,); items of a str array are as wide as the longest label."""
        return self.classes[self.codes]

    def to_list(self) -> list[Label]:
        """Return the labels as a list of str, int or bool."""
        names = self.classes.tolist()
        return [names[code] for code in self.codes.tolist()]

    def strata(self) -> npt.NDArray[np.int64]:
        """Return the strata for stratified splits, int64 (samples,), from 0."""
        return self.codes.astype(np.int64)

    def most_frequent(self) -> tuple[Label, npt.NDArray[np.bool_]]:
        """Return the most frequent label (on a tie, the first in `classes`), and a mask of the samples that have it.

        Raises:
            ValueError: there are no samples.
        """
        code = int(self.counts.argmax())
        most: Label = self.classes[code].item()
        return most, self.codes == code


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class CodedSets:
    """Zero or more labels per sample (multilabel), as integer codes.

    Args:
        codes: int32 (entries,), indices into `classes`, sample by sample, sorted within each sample.
        ends: int64 (samples,), the end of each sample's entries in `codes`.
        classes: (classes,), the distinct labels, sorted; each is a label of at least one sample.

    Example:
        >>> sets = CodedSets(np.array([0, 1, 1], dtype=np.int32), np.array([2, 2, 3]), np.array(["bad", "film"]))
        >>> sets.to_list(), sets.class_counts()
        ([('bad', 'film'), (), ('film',)], {'bad': 1, 'film': 2})
    """

    codes: npt.NDArray[np.int32]
    ends: npt.NDArray[np.int64]
    classes: Labels

    def __len__(self) -> int:
        """Return the number of samples."""
        return len(self.ends)

    @property
    def sizes(self) -> npt.NDArray[np.int64]:
        """int64 (samples,): number of labels of each sample."""
        return np.diff(self.ends, prepend=0)

    @property
    def owners(self) -> npt.NDArray[np.int64]:
        """int64 (entries,): the sample of each entry."""
        return np.repeat(np.arange(len(self)), self.sizes)

    @property
    def counts(self) -> npt.NDArray[np.int64]:
        """int64 (classes,): number of samples that have each label."""
        return np.bincount(self.codes, minlength=len(self.classes))

    def class_counts(self) -> dict[Label, int]:
        """Return the number of samples per label, in the order of `classes`."""
        return dict(zip(self.classes.tolist(), self.counts.tolist(), strict=True))

    def take(self, places: Places) -> CodedSets:
        """Return the labels of some samples; classes without a sample are removed."""
        sizes = self.sizes[places]
        ends = np.cumsum(sizes, dtype=np.int64)
        starts = self.ends[places] - sizes
        entries = np.arange(int(sizes.sum())) + np.repeat(starts - (ends - sizes), sizes)
        labels = CodedLabels(self.codes, self.classes).take(entries)
        return CodedSets(labels.codes, ends, labels.classes)

    def to_list(self) -> list[tuple[Label, ...]]:
        """Return a sorted tuple of labels per sample."""
        names = CodedLabels(self.codes, self.classes).to_list()
        return [
            tuple(names[end - size : end]) for end, size in zip(self.ends.tolist(), self.sizes.tolist(), strict=True)
        ]

    def strata(self) -> npt.NDArray[np.int64]:
        """Return the strata for stratified splits, int64 (samples,), from 0.

        The stratum of a sample is the rarest of its labels (on a tie, the first in `classes`), so that both parts get
        rare labels; samples without labels form one more stratum.
        """
        order = np.lexsort((self.codes, self.counts[self.codes], self.owners))
        rarest = np.full(len(self), -1, dtype=np.int64)
        has_labels = self.sizes > 0
        rarest[has_labels] = self.codes[order][(self.ends - self.sizes)[has_labels]]
        strata: npt.NDArray[np.int64] = np.unique(rarest, return_inverse=True)[1].reshape(-1)
        return strata

    def most_frequent(self) -> tuple[tuple[Label, ...], npt.NDArray[np.bool_]]:
        """Return the most frequent label set (on a tie, the first to occur), and a mask of the samples that have it.

        Raises:
            ValueError: there are no samples.
        """
        if not len(self):
            raise ValueError("labels must have 1 sample or more, got 0")
        data = self.codes.astype("<i4").tobytes()
        spans = zip((4 * self.ends).tolist(), (4 * self.sizes).tolist(), strict=True)
        keys = [data[end - size : end] for end, size in spans]
        most = Counter(keys).most_common(1)[0][0]
        label = tuple(self.classes[np.frombuffer(most, "<i4")].tolist())
        return label, np.fromiter((key == most for key in keys), dtype=np.bool_, count=len(keys))


AnyLabels: TypeAlias = CodedLabels | CodedSets
"""One label per sample, or several."""


def joined_labels(first: AnyLabels, second: AnyLabels) -> AnyLabels:
    """Concatenate two sets of labels.

    Raises:
        TypeError: one has one label per sample, the other several.
    """
    if type(first) is not type(second):
        raise TypeError("labels must be of one form, got one label per sample and several")
    if first.classes.dtype.kind == second.classes.dtype.kind:
        classes: Labels = np.unique(np.concatenate([first.classes, second.classes]))
    else:  # one of them has no labels
        classes = max((first.classes, second.classes), key=len)
    codes = np.concatenate([_recoded(one, classes) for one in (first, second)])
    if isinstance(first, CodedSets) and isinstance(second, CodedSets):
        return CodedSets(codes, np.concatenate([first.ends, second.ends + len(first.codes)]), classes)
    return CodedLabels(codes, classes)


def _recoded(labels: AnyLabels, classes: Labels) -> npt.NDArray[np.int32]:
    """Return the codes as indices into a superset of the classes."""
    if not len(labels.classes):
        return labels.codes
    return np.searchsorted(classes, labels.classes).astype(np.int32)[labels.codes]
