"""Texts and their labels: read from files, counted, and cut into parts that share no text."""

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
from malmoi.foundation.validation import shorten

if TYPE_CHECKING:
    from malmoi.data.readers import ReadFrom

__all__ = ["Corpus"]

DRAWS = 20
"""Draws of a split of several labels a text, until every label is in the first part."""


@dataclass(frozen=True, slots=True, eq=False, repr=False, init=False)
class Corpus:
    """Texts, with labels or without.

    Args:
        texts: anything that `as_texts` takes; kept as a list of str.
        labels: one label for each text, all str, all int or all bool; text is composed (NFC), and stripped of white
            space, and whole floats become int. Or several for each: lists, tuples or sets of labels, or rows of zeros
            and ones, of which the numbers of the columns are kept. `None`: there are none.
        source: where the texts were read; `None`: nowhere.
        places: where each text stands, which findings name; `None`: in no file.
        groups: the group of each text, such as its author, as text, numbers or `None`: texts of one group stay on one
            side of a split. `None`: there are no groups.

    Attributes:
        coded: the labels as codes; `None` where there are none.

    Raises:
        TypeError: a text is no str.
        ValueError: there are not as many labels, places or groups as texts.
        DataError: a label is missing, or of another kind than the first.

    Example:
        >>> Corpus(["so good", "so bad", "bad"], ["pos", "neg", "neg"]).class_counts()
        {'neg': 2, 'pos': 1}
        >>> Corpus(["good film", "film"], [["pos", "film"], ["film"]]).labels
        [('film', 'pos'), ('film',)]
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
            raise ValueError(f"labels must be as many as the {len(found)} texts, got {len(coded)}")
        known = groups if groups is None or isinstance(groups, Groups) else Groups.of(items_of(groups, "groups"))
        for name, given in (("places", places), ("groups", known)):
            if given is not None and len(given) != len(found):
                raise ValueError(f"{name} must be as many as the {len(found)} texts, got {len(given)}")
        values = {"texts": found, "coded": coded, "source": source, "places": places, "groups": known, "_labels": None}
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def __len__(self) -> int:
        """Return how many texts there are."""
        return len(self.texts)

    def __repr__(self) -> str:
        """Return the sizes; the texts would fill the screen."""
        return f"Corpus({len(self)} texts, {len(self.classes)} classes)"

    def to_list(self) -> list[str]:
        """Return the texts."""
        return list(self.texts)

    @property
    def labels(self) -> Labels | list[tuple[Label, ...]] | None:
        """(samples,): the labels as an array that cannot be written to; of several a text as tuples; or `None`."""
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

    @property
    def known_labels(self) -> Labels | list[tuple[Label, ...]]:
        """The labels, where there have to be some.

        Raises:
            DataError: the corpus has no labels.
        """
        return self._decoded(self.known_codes)

    @property
    def known_codes(self) -> AnyLabels:
        """The labels as codes, where there have to be some.

        Raises:
            DataError: the corpus has no labels.
        """
        if self.coded is None:
            raise DataError(
                "the texts must have labels, got none; read them with a label column, or a folder per class"
            )
        return self.coded

    @property
    def classes(self) -> Labels:
        """(classes,): the labels, sorted, each once; none where the corpus has no labels."""
        return np.array([], dtype=np.str_) if self.coded is None else self.coded.classes

    def class_counts(self) -> dict[Label, int]:
        """Return how many texts have each label, in the order of `classes`."""
        return {} if self.coded is None else self.coded.class_counts()

    @property
    def empty_texts(self) -> int:
        """How many texts hold nothing but white space."""
        return sum(not text or text.isspace() for text in self.texts)

    def take(self, indices: Sequence[int] | npt.NDArray[np.integer]) -> Corpus:
        """Return the corpus of some texts, in the order asked for.

        Args:
            indices: int (taken,), each from 0 to the number of texts less one.

        Raises:
            TypeError: an index is no int.
            IndexError: an index is out of range.
        """
        places = np.asarray(indices) if len(indices) else np.array([], dtype=np.int64)
        if places.ndim != 1 or places.dtype.kind not in "iu":
            raise TypeError(f"indices must be a list of int, got {shorten(indices)}")
        wrong = places[(places < 0) | (places >= len(self))]
        if len(wrong):
            raise IndexError(f"indices must be from 0 to {len(self) - 1}, got {wrong[0]}")
        texts = [self.texts[place] for place in places.tolist()]
        labels = None if self.coded is None else self.coded.take(places)
        stand = Places.of([("texts[{}]".format, range(len(self)))]) if self.places is None else self.places
        groups = None if self.groups is None else self.groups.take(places)
        return Corpus(texts, labels, self.source, places=stand.take(places), groups=groups)

    def split(self, size: float, *, seed: int, stratify: bool = True, balanced: bool = False) -> tuple[Corpus, Corpus]:
        """Cut the corpus in two at random; texts that are equal but for case, spaces and composition stay together, and
        so do those of one group.

        Args:
            size: texts of the first part, an int from 1 to all; or their share, a float between 0 and 1.
            seed: 0 or more; the same seed gives the same split on every machine.
            stratify: whether each class, if there are labels, has its share of the corpus, and one text at least. With
                several labels a text, a text counts for the rarest of its labels.
            balanced: whether each class has the same number of texts instead, as far as it has so many.

        Returns:
            The first part and the rest, each in random order. The first has exactly `size` texts wherever whole
            groups of equal texts can add up to it, else the next number below that they can add up to.

        Raises:
            TypeError: size or seed is no number.
            ValueError: one is out of range, size is below the number of classes, or balanced goes without
                labels, or with several a text.
            DataError: every group of equal texts is larger than size.
        """
        first, rest = self.split_places(size, seed=seed, stratify=stratify, balanced=balanced)
        return self.take(first), self.take(rest)

    def split_places(
        self, size: float, *, seed: int, stratify: bool = True, balanced: bool = False
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Where the texts of both parts of a split stand; `split` says all else."""
        places = checked_size(size, len(self))
        if isinstance(seed, bool) or not isinstance(seed, int | np.integer):
            raise TypeError(f"seed must be an int, got {shorten(seed)}")
        if seed < 0:
            raise ValueError(f"seed must be 0 or more, got {seed}")
        random = np.random.default_rng(seed)
        quotas, codes = self._quotas(places, stratify, balanced)
        groups = group_numbers(self.texts)
        groups = groups if self.groups is None else joined_groups(groups, self.groups)
        for _ in range(DRAWS if stratify and isinstance(self.coded, CodedSets) else 1):
            chosen = np.isin(groups, chosen_groups(groups, codes, quotas, random))
            if self.coded is None or len(self.coded.take(np.flatnonzero(chosen)).classes) == len(self.coded.classes):
                break
        if not chosen.any():
            raise DataError(f"size must be that of a group of equal texts or more, got {size}; take more texts")
        return random.permutation(np.flatnonzero(chosen)), random.permutation(np.flatnonzero(~chosen))

    @property
    def strata(self) -> Counts:
        """int64 (samples,): the groups that a stratified split gives their share; all 0 without labels."""
        return np.zeros(len(self), dtype=np.int64) if self.coded is None else self.coded.strata()

    def _quotas(self, places: int, stratify: bool, balanced: bool) -> tuple[Counts, Counts]:
        """Return int64 (strata,), the places of each stratum, and int64 (samples,), each text's stratum."""
        if balanced and (not isinstance(self.coded, CodedLabels) or not stratify):
            reason = "with stratify=False" if self.coded is not None else "for a corpus without labels"
            reason = "for several labels a text" if isinstance(self.coded, CodedSets) else reason
            raise ValueError(f"balanced must be False {reason}, got True")
        if self.coded is None or not stratify:
            return np.array([places]), np.zeros(len(self), dtype=np.int64)
        codes = self.strata
        counts = np.bincount(codes)
        if places < len(counts):
            rule = f"size must be {len(counts)} or more, one text for each class, got {places}"
            raise ValueError(f"{rule}; or pass stratify=False")
        return (even_quotas if balanced else fair_quotas)(counts, places), codes
