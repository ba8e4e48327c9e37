"""Texts with their labels: class counts, selection and splits whose parts share no text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from malmoi.data.coded_labels import AnyLabels, CodedLabels, CodedSets
from malmoi.data.groups import Groups, joined_groups
from malmoi.data.label_forms import labels_of
from malmoi.data.places import Places
from malmoi.data.splits import Counts, checked_size, chosen_groups, even_quotas, fair_quotas, group_numbers
from malmoi.data.texts import items_of, text_list
from malmoi.errors import DataError
from malmoi.foundation.arrays import Label, Labels
from malmoi.foundation.names import Deprecated
from malmoi.foundation.validation import shorten

if TYPE_CHECKING:
    from malmoi.data.readers import ReadFrom

__all__ = ["Corpus"]

DRAWS = 20
"""Most attempts at a multilabel split until the first part has every label."""


@dataclass(frozen=True, slots=True, eq=False, repr=False, init=False)
class Corpus:
    """A collection of texts, with or without labels.

    `len` is the number of texts.

    Args:
        texts: list of str, or an array or a column of them; stored as a list.
        labels: one label per text, all str, all int or all bool; str labels are normalised (NFC) and stripped of white
            space, and whole floats become int. Or several labels per text (multilabel): lists, tuples or sets of
            labels, or a binary indicator matrix, whose column numbers become the labels. `None`: unlabelled.
        source: the file that the texts were read from; `None` if there is none.
        places: the location of each text in its file, used in messages; `None` if the texts come from no file.
        groups: the group of each text, such as its author, as text, numbers or `None`; a split keeps the texts of a
            group in the same part. `None`: no groups.

    Attributes:
        coded: the labels as codes; `None` if unlabelled.

    Raises:
        TypeError: a text is not a str.
        ValueError: a text has a lone surrogate, or the number of labels, places or groups differs from the number of
            texts.
        DataError: a label is missing, or of another type than the first.

    Example:
        >>> Corpus(["so good", "so bad", "bad"], ["pos", "neg", "neg"]).class_counts()
        {'neg': 2, 'pos': 1}
        >>> Corpus(["good film", "film"], [["pos", "film"], ["film"]]).labels
        [('film', 'pos'), ('film',)]
        >>> texts = ["so good", "So  good", "good", "so bad", "bad", " "]
        >>> corpus = Corpus(texts, ["pos", "pos", "pos", "neg", "neg", "neg"])
        >>> corpus.classes, corpus.empty_texts
        (array(['neg', 'pos'], dtype='<U3'), 1)
        >>> test, train = corpus.split(2, seed=0)  # "so good" and "So  good" stay together
        >>> test.class_counts(), sorted(train.texts)
        ({'neg': 1, 'pos': 1}, [' ', 'So  good', 'bad', 'so good'])
        >>> corpus.take([3, 0]).to_list()
        ['so bad', 'so good']
    """

    texts: list[str]
    coded: AnyLabels | None
    source: ReadFrom | None
    places: Places | None
    groups: Groups | None
    _labels: Labels | list[tuple[Label, ...]] | None

    def __init__(
        self,
        texts: object,
        labels: object = None,
        source: ReadFrom | None = None,
        *,
        places: Places | None = None,
        groups: Groups | Sequence[object] | None = None,
    ) -> None:
        found = text_list(texts)
        coded = None if labels is None else labels_of(labels)
        if coded is not None and len(coded) != len(found):
            raise ValueError(f"labels must have {len(found)} items, one per text, got {len(coded)}")
        coded_groups = groups if groups is None or isinstance(groups, Groups) else Groups.of(items_of(groups, "groups"))
        for name, given in (("places", places), ("groups", coded_groups)):
            if given is not None and len(given) != len(found):
                raise ValueError(f"{name} must have {len(found)} items, one per text, got {len(given)}")
        values = {"texts": found, "coded": coded, "source": source, "places": places, "groups": coded_groups}
        values["_labels"] = None
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def __len__(self) -> int:
        """Return the number of texts."""
        return len(self.texts)

    def __repr__(self) -> str:
        """Return the numbers of texts and classes."""
        return f"Corpus({len(self)} texts, {len(self.classes)} classes)"

    def to_list(self) -> list[str]:
        """Return the texts as a new list."""
        return list(self.texts)

    @property
    def labels(self) -> Labels | list[tuple[Label, ...]] | None:
        """The labels as a read-only array (samples,), or as a list of tuples if multilabel; `None` if unlabelled."""
        return None if self.coded is None else self._decoded(self.coded)

    def _decoded(self, coded: AnyLabels) -> Labels | list[tuple[Label, ...]]:
        if self._labels is not None:
            return self._labels
        labels: Labels | list[tuple[Label, ...]]
        if isinstance(coded, CodedSets):
            labels = coded.to_list()
        else:
            labels = coded.to_array()
            labels.flags.writeable = False
        object.__setattr__(self, "_labels", labels)
        return labels

    known_labels = Deprecated("required_labels")
    known_codes = Deprecated("required_codes")

    @property
    def required_labels(self) -> Labels | list[tuple[Label, ...]]:
        """The labels of a corpus that must be labelled.

        Raises:
            DataError: the corpus has no labels.

        :meta private:
        """
        return self._decoded(self.required_codes)

    @property
    def required_codes(self) -> AnyLabels:
        """The label codes of a corpus that must be labelled.

        Raises:
            DataError: the corpus has no labels.

        :meta private:
        """
        if self.coded is None:
            raise DataError(
                "the texts must have labels, got none; read them with a label column, or from one folder per class"
            )
        return self.coded

    @property
    def classes(self) -> Labels:
        """The distinct labels (classes,), sorted; empty if the corpus is unlabelled."""
        return np.array([], dtype=np.str_) if self.coded is None else self.coded.classes

    def class_counts(self) -> dict[Label, int]:
        """Return the number of texts per label, in the order of `classes`; empty if the corpus is unlabelled."""
        return {} if self.coded is None else self.coded.class_counts()

    @property
    def empty_texts(self) -> int:
        """Number of texts that are empty or white space only."""
        return sum(not text or text.isspace() for text in self.texts)

    def take(self, indices: Sequence[int] | npt.NDArray[np.integer]) -> Corpus:
        """Return a corpus of the texts at some indices, in the given order.

        Args:
            indices: int (selected,), each from 0 to the number of texts minus one.

        Raises:
            TypeError: an index is not an int.
            IndexError: an index is out of range.
        """
        chosen = np.asarray(indices) if len(indices) else np.array([], dtype=np.int64)
        if chosen.ndim != 1 or chosen.dtype.kind not in "iu":
            raise TypeError(f"indices must be a list of int, got {shorten(indices)}")
        wrong = chosen[(chosen < 0) | (chosen >= len(self))]
        if len(wrong):
            raise IndexError(f"indices must be from 0 to {len(self) - 1}, got {wrong[0]}")
        texts = [self.texts[index] for index in chosen.tolist()]
        labels = None if self.coded is None else self.coded.take(chosen)
        places = Places.of([("texts[{}]".format, range(len(self)))]) if self.places is None else self.places
        groups = None if self.groups is None else self.groups.take(chosen)
        return Corpus(texts, labels, self.source, places=places.take(chosen), groups=groups)

    def split(self, size: float, *, seed: int, stratify: bool = True, balanced: bool = False) -> tuple[Corpus, Corpus]:
        """Split the corpus into two parts at random.

        Texts that are equal after normalization (case, white space, NFC) stay in the same part, and so do the texts of
        one group.

        Args:
            size: number of texts of the first part, an int from 1 to all; or their share, a float between 0 and 1.
            seed: random seed, 0 or more; the same seed gives the same split on every machine.
            stratify: whether the first part keeps the class proportions, with at least one text of each class, as far
                as the groups of equal texts allow. In a multilabel corpus, a text counts for the rarest of its labels.
            balanced: whether each class has the same number of texts in the first part instead, or all its texts if it
                has fewer.

        Returns:
            The first part and the rest, each in random order. The first part has exactly `size` texts if whole groups
            of equal texts can add up to it, otherwise the largest possible number below.

        Raises:
            TypeError: size or seed is not a number.
            ValueError: one is out of range, size is below the number of classes, or `balanced` is set for an unlabelled
                or a multilabel corpus.
            DataError: every group of equal texts is larger than size.
        """
        first, rest = self.split_indices(size, seed=seed, stratify=stratify, balanced=balanced)
        return self.take(first), self.take(rest)

    def split_indices(
        self, size: float, *, seed: int, stratify: bool = True, balanced: bool = False
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Return the indices of the texts of both parts of a split, to split other data in the same way.

        Args:
            size, seed, stratify, balanced: see `split`.

        Returns:
            int64 (selected,) and int64 (rest,), the indices of the first part and of the rest, each in random order.

        Raises:
            TypeError, ValueError, DataError: as `split`.

        Example:
            >>> first, rest = Corpus(["a", "b", "c", "d"]).split_indices(0.25, seed=0)
            >>> len(first), sorted([*first.tolist(), *rest.tolist()])
            (1, [0, 1, 2, 3])
        """
        count = checked_size(size, len(self))
        if isinstance(seed, bool) or not isinstance(seed, int | np.integer):
            raise TypeError(f"seed must be an int, got {shorten(seed)}")
        if seed < 0:
            raise ValueError(f"seed must be 0 or more, got {seed}")
        random = np.random.default_rng(seed)
        quotas, codes = self._quotas(count, stratify, balanced)
        groups = group_numbers(self.texts)
        groups = groups if self.groups is None else joined_groups(groups, self.groups)
        for _ in range(DRAWS if stratify and isinstance(self.coded, CodedSets) else 1):
            chosen = np.isin(groups, chosen_groups(groups, codes, quotas, random))
            if self.coded is None or len(self.coded.take(np.flatnonzero(chosen)).classes) == len(self.coded.classes):
                break
        if not chosen.any():
            raise DataError(f"size must be that of the smallest group of equal texts or more, got {size}; increase it")
        return random.permutation(np.flatnonzero(chosen)), random.permutation(np.flatnonzero(~chosen))

    @property
    def strata(self) -> Counts:
        """int64 (samples,): the stratum of each text for stratified splits; all 0 if unlabelled.

        :meta private:
        """
        return np.zeros(len(self), dtype=np.int64) if self.coded is None else self.coded.strata()

    def _quotas(self, size: int, stratify: bool, balanced: bool) -> tuple[Counts, Counts]:
        """Return int64 (strata,), the quota of each stratum, and int64 (samples,), each text's stratum."""
        if balanced and (not isinstance(self.coded, CodedLabels) or not stratify):
            reason = "with stratify=False" if self.coded is not None else "for a corpus without labels"
            reason = "for several labels per text" if isinstance(self.coded, CodedSets) else reason
            raise ValueError(f"balanced must be False {reason}, got True")
        if self.coded is None or not stratify:
            return np.array([size]), np.zeros(len(self), dtype=np.int64)
        codes = self.strata
        counts = np.bincount(codes)
        if size < len(counts):
            rule = f"size must be {len(counts)} or more, one text for each class, got {size}"
            raise ValueError(f"{rule}; or pass stratify=False")
        return (even_quotas if balanced else fair_quotas)(counts, size), codes
