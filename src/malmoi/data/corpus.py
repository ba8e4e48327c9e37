"""Texts and their labels: read from files, counted, and cut into parts that share no text."""

from __future__ import annotations

import os
import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

import numpy as np
import numpy.typing as npt

from malmoi.data.labels import tidy_labels
from malmoi.data.readers import Batch, Columns, checked_encoding, read_batches, reader_of
from malmoi.data.splits import Counts, checked_size, chosen_groups, even_quotas, fair_quotas, group_numbers
from malmoi.data.texts import as_texts, items_of
from malmoi.errors import DataError
from malmoi.foundation.arrays import Labels
from malmoi.foundation.progress import Progress, silent
from malmoi.foundation.validation import shorten

__all__ = ["Corpus", "read_corpus"]

WHOLE_NUMBER = re.compile(r"0|-?[1-9][0-9]{0,17}")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Corpus:
    """Texts, with a label each or without.

    Args:
        texts: anything that `as_texts` takes; kept as a list of str.
        labels: (samples,), all str, all int or all bool; whole floats become int. `None`: there are none.

    Raises:
        TypeError: a text is no str.
        ValueError: there are not as many labels as texts.
        DataError: a label is missing, or of another kind than the first.

    Example:
        >>> Corpus(["so good", "so bad", "bad"], ["pos", "neg", "neg"]).class_counts()
        {'neg': 2, 'pos': 1}
    """

    texts: list[str]
    labels: Labels | None = None

    def __post_init__(self) -> None:
        """Check both, and keep them as a list and an array."""
        object.__setattr__(self, "texts", as_texts(self.texts))
        if self.labels is not None:
            labels = tidy_labels(items_of(self.labels, "labels"), "labels[{}]".format)
            if not len(labels) and isinstance(self.labels, np.ndarray):
                labels = self.labels  # an empty part keeps the type of the whole
            if len(labels) != len(self.texts):
                raise ValueError(f"labels must be as many as the {len(self.texts)} texts, got {len(labels)}")
            object.__setattr__(self, "labels", labels)

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
    def known_labels(self) -> Labels:
        """The labels, where there have to be some.

        Raises:
            DataError: the corpus has no labels.
        """
        if self.labels is None:
            raise DataError(
                "the texts must have labels, got none; read them with a label column, or a folder per class"
            )
        return self.labels

    @property
    def classes(self) -> Labels:
        """(classes,): the labels, sorted, each once; none where the corpus has no labels."""
        return np.unique(np.array([], dtype=np.str_) if self.labels is None else self.labels)

    def class_counts(self) -> dict[str | int | bool, int]:
        """Return how many texts each class has, in the order of `classes`."""
        if self.labels is None:
            return {}
        classes, counts = np.unique(self.labels, return_counts=True)
        return dict(zip(classes.tolist(), counts.tolist(), strict=True))

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
        return Corpus(texts, None if self.labels is None else self.labels[places])

    def split(self, size: float, *, seed: int, stratify: bool = True, balanced: bool = False) -> tuple[Corpus, Corpus]:
        """Cut the corpus in two at random; texts that are equal but for case, spaces and composition stay together.

        Args:
            size: texts of the first part, an int from 1 to all; or their share, a float between 0 and 1.
            seed: 0 or more; the same seed gives the same split on every machine.
            stratify: whether each class, if there are labels, has its share of the corpus, and one text at least.
            balanced: whether each class has the same number of texts instead, as far as it has so many.

        Returns:
            The first part and the rest, each in random order. The first has exactly `size` texts wherever whole
            groups of equal texts can add up to it, else the next number below that they can add up to.

        Raises:
            TypeError: size or seed is no number.
            ValueError: one is out of range, size is below the number of classes, or balanced goes without labels.
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
        chosen = np.isin(groups, chosen_groups(groups, codes, quotas, random))
        if not chosen.any():
            raise DataError(f"size must be that of a group of equal texts or more, got {size}; take more texts")
        return random.permutation(np.flatnonzero(chosen)), random.permutation(np.flatnonzero(~chosen))

    def _quotas(self, places: int, stratify: bool, balanced: bool) -> tuple[Counts, Counts]:
        """Return int64 (classes,), the places of each class, and int64 (samples,), each text's class."""
        if balanced and (self.labels is None or not stratify):
            reason = "for a corpus without labels" if self.labels is None else "with stratify=False"
            raise ValueError(f"balanced must be False {reason}, got True")
        if self.labels is None or not stratify:
            return np.array([places]), np.zeros(len(self), dtype=np.int64)
        _, codes, counts = np.unique(self.labels, return_inverse=True, return_counts=True)
        if places < len(counts):
            rule = f"size must be {len(counts)} or more, one text for each class, got {places}"
            raise ValueError(f"{rule}; or pass stratify=False")
        return (even_quotas if balanced else fair_quotas)(counts, places), codes


def read_corpus(
    path: str | os.PathLike[str],
    *,
    text_column: str | None = None,
    label_column: str | None = None,
    labelled: bool = True,
    encoding: str = "utf-8",
    progress: Progress = silent,
) -> Corpus:
    """Read texts and labels from a folder or a file.

    Args:
        path: a folder that holds a folder of `.txt` files for every class, as the raw IMDB reviews do, where
            `unsup`, other files and names that begin with a dot are left out; or a `.csv`, `.tsv`, `.jsonl`, `.ndjson`,
            `.json` (an object a line) or `.txt` (a text a line, no labels) file, also `.gz` or `.zst`; or `.parquet`.
        text_column: name of the table's column with the texts; `None` looks for "text", "review" and the like.
        label_column: name of the column with the labels; `None` looks for "label", "class" and the like.
        labelled: `False` reads texts alone, also from `.txt`, a table without labels, or a folder without classes.
        encoding: how bytes become characters.
        progress: told what is read, in files of a folder or in bytes of a file.

    Returns:
        A corpus; empty texts are kept. Classes and files of a folder come sorted by name, rows in their order.

    Raises:
        ValueError: there is no such encoding, or a column is named for a folder or for labels that are not read.
        DataError: the path cannot be read, a text or a label cannot be used, or there is only one class.
        FormatError: a compressed file or a Parquet file is damaged.
    """
    place, encoding = Path(path), checked_encoding(encoding)
    if label_column is not None and not labelled:
        raise ValueError(f"label_column must be None with labelled=False, got {label_column!r}")
    if text_column is not None and text_column == label_column:
        raise ValueError(f"label_column must be another column than text_column, got {shorten(label_column)} for both")
    if place.is_dir() and (text_column is not None or label_column is not None):
        wanted = text_column or label_column
        raise ValueError(f"text_column and label_column must be None for a folder, got {wanted!r}")
    columns = Columns(text_column, label_column, labelled)
    batches = list(read_batches(place, columns, encoding=encoding, progress=progress))
    labels = _labels(place, batches) if labelled else None
    corpus = Corpus([text for batch in batches for text in batch.texts], labels)
    if labelled and len(corpus.classes) < 2:
        got = f"got {len(corpus)} texts with {len(corpus.classes)}"
        raise DataError(f"{place}: labels must be of two classes or more, {got}; labelled=False reads texts alone")
    return corpus


def _labels(path: Path, batches: list[Batch]) -> Labels:
    """The labels of all batches, of one kind; whole numbers of tables without types are int."""
    values = [label for batch in batches for label in batch.labels]
    if reader_of(path).labels_are_text and all(WHOLE_NUMBER.fullmatch(str(value)) for value in values):
        values = [int(str(value)) for value in values]
    ends = list(accumulate(len(batch.labels) for batch in batches))

    def place(position: int) -> str:
        number = bisect_right(ends, position)
        batch = batches[number]
        before = ends[number - 1] if number else 0
        return f"{batch.place(batch.numbers[position - before])}: label"

    return tidy_labels(values, place)
