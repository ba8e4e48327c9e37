"""Normalisation of labels from every source: NFC, white space stripped, whole numbers as int."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Sequence
from typing import TypeAlias, TypeGuard

import numpy as np
import numpy.typing as npt

from malmoi.data.coded_labels import AnyLabels, CodedLabels, CodedSets
from malmoi.errors import DataError
from malmoi.foundation.arrays import Label
from malmoi.foundation.validation import shorten, surrogate_at

__all__ = [
    "COLLECTIONS",
    "any_labels",
    "check_classes",
    "check_label",
    "coded_labels",
    "coded_sets",
    "refuse_rows",
    "sets_of",
    "spelled",
    "tidy_label",
]

Place: TypeAlias = Callable[[int], str]

LONGEST_LABEL = 1000
CHARACTERS_OF_ONE = 4
"""Most characters that NFC composes into one."""
LARGEST_CLASSES = 2**28
"""Most bytes of an array of all classes; each item of a str array is as wide as the longest."""
COLLECTIONS = (list, tuple, set, frozenset, np.ndarray)
"""Types that can hold several labels of a sample."""

AROUND = (
    "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"  # white space
    "\u180e\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"  # zero width: joiners, direction marks, byte order mark
)
WHOLE_NUMBER = re.compile(r"(0|-?[1-9][0-9]{0,17})(?:\.0+)?")
TRUTH = {"true": True, "false": False}
MISSING = ("None", "nan", "<NA>", "NaT")


def tidy_label(label: Label) -> Label:
    """Normalise a label: NFC, without leading and trailing white space and zero-width characters if it is a str.

    Example:
        >>> tidy_label("\\ufeff pos ")
        'pos'
    """
    if not isinstance(label, str):
        return label
    stripped = label.strip(AROUND)
    if len(stripped) > LONGEST_LABEL * CHARACTERS_OF_ONE or stripped.isascii():
        return (
            stripped  # a label that is too long is refused later by its length; normalising it would take much memory
        )
    return unicodedata.normalize("NFC", stripped)


def any_labels(values: Sequence[object], place: Place, *, are_text: bool = False) -> AnyLabels:
    """Encode labels as codes: one per sample, or several if the first item is a collection of labels.

    Args:
        values: labels, or collections of labels.
        place: returns the location of a label from its index, for errors.
        are_text: see `coded_labels`.

    Raises:
        DataError: a label is invalid.
    """
    if len(values) and isinstance(values[0], COLLECTIONS):
        return coded_sets(values, place, are_text=are_text)
    return coded_labels(values, place, are_text=are_text)


def coded_labels(values: Sequence[object], place: Place, *, are_text: bool = False) -> CodedLabels:
    """Normalise labels and encode them as codes.

    Text is normalised (NFC) and stripped of white space and zero-width characters; whole floats become int.

    Args:
        values: str, int, float or bool, all of one type.
        place: returns the location of a label from its index, for errors.
        are_text: whether the source is untyped: labels that are all whole numbers ("0", "1.0", not "007") become int,
            and labels that are all "true" or "false", in any case, become bool.

    Raises:
        DataError: a label is missing, of another type than the first one or too long, or the classes need too much
            memory.

    Example:
        >>> coded_labels([" 1", "0.0"], "labels[{}]".format, are_text=True).to_list()
        [1, 0]
    """
    plain = values if _are_plain(values) else [_plain(value, place, position) for position, value in enumerate(values)]
    kind = type(plain[0]) if plain else str
    if set(map(type, plain)) - {kind}:
        position = next(position for position, value in enumerate(plain) if type(value) is not kind)
        types = f"as {shorten(plain[0])}, got {shorten(plain[position])}"
        raise DataError(f"{place(position)} must be of the same type {types}; write all of them as text")
    raw = {value: _checked(value, plain, place) for value in dict.fromkeys(plain)}
    if are_text:
        raw = _typed(raw)
    distinct = sorted(set(raw.values()))
    if distinct:
        check_classes(distinct, place(0))
    dtypes: dict[type, type[np.generic]] = {str: np.str_, int: np.int64, bool: np.bool_}
    classes = np.array(distinct, dtype=dtypes[type(distinct[0]) if distinct else kind])
    numbers = {label: number for number, label in enumerate(distinct)}
    code_of = {value: numbers[label] for value, label in raw.items()}
    return CodedLabels(np.fromiter(map(code_of.__getitem__, plain), dtype=np.int32, count=len(plain)), classes)


def coded_sets(values: Sequence[object], place: Place, *, are_text: bool = False) -> CodedSets:
    """Encode collections of labels as codes; a label that is repeated in a collection counts once.

    Args:
        values: lists, tuples, sets or arrays of labels, all labels of one type.
        place: returns the location of the labels of a sample from its index, for errors.
        are_text: see `coded_labels`.

    Raises:
        DataError: an item is not a collection, a label is invalid, or the lists may be a binary indicator matrix.
    """
    sizes, flat, positions = np.zeros(len(values), dtype=np.int64), list[object](), list[int]()
    for position, labels in enumerate(values):
        if not isinstance(labels, COLLECTIONS):
            raise DataError(f"{place(position)} must be a list of labels, as {place(0)} is, got {shorten(labels)}")
        items: Collection[object] = labels.tolist() if isinstance(labels, np.ndarray) else labels
        flat += items
        positions += [position] * len(items)
        sizes[position] = len(items)
    refuse_rows(sizes, flat, place)
    return sets_of(sizes, coded_labels(flat, lambda entry: place(positions[entry]), are_text=are_text))


def sets_of(sizes: npt.NDArray[np.int64], labels: CodedLabels) -> CodedSets:
    """Return label sets from the labels of all samples; a label that is repeated in a set counts once.

    Args:
        sizes: int64 (samples,), number of labels of each sample.
        labels: (entries,), sample by sample.
    """
    pairs = np.unique(np.repeat(np.arange(len(sizes)), sizes) * max(len(labels.classes), 1) + labels.codes)
    owners, codes = np.divmod(pairs, max(len(labels.classes), 1))
    ends: npt.NDArray[np.int64] = np.cumsum(np.bincount(owners, minlength=len(sizes)), dtype=np.int64)
    return CodedSets(codes.astype(np.int32), ends, labels.classes)


def refuse_rows(sizes: npt.NDArray[np.int64], flat: Sequence[object], place: Place) -> None:
    """Refuse lists of equal length that hold only zeros and ones: labels, or rows of a binary indicator matrix.

    Args:
        sizes: int64 (samples,), number of labels of each sample.
        flat: the distinct labels, or all of them.
        place: returns the location of the labels of a sample from its index, for errors.

    Raises:
        DataError: they are such lists.
    """
    is_table = len(flat) and (sizes == sizes[0]).all() and not any(isinstance(value, str) for value in flat)
    if is_table and all(isinstance(value, int | float | np.generic) and value in (0, 1) for value in flat):
        rule = f"{place(0)}: lists of equal length that hold only 0 and 1 are ambiguous"
        raise DataError(f"{rule}; pass np.asarray(labels) for a binary indicator matrix, or str labels for label lists")


def _are_plain(values: Sequence[object]) -> TypeGuard[Sequence[Label]]:
    return set(map(type, values)) in ({str}, {int}, {bool})


def _plain(value: object, place: Place, position: int) -> Label:
    value = value.item() if isinstance(value, np.generic) else value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, bool):
        return value
    if isinstance(value, str | int):
        return str.__str__(value) if isinstance(value, str) else int(value)
    cure = "remove the text" if not isinstance(value, COLLECTIONS) and str(value) in MISSING else "write it as text"
    raise DataError(f"{place(position)} must be a str, an int or a bool, got {shorten(value)}; {cure}")


def _checked(value: Label, values: Sequence[Label], place: Place) -> Label:
    """Return the normalised label, or raise if it is invalid."""
    label = tidy_label(value)
    if label == "":
        raise DataError(f"{place(values.index(value))} must not be empty, got {shorten(value)}; remove the text")
    if _is_odd(label):
        check_label(label, place(values.index(value)))
    return label


def check_label(label: Label, place: str) -> None:
    """Check that a label can be stored in a model file.

    Raises:
        DataError: it is too long, holds NUL or a lone surrogate, or is a number of more than 64 bits.
    """
    if _is_odd(label):
        rule = f"must be a str of at most {LONGEST_LABEL} characters without NUL and lone surrogates, or a 64-bit int"
        raise DataError(f"{place} {rule}, got {shorten(label)}; is it the right column?")


def spelled(label: Label) -> str:
    """Return a label as text, to compare labels of different types: 1, "1" and "1.0" give the same text.

    Example:
        >>> spelled(1), spelled(" 1.0"), spelled("007"), spelled(True)
        ('1', '1', '007', 'True')
    """
    text = str(tidy_label(label))
    number = WHOLE_NUMBER.fullmatch(text)
    return number[1] if number else text


def _is_odd(label: Label) -> bool:
    if isinstance(label, str):
        return len(label) > LONGEST_LABEL or "\0" in label or surrogate_at(label) is not None
    return not -(2**63) <= label < 2**63


def _typed(raw: dict[Label, Label]) -> dict[Label, Label]:
    """Convert the labels of an untyped source to int or bool if all of them allow it."""
    texts = set(map(str, raw.values()))
    numbers = {text: found for text in texts if (found := WHOLE_NUMBER.fullmatch(text))}
    if len(numbers) == len(texts):
        return {value: int(numbers[str(label)][1]) for value, label in raw.items()}
    if all(text.lower() in TRUTH for text in texts):
        return {value: TRUTH[str(label).lower()] for value, label in raw.items()}
    return raw


def check_classes(classes: Sequence[Label], place: str) -> None:
    """Check that an array of the classes is not too large.

    Raises:
        DataError: the number of classes times the size of the longest is above the limit.
    """
    longest = max((len(label) for label in classes if isinstance(label, str)), default=0)
    if len(classes) * longest * 4 > LARGEST_CLASSES:
        rule = f"the classes must take at most {LARGEST_CLASSES // 2**20} MiB (number of classes x longest label)"
        got = f"got {len(classes):,} classes, the longest of {longest:,} characters"
        raise DataError(f"{place}: {rule}, {got}; is it the right column?")
