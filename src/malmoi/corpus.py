"""Texts and their labels: read from files, counted, and cut into parts that share no text."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from malmoi import _core
from malmoi.arrays import Labels, thread_count
from malmoi.errors import DataError, shorten
from malmoi.folders import read_folder
from malmoi.labels import surrogate_at, tidy_labels
from malmoi.progress import Progress, silent
from malmoi.tables import Columns, checked_encoding, read_table

__all__ = ["Corpus", "as_texts", "read_corpus"]


Counts = npt.NDArray[np.int64]


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
            labels = tidy_labels(_items(self.labels, "labels"), "labels[{}]".format)
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
        places = _checked_size(size, len(self))
        if isinstance(seed, bool) or not isinstance(seed, int | np.integer):
            raise TypeError(f"seed must be an int, got {shorten(seed)}")
        if seed < 0:
            raise ValueError(f"seed must be 0 or more, got {seed}")
        random = np.random.default_rng(seed)
        quotas, codes = self._quotas(places, stratify, balanced)
        groups = _group_numbers(self.texts)
        chosen = np.isin(groups, _chosen_groups(groups, codes, quotas, random))
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
        return (_even_quotas if balanced else _fair_quotas)(counts, places), codes


def _checked_size(size: float, samples: int) -> int:
    """Return how many texts a number or a share asks for."""
    if isinstance(size, bool) or not isinstance(size, int | float | np.integer | np.floating):
        raise TypeError(f"size must be an int, or a float between 0 and 1, got {shorten(size)}")
    if isinstance(size, float | np.floating):
        if not 0 < size < 1:
            raise ValueError(f"size must be between 0 and 1 where it is a float, got {size}; write a number as int")
        size = round(float(size) * samples)
    if size > samples:
        raise ValueError(f"size must be at most {samples} (the corpus has so many texts), got {size}")
    if size < 1:
        raise ValueError(f"size must be 1 text or more, got {size}")
    return int(size)


def _fair_quotas(counts: Counts, size: int) -> Counts:
    """Share out places in proportion, by largest remainder, but one at least; the first class wins a tie."""
    quotas, remainders = np.divmod(counts * size, counts.sum())
    quotas[np.argsort(-remainders, kind="stable")[: size - quotas.sum()]] += 1
    while not quotas.all():  # size is that of the classes or more, so the largest has two
        quotas[quotas.argmax()] -= 1
        quotas[quotas.argmin()] += 1
    return quotas


def _even_quotas(counts: Counts, size: int) -> Counts:
    """Share out places evenly; those that a small class cannot fill go to the others."""
    quotas = np.zeros_like(counts)
    while (left := size - int(quotas.sum())) > 0:
        open_classes = np.flatnonzero(quotas < counts)[:left]
        quotas[open_classes] += left // len(open_classes)
        quotas = np.minimum(quotas, counts)
    return quotas


def _group_numbers(texts: list[str]) -> Counts:
    """int64 (samples,): equal texts have the same number, from 0 up by first appearance."""
    firsts = np.asarray(_core.first_equals(texts, thread_count()), dtype=np.int64)
    numbers: Counts = np.unique(firsts, return_inverse=True)[1]
    return numbers


def _chosen_groups(groups: Counts, codes: Counts, quotas: Counts, random: np.random.Generator) -> list[int]:
    """Return groups, met in random order, that fill the places of every class."""
    sizes = np.bincount(groups).tolist()
    pairs, amounts = np.unique(groups * len(quotas) + codes, return_counts=True)
    owners, classes = np.divmod(pairs, len(quotas))
    starts = np.searchsorted(owners, np.arange(len(sizes) + 1)).tolist()
    members = list(zip(classes.tolist(), amounts.tolist(), strict=True))
    left, space, taken, passed = quotas.tolist(), int(quotas.sum()), [], []
    for group in random.permutation(len(sizes)).tolist():
        own = members[starts[group] : starts[group + 1]]
        if any([left[code] < amount for code, amount in own]):  # noqa: C419 -- lists of one item are twice as fast
            passed.append(group)
            continue
        taken.append(group)
        space -= sizes[group]
        if not space:
            return taken
        for code, amount in own:
            left[code] -= amount
    return _filled_up(taken, passed, sizes, space)


def _filled_up(taken: list[int], passed: list[int], sizes: list[int], space: int) -> list[int]:
    """Fill the places that are still free, whatever their class, and give up as few groups for it as will do."""
    best, missing, released = taken, space, 0
    while missing:
        kept = taken[: len(taken) - released]
        room = space + sum(sizes[group] for group in taken[len(kept) :])
        picked = _fitting(taken[len(kept) :] + passed, sizes, room)
        still_missing = room - sum(sizes[group] for group in picked)
        if still_missing < missing:
            best, missing = kept + picked, still_missing
        if released == len(taken):
            break
        released = min(len(taken), max(1, 2 * released))
    return best


def _fitting(groups: list[int], sizes: list[int], room: int) -> list[int]:
    """Return groups that fill the room as far as any can: subset sum, with a bit for every sum in reach."""
    by_size: dict[int, list[int]] = {}
    for group in groups:
        by_size.setdefault(sizes[group], []).append(group)
    stages, reach = [], 1
    for size, members in sorted(by_size.items()):
        stages.append((size, members, reach))
        left, step = min(len(members), room // size), 1
        while left > 0:
            step = min(step, left)
            reach |= (reach << step * size) & ((2 << room) - 1)
            left, step = left - step, 2 * step
    total, picked = reach.bit_length() - 1, []
    for size, members, before in reversed(stages):
        number = 0
        while not before >> total & 1:
            total, number = total - size, number + 1
        picked += members[:number]
    return picked


def as_texts(values: object) -> list[str]:
    """Return texts as a new list of str, whatever kind of list, array, series or corpus held them.

    Args:
        values: a list, a tuple or another sequence; a `Corpus`; or a one-dimensional array or column of NumPy,
            pandas, Polars or PyArrow.

    Raises:
        TypeError: it is one str or no list, or an item is no str.
        ValueError: a text holds half a character (a lone surrogate), which no UTF-8 file can hold.
    """
    items = _items(values, "texts")
    if set(map(type, items)) - {str}:
        items = [_text(item, position) for position, item in enumerate(items)]
    position = _core.first_surrogate(items)
    if position is not None:
        character = surrogate_at(items[position])
        rule = f"texts[{position}] holds a lone surrogate at character {character}, which no UTF-8 file can hold"
        raise ValueError(f'{rule}; clean it: text.encode("utf-8", "replace").decode("utf-8")')
    return items


def _items(values: Any, name: str) -> list[Any]:
    """Return a list's, an array's or a column's items."""
    kind = type(values).__name__
    if isinstance(values, str | bytes | bytearray):
        raise TypeError(f"{name} must be a list of str, got one {kind}; wrap it: [{name[:-1]}]")
    if isinstance(values, Corpus):
        return list(values.texts)
    axes = len(getattr(values, "shape", (0,)))
    if axes != 1:
        raise TypeError(f"{name} must have one axis, got {kind} with {axes}; pick one column")
    for method in ("to_pylist", "to_list", "tolist"):
        if hasattr(values, method):
            return list(getattr(values, method)())
    if isinstance(values, Sequence):
        return list(values)
    raise TypeError(f"{name} must be a list, an array or a column, got {kind}; make a list of it")


def _text(item: object, position: int) -> str:
    if isinstance(item, str):
        return str.__str__(item)
    cure = 'decode it: item.decode("utf-8")' if isinstance(item, bytes) else "leave it out, or make it a str"
    raise TypeError(f"texts[{position}] must be a str, got {shorten(item)}; {cure}")


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
    try:
        place.stat()  # raises where it cannot be reached; `is_dir` would not
        if not place.is_dir():
            texts, labels = read_table(place, Columns(text_column, label_column, labelled), encoding, progress)
        elif text_column is not None or label_column is not None:
            raise ValueError(
                f"text_column and label_column must be None for a folder, got {text_column or label_column!r}"
            )
        else:
            texts, labels = read_folder(place, labelled, encoding, progress)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise DataError(f"no such file or folder: {error.filename or place}") from None
    except OSError as error:
        raise DataError(f"{error.filename or place} cannot be read: {error.strerror or error}") from None
    corpus = Corpus(texts, labels)
    if labelled and len(corpus.classes) < 2:
        got = f"got {len(corpus)} texts with {len(corpus.classes)}"
        raise DataError(f"{place}: labels must be of two classes or more, {got}; labelled=False reads texts alone")
    return corpus
