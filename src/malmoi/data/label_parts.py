"""Labels that are read in parts, such as one file each, and coded together."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from malmoi.data.coded_labels import AnyLabels, CodedLabels
from malmoi.data.labels import COLLECTIONS, coded_labels, refuse_rows, sets_of
from malmoi.data.readers import Batch
from malmoi.errors import DataError

__all__ = ["LabelPart", "joined_parts"]

Number = TypeVar("Number", bound=np.integer)


@dataclass
class LabelPart:
    """The labels of a part of the texts, as numbers of the distinct values in the file.

    Args:
        values: distinct values, in order of first occurrence.
        places: location of the first text with each value.
        codes: int32 (entries,), indices into `values`, text by text.
        sizes: int64 (texts,), number of labels of each text; `None`: one label per text.
        are_text: whether the file is untyped, so that numeric labels are recognised by their spelling.
    """

    values: list[object]
    places: list[str]
    codes: npt.NDArray[np.int32]
    sizes: npt.NDArray[np.int64] | None
    are_text: bool

    def __len__(self) -> int:
        """Return the number of texts."""
        return len(self.codes if self.sizes is None else self.sizes)


@dataclass
class LabelCollector:
    """Collects the labels of the batches of a file."""

    numbers: dict[tuple[type, Hashable], int] = field(default_factory=dict)
    places: list[str] = field(default_factory=list)
    codes: list[npt.NDArray[np.int32]] = field(default_factory=list)
    sizes: list[npt.NDArray[np.int64]] = field(default_factory=list)
    are_sets: bool = False
    are_text: bool = True

    def add(self, batch: Batch) -> None:
        """Add the labels of a batch.

        Raises:
            DataError: a text has no label, or a label is not a str, an int or a bool.
        """
        if len(batch.labels) != len(batch.texts):
            first = batch.place(batch.numbers[len(batch.labels)])
            raise DataError(f"{first}: every text must have a label, got none; read labelled files only")
        self.are_text &= batch.labels_are_text
        several = [isinstance(label, COLLECTIONS) for label in batch.labels]
        self.are_sets |= any(several)
        sets = [self._members(label) for label in batch.labels] if any(several) else [[one] for one in batch.labels]
        sizes = np.fromiter(map(len, sets), dtype=np.int64, count=len(sets))
        codes = [self._number(one, batch, place) for place, members in enumerate(sets) for one in members]
        self.sizes.append(sizes)
        self.codes.append(np.array(codes, dtype=np.int32))

    @staticmethod
    def _members(label: object) -> list[object]:
        return list(label) if isinstance(label, COLLECTIONS) else [label]

    def _number(self, value: object, batch: Batch, place: int) -> int:
        """Return the number of a value; values of different types, such as 1 and True, are distinct."""
        try:
            number = self.numbers.setdefault((type(value), value), len(self.numbers))
        except TypeError:  # not hashable: refused with the usual message
            coded_labels([value], lambda _: f"{batch.place(batch.numbers[place])}: label")
            raise
        if number == len(self.places):
            self.places.append(batch.place(batch.numbers[place]))
        return number

    def part(self) -> LabelPart:
        """Return the labels of all batches."""
        codes = np.concatenate([*self.codes, np.zeros(0, np.int32)])
        sizes = np.concatenate([*self.sizes, np.zeros(0, np.int64)]) if self.are_sets else None
        return LabelPart([value for _, value in self.numbers], self.places, codes, sizes, self.are_text)


def joined_parts(parts: Sequence[LabelPart]) -> AnyLabels:
    """Code the labels of all parts together: the result is that of `any_labels` on all labels in order.

    Raises:
        DataError: a label is invalid.
    """
    filled = [part for part in parts if len(part)]
    values = [value for part in filled for value in part.values]
    places = [place for part in filled for place in part.places]
    are_text = all(part.are_text for part in filled)
    coded = coded_labels(values, lambda position: f"{places[position]}: label", are_text=are_text)
    ends = np.cumsum([len(part.values) for part in filled]).tolist()
    codes = [coded.codes[end - len(part.values) : end][part.codes] for part, end in zip(filled, ends, strict=True)]
    labels = CodedLabels(_joined(codes, np.int32), coded.classes)
    if all(part.sizes is None for part in filled):
        return labels
    sizes = [np.ones(len(part), np.int64) if part.sizes is None else part.sizes for part in filled]
    refuse_rows(_joined(sizes, np.int64), values, lambda _: places[0])
    return sets_of(_joined(sizes, np.int64), labels)


def _joined(parts: Iterable[npt.NDArray[Number]], dtype: type[Number]) -> npt.NDArray[Number]:
    return np.concatenate([*parts, np.zeros(0, dtype)])
